"""What the samples of an analogue channel never do: stand still, or come again to the last bit.

The noise of any microphone, preamp and converter moves the lowest of 24 bits. A stretch of one value was made
by a machine that muted or gated; samples that come again as they were were copied.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_LENGTH = 64  # samples that are compared at each anchor
_EVERY = 56  # an anchor is where the top 8 of 64 hashed bits are 0: every 256th place on average
_LIVELY = 32  # of 64 neighbours, so many have to differ: else it is a stretch that nearly stands still
MOST = 8_000_000
"""Anchors that are kept of all tracks (11 h of one at 48 kHz); what comes after is not compared."""
LEAST_PLACES = 4


@dataclass(frozen=True)
class Run:
    """The longest stretch of one value: its first frame, its length and the value (full scale ±1)."""

    first: int
    frames: int
    value: float


@dataclass(frozen=True)
class Repeat:
    """Samples that come again: where they stood first, and again, and in how many places that was found."""

    first: int
    again: int
    places: int


class Sameness:
    """Looks through the samples of one track, stretch by stretch; compares up to the frame `compared`."""

    def __init__(self, most: int = MOST) -> None:
        import numpy as np

        self._most = most
        self.compared = 0

        random = np.random.default_rng(20260101)
        self._odd = random.integers(0, 2**63, _LENGTH, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
        self._hashes: list[NDArray[np.uint64]] = []
        self._frames: list[NDArray[np.int64]] = []
        self._count = 0
        self.longest = Run(0, 0, 0.0)
        self.begin(0)

    def begin(self, first: int) -> None:
        """A stretch without a hole begins at this frame."""
        import numpy as np

        self._at = first
        self._held = np.zeros(0)
        self._run = (first, np.nan)

    def feed(self, samples: Any) -> None:
        """More samples of the stretch, shape (frames,), full scale ±1."""
        import numpy as np

        if not len(samples):
            return
        self._runs(samples)
        whole = np.concatenate([self._held, samples])
        self._anchors(whole, self._at - len(self._held))
        self._held = whole[-(_LENGTH - 1) :]
        self._at += len(samples)

    def _runs(self, samples: Any) -> None:
        import numpy as np

        changes = np.flatnonzero(samples[1:] != samples[:-1]) + 1
        firsts = np.concatenate([[0], changes]) + self._at
        ends = np.concatenate([changes, [len(samples)]]) + self._at
        if samples[0] == self._run[1]:
            firsts[0] = self._run[0]
        place = int(np.argmax(ends - firsts))
        length = int(ends[place] - firsts[place])
        if length > self.longest.frames:
            value = float(samples[min(int(ends[place]) - self._at, len(samples)) - 1])
            self.longest = Run(int(firsts[place]), length, value)
        self._run = (int(firsts[-1]), float(samples[-1]))

    def _anchors(self, samples: Any, at: int) -> None:
        """Hash 64 samples at places that the samples themselves choose, so that copies are met anywhere."""
        import numpy as np

        if len(samples) < _LENGTH or self._count >= self._most:
            return
        self.compared = at + len(samples)
        whole = np.rint(samples * 2**23).astype(np.int64).view(np.uint64)
        last = len(whole) - _LENGTH + 1
        mixed = (
            whole[:last] * self._odd[0]
            + whole[1 : last + 1] * self._odd[1]
            + whole[2 : last + 2] * self._odd[2]
        )
        places = np.flatnonzero((mixed * self._odd[3]) >> np.uint64(_EVERY) == 0)
        windows = np.lib.stride_tricks.sliding_window_view(whole, _LENGTH)[places]
        lively = np.count_nonzero(windows[:, 1:] != windows[:, :-1], axis=1) >= _LIVELY
        self._hashes.append((windows[lively] * self._odd).sum(axis=1, dtype=np.uint64))
        self._frames.append(places[lively] + at)
        self._count += int(np.count_nonzero(lively))

    def repeat(self) -> Repeat | None:
        """The distance at which most samples come again; None where fewer than four places do."""
        import numpy as np

        if not self._count:
            return None
        hashes, frames = np.concatenate(self._hashes), np.concatenate(self._frames)
        order = np.argsort(hashes, kind="stable")
        hashes, frames = hashes[order], frames[order]
        same = np.flatnonzero(hashes[1:] == hashes[:-1])
        if len(same) < LEAST_PLACES:
            return None
        distances, counts = np.unique(frames[same + 1] - frames[same], return_counts=True)
        most = int(np.argmax(counts))
        if counts[most] < LEAST_PLACES:
            return None
        here = frames[same][frames[same + 1] - frames[same] == distances[most]]
        return Repeat(int(here.min()), int(here.min() + distances[most]), int(counts[most]))
