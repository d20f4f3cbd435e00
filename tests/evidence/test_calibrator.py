"""A calibrator's tone: the right level, and every reason for which it does not hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from capture.evidence.calibrator import Reading, read_take, read_tone
from capture.evidence.errors import EvidenceError, NotACalibration
from capture.journal.record import load
from tests.evidence.sounds import RATE, noise, sine, take_of

SECONDS = 10.0


def tone(dbfs: float = -6.82, hz: float = 1000.0, seconds: float = SECONDS, rate: int = RATE) -> np.ndarray:
    """A tone with noise 60 dB below it, as a quiet room has."""
    return sine(dbfs, hz, seconds, rate) + noise(dbfs - 60, seconds, rate)


@pytest.mark.parametrize(("level", "dbfs"), [(94, -6.82), (114, -0.82), (94, -40.0)])
@pytest.mark.parametrize("rate", [44100, 48000, 96000])
def test_the_level_at_full_scale(level: float, dbfs: float, rate: int) -> None:
    found = read_tone(tone(dbfs, 1003.7, rate=rate), rate, level)
    assert found.reasons == ()
    assert found.spl_at_0dbfs_db == pytest.approx(level - dbfs, abs=0.005)
    assert found.frequency_hz == pytest.approx(1003.7, abs=0.01)
    in_the_audio_band = 10 * np.log10(19_980 / (rate / 2))
    assert found.above_noise_db == pytest.approx(60 - in_the_audio_band, abs=0.2)  # less what the tone hides
    assert found.drift_db == pytest.approx(0, abs=0.01)


def test_a_94_db_calibrator_on_a_u_87_at_35_db() -> None:
    """Predicted from its data sheet: −6.82 dBFS and 100.82 dB SPL at 0 dBFS."""
    assert read_tone(tone(), RATE, 94).spl_at_0dbfs_db == pytest.approx(100.82, abs=0.01)


def test_harmonics_are_measured() -> None:
    second, third = sine(-46.82, 2000, SECONDS), sine(-46.82, 3000, SECONDS)
    found = read_tone(tone() + second + third, RATE, 94)
    assert found.ok
    assert found.harmonics_db == pytest.approx(-40 + 3.01, abs=0.05)  # two of −40 dB


def growing(db: float) -> np.ndarray:
    return tone() * 10 ** (np.linspace(0, db, round(SECONDS * RATE)) / 20)


@pytest.mark.parametrize(
    ("samples", "word"),
    [
        (tone(hz=985), "985.0 Hz"),
        (tone(hz=1012), "1012.0 Hz"),
        (growing(0.3), "drifts by 0.27 dB"),
        (tone() + sine(-32, 2000, SECONDS), "harmonics are at -25.2 dB"),
        (tone() + noise(-22, SECONDS, seed=9), "above the noise"),
        (tone(seconds=8.0), "8.0 s of tone"),
        (np.clip(tone() * 3, -1, 1), "full scale"),
        (np.zeros(round(SECONDS * RATE)), "no tone"),
        (np.zeros(10), "no tone"),
        (np.zeros(0), "no tone"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_why_it_does_not_hold(samples: np.ndarray, word: str) -> None:
    found = read_tone(samples, RATE, 94)
    assert not found.ok
    assert word in "; ".join(found.reasons)


def test_just_good_enough() -> None:
    found = read_tone(tone(hz=990.5), RATE, 94)
    assert found.ok
    assert read_tone(growing(0.09), RATE, 94).ok


def taken(library: Path, monkeypatch: pytest.MonkeyPatch, sound: np.ndarray, **more: Any) -> Reading:
    record = load(take_of(library, monkeypatch, sound, **{"kind": "calibration", **more}))
    return read_take(record, record.tracks[-1], 94, more.get("first_s", 5.0))


def test_a_take_settles_for_5_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unsettled = np.concatenate([noise(-10, 4.9), tone(seconds=10.2)])
    found = taken(tmp_path, monkeypatch, unsettled)
    assert found.ok
    assert found.spl_at_0dbfs_db == pytest.approx(100.82, abs=0.01)
    assert found.seconds == 10.0


def test_the_second_track_of_a_poly_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both = np.stack([noise(-3, 15.0), tone(seconds=15.0)], axis=1)
    found = taken(tmp_path, monkeypatch, both, layout="poly")
    assert found.spl_at_0dbfs_db == pytest.approx(100.82, abs=0.01)


def test_a_gap_in_it_is_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gap = {"first": 7 * RATE, "frames": 100, "first_pm": 0, "frames_pm": 0, "cause": "lost", "filled": True}
    found = taken(tmp_path, monkeypatch, tone(seconds=16), lines=[("gap", 7 * RATE, gap)])
    assert "frames were lost in it" in found.reasons


def test_simulated_sound_never_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = taken(tmp_path, monkeypatch, tone(seconds=15), origin="simulated")
    assert any("simulated" in reason for reason in found.reasons)


def test_only_a_take_of_that_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotACalibration, match="kind take"):
        taken(tmp_path, monkeypatch, tone(seconds=1), kind="take")


def test_a_file_that_is_gone_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = take_of(tmp_path, monkeypatch, tone(seconds=15), kind="calibration")
    next(journal.parent.glob("*.wav")).unlink()
    record = load(journal)
    with pytest.raises(EvidenceError, match="not here"):
        read_take(record, record.tracks[0], 94)
