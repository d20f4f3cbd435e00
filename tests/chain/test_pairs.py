"""Linked pairs: edited once for both sides, with what is a side's own left alone."""

from __future__ import annotations

import pytest

from capture.chain import ChainError, Patch
from capture.chain.pairs import link, mirror, partner, unlink

AT = "2026-11-25T14:03:12.000000Z"


def pair(*lines: str) -> Patch:
    patch = Patch()
    for line in lines:
        patch.set_line(line, None, "Ida", AT)
    link(patch, 5, 6, "Ida", AT)
    return patch


def edit(patch: Patch, line: str, number: int = 5) -> Patch:
    before = dict(patch.fields)
    patch.set_line(line, number, "Per")
    mirror(before, patch, "Per")
    return patch


def test_a_pair_is_named_and_gets_one_chain() -> None:
    patch = pair("OH @ Hall: KM 184 #7 cardioid 2 m > Grace m801 ch 1 +30 dB pol inv > in 5")
    assert patch.line(5) == "OH L @ Hall: KM 184 #7 cardioid 2 m > Grace m801 ch 1 +30 dB pol inv > in 5"
    assert patch.line(6) == "OH R @ Hall: KM 184 cardioid 2 m > Grace m801 +30 dB pol inv > in 6"
    assert (partner(patch, 5), partner(patch, 6), partner(patch, 7)) == (6, 5, None)
    assert [patch.get(f"input.{n}.pair.side") for n in (5, 6)] == ["left", "right"]


def test_what_stands_there_already_stays() -> None:
    patch = pair("OH L: KM 184 #7 > in 5", "Room: U 87 > 1073 > in 6")
    assert patch.line(6) == "Room: U 87 > 1073 > in 6"
    assert patch.line(5) == "OH L: KM 184 #7 > in 5"


@pytest.mark.parametrize(
    ("line", "number", "other"),
    [
        (
            "KM 184 #7 2.5 m > Grace m801 ch 1 +33 dB > in 5",
            5,
            "OH R: KM 184 #8 2.5 m > Grace m801 ch 2 +33 dB > in 6",
        ),
        ("KM 184 #8 > Grace m801 ch 2 48V > in 6", 6, "OH L: KM 184 #7 > Grace m801 ch 1 48V > in 5"),
        ("U 87 #3 2 m > Grace m801 ch 1 +30 dB", 5, "OH R: U 87 2 m > Grace m801 ch 2 +30 dB > in 6"),
        (
            "KM 184 #9 2 m > Grace m801 ch 3 +30 dB pol inv",
            5,
            "OH R: KM 184 #8 2 m > Grace m801 ch 2 +30 dB > in 6",
        ),
        (
            "Room: KM 184 #7 2 m > Grace m801 ch 1 +30 dB",
            5,
            "Room R: KM 184 #8 2 m > Grace m801 ch 2 +30 dB > in 6",
        ),
        (
            "Room right: KM 184 #8 2 m > Grace m801 ch 2 +30 dB",
            6,
            "Room left: KM 184 #7 2 m > Grace m801 ch 1 +30 dB > in 5",
        ),
    ],
)
def test_what_is_edited_on_one_side(line: str, number: int, other: str) -> None:
    patch = pair(
        "OH L: KM 184 #7 2 m > Grace m801 ch 1 +30 dB > in 5",
        "OH R: KM 184 #8 2 m > Grace m801 ch 2 +30 dB > in 6",
    )
    edit(patch, line, number)
    assert patch.line(11 - number) == other


def test_a_name_of_its_own_stays() -> None:
    patch = pair("OH L: in 5", "Spot: in 6")
    edit(patch, "Room L: KM 184")
    assert patch.line(6) == "Spot: KM 184 > in 6"


def test_differences_that_are_meant_stay() -> None:
    patch = pair("OH L: KM 184 2 m > 1073 +30 dB > in 5", "OH R: KM 184 2.2 m > 1073 +31 dB > in 6")
    edit(patch, "KM 184 2 m > 1073 +30 dB 48V > in 5")
    assert patch.line(6) == "OH R: KM 184 2.2 m > 1073 +31 dB 48V > in 6"


def test_both_sides_edited_at_once_are_both_as_said() -> None:
    patch = pair("OH L: KM 184 > in 5", "OH R: KM 184 > in 6")
    before = dict(patch.fields)
    patch.set_range("U 87 > 1073 ch 1", 5, 6, "Per")
    patch.set("input.6.preamp.gain_db", 40, "Per")
    patch.set("input.5.preamp.gain_db", 30, "Per")
    mirror(before, patch, "Per")
    assert patch.line(5) == "OH L: U 87 > 1073 ch 1 +30 dB > in 5"
    assert patch.line(6) == "OH R: U 87 > 1073 ch 2 +40 dB > in 6"


def test_figures_belong_to_the_specimen() -> None:
    patch = pair("A: KM 184 #7 mic=A7 > in 5", "B: KM 184 #8 mic=A8 > in 6")
    for number, value in ((5, 15), (6, 14)):
        patch.set(f"input.{number}.microphone.sensitivity_mv_pa", value, "Ida")
        patch.set(f"input.{number}.microphone.self_noise_dba", value, "Ida")
    before = dict(patch.fields)
    patch.set("input.5.microphone.self_noise_dba", 13, "Per")
    mirror(before, patch, "Per")
    assert patch.get("input.6.microphone.self_noise_dba") == 14
    edit(patch, "U 87 #1 > in 5")
    assert patch.line(6) == "B: U 87 > in 6"
    assert patch.get("input.6.microphone.self_noise_dba") is None


def test_mid_and_side_are_two_microphones() -> None:
    patch = pair("Mid: MKH 40 array M/S > in 5", "Side: MKH 30 fig-8 array M/S > in 6")
    edit(patch, "MKH 20 omni 2 m array M/S > 1073 +30 dB")
    assert patch.line(6) == "Side: MKH 30 fig-8 2 m array M/S > 1073 +30 dB > in 6"


def test_links_that_cannot_be() -> None:
    patch = pair("OH: in 5")
    for left, right in ((5, 5), (6, 7), (0, 1)):
        with pytest.raises(ChainError):
            link(patch, left, right, "Ida")
    link(patch, 6, 5, "Ida")  # the other way round
    assert patch.get("input.6.pair.side") == "left"
    unlink(patch, 5)
    assert partner(patch, 6) is None
    assert not [path for path in patch.fields if ".pair." in path]
    with pytest.raises(ChainError, match="no pair"):
        unlink(patch, 5)
    before = dict(patch.fields)
    patch.set("input.5.preamp.gain_db", 30, "Ida")
    mirror(before, patch, "Ida")
    assert patch.get("input.6.preamp.gain_db") is None
