"""The waveform overview holds the true extremes of the samples, in their places."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.journal.record import load
from capture.sheets import waveform
from capture.sheets.charts import wave_strip
from capture.sheets.model import WaveTrack
from tests.support.takes import build_take, samples


@pytest.mark.parametrize("layout", ["track", "poly"])
@pytest.mark.parametrize("form", ["pcm24", "float32"])
@pytest.mark.parametrize("frames", [1, 399, 400, 1200, 70_001])
def test_each_column_holds_its_lowest_and_highest_sample(
    tmp_path: Path,
    layout: str,
    form: str,
    frames: int,
) -> None:
    journal = build_take(
        tmp_path, layout=layout, format=form, frames=frames, block=8192, tracks=("a", "b", "c")
    )
    found = waveform.overview(load(journal))
    assert found is not None
    assert found.share == 1.0
    audio = samples(frames, 3)
    columns = min(400, frames)
    place = np.arange(frames) * columns // frames
    for index, track in enumerate(found.tracks):
        assert track.track == index + 1
        for column in range(columns):
            inside = audio[place == column, index]
            assert track.low[column] == pytest.approx(inside.min(), abs=1e-5)
            assert track.high[column] == pytest.approx(inside.max(), abs=1e-5)


def test_a_long_take_is_sampled_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waveform, "WHOLE_SECONDS", 0)
    monkeypatch.setattr(waveform, "STRIP_FRAMES", 16)
    journal = build_take(tmp_path, frames=100_000, block=50_000)
    found = waveform.overview(load(journal))
    assert found is not None
    assert found.share == pytest.approx(16 / (100_000 // 1600), rel=0.02)
    assert len(found.tracks[0].low) == 400
    assert min(found.tracks[0].high) > 0  # every column was looked at


def test_a_broken_file_leaves_the_others(tmp_path: Path) -> None:
    journal = build_take(tmp_path)
    min(journal.parent.glob("*.wav")).write_bytes(b"RIFF")
    found = waveform.overview(load(journal))
    assert found is not None
    assert set(found.tracks[0].high) == {0.0}
    assert max(found.tracks[1].high) > 0


@settings(max_examples=50)
@given(st.lists(st.floats(-2, 2), min_size=1, max_size=40))
def test_the_strip_stays_inside_its_frame(values: list[float]) -> None:
    import re

    track = WaveTrack(1, tuple(min(0.0, v) for v in values), tuple(max(0.0, v) for v in values))
    points = re.search(r'points="([^"]+)"', wave_strip(track, 100, 20))
    assert points is not None
    for pair in points[1].split():
        x, y = (float(part) for part in pair.split(","))
        assert -6.1 <= y <= 26.1 if max(map(abs, values)) > 1 else -0.01 <= y <= 20.01
        assert 0 <= x <= 100
