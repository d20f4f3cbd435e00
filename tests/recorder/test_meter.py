"""Peaks, mean squares, overs and dead inputs against plain arithmetic."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.recorder.meter import FULL_SCALE, Meter


def chunks_of(samples: np.ndarray, cuts: list[int]) -> list[np.ndarray]:
    edges = sorted({0, len(samples), *(cut % len(samples) for cut in cuts)})
    return [samples[a:b] for a, b in pairwise(edges)]


@settings(max_examples=50, deadline=None)
@given(
    st.integers(1, 5000),
    st.integers(1, 70),
    st.integers(0, 2**32 - 1),
    st.lists(st.integers(0, 10**6), max_size=5),
)
def test_levels_are_those_of_plain_arithmetic(frames: int, channels: int, seed: int, cuts: list[int]) -> None:
    samples = np.random.default_rng(seed).uniform(-0.9, 0.9, (frames, channels)).astype(np.float32)
    meter = Meter(channels)
    measured = [meter.measure(chunk) for chunk in chunks_of(samples, cuts)]
    peak = np.max([m.peak for m in measured], axis=0)
    assert peak == pytest.approx(np.abs(samples).max(0), rel=1e-6)
    squares = sum(m.squares for m in measured)
    assert squares == pytest.approx((samples.astype(np.float64) ** 2).sum(0), rel=1e-4)
    assert all(m.overs is None for m in measured)
    assert not meter.overs.any()


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from([0.5, 0.99995, float(FULL_SCALE), 1.0, -1.0, -float(FULL_SCALE)]),
        min_size=1,
        max_size=60,
    ),
    st.lists(st.integers(0, 100), max_size=8),
)
def test_an_over_is_a_run_of_three_full_scale_samples(values: list[float], cuts: list[int]) -> None:
    wanted = run = 0
    for value in values:
        run = run + 1 if abs(value) >= 8388607 / 8388608 else 0
        wanted += run == 3
    samples = np.array([[value, 0.1] for value in values], np.float32)
    meter = Meter(2)
    found = [meter.measure(chunk).overs for chunk in chunks_of(samples, cuts)]
    assert sum(int(overs[0]) for overs in found if overs is not None) == wanted
    assert list(meter.overs) == [wanted, 0]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_no_silence(bad: float) -> None:
    samples = np.full((32, 1), bad, np.float32)
    assert Meter(1).measure(samples).peak[0] >= 1


@settings(max_examples=50, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=50), st.lists(st.integers(0, 100), max_size=5))
def test_frames_of_zeros_are_counted_up_to_now(heard: list[bool], cuts: list[int]) -> None:
    samples = np.array([[0.5 if sound else 0.0] for sound in heard], np.float32)
    meter = Meter(1)
    for chunk in chunks_of(samples, cuts):
        meter.measure(chunk)
    trailing = heard[::-1].index(True) if True in heard else len(heard)
    assert meter.zero_run[0] == trailing
