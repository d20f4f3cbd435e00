"""The whole path in one line: DI, inserts, place, array, impedance, clock; gear picked from the locker."""

from __future__ import annotations

from typing import Any

import pytest

from capture.chain import ChainError, Patch, format_line, parse_line
from capture.chain.picking import Piece
from capture.gear.picking import picked as fields_of
from capture.gear.record import make_gear

AT = "2026-11-25T14:03:12.000000Z"
LOCKER: dict[str, dict[str, Any]] = {
    "A1142": {
        "id": "A1142",
        "kind": "microphone",
        "make": "Neumann",
        "model": "KM 184",
        "serial": "1142",
        "powering": "required",
        "patterns": ["cardioid"],
        "specs": {
            "sensitivity_mv_pa": {"value": 15, "source": "data sheet", "tolerance": 1},
            "self_noise_dba": {"value": 13, "source": "data sheet", "edition": "2010"},
            "max_spl_db": {"value": 138, "source": "data sheet", "edition": "2010"},
            "impedance_ohm": {"value": 50, "source": "data sheet", "edition": "2010"},
        },
    },
    "TLM": {
        "id": "TLM",
        "kind": "microphone",
        "model": "TLM 170",
        "patterns": ["omni", "cardioid"],
        "specs": {
            "sensitivity_mv_pa@cardioid": {"value": 8, "source": "data sheet"},
            "max_spl_db": {"value": 140, "source": "data sheet"},
        },
    },
    "4038": {"id": "4038", "kind": "microphone", "make": "Coles", "model": "4038", "powering": "harmful"},
    "rack 1": {
        "id": "rack 1",
        "kind": "preamp",
        "make": "Grace Design",
        "model": "m801",
        "specs": {
            "gain_min_db": {"value": 14, "source": "manual"},
            "gain_max_db": {"value": 64, "source": "manual"},
            "impedance_ohm": {"value": 8100, "source": "manual"},
        },
    },
    "J48": {"id": "J48", "kind": "di", "make": "Radial", "model": "J48", "powering": "required"},
    "UFX": {
        "id": "UFX",
        "kind": "interface",
        "make": "RME",
        "specs": {
            "full_scale_dbu": {"value": 19, "source": "manual"},
            "clock": {"value": "internal, word clock", "source": "manual"},
        },
    },
    "drums": {"id": "drums", "kind": "instrument", "make": "Gretsch", "model": "Broadkaster", "serial": "7"},
}


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("SM57 30° > in 1", "SM57 30° > in 1"),
        ("SM57 -30 deg off axis 4 cm", "SM57 4 cm -30°"),
        ("U 87 1.2 m, 30° off axis, 1.6 m up", "U 87 1.2 m 30° 1.6 m up"),
        ("U 87 30 cm down", "U 87 0.3 m down"),
        ("U 87 5 ft up 2 ft", "U 87 2 ft 1.524 m up"),
        ("U 87 x=1,2 y=-0.5m z=1.6", "U 87 x=1.2 y=-0.5 z=1.6"),
        (
            "KM 184 array ORTF spacing 17 cm spread 110 role L",
            "KM 184 array ORTF spacing 0.17 m spread 110° role L",
        ),
        ("MKH 800 TWIN output rear split", "MKH 800 TWIN output rear split"),
        ("SM57 split off", "SM57 split off"),
        (
            "Jazz Bass > DI Radial J48 #3 pad 15 ch 2 > 1073",
            "Jazz Bass > di Radial J48 #3 ch 2 pad -15 > 1073",
        ),
        ("> di J48 > in 2", "> di J48 > in 2"),
        ("SM57 > 1073 imp 1.2k > in 1", "SM57 > 1073 imp 1200 > in 1"),
        ("SM57 > 1073 impedance 300 ohm", "SM57 > 1073 imp 300"),
        (
            "U 47 > V72 > insert 1176 #9 “4:1, slow” > insert Pultec / EQP-1A ch 2 > adc Lavry ch 1 > in 1",
            'U 47 > V72 > insert 1176 #9 "4:1, slow" > insert Pultec EQP-1A ch 2 > adc Lavry ch 1 > in 1',
        ),
        ("U 47 > V72 > insert > insert 1176", "U 47 > V72 > insert > insert 1176"),
        ('> > adc UFX clock "word clock" > in 1', 'adc UFX clock "word clock" > in 1'),
        (
            'mic=A1142 4 cm > pre="rack 1" ch 2 > adc=UFX > in 1',
            'mic=A1142 4 cm > ch 2 pre="rack 1" > adc=UFX > in 1',
        ),
        ("pre=x +40 > in 1", "> pre=x +40 dB > in 1"),
        (
            "MIC=a src=b > cable=c > di=d > insert=e",
            "mic=a src=b > cable=c > di=d > insert=e",
        ),
        ("\\mic=a b", "\\mic=a b"),
    ],
)
def test_the_parts_of_the_path(typed: str, shown: str) -> None:
    assert format_line(parse_line(typed)) == shown
    assert parse_line(shown) == parse_line(typed)


