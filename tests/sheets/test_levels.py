"""Levels in dB SPL on the take sheet, by the chain or a calibrator, and the floor beside the measured one."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from capture.evidence import calibrations
from capture.evidence.arithmetic import of_input
from capture.evidence.calibrator import read_take
from capture.journal.finish import edit_after_end
from capture.journal.record import load
from capture.library import Library
from capture.sheets import build_session, build_take, render
from tests.evidence.sounds import CHAIN, noise, sine, take_of
from tests.support.takes import KEY, STARTED

RATE = 8000


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library.open(tmp_path / "library")


def recorded(library: Library, monkeypatch: pytest.MonkeyPatch, sound: Any, **more: Any) -> Path:
    return take_of(library.path, monkeypatch, sound, rate=RATE, **more)


def test_the_predicted_floor_beside_the_measured_one(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Noise of −80 dBFS up to 4 kHz: the mean of IEC 61672-1's curve up to there is less than 1 dB."""
    recorded(library, monkeypatch, noise(-80, 6, RATE), slate="Tone", kind="room tone")
    journal = recorded(
        library, monkeypatch, sine(-10, seconds=1, rate=RATE), started=STARTED + timedelta(minutes=5)
    )
    (row,) = build_take(journal).levels
    assert row.spl_at_0dbfs_db == pytest.approx(100.82, abs=0.01)
    assert row.peak_spl_db == pytest.approx(90.82, abs=0.01)
    assert (row.predicted_dbfs_a, row.at_least) == (pytest.approx(-88.82, abs=0.01), True)
    assert row.tone == "Tone_T001"
    assert row.measured_dbfs_a == pytest.approx(-80, abs=1.0)
    assert row.measured_dba == pytest.approx(100.82 + (row.measured_dbfs_a or 0), abs=0.01)


def test_a_room_tone_with_another_gain_is_not_put_beside_it(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = {**CHAIN, "input.1.preamp.gain_db": 20}
    recorded(library, monkeypatch, noise(-80, 6, RATE), slate="Tone", kind="room tone", chain=other)
    journal = recorded(library, monkeypatch, sine(-10, rate=RATE))
    assert build_take(journal).levels[0].measured_dbfs_a is None


def test_a_corrected_gain_counts_on_the_sheet(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = recorded(library, monkeypatch, sine(-10, rate=RATE))
    edit_after_end(journal, KEY, "chain.input.1.preamp.gain_db", 25, "anna")
    (row,) = build_take(journal).levels
    assert row.spl_at_0dbfs_db == pytest.approx(110.82, abs=0.01)
    assert "corrected after the end" in row.words


def test_nothing_is_said_where_nothing_is_known(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = recorded(library, monkeypatch, sine(-10, rate=RATE), chain={"input.1.microphone.model": "U 87"})
    sheet = build_take(journal)
    assert sheet.levels == ()
    assert b"## Levels" not in written(sheet, "md", library)


def written(sheet: Any, form: str, library: Library) -> bytes:
    path = library.path / f"sheet.{form}"
    render(sheet, form, path)
    return path.read_bytes()


def calibrated(
    library: Library, monkeypatch: pytest.MonkeyPatch, dbfs: float, number: int, minutes: int
) -> None:
    sound, when = sine(dbfs, seconds=15, rate=RATE), STARTED + timedelta(minutes=minutes)
    more: dict[str, Any] = {"kind": "calibration", "slate": "Cal", "number": number, "started": when}
    record = load(recorded(library, monkeypatch, sound, **more))
    reading = read_take(record, record.tracks[0], 94)
    calibrations.keep(library, record, 1, of_input(CHAIN, 1), reading, "anna")


def test_a_calibrated_take_in_every_form(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    calibrated(library, monkeypatch, -7.0, 1, 0)
    journal = recorded(library, monkeypatch, sine(-10, rate=RATE), started=STARTED + timedelta(minutes=5))
    sheet = build_take(journal)
    assert sheet.levels[0].how == "calibrated"
    found = json.loads(written(sheet, "json", library))["levels"][0]
    assert found["spl_at_0dbfs_db"] == pytest.approx(101, abs=0.002)
    page = written(sheet, "md", library).decode()
    assert "## Levels" in page
    assert "calibrated with 94 dB in Cal\\_T001" in page
    assert "101.0" in page
    assert b"levels,1,spl_at_0dbfs_db,10" in written(sheet, "csv", library)
    assert any(c.what == "dB SPL at 0 dBFS" and "Cal_T001" in c.source for c in sheet.evidence.measured)
    assert written(sheet, "pdf", library).startswith(b"%PDF")


def test_a_take_between_two_that_disagree_is_uncalibrated(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    calibrated(library, monkeypatch, -7.0, 1, 0)
    calibrated(library, monkeypatch, -7.6, 2, 10)
    journal = recorded(library, monkeypatch, sine(-10, rate=RATE), started=STARTED + timedelta(minutes=5))
    sheet = build_take(journal)
    assert sheet.levels[0].how == "computed"
    assert any(c.what == "calibration" and "uncalibrated" in c.value for c in sheet.evidence.not_known)
    assert "UNCALIBRATED" in written(sheet, "md", library).decode()
    (said,) = [warning for warning in build_session(journal.parents[1]).warnings if "CALIBRATED" in warning]
    assert said.startswith("UNCALIBRATED \N{EN DASH} input 1: Cal_T001 and Cal_T002 differ by +0.60 dB")


def test_a_take_alone_is_computed(library: Library, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    calibrated(library, monkeypatch, -7.0, 1, 0)
    journal = recorded(library, monkeypatch, sine(-10, rate=RATE), started=STARTED + timedelta(minutes=5))
    alone = tmp_path / "a" / "b" / "c" / "d"
    alone.mkdir(parents=True)
    for file in journal.parent.iterdir():
        (alone / file.name).write_bytes(file.read_bytes())
    assert build_take(alone / journal.name).levels[0].how == "computed"


def test_what_contradicts_the_chain_is_said_and_what_fits_is_named(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    gated = noise(-80, 4, RATE)
    gated[RATE : 2 * RATE] = 0
    sheet = build_take(recorded(library, monkeypatch, gated))
    verdicts = {check.what: check.verdict for check in sheet.checks}
    assert verdicts["stillness"] == verdicts["noise floor"] == "contradicts"
    assert verdicts["repetition"] == "consistent"
    said = [claim for claim in sheet.evidence.measured if claim.what == "samples against the chain"]
    assert any(
        claim.value == "CONTRADICTS: stillness (track 1)" and "1000.0 ms" in claim.source for claim in said
    )
    assert any(
        claim.value.startswith("consistent: ") and "repetition (track 1)" in claim.value for claim in said
    )
    assert any("thermal noise (track 1)" in claim.value for claim in sheet.evidence.not_known)
    page = written(sheet, "md", library).decode()
    assert "CONTRADICTS: stillness" in page
    found = json.loads(written(sheet, "json", library))["checks"]
    assert ["longest_s", 1.0] in next(c for c in found if c["what"] == "stillness")["numbers"]
    assert b"checks,1,verdict,contradicts" in written(sheet, "csv", library)


def test_a_sheet_does_not_wait_for_hours_of_sound(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    from capture.sheets import levels

    monkeypatch.setattr(levels, "MOST_TRACK_SECONDS", 1.0)
    sheet = build_take(recorded(library, monkeypatch, noise(-80, 2, RATE)))
    assert sheet.checks == ()
    (claim,) = [c for c in sheet.evidence.not_known if c.what == "samples against the chain"]
    assert "takechain level check Aurora_T001" in claim.source
