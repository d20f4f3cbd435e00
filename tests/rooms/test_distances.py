"""Distances and arrival times: by arithmetic on known places, in air whose speed of sound is known."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.rooms.air import Figures, Known, RoomAir, of_values
from capture.rooms.distances import PLAN, Values, geometry, words

AIR = of_values(20, 50, 1013.25).figures()  # 343.987 m/s by Cramer
NO_AIR = Figures()
MEASURED = RoomAir(
    {
        "temperature": Known(20, 20, 20, "a", accuracy=0.2),
        "relative_humidity": Known(50, 50, 50, "a", accuracy=1.8),
        "pressure": Known(1013.25, 1013.25, 1013.25, "a"),
    }
).figures()


def spot(name: str, metres: float, **more: float | str) -> Values:
    return {"source.name": name, "distance_m": metres, **{k.replace("__", "."): v for k, v in more.items()}}


def at(x: float, y: float, z: float | None, stem: str = "") -> dict[str, float]:
    place = {f"{stem}x_m": x, f"{stem}y_m": y}
    return place if z is None else {**place, f"{stem}z_m": z}


def test_a_declared_distance_and_its_time() -> None:
    found = geometry({3: spot("Snare", 3.43987)}, AIR)
    (row,) = found.sources
    assert (row.input, row.source, row.way.how) == (3, "Snare", "declared")
    assert row.way.ms == pytest.approx(10, abs=1e-4)  # 3.43987 m at 343.987 m/s
    assert row.way.ms_pm is None  # the accuracy of what was read is not known
    assert found.later == found.microphones == ()


def test_the_uncertainty_is_that_of_the_air() -> None:
    way = geometry({1: spot("Cello", 3.43987)}, MEASURED).sources[0].way
    expected = math.hypot(0.2 * 0.604, 1.8 * 0.0126, 0.1032) / 343.987 * 10
    assert way.ms_pm == pytest.approx(expected, rel=0.05)
    assert words(geometry({1: spot("Cello", 3.43987)}, MEASURED)) == [
        "in 1: 3.44 m, 10.000 ±0.005 ms from Cello"
    ]


def test_coordinates_give_the_distance() -> None:
    values = {"source.name": "Voice", **at(0, 0, 1.5, "source."), **at(3, 4, 1.5)}
    way = geometry({1: values}, AIR).sources[0].way
    assert (way.metres, way.how, way.other_m) == (5, "coordinates", None)
    plan = geometry({1: {**at(0, 0, None, "source."), **at(3, 4, 1.5)}}, AIR).sources[0].way
    assert (plan.metres, plan.how) == (5, PLAN)
    high = (
        geometry({1: {**at(0, 0, 1.5, "source."), "x_m": 3, "y_m": 4, "height_m": 1.5}}, AIR).sources[0].way
    )
    assert high.how == "coordinates"
    assert geometry({1: {**at(0, 0, 1, "source."), "x_m": 3}}, AIR).is_empty


def test_both_known_and_not_the_same_is_said() -> None:
    values = {**at(0, 0, 1.5, "source."), **at(3, 4, 1.5)}
    assert geometry({1: {**values, "distance_m": 4.9}}, AIR).sources[0].way.other_m is None
    found = geometry({1: {**values, "distance_m": 1.2}}, NO_AIR)
    assert found.sources[0].way.other_m == 5
    assert words(found) == ["in 1: 1.2 m (by coordinates 5 m) from input 1"]


def test_an_array_is_as_wide_as_it_is_said_to_be() -> None:
    ortf = {"array.kind": "ORTF", "array.spacing_m": 0.17}
    pair = {5: {**ortf, "array.role": "L"}, 6: {**ortf, "array.role": "right"}}
    (row,) = geometry(pair, AIR).microphones
    assert (row.inputs, row.array, row.way.metres) == ((5, 6), "ORTF", 0.17)
    assert row.way.ms == pytest.approx(0.17 / 343.987 * 1000, abs=1e-4)
    unspoken = {5: {"array.kind": "ORTF", "array.role": "L"}, 6: {"array.kind": "ORTF", "array.role": "R"}}
    assert geometry(unspoken, AIR).is_empty  # the standard's 17 cm are nobody's declaration


def test_three_of_a_tree_and_two_arrays_of_one_kind() -> None:
    tree = {"array.kind": "Decca", "array.spacing_m": 2.0}
    three = {n: {**tree, "array.role": role} for n, role in ((1, "left"), (2, "centre"), (3, "right"))}
    assert [row.inputs for row in geometry(three, AIR).microphones] == [(1, 3)]
    placed = {n: {**values, **at(x, y, 3)} for (n, values), (x, y) in zip(
        three.items(), ((-1, 0), (0, 1.5), (1, 0)), strict=True)}  # fmt: skip
    ways = {row.inputs: row.way.metres for row in geometry(placed, AIR).microphones}
    assert ways == {
        (1, 2): pytest.approx(math.hypot(1, 1.5)),
        (1, 3): 2,
        (2, 3): pytest.approx(math.hypot(1, 1.5)),
    }
    twice = {**three, 7: {**tree, "array.role": "left"}, 9: {**tree, "array.role": "right"}}
    assert geometry(twice, AIR).microphones == ()  # nothing says which belong together
    hall = {n: {**v, "place.room": "Hall" if n > 6 else "Live"} for n, v in twice.items()}
    assert [row.inputs for row in geometry(hall, AIR).microphones] == [(1, 3), (7, 9)]


def test_a_pair_without_an_array() -> None:
    pair = {
        1: {"pair.input": 2, "pair.side": "left", **at(0, 0, 2)},
        2: {"pair.side": "right", **at(0, 3, 2)},
    }
    (row,) = geometry(pair, AIR).microphones
    assert (row.inputs, row.array, row.way.metres) == ((1, 2), "pair", 3)


def test_one_source_at_two_microphones() -> None:
    (later,) = geometry({1: spot("Gtr", 0.5), 4: spot("gtr", 2.0), 5: spot("Vox", 1.0)}, AIR).later
    assert (later.near, later.far, later.way.metres) == (1, 4, 1.5)
    assert later.way.ms == pytest.approx(1.5 / 343.987 * 1000, abs=1e-4)
    assert later.level_db == pytest.approx(-12.041, abs=0.001)  # four times as far: 20 lg 4
    assert later.air_db == pytest.approx(-103.91 * 1.5 / 1000, abs=1e-4)  # ISO 9613-1 at 7943.28 Hz
    assert (
        geometry({1: spot("Gtr", 0.5, place__room="A"), 4: spot("Gtr", 2, place__room="B")}, AIR).later == ()
    )


def test_a_spot_and_the_main_pair() -> None:
    spot_microphone = {**spot("Oboe", 0.6), **at(2, 6, 1, "source.")}
    mains = {"array.kind": "AB", "source.name": "Orchestra"}
    inputs = {
        1: {**mains, "array.role": "left", **at(-0.25, 0, 3)},
        2: {**mains, "array.role": "right", **at(0.25, 0, 3)},
        9: spot_microphone,
        10: {**spot("Horn", 0.9)},  # nobody said where it stands
    }
    found = geometry(inputs, AIR)
    reached = {row.far: row.way.metres for row in found.later}
    assert reached == {
        1: pytest.approx(math.dist((2, 6, 1), (-0.25, 0, 3)) - 0.6, abs=1e-6),
        2: pytest.approx(math.dist((2, 6, 1), (0.25, 0, 3)) - 0.6, abs=1e-6),
    }
    line = next(text for text in words(found) if text.startswith("Oboe: at in 1 "))
    assert "after in 9" in line
    assert "dB by distance" in line
    assert "dB at 8 kHz by the air" in line


def test_without_air_there_are_distances_and_no_times() -> None:
    (row,) = geometry({1: spot("Gtr", 0.5)}, NO_AIR).sources
    assert (row.way.metres, row.way.ms, row.way.ms_pm) == (0.5, None, None)
    later = geometry({1: spot("Gtr", 0), 2: spot("Gtr", 1)}, NO_AIR).later[0]
    assert (later.level_db, later.air_db) == (None, None)


numbers = st.floats(0, 1000).map(lambda m: round(m, 3))


@settings(deadline=None)
@given(st.dictionaries(st.integers(1, 9), st.fixed_dictionaries({}, optional={
    "source.name": st.sampled_from(["A", "B"]), "place.room": st.sampled_from(["R", "S"]),
    "distance_m": numbers,
    "x_m": numbers, "y_m": numbers, "z_m": numbers, "height_m": numbers,
    "source.x_m": numbers, "source.y_m": numbers, "source.z_m": numbers,
    "array.kind": st.sampled_from(["AB", "XY"]), "array.role": st.sampled_from("LRCM"),
    "array.spacing_m": numbers, "pair.input": st.integers(1, 9),
})))  # fmt: skip
def test_any_chain_has_an_answer(inputs: dict[int, dict[str, float]]) -> None:
    found = geometry(inputs, AIR)
    assert len(words(found)) == len(found.sources) + len(found.microphones) + len(found.later)
    for later in found.later:
        assert later.way.metres >= 0
        assert later.way.metres == pytest.approx((later.way.ms or 0) * 0.343987, abs=1e-3)
