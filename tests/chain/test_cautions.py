"""What a patch is warned of: only what it says itself; what is not declared is never guessed."""

from __future__ import annotations

import pytest

from capture.chain import Patch
from capture.chain.cautions import cautions, concerning


def said(*lines: str, **facts: object) -> list[tuple[str, tuple[int, ...], str]]:
    patch = Patch()
    for line in lines:
        patch.set_line(line, None, "Ida")
    for path, value in facts.items():
        patch.set("input.1." + path.replace("__", "."), value, "Ida")
    return [(c.kind, c.inputs, c.text) for c in cautions(patch.values())]


def test_48_v_where_it_harms_and_where_it_is_needed() -> None:
    ribbon = "Coles 4038 > 1073 48V > in 1"
    assert said(ribbon, microphone__powering="harmful") == [
        ("harmful", (1,), "in 1: 48 V is on and can harm Coles 4038")
    ]
    condenser = "Neumann KM 184 #7 > 1073 48V off > in 1"
    assert said(condenser, microphone__powering="required") == [
        ("unpowered", (1,), "in 1: Neumann KM 184 #7 needs 48 V, which is off")
    ]


@pytest.mark.parametrize(
    ("line", "powering"),
    [
        ("SM57 > 1073 48V > in 1", None),  # unknown
        ("SM57 > 1073 48V off > in 1", None),
        ("SM57 > 1073 48V > in 1", "none"),
        ("U 47 > 1073 48V > in 1", "own supply"),
        ("U 47 > 1073 48V off > in 1", "own supply"),
        ("KM 184 > 1073 48V > in 1", "required"),
        ("KM 184 > 1073 > in 1", "required"),  # 48 V not declared is not off
        ("4038 > 1073 > in 1", "harmful"),
        ("4038 > 1073 48V off > in 1", "harmful"),
        ("4038 > di Box > 1073 48V > in 1", "harmful"),  # it goes to the DI
    ],
)
def test_what_is_not_known_or_well_is_not_warned_of(line: str, powering: str | None) -> None:
    assert said(line, microphone__powering=powering) == []


def test_a_di_that_needs_48_v() -> None:
    assert said("Jazz Bass > di Radial J48 > 1073 48V off > in 1", di__powering="required") == [
        ("unpowered", (1,), "in 1: Radial J48 needs 48 V, which is off")
    ]


def test_gain_beyond_the_range() -> None:
    line = "SM57 > Grace Design m801 {} > in 1"
    known = {"preamp__gain_min_db": 14, "preamp__gain_max_db": 64}
    assert said(line.format("+70 dB"), **known) == [
        ("gain", (1,), "in 1: gain +70 dB, but Grace Design m801 goes to +64 dB")
    ]
    assert said(line.format("+10 dB"), **known) == [
        ("gain", (1,), "in 1: gain +10 dB, but Grace Design m801 begins at +14 dB")
    ]
    for within in ("+14 dB", "+64 dB", ""):
        assert said(line.format(within), **known) == []
    assert said(line.format("+70 dB")) == []


def test_one_output_used_twice_unless_it_is_split() -> None:
    assert said("SM57 #1 > in 1", "SM57 #1 > in 3") == [
        ("output", (1, 3), "in 1 and 3: SM57 #1 is used twice; say split if it is")
    ]
    assert said("A mic=A1 > in 1", "A mic=A1 > in 2", "A mic=A1 > in 3")[0][2] == (
        "in 1, 2 and 3: A is used 3 times; say split if it is"
    )
    assert said("SM57 #1 split > in 1", "SM57 #1 split > in 3") == []
    assert len(said("SM57 #1 split > in 1", "SM57 #1 > in 3")) == 1
    assert said("MKH 800 #1 output front > in 1", "MKH 800 #1 output rear > in 2") == []
    assert len(said("MKH 800 #1 output rear > in 1", "MKH 800 #1 output rear > in 2")) == 1
    assert said("SM57 > in 1", "SM57 > in 3") == []  # which of our SM57s is not declared


def test_two_tracks_on_one_channel() -> None:
    assert said(
        "> Grace m801 ch 3 > adc Lynx Aurora ch 1 > in 1", "> Grace m801 ch 3 > adc Lynx Aurora ch 1 > in 2"
    ) == [
        ("preamp channel", (1, 2), "in 1 and 2: Grace m801 ch 3 is used twice"),
        ("converter channel", (1, 2), "in 1 and 2: Lynx Aurora ch 1 is used twice"),
    ]
    assert said("> Neve 1073 #1 ch 1 > in 1", "> Neve 1073 #2 ch 1 > in 2") == []
    assert said("> Neve 1073 > in 1", "> Neve 1073 > in 2") == []
    assert said("> +40 dB ch 1 > in 1", "> +40 dB ch 1 > in 2") == []  # of which preamp is not declared
    assert said("> > insert 1176 ch 1 > in 1", "> > insert 1176 ch 1 > in 2")[0][0] == "insert channel"


def test_of_some_inputs_alone() -> None:
    patch = Patch()
    for line in ("SM57 #1 > in 1", "SM57 #1 > in 2", "SM58 #1 > in 3"):
        patch.set_line(line, None, "Ida")
    found = cautions(patch.values())
    assert [c["inputs"] for c in concerning(found, [2])] == [[1, 2]]
    assert concerning(found, [3]) == []
    assert cautions(patch.values(), [2, 3]) == []  # input 1 is not armed
