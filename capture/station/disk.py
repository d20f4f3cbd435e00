"""How long the disk lasts: free bytes over the bytes per second a take needs or just used."""

from __future__ import annotations

import os
import time
from collections import deque
from pathlib import Path

from capture.recorder.files import RESERVE_BYTES

LEAST_SECONDS = 5.0  # with less room than this a take is not begun
_WINDOW_SECONDS = 120.0
_ENOUGH_SECONDS = 30.0
_SAMPLE_SECONDS = 1.0


class Disk:
    """Free space of the library's file system, with a smoothed rate of consumption while rolling."""

    def __init__(self, library: Path) -> None:
        self._library = library
        self._samples: deque[tuple[float, int]] = deque()

    def free_bytes(self) -> int | None:
        """Bytes an ordinary user may still write; None when the file system does not answer."""
        try:
            found = os.statvfs(self._library)
        except OSError:
            return None
        return found.f_bavail * found.f_frsize

    def watch(self, rolling: bool) -> None:
        """Take a sample of what is being consumed, others' writing included; call it about once a second."""
        now, free = time.monotonic(), self.free_bytes()
        if not rolling or free is None:
            self._samples.clear()
        elif not self._samples or now - self._samples[-1][0] >= _SAMPLE_SECONDS:
            self._samples.append((now, free))
            while now - self._samples[0][0] > _WINDOW_SECONDS:
                self._samples.popleft()

    def _observed(self) -> float:
        """Bytes consumed per second over the window; 0 until it says more than a burst of the page cache."""
        if not self._samples:
            return 0.0
        (began, most), (ended, least) = self._samples[0], self._samples[-1]
        passed = ended - began
        return max(0.0, (most - least) / passed) if passed >= _ENOUGH_SECONDS else 0.0

    def seconds_left(self, bytes_per_second: float) -> float | None:
        """Seconds of recording left, by the greater of the nominal and the observed rate (bytes/s)."""
        free = self.free_bytes()
        pace = max(bytes_per_second, self._observed())
        if free is None or pace <= 0:
            return None
        return max(0.0, (free - RESERVE_BYTES) / pace)


def take_bytes_per_second(tracks: int, rate: int, sample_format: str) -> float:
    """What a take of `tracks` tracks at `rate` Hz in "pcm24" or "float32" needs (bytes/s)."""
    return float(tracks * rate * (3 if sample_format == "pcm24" else 4))
