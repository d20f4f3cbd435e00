"""How a meter moves: peak with a fall of 20 dB in 1.7 s (IEC 60268-18), holds, overs and dead inputs."""

from __future__ import annotations

from typing import Any

import numpy as np

from capture.recorder.page import Levels

FALL_DB_PER_SECOND = 20 / 1.7
FLOOR_DB = -200.0
DEAD_SECONDS = 1.0

Array = np.ndarray[Any, np.dtype[Any]]


class Ballistics:
    """The moving state of `channels` meters; levels are dBFS, shape (channels,)."""

    def __init__(self, channels: int) -> None:
        self.channels = channels
        self.shown = np.full(channels, FLOOR_DB)
        self.held = np.full(channels, FLOOR_DB)
        self.dead = np.zeros(channels, dtype=bool)
        self._overs = np.zeros(channels, dtype=np.int64)
        self._cleared: Array | None = None

    @property
    def overs(self) -> Array:
        """Overs per channel since they were cleared."""
        return self._overs if self._cleared is None else np.maximum(self._overs - self._cleared, 0)

    def feed(self, levels: Levels, rate: int, seconds: float) -> None:
        """Take in one look, `seconds` after the one before."""
        with np.errstate(divide="ignore"):
            fresh = np.maximum(20 * np.log10(np.asarray(levels.peaks, dtype=np.float64)), FLOOR_DB)
        self.shown = np.maximum(fresh, self.shown - FALL_DB_PER_SECOND * seconds)
        self.held = np.maximum(self.held, fresh)
        self.dead = np.asarray(levels.zero_run) >= DEAD_SECONDS * rate
        overs = np.asarray(levels.overs, dtype=np.int64)
        if self._cleared is not None and np.any(overs < self._cleared):
            self._cleared = None  # a new recorder counts from zero
        self._overs = overs

    def clear(self) -> None:
        """Forget overs and holds of all channels."""
        self._cleared = self._overs.copy()
        self.held = np.full(self.channels, FLOOR_DB)

    def worst(self) -> tuple[int, float]:
        """The loudest input now (counted from 1) and its level."""
        index = int(np.argmax(self.shown)) if self.channels else 0
        return index + 1, float(self.shown[index]) if self.channels else FLOOR_DB
