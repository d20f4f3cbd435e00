"""What the library keeps of calibrators, which takes they count for, and when they do not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from capture.evidence.arithmetic import of_input
from capture.evidence.calibrations import Calibration, known, of_library, of_sessions, unfit
from capture.evidence.calibrator import read_take
from capture.evidence.tracks import calibrations_around, of_take, values_of
from capture.journal.finish import edit_after_end
from capture.journal.record import load
from capture.library import Library
from tests.evidence.sounds import CHAIN, sine, take_of
from tests.support.takes import KEY, STARTED

VALUES = of_input(CHAIN, 1)
SESSION = ("Nordlys", "2026-11-25")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library.open(tmp_path / "library")


@pytest.fixture
def calibrate(library: Library, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Record and read a calibrator: dBFS of its tone, number of the take, minutes from the start."""
    from capture.evidence.calibrations import keep

    def run(dbfs: float, number: int, minutes: int, level: float = 94, **more: Any) -> Calibration:
        wanted = {"slate": "Cal", "kind": "calibration", "number": number, "counter": number, **more}
        journal = take_of(
            library.path,
            monkeypatch,
            sine(dbfs, seconds=15, rate=8000),
            rate=8000,
            started=STARTED + minutes * MINUTE,
            **wanted,
        )
        record = load(journal)
        reading = read_take(record, record.tracks[0], level)
        return keep(library, record, 1, of_input(values_of(record), 1), reading, "anna")

    return run


def of_song(library: Library, monkeypatch: pytest.MonkeyPatch, minutes: int, **more: Any) -> Any:
    journal = take_of(
        library.path,
        monkeypatch,
        sine(-10, rate=8000),
        rate=8000,
        started=STARTED + minutes * MINUTE,
        number=9,
        counter=9,
        **more,
    )
    record = load(journal)
    return of_take(record, values_of(record), calibrations_around(record))[0]


def test_a_calibration_counts_in_place_of_the_computed_value(
    library: Library, calibrate: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    calibrate(-7.5, 1, 0)
    row = of_song(library, monkeypatch, 5)
    assert row.known.db == pytest.approx(101.5, abs=0.002)
    assert row.known.how == "calibrated"
    assert row.known.differs_db == pytest.approx(101.5 - 100.82, abs=0.01)
    assert row.peak_spl_db == pytest.approx(91.5, abs=0.01)
    assert row.floor.parts[0].dbfs_a == pytest.approx(
        12 - 101.5, abs=0.01
    )  # its noise lies where it is heard
    assert "Cal_T001" in row.known.words


def test_without_one_it_is_computed(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    row = of_song(library, monkeypatch, 5)
    assert (row.known.how, row.known.words) == ("computed", "computed from the chain")
    assert row.known.db == pytest.approx(100.82, abs=0.01)
    assert row.peak_spl_db == pytest.approx(90.82, abs=0.01)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("preamp.gain_db", 36),
        ("microphone.serial", "9999"),
        ("microphone.pad_db", -10),
        ("preamp.channel", 2),
        ("insert.1.model", "1176"),
    ],
)
def test_a_change_of_the_chain_ends_it(
    library: Library, calibrate: Any, monkeypatch: pytest.MonkeyPatch, path: str, value: object
) -> None:
    calibrate(-7.5, 1, 0)
    row = of_song(library, monkeypatch, 5, chain={**CHAIN, f"input.1.{path}": value})
    assert row.known.how != "calibrated"


