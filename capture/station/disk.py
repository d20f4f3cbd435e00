"""How long the disk lasts: free bytes over the bytes per second a take needs or just used."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from capture.recorder.files import RESERVE_BYTES
from capture.station.notices import Notices
from capture.station.settings import Settings

LEAST_SECONDS = 5.0  # with less room than this a take is not begun
LEVELS = (1800.0, 300.0, 60.0)
"""Seconds left below which it is said, each once; the first is a notice, the others are warnings."""
_REARM = 1.1  # of a level: above it the level may be said again
_WINDOW_SECONDS = 120.0
_ENOUGH_SECONDS = 30.0
_SAMPLE_SECONDS = 1.0
_STALE_SECONDS = 10.0


@dataclass(frozen=True)
class Form:
    """What a take writes: the channels of each of its files, the rate in Hz, "pcm24" or "float32"."""

    files: tuple[int, ...]
    rate: int
    format: str

    @staticmethod
    def of(settings: Settings, available: int) -> Form:
        """What the next take writes with these settings, on an interface of `available` inputs."""
        armed = settings.armed(available)
        pairs = len(settings.pairs(armed))
        poly = (len(armed),) if armed else ()
        files = poly if settings.layout == "poly" else (2,) * pairs + (1,) * (len(armed) - 2 * pairs)
        return Form(files, settings.rate, settings.format)

    def times(self, copies: int) -> Form:
        """The same, written so many times."""
        return replace(self, files=self.files * copies)

    @property
    def tracks(self) -> int:
        """How many tracks it has."""
        return sum(self.files)

    @property
    def bytes_per_second(self) -> float:
        """What it needs of the disk."""
        return take_bytes_per_second(self.tracks, self.rate, self.format)


class Disk:
    """Free space of a folder's file system, with a smoothed rate of consumption while rolling.

    Only `watch` asks the system, which may hang in it; everybody else gets what was found last, but that a
    trusted disk is asked the first time by whoever wants to know.
    """

    def __init__(
        self, folder: Path, clock: Callable[[], float] = time.monotonic, *, trusted: bool = True
    ) -> None:
        self.folder, self._trusted = folder, trusted
        self.device: int | None = None  # the same for all folders of one file system
        self._clock = clock
        self._samples: deque[tuple[float, int]] = deque()
        self._newest: tuple[float, int | None] | None = None
        self._since = clock()

    def ask(self) -> int | None:
        """Bytes an ordinary user may still write, now; None when the file system does not answer."""
        try:
            found = os.statvfs(self.folder)
            self.device = self.folder.stat().st_dev
        except OSError:
            return None
        return found.f_bavail * found.f_frsize

    def free_bytes(self) -> int | None:
        """Bytes an ordinary user may still write, as found a moment ago; None when that is not known."""
        if self._newest is None and self._trusted:
            self._newest = (self._clock(), self.ask())
        return None if self._newest is None or self.stale else self._newest[1]

    @property
    def stale(self) -> bool:
        """Whether the file system has not answered for a while."""
        newest = self._since if self._newest is None else self._newest[0]
        return self._clock() - newest > _STALE_SECONDS

    def watch(self, rolling: bool) -> None:
        """Take a sample of what is being consumed, others' writing included; call it about once a second."""
        free, now = self.ask(), self._clock()
        self._newest = (now, free)
        if not rolling or free is None:
            self._samples.clear()
        elif not self._samples or now - self._samples[-1][0] >= 0.9 * _SAMPLE_SECONDS:
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


class LowDisk:
    """Says that a disk runs full: once at each level, and again only after there was clearly more room."""

    def __init__(self, notices: Notices, folder: Path) -> None:
        self._notices, self._folder = notices, folder
        self._said = 0

    def follow(self, seconds: float | None, tracks: int) -> None:
        """Told about once a second how long the disk lasts for so many tracks."""
        if seconds is None:
            return
        while self._said and seconds > _REARM * LEVELS[self._said - 1]:
            self._said -= 1
        level = sum(seconds < least for least in LEVELS)
        if level > self._said:
            self._said = level
            words = f"the disk of {self._folder} holds {time_left(seconds)} more at {_tracks(tracks)}"
            self._notices.replace(f"disk {self._folder}", words)


def take_bytes_per_second(tracks: int, rate: int, sample_format: str) -> float:
    """What a take of `tracks` tracks at `rate` Hz in "pcm24" or "float32" needs (bytes/s)."""
    return float(tracks * rate * (3 if sample_format == "pcm24" else 4))


def time_left(seconds: float) -> str:
    """A time as people say it: `18 h`, `25 min`, `45 s`."""
    if seconds >= 3 * 3600:
        return f"{seconds / 3600:.0f} h"
    return f"{seconds / 60:.0f} min" if seconds >= 100 else f"{seconds:.0f} s"


def _tracks(count: int) -> str:
    return "1 track" if count == 1 else f"{count} tracks"
