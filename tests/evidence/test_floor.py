"""The measured floor: A-weighted noise and the quietest second, where the right value is arithmetic."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from capture.evidence.floor import SILENCE_DB, measure
from capture.journal.record import load
from tests.evidence.sounds import RATE, noise, sine, take_of

WHITE_A = -2.05
"""White noise from 20 Hz to 20 kHz, A-weighted less not weighted: the mean of the curve of IEC 61672-1."""


@pytest.mark.parametrize("rate", [44100, 48000, 96000])
def test_white_noise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rate: int) -> None:
    record = load(take_of(tmp_path, monkeypatch, noise(-60, 4, rate), rate=rate))
    (found,) = measure(record, 0)
    in_band = -60 + 10 * np.log10(19_980 / (rate / 2))
    assert found.dbfs_a == pytest.approx(in_band + WHITE_A, abs=0.1)
    assert found.quietest_dbfs == pytest.approx(in_band, abs=0.2)
    assert found.quietest_dbfs_a == pytest.approx(found.dbfs_a or 0, abs=0.2)


@pytest.mark.parametrize(("hz", "weight"), [(1000, 0.0), (100, -19.1), (8000, -1.1)])
def test_tones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hz: float, weight: float) -> None:
    record = load(take_of(tmp_path, monkeypatch, sine(-20, hz, 3)))
    (found,) = measure(record, 0)
    assert found.dbfs_a == pytest.approx(-20 + weight, abs=0.1)
    assert found.quietest_dbfs == pytest.approx(-20, abs=0.02)


def test_rumble_does_not_leak_into_the_weighted_floor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rumble = sine(-20, 20, 4) + noise(-90, 4)
    (found,) = measure(load(take_of(tmp_path, monkeypatch, rumble)), 0)
    expected = 10 * np.log10(10 ** ((-20 - 50.5) / 10) + 10 ** ((-90.8 + WHITE_A) / 10))
    assert found.dbfs_a == pytest.approx(expected, abs=1.0)  # the curve falls by 6 dB between its bins there


def test_the_quietest_second_and_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loud = np.concatenate([noise(-40, 3), noise(-80, 1.5, seed=2), noise(-40, 3, seed=3)])
    both = np.stack([loud, noise(-30, 7.5, seed=4)], axis=1)
    for layout in ("poly", "track"):
        record = load(take_of(tmp_path / layout, monkeypatch, both, layout=layout))
        files = {track.file for track in record.tracks}
        first = measure(record, 0)[0]
        assert first.quietest_dbfs_a == pytest.approx(-80.8 + WHITE_A, abs=0.3)
        assert 2.9 * RATE <= first.quietest_at <= 3.6 * RATE
        assert measure(record, max(files))[-1].quietest_dbfs_a == pytest.approx(-30.8 + WHITE_A, abs=0.3)


def test_a_second_on_the_edge_of_what_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = np.concatenate([noise(-40, 9), noise(-80, 1.5, seed=2), noise(-40, 9, seed=3)])
    record = load(take_of(tmp_path, monkeypatch, sound))
    whole = measure(record, 0)
    for at_once in (1, 13, 107, 118):
        monkeypatch.setattr("capture.evidence.floor._AT_ONCE", at_once)
        assert measure(record, 0) == whole


def test_what_was_lost_is_not_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = noise(-60, 6)
    sound[2 * RATE : 4 * RATE] = 0
    gap = {
        "first": 2 * RATE,
        "frames": 2 * RATE,
        "first_pm": 0,
        "frames_pm": 0,
        "cause": "lost",
        "filled": True,
    }
    with_gap = load(take_of(tmp_path / "gap", monkeypatch, sound, lines=[("gap", 2 * RATE, gap)]))
    (found,) = measure(with_gap, 0)
    assert found.quietest_dbfs_a == pytest.approx(-60.8 + WHITE_A, abs=0.3)
    (silent,) = measure(load(take_of(tmp_path / "none", monkeypatch, sound)), 0)
    assert (silent.quietest_dbfs_a or 0) < SILENCE_DB


def test_a_long_take_is_read_in_stretches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = load(take_of(tmp_path, monkeypatch, noise(-60, 100, 8000), rate=8000))
    (whole,), (some,) = measure(record, 0), measure(record, 0, limit_s=10)
    assert 8 < some.seconds < 12
    assert whole.seconds == pytest.approx(100, abs=0.5)
    assert some.dbfs_a == pytest.approx(whole.dbfs_a or 0, abs=0.2)


def test_too_short_a_take_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (found,) = measure(load(take_of(tmp_path, monkeypatch, noise(-60, 0.1))), 0)
    assert (found.dbfs_a, found.quietest_dbfs_a, found.seconds) == (None, None, 0.0)
