"""takechain level: what people and scripts get."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from capture.library import Library
from tests.evidence.sounds import CHAIN, noise, sine, take_of
from tests.support.cli import Cli


@pytest.fixture
def recorded(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Path:
    Library.open(cli.library)
    if not list(cli.library.rglob("Aurora_T001.take.jsonl")):
        loop = noise(-30, 0.7)
        take_of(cli.library, monkeypatch, np.tile(loop / np.max(np.abs(loop)) * 10 ** (-10 / 20), 3))
        take_of(cli.library, monkeypatch, sine(-7, seconds=15), slate="Cal", kind="calibration", counter=2)
        take_of(cli.library, monkeypatch, sine(-7, 900, 15), slate="Bad", kind="calibration", counter=3)
        take_of(cli.library, monkeypatch, noise(-80, 3), slate="Tone", kind="room tone", counter=4)
    return cli.library


def test_a_calibrator_from_take_to_take(cli: Cli, recorded: Path) -> None:
    before = cli.ok("level", "show", "Aurora_T001")["tracks"][0]
    assert before["how"] == "computed"
    assert before["spl_at_0dbfs_db"] == pytest.approx(100.82, abs=0.01)
    read = cli.ok("level", "calibrate", "Cal_T001", "--level", "94", "--by", "anna")
    assert read["ok"] is True
    assert read["spl_at_0dbfs_db"] == pytest.approx(101, abs=0.002)
    after = cli.ok("level", "show", "Aurora_T001")["tracks"][0]
    assert (after["how"], after["calibration"]["by"]) == ("calibrated", "anna")
    assert after["peak_spl_db"] == pytest.approx(91, abs=0.01)
    kept = cli.ok("level", "calibrations")
    assert [c["name"] for c in kept["calibrations"] if c["ok"]] == ["Cal_T001"]
    assert kept["pairs"] == []


def test_what_people_read(cli: Cli, recorded: Path) -> None:
    said = cli.run("level", "show", "Cal_T001").out
    assert "dB SPL at 0 dBFS" in said
    assert "predicted floor at least −8" in said
    assert "preamp not declared" in said


def test_the_floor_of_the_room_tone_beside_the_predicted(cli: Cli, recorded: Path) -> None:
    """White noise of −80 dBFS reads −82.85 dBFS(A)."""
    row = cli.ok("level", "show", "Aurora_T001")["tracks"][0]
    measured = row["measured_floor"]
    assert measured["take"] == "Tone_T001"
    assert measured["dbfs_a"] == pytest.approx(-82.85, abs=0.2)
    assert measured["dba"] == pytest.approx(row["spl_at_0dbfs_db"] + measured["dbfs_a"])
    assert "measured floor −82." in cli.run("level", "show", "Aurora_T001").out


def test_one_that_does_not_hold_says_why(cli: Cli, recorded: Path) -> None:
    done = cli.run("level", "calibrate", "Bad_T001", "--level", "114")
    assert done.code == 1
    assert any("900.0 Hz" in line for line in done.said)
    assert "DOES NOT HOLD" in done.out
    assert "does not hold" in cli.run("level", "calibrations").out


def test_a_check_of_a_take(cli: Cli, recorded: Path) -> None:
    done = cli.run("level", "check", "Aurora_T001", "--json")
    assert done.code == 1
    assert done.json["counts"]["contradicts"] >= 1
    said = cli.run("level", "check", "Aurora_T001").out
    assert "contradicts   repetition of track 1: the samples from 0:00" in said
    assert "not testable  thermal noise of track 1: not declared: the microphone's impedance" in said


def test_wrong_words_are_usage_errors(cli: Cli, recorded: Path) -> None:
    for words in (
        ("calibrate", "Aurora_T001", "--level", "94"),
        ("calibrate", "Cal_T001", "--level", "100"),
        ("check", "Cal_T001", "--mains", "55"),
        ("calibrate", "Cal_T001", "--level", "94", "--input", "7"),
        ("show", "Nothing_T001"),
    ):
        done = cli.run("level", *words)
        assert done.code == 2, words
        assert done.said


def test_the_patch_of_the_next_take(cli: Cli, recorded: Path) -> None:
    cli.ok("chain", "set", "Vox: U87 #1234 > Neve 1073 +35 dB > in 1")
    row = cli.ok("level", "show")["tracks"][0]
    assert row["how"] == ""
    assert "the microphone's sensitivity (mV/Pa)" in row["missing"]
    assert "not known" in cli.run("level", "show").out
    assert CHAIN["input.1.preamp.gain_db"] == 35
