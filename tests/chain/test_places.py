"""Places typed in a line: what they mean in metres, reading and printing as inverses, what is refused."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.chain.errors import ChainError
from capture.chain.fields import plain_number
from capture.chain.patch import Patch
from capture.chain.places import MEMBERS, agrees, format_place, parse_place, source_place

INCH, FOOT = 0.0254, 0.3048  # exactly, by the international yard and pound agreement of 1959


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1.2 m, 30° off axis, 1.6 m up", {"distance_m": 1.2, "angle_deg": 30, "height_m": 1.6}),
        ("1,2 m 30 deg off-axis 160cm high", {"distance_m": 1.2, "angle_deg": 30, "height_m": 1.6}),
        ("x 1.2 m, y 0.4 m, z 1.6 m", {"x_m": 1.2, "y_m": 0.4, "z_m": 1.6}),
        ("X=-1.2m; y=0.4m", {"x_m": -1.2, "y_m": 0.4}),
        ("x 4, y 2, z 6 ft", {"x_m": 4 * FOOT, "y_m": 2 * FOOT, "z_m": 6 * FOOT}),
        ("3 in", {"distance_m": 3 * INCH}),
        ("5'6\" up", {"height_m": 5 * FOOT + 6 * INCH}),
        ("5 ft 6 in, on axis", {"distance_m": 5 * FOOT + 6 * INCH, "angle_deg": 0}),
        ("2′, −15°", {"distance_m": 2 * FOOT, "angle_deg": -15}),
        ("40 mm, 1 m down", {"distance_m": 0.04, "height_m": -1}),
        ("6 feet, 4 inches up", {"distance_m": 6 * FOOT, "height_m": 4 * INCH}),
    ],
)
def test_what_a_line_means(text: str, values: dict[str, float]) -> None:
    found = parse_place(text)
    assert found.values.keys() == values.keys()
    for member, value in values.items():
        assert found.values[member] == pytest.approx(value, abs=1e-6)
    assert parse_place(found.text) == found


def test_it_is_said_as_it_was_typed_for_as_long_as_it_holds() -> None:
    typed = parse_place("4 ft,30° off axis").text
    assert typed == "4 ft, 30° off axis"
    values = parse_place(typed).values
    assert format_place(values, typed) == typed
    assert format_place({**values, "distance_m": 1.5}, typed) == "1.5 m, 30° off axis"
    assert format_place(values, "nonsense") == "1.2192 m, 30° off axis"
    assert format_place({}) == ""
    assert not agrees(typed, {})


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "near the rim", "1.2", "1.2 m, 3 m", "x 1, y 2", "-1 m", "30° 40°", "400°", "1.2 mm3",
        "1e9 m", "99999 m", "x 1 m, x 2 m", "1.2 m upwards", "1.2 m, 30 % off axis",
        "1" * 600, "x m", "1 m\x00",
    ],
)  # fmt: skip
def test_what_is_no_place(text: str) -> None:
    with pytest.raises(ChainError) as error:
        parse_place(text)
    assert error.value.what


def test_a_source_stands_in_the_room() -> None:
    assert source_place("x 2 m, y 1 m, 1.1 m up").values == {"x_m": 2, "y_m": 1, "z_m": 1.1}
    for text in ("1.2 m", "x 1 m, 30°", "z 1 m, 2 m up"):
        with pytest.raises(ChainError):
            source_place(text)


metres = (
    st.integers(-9_999_999, 9_999_999).map(lambda mm: mm / 1000).map(lambda m: int(m) if m == int(m) else m)
)
angles = st.integers(-3600, 3600).map(lambda t: t / 10).map(lambda a: int(a) if a == int(a) else a)
places = st.fixed_dictionaries(
    {},
    optional={
        m: angles if m == "angle_deg" else metres.map(abs) if m == "distance_m" else metres for m in MEMBERS
    },
).filter(bool)


@settings(deadline=None)
@given(places)
def test_printing_and_reading_are_inverse(values: dict[str, float]) -> None:
    line = format_place(values)
    found = parse_place(line)
    assert found.values == values
    assert found.text == line
    assert format_place(found.values, found.text) == line


numbers = st.integers(0, 99_999).map(lambda n: plain_number(n / 100))
lengths = (
    st.builds(
        "{}{}{}".format,
        numbers,
        st.sampled_from(["", " "]),
        st.sampled_from(["mm", "cm", "m", "in", "ft", "'", '"', "′", "″", "inches", "feet"]),
    )
    | st.builds("{} ft {} in".format, numbers, numbers)
    | st.builds("{}'{}\"".format, numbers, numbers)
)
parts = st.fixed_dictionaries({}, optional={
    "distance": lengths,
    "angle": st.builds("{}{}".format, numbers.filter(lambda n: float(n) <= 360),
                       st.sampled_from(["°", " deg off axis"])),
    "height": st.builds("{} {}".format, lengths, st.sampled_from(["up", "high", "down"])),
    "x": st.builds("x {}".format, lengths), "y": st.builds("y=-{}".format, lengths),
    "z": st.builds("Z {}".format, lengths),
}).filter(bool)  # fmt: skip


@settings(deadline=None)
@given(parts, st.sampled_from([", ", " ", ",", "; "]), st.randoms())
def test_any_typed_line_comes_back_as_itself(said: dict[str, str], between: str, random: object) -> None:
    pieces = list(said.values())
    random.shuffle(pieces)  # type: ignore[attr-defined]
    found = parse_place(between.join(pieces))
    assert len(found.values) == len(said)
    assert parse_place(found.text) == found
    assert all(math.isfinite(value) for value in found.values.values())
    again = parse_place(format_place(found.values))
    assert again.values == found.values


@settings(deadline=None)
@given(st.text(max_size=40) | st.text("0123456789 .,°xyzmcftin'\"-", max_size=40))
def test_anything_is_a_place_or_refused(text: str) -> None:
    try:
        found = parse_place(text)
    except ChainError:
        return
    assert parse_place(found.text) == found


AT = "2026-11-25T14:03:12.000000Z"


def numbers_of(patch: Patch, stem: str = "") -> dict[str, object]:
    suffixes = {suffix: field.value for suffix, field in patch.of_input(3).items()}
    return {m: suffixes[stem + m] for m in MEMBERS if stem + m in suffixes}


def test_a_typed_place_sets_its_numbers_and_goes_when_they_change() -> None:
    patch = Patch()
    patch.set_line("SM57 4 cm > in 3", None, "Ida", at=AT)
    patch.set("input.3.position_text", "4 ft, 30° off axis, 5'6\" up", "Ida", at=AT)
    assert numbers_of(patch) == {"distance_m": 1.2192, "angle_deg": 30, "height_m": 1.6764}
    assert patch.get("input.3.position_text") == "4 ft, 30° off axis, 5 ft 6 in up"
    assert patch.get("input.3.distance_text") == "4 ft"  # 4 cm is no longer so
    assert "4 ft" in patch.line(3)
    patch.set("input.3.position_text", "x 1 m, y 2 m", "Ida", at=AT)
    assert numbers_of(patch) == {"x_m": 1, "y_m": 2}
    assert patch.get("input.3.distance_text") is None
    patch.set("input.3.x_m", 1, "Per", at=AT)
    assert patch.get("input.3.position_text") == "x 1 m, y 2 m"
    patch.set("input.3.x_m", 1.5, "Per", at=AT)
    assert patch.get("input.3.position_text") is None
    patch.set("input.3.source.position_text", "x 2 m, 1 m up", "Ida", at=AT)
    assert numbers_of(patch, "source.") == {"x_m": 2, "z_m": 1}
    patch.set("input.3.source.y_m", 0, "Ida", at=AT)
    assert patch.get("input.3.source.position_text") is None
    with pytest.raises(ChainError):
        patch.set("input.3.source.position_text", "1 m", "Ida", at=AT)


def test_a_line_that_says_another_distance_takes_the_typed_place_away() -> None:
    patch = Patch()
    patch.set("input.3.position_text", "4 ft, 30° off axis", "Ida", at=AT)
    patch.set_line("SM57 4 cm > in 3", None, "Ida", at=AT)
    assert patch.get("input.3.position_text") is None
    assert patch.get("input.3.distance_m") == 0.04


def test_another_room_is_not_in_the_state_of_the_last() -> None:
    patch = Patch()
    patch.set_line("Snare @ Live Room: SM57 > in 3", None, "Ida", at=AT)
    patch.set("input.3.place.state", "dry", "Ida", at=AT)
    patch.set_line("SM57 4 cm > in 3", None, "Ida", at=AT)
    patch.set_line("Snare @ Live Room: SM57 > in 3", None, "Ida", at=AT)
    assert patch.get("input.3.place.state") == "dry"
    patch.set_line("Snare @ Booth: SM57 > in 3", None, "Ida", at=AT)
    assert patch.get("input.3.place.state") is None


@pytest.mark.parametrize(
    ("typed", "values"),
    [
        ("1.2 m, 30° off axis, 1.6 m up", {"distance_m": 1.2, "angle_deg": 30, "height_m": 1.6}),
        ("x 1.2 m, y -0.4 m, z 1.6 m", {"x_m": 1.2, "y_m": -0.4, "z_m": 1.6}),
        ("5'6\", on axis, 4 ft high", {"distance_m": 1.6764, "angle_deg": 0, "height_m": 1.2192}),
    ],
)
def test_a_place_stands_in_the_line_of_a_chain_too(typed: str, values: dict[str, float]) -> None:
    patch = Patch()
    patch.set_line(f"MK4 cardioid {typed} > in 3", None, "Ida", at=AT)
    assert numbers_of(patch) == values
    assert patch.get("input.3.microphone.model") == "MK4"
    patch.set("input.3.position_text", typed, "Ida", at=AT)
    line = patch.line(3)
    assert parse_place(typed).text in line  # in the units it was typed in
    patch.set_line(line, None, "Ida", at=AT)
    assert (numbers_of(patch), patch.line(3)) == (values, line)


def test_feet_with_inches_are_a_distance_like_any_other() -> None:
    patch = Patch()
    patch.set_line("SM57 5 ft 6 in > in 3", None, "Ida", at=AT)
    assert patch.get("input.3.distance_m") == pytest.approx(5 * FOOT + 6 * INCH, abs=1e-6)
    assert patch.line(3) == "SM57 5 ft 6 in > in 3"
