"""Rooms as the library keeps them: written and read back, what is refused, what goes into a chain."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.chain.patch import Patch
from capture.rooms.errors import RoomError
from capture.rooms.furnishing import furnish, inputs_in, moved, rooms_in
from capture.rooms.measured import Measurement, parse_date, parse_method, parse_values
from capture.rooms.record import Room, State, from_line, parse_pairs, parse_size, parse_volume

DRY = State("dry", {"curtain": "drawn", "door": "closed"})
LIVE = State("live", {"curtain": "open"})
RT_DRY = Measurement("rt60", {"125": 0.61, "1000": 0.44}, "REW, ECM8000", "2026-11-20", "T20", "dry", "Anna")
RT_ANY = Measurement("rt60", {"1000": 0.5}, "clap and ear", "2026-01-01")
NOISE = Measurement("noise", {"A": 23.5}, "XL2", "2026-11-20")
ROOM = Room(
    "Live Room", (8.2, 5.0, 3.4), "8.2x5x3.4", None, {"floor": "oak", "walls": "brick"}, (DRY, LIVE), "dry",
    (RT_ANY, RT_DRY, NOISE), "quiet after six",
)  # fmt: skip


def test_written_and_read_back() -> None:
    line = json.loads(json.dumps({**ROOM.to_line(), "id": "Live Room"}))
    assert from_line(line) == ROOM
    assert from_line({"id": "Bare"}) == Room("Bare")
    assert Room("Bare").to_line() == {}


def test_a_line_of_the_first_version_is_read() -> None:
    old = {"id": "A", "size_m": [8.2, 5, 3.4], "size_text": "8.2x5x3.4", "note": "wood", "by": "anna"}
    assert from_line(old) == Room("A", (8.2, 5.0, 3.4), "8.2x5x3.4", note="wood")


KEYS = st.sampled_from(["name", "settings", "where", "what", "quantity", "unit", "values"])


@settings(deadline=None)
@given(st.dictionaries(
    st.sampled_from(["size_m", "size_text", "volume_m3", "surfaces", "states", "state", "measured", "note"]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3)
        | st.dictionaries(KEYS, inner)),
))  # fmt: skip
def test_a_line_of_anything_is_read(line: dict[str, Any]) -> None:
    from_line({**line, "id": "x"}).chain_fields()


def test_what_a_take_keeps_of_it() -> None:
    assert ROOM.chain_fields() == {
        "place.state": ("dry", "declared"),
        "place.settings": ("curtain drawn, door closed", "declared"),
        "place.size": ("8.2 × 5 × 3.4 m", "declared"),
        "place.volume_m3": (139.4, "declared"),  # 8.2 × 5 × 3.4
        "place.surfaces": ("floor oak, walls brick", "declared"),
        "place.rt60": ("125 Hz 0.61 s, 1 kHz 0.44 s; T20, REW, ECM8000, 2026-11-20, Anna", "measured"),
        "place.noise": ("23.5 dB(A); XL2, 2026-11-20", "measured"),
    }
    assert Room("Bare").chain_fields() == {}


def test_a_measurement_counts_in_its_own_state() -> None:
    live = Room("R", states=(DRY, LIVE), state="live", measured=(RT_ANY, RT_DRY))
    assert live.measurement("rt60") == RT_ANY  # none was made in this state: the one made in none
    assert Room("R", state="live", measured=(RT_DRY,)).measurement("rt60") is None
    assert Room("R", measured=(RT_DRY, RT_ANY)).measurement("rt60") == RT_ANY


def test_what_is_typed() -> None:
    assert parse_size("27ft x 16ft x 3m") == pytest.approx((27 * 0.3048, 16 * 0.3048, 3))
    assert parse_volume("5000 ft3") == pytest.approx(5000 * 0.3048**3)
    assert parse_volume("140") == parse_volume("140m3") == 140
    assert parse_values("rt60", "1k=0,44 125=0.61, 250Hz=0.55") == {
        "125": 0.61,
        "250": 0.55,
        "1000": 0.44,
    }
    assert parse_values("noise", "63=41 a=23.5") == {"63": 41, "A": 23.5}
    assert parse_pairs(["north curtain=drawn"], "setting") == {"north curtain": "drawn"}
    assert parse_method("t30") == "T30"
    assert parse_date("2026-11-20") == "2026-11-20"


@pytest.mark.parametrize(
    "broken",
    [
        lambda: parse_size("big"),
        lambda: parse_size("0x1x1"),
        lambda: parse_volume("huge"),
        lambda: parse_volume("0"),
        lambda: parse_values("rt60", "125=0"),
        lambda: parse_values("rt60", "A=1"),
        lambda: parse_values("rt60", "125=1 125=1"),
        lambda: parse_values("rt60", ""),
        lambda: parse_values("rt60", "125"),
        lambda: parse_values("echo", "125=1"),
        lambda: parse_pairs(["floor"], "surface"),
        lambda: parse_method("T99"),
        lambda: parse_date("yesterday"),
        lambda: ROOM.find_state("wet"),
    ],
)
def test_what_is_refused(broken: Any) -> None:
    with pytest.raises(RoomError) as error:
        broken()
    assert error.value.what


def test_every_input_in_a_room_has_what_is_known_of_it() -> None:
    patch, rooms = Patch(), {"Live Room": ROOM}
    patch.set_line("Snare @ live room: SM57 > in 3", None, "Ida")
    patch.set_line("Vox @ Booth: U87 > in 4", None, "Ida")
    assert moved({4: "booth"}, patch) == [3]
    assert inputs_in(patch, "LIVE ROOM") == [3]
    furnish(patch, rooms_in(patch), rooms, {}, "Per")
    assert patch.get("input.3.place.state") == "dry"
    assert (patch.fields["input.3.place.rt60"].how, patch.fields["input.3.place.state"].by) == (
        "measured",
        "Per",
    )
    assert patch.get("input.4.place.state") is None
    before = patch.values()
    patch.set("input.3.place.state", "as it was at noon", "Ida")  # said in the same change
    furnish(patch, [3], rooms, before)
    assert patch.get("input.3.place.state") == "as it was at noon"
    furnish(patch, [3], {}, patch.values())
    assert patch.get("input.3.place.size") is None