def test_what_does_not_touch_the_level_does_not_end_it(
    library: Library, calibrate: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    calibrate(-7.5, 1, 0)
    more = {"input.1.source.name": "Vox", "input.1.distance_m": 0.2, "input.1.microphone.self_noise_dba": 12}
    assert of_song(library, monkeypatch, 5, chain={**CHAIN, **more}).known.how == "calibrated"


def test_another_interface_ends_it(library: Library, calibrate: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    calibrate(-7.5, 1, 0)
    other = {
        "id": "test:3",
        "name": "Other",
        "host_api": "test",
        "inputs": 1,
        "origin": "physical",
        "rate": 48000,
    }
    assert of_song(library, monkeypatch, 5, interface=other).known.how == "computed"


def test_what_was_corrected_after_the_end_counts_and_is_said(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = take_of(library.path, monkeypatch, sine(-10, rate=8000), rate=8000)
    edit_after_end(journal, KEY, "chain.input.1.preamp.gain_db", 25, "anna")
    record = load(journal)
    row = of_take(record, values_of(record), [])[0]
    assert row.known.db == pytest.approx(110.82, abs=0.01)
    assert row.words == "computed from the chain; the chain was corrected after the end"
    edit_after_end(journal, KEY, "chain.input.1.preamp.gain_db", 35, "anna")
    edit_after_end(journal, KEY, "chain.input.1.source.name", "Vox", "anna")
    assert of_take(load(journal), values_of(load(journal)), [])[0].known.db == pytest.approx(100.82, abs=0.01)


def test_a_gain_that_changed_while_rolling_is_said(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    change = {"input": 1, "path": "input.1.preamp.gain_db", "from": 35, "to": 20, "by": "anna"}
    row = of_song(library, monkeypatch, 0, lines=[("change", 4000, change)])
    assert row.peak_spl_db is None
    assert row.words.endswith("it changed while the take rolled, this is as at Record")


def test_one_after_the_take_counts_in_its_session_alone(
    library: Library, calibrate: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    calibrate(-7.5, 1, 10)
    assert of_song(library, monkeypatch, 5).known.how == "calibrated"
    assert of_song(library, monkeypatch, 5, session="2026-11-24").known.how == "computed"


def test_before_and_after_have_to_agree(
    library: Library, calibrate: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    calibrate(-7.0, 1, 0)
    calibrate(-7.4, 2, 10)
    assert of_song(library, monkeypatch, 5).known.db == pytest.approx(101.0, abs=0.002)
    calibrate(-7.6, 3, 6)
    row = of_song(library, monkeypatch, 5, slate="Other")
    assert row.known.how == "computed"
    assert "differ by +0.60 dB" in row.known.uncalibrated
    assert "uncalibrated" in row.known.uncalibrated
    assert [said for _, _, said in of_sessions(of_library(library))] == [row.known.uncalibrated, ""]


@pytest.mark.parametrize(
    ("dbfs", "said"), [(-7.1, ""), (-7.3, "rose by 19.70 dB"), (-6.7, "rose by 20.30 dB")]
)
@pytest.mark.parametrize("low_first", [True, False])
def test_94_and_114_have_to_be_20_db_apart(
    library: Library, calibrate: Any, dbfs: float, said: str, low_first: bool
) -> None:
    calibrate(-27.0, 1, 0 if low_first else 2)
    calibrate(dbfs, 2, 1, level=114)
    ((_, _, words),) = of_sessions(of_library(library))
    assert bool(words) == bool(said)
    assert said in words


def test_one_that_does_not_hold_counts_for_nothing(
    library: Library, calibrate: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = calibrate(-7.5, 1, 0, origin="simulated")
    assert not kept.ok
    assert of_library(library)[0].reasons
    assert of_song(library, monkeypatch, 5).known.how == "computed"


def test_the_line_of_the_library(library: Library, calibrate: Any) -> None:
    kept = calibrate(-7.5, 1, 0)
    line = library.lines("calibration")[0]
    assert line["id"] == kept.id == f"{kept.take}/1"
    assert {
        "input": 1,
        "level_db": 94,
        "ok": True,
        "reasons": [],
        "microphone": "1234",
        "gain_db": 35,
    }.items() <= (line.items())
    assert line["at"] == "2026-11-25T14:03:12.500000Z"
    assert line["spl_at_0dbfs_db"] == pytest.approx(101.5, abs=0.002)
    assert line["path"] == {
        "microphone.model": "U 87 Ai",
        "microphone.serial": "1234",
        "microphone.pad_db": 0,
        "preamp.gain_db": 35,
        "preamp.pad_db": 0,
        "interface": "test:2",
    }
    assert of_library(library) == [kept]


def test_without_microphone_or_gain_it_counts_for_no_other_take() -> None:
    assert unfit({}) == "which microphone it is and the gain are not declared"
    assert unfit({"microphone.serial": "1", "preamp.gain_text": "red 45"}) == ""
    assert unfit(VALUES) == ""
    bare = Calibration("x", STARTED, "", "Cal", *SESSION, 1, 94, 1000, 100, 0, True, (), "", None, {}, "")
    assert known({}, 1, "", [bare]).how == ""


@pytest.mark.parametrize(
    "damaged",
    [
        {"spl_at_0dbfs_db": "100"},
        {"path": []},
        {"at": 5},
        {"input": None},
        {"ok": "yes"},
        {"reasons": "none", "spl_at_0dbfs_db": None},
    ],
)
def test_a_damaged_line_does_not_hold(library: Library, calibrate: Any, damaged: dict[str, Any]) -> None:
    kept = calibrate(-7.5, 1, 0)
    line = {
        k: v for k, v in library.lines("calibration")[0].items() if k not in ("seq", "prev", "type", "utc")
    }
    library.append("calibration", **{**line, **damaged})
    assert kept.ok
    assert [c.ok for c in of_library(library)] == [False]
