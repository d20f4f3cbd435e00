"""Peak, mean square, overs and dead inputs of every channel, in as few passes over the samples as can be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FULL_SCALE = np.float32(8388607 / 8388608)
"""The largest positive 24-bit sample; what reaches it, of either sign, counts as full scale."""
OVER_SAMPLES = 3
_NEARLY_FULL = np.float32(0.9999)  # the root of a square is not exact to the last bit
_STRETCH_SAMPLES = 1 << 16  # worked on at a time: they stay in the processor's cache
_FOLD = 16  # rows folded into one long row: numpy's inner loops then run over many samples


@dataclass(slots=True)
class Measured:
    """One chunk's levels per channel: largest magnitude, sum of squares (linear), overs that began in it.

    `over_at` is the row of the third sample of the first over; `zeros` the run of exact zeros that the chunk
    ends in, counted over chunks.
    """

    peak: NDArray[np.float32]
    squares: NDArray[np.float64]
    overs: NDArray[np.int64] | None  # None: none, the usual case
    over_at: NDArray[np.int64] | None = None
    zeros: NDArray[np.int64] | None = None  # None: none, the usual case

    @property
    def within(self) -> bool:
        """Whether every sample is a number clearly below full scale."""
        return bool(self.peak.max() < _NEARLY_FULL)


class Meter:
    """Measures chunk after chunk; runs of full-scale or zero samples are followed across chunks."""

    def __init__(self, channels: int) -> None:
        self.channels = channels
        self.overs = np.zeros(channels, np.int64)
        self.zero_run = np.zeros(channels, np.int64)
        self._tail = np.zeros((OVER_SAMPLES, channels), np.bool_)
        self._work = np.empty(max(_STRETCH_SAMPLES, _FOLD * channels), np.float32)

    def measure(self, samples: NDArray[np.float32]) -> Measured:
        """The levels of a chunk of shape (frames, channels), C-contiguous, at least one frame."""
        with np.errstate(over="ignore", invalid="ignore"):
            loudest, squares = self._squares(samples)
            peak = np.sqrt(loudest)
        overs, over_at = self._count_overs(samples, peak) or (None, None)
        some = self._follow_zeros(samples, peak)
        return Measured(peak, squares, overs, over_at, self.zero_run.copy() if some else None)

    def _squares(self, samples: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        """Per channel the largest square and the sum of squares: each sample is read once."""
        frames, channels = samples.shape
        loudest, total = np.zeros(channels, np.float32), np.zeros(channels)
        stretch = max(_FOLD, self._work.size // channels // _FOLD * _FOLD)
        for first in range(0, frames, stretch):
            part = samples[first : first + stretch]
            work = self._work[: part.size].reshape(part.shape)
            np.multiply(part, part, out=work)
            fold = _FOLD if len(part) % _FOLD == 0 else 1
            rows = work.reshape(-1, fold * channels)
            np.maximum(loudest, rows.max(0).reshape(fold, channels).max(0), out=loudest)
            total += rows.sum(0).reshape(fold, channels).sum(0)
        loudest[np.isnan(loudest)] = 1.0  # what is no number is an over, not silence
        return loudest, total

    def _count_overs(
        self, samples: NDArray[np.float32], peak: NDArray[np.float32]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
        """How many runs of three full-scale samples and the row of the first one's third sample, if any."""
        if not (peak >= _NEARLY_FULL).any():
            self._tail[:] = False
            return None
        full = np.concatenate((self._tail, np.abs(samples) >= FULL_SCALE))
        runs = full[2:] & full[1:-1] & full[:-2]
        begins = runs[1:] & ~runs[:-1]
        begun = np.count_nonzero(begins, axis=0)
        self._tail = full[-OVER_SAMPLES:].copy()
        self.overs += begun
        return (begun, begins.argmax(axis=0)) if begun.any() else None

    def _follow_zeros(self, samples: NDArray[np.float32], peak: NDArray[np.float32]) -> bool:
        """Count on the runs of zeros; whether the chunk ends in any."""
        frames = len(samples)
        ends_in_zero = samples[-1] == 0
        if not ends_in_zero.any():
            self.zero_run[:] = 0
            return False
        dead = peak == 0
        self.zero_run[dead] += frames
        self.zero_run[~ends_in_zero] = 0
        for channel in np.flatnonzero(ends_in_zero & ~dead):
            self.zero_run[channel] = frames - 1 - int(np.flatnonzero(samples[:, channel])[-1])
        return True