def test_where_each_part_goes() -> None:
    line = (
        'Bass (Kim): Jazz Bass > di Radial J48 pad -15 > 1073 imp 300 > insert 1176 "4:1" > adc X clock int'
    )
    assert parse_line(line) == {
        "source.name": "Bass",
        "source.player": "Kim",
        "place.room": "",
        "microphone.model": "Jazz Bass",
        "di.make": "Radial",
        "di.model": "J48",
        "di.pad_db": -15,
        "preamp.model": "1073",
        "preamp.impedance_ohm": 300,
        "insert.1.model": "1176",
        "insert.1.setting": "4:1",
        "converter.model": "X",
        "converter.clock": "int",
    }
    assert parse_line("U 87 1.2 m, 30° off axis, 1.6 m up") == {
        "microphone.model": "U 87",
        "distance_m": 1.2,
        "distance_text": "1.2 m",
        "angle_deg": 30,
        "height_m": 1.6,
    }


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("> 1073 30°", "'30°'"),
        ("> 1073 split", "'split'"),
        ("> 1073 array ORTF", "'array'"),
        ("SM57 imp 300", "'imp'"),
        ("> 1073 imp low", "'low'"),
        ("> 1073 clock word", "'clock'"),
        ("SM57 spacing wide", "'wide'"),
        ("SM57 spread wide", "'wide'"),
        ("SM57 400°", "'400°'"),
        ("SM57 pre=x", "'pre=x'"),
        ("SM57 > 1073 mic=x", "'mic=x'"),
        ("SM57 mic=", "'mic='"),
        ("SM57 mic=a mic=b", "'mic=b'"),
        ("SM57 > x=1", "'x=1'"),
        ("a > b > insert 1 > insert 2 > insert 3 > insert 4 > insert 5", "'insert'"),
    ],
)
def test_what_does_not_belong_is_named(typed: str, word: str) -> None:
    with pytest.raises(ChainError, match=word):
        parse_line(typed)


def from_locker(gear: str, part: str, pattern: str) -> Piece | None:
    if gear not in LOCKER:
        return None
    piece = make_gear(LOCKER[gear])
    return Piece(piece.kind, fields_of(piece, part, pattern))


def picked(line: str, patch: Patch | None = None) -> Patch:
    patch = patch or Patch()
    patch.set_line(line, 1, "Ida", AT, from_locker)
    return patch


def of(patch: Patch, part: str) -> dict[str, object]:
    return {s: f.value for s, f in patch.of_input(1).items() if s.startswith(f"{part}.")}


def test_a_piece_picked_by_its_id_says_what_it_is() -> None:
    patch = picked('OH: mic=A1142 2 m > pre="rack 1" ch 3 +40 dB > adc=UFX ch 3 > in 1')
    assert of(patch, "microphone") == {
        "microphone.gear": "A1142",
        "microphone.make": "Neumann",
        "microphone.model": "KM 184",
        "microphone.serial": "1142",
        "microphone.pattern": "cardioid",
        "microphone.powering": "required",
        "microphone.sensitivity_mv_pa": 15,
        "microphone.self_noise_dba": 13,
        "microphone.max_spl_db": 138,
        "microphone.impedance_ohm": 50,
    }
    assert patch.get("input.1.preamp.gain_max_db") == 64
    assert patch.get("input.1.preamp.ein_dbu") is None  # unknown stays unknown
    assert patch.get("input.1.converter.full_scale_dbu") == 19
    assert patch.get("input.1.converter.clock") is None  # what it can do is not what it does
    assert patch.line(1) == (
        'OH: Neumann KM 184 #1142 mic=A1142 cardioid 2 m > Grace Design m801 ch 3 pre="rack 1" +40 dB'
        " imp 8100 > adc RME ch 3 adc=UFX > in 1"
    )


def test_its_line_typed_again_changes_nothing() -> None:
    patch = picked("mic=A1142 2 m > in 1")
    before = dict(patch.fields)
    patch.set_line(patch.line(1), 1, "Per", locker=lambda *_: None)  # not even when the record is gone
    assert patch.fields == before


def test_another_id_is_another_piece_and_edited_words_are_no_longer_the_piece() -> None:
    patch = picked("mic=A1142 2 m > in 1")
    picked(patch.line(1).replace("mic=A1142", "mic=4038"), patch)
    assert of(patch, "microphone") == {
        "microphone.gear": "4038",
        "microphone.make": "Coles",
        "microphone.model": "4038",
        "microphone.pattern": "cardioid",  # the line still says it
        "microphone.powering": "harmful",
    }
    picked(patch.line(1).replace("Coles 4038", "Coles 4104"), patch)
    assert of(patch, "microphone") == {
        "microphone.make": "Coles",
        "microphone.model": "4104",
        "microphone.pattern": "cardioid",
    }


def test_words_that_do_not_contradict_the_record_stay() -> None:
    patch = picked("Coles 4038 #99 mic=4038 > in 1")
    assert patch.get("input.1.microphone.serial") == "99"


def test_another_pattern_has_figures_of_its_own() -> None:
    patch = picked("mic=TLM cardioid > in 1")
    assert patch.get("input.1.microphone.sensitivity_mv_pa") == 8
    picked(patch.line(1).replace("cardioid", "omni"), patch)
    assert patch.get("input.1.microphone.sensitivity_mv_pa") is None
    assert patch.get("input.1.microphone.max_spl_db") == 140


def test_an_instrument_and_a_di() -> None:
    patch = picked("Drums: src=drums > di=J48 > in 1")
    assert of(patch, "source") == {
        "source.name": "Drums",
        "source.gear": "drums",
        "source.make": "Gretsch",
        "source.model": "Broadkaster",
        "source.serial": "7",
    }
    assert patch.get("input.1.di.powering") == "required"
    picked("di=J48 > in 1", patch)  # a line without its prefix leaves the source alone
    assert patch.get("input.1.source.serial") == "7"
    picked("Bass: di=J48 > in 1", patch)
    assert of(patch, "source") == {"source.name": "Bass"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("mic=B2 > in 1", "no 'B2'"),
        ("mic=J48x", "no"),
        ('mic="rack 1"', "of kind preamp"),
        ("src=A1142", "no source"),
    ],
)
def test_what_cannot_be_picked_changes_nothing(line: str, said: str) -> None:
    patch = picked("SM57 > in 1")
    before = dict(patch.fields)
    with pytest.raises(ChainError, match=said):
        picked(line, patch)
    assert patch.fields == before


def test_an_id_of_another_locker_is_taken_as_said() -> None:
    patch = picked("Shure SM57 #8 mic=B2 > in 1")
    assert patch.line(1) == "Shure SM57 #8 mic=B2 > in 1"


def test_another_place_is_not_the_place_as_typed() -> None:
    patch = picked("SM57 1 m 30° > in 1")
    patch.set("input.1.position_text", "1 m, 30° off axis", "Ida")
    picked("SM57 1 m 30° > 1073 > in 1", patch)
    assert patch.get("input.1.position_text") == "1 m, 30° off axis"
    picked("SM57 1 m 45° > 1073 > in 1", patch)
    assert patch.get("input.1.position_text") is None
