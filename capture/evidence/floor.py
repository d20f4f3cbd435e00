"""The noise of a track as it was recorded: A-weighted, over all of it and in its quietest second."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from capture.evidence.arithmetic import SINE_DB
from capture.evidence.sound import Span, of_usable_rate, pieces, spans, tracks_of
from capture.evidence.weighting import HIGHEST_HZ, LOWEST_HZ, a_weight, bins, power_spectrum

if TYPE_CHECKING:
    from capture.journal.record import TakeRecord

Array = Any  # NDArray[np.float64]
SILENCE_DB = -200.0
"""Below this a level is digital silence: every sample is 0."""
TOP = (0.35, 0.44)
"""The band, in shares of the rate, in which every converter still has its own noise."""
_NOTHING = 1e-18  # mean square of a second that is digital silence
_AT_ONCE = 4096  # frames that are kept before whole seconds are looked for: some 6 minutes
_STRETCH_SECONDS = 2.0  # of a take that is not read whole


@dataclass(frozen=True)
class Noise:
    """The noise of one track in dBFS re a full-scale sine, from 20 Hz to 20 kHz; None: nothing was read.

    `quietest_dbfs_a` and `quietest_dbfs` (not weighted) are each the lowest of any second, `quietest_at` the
    frame at which the A-weighted one begins, `loudest_at` that of the loudest. `over_rounding_db` is how far
    the top of the band (0.35 to 0.44 of the rate) lies above the rounding to 24 bits, in the second in which
    it is lowest, digital silence left out. `seconds` were read.
    """

    dbfs_a: float | None
    quietest_dbfs_a: float | None
    quietest_dbfs: float | None
    quietest_at: int
    loudest_at: int
    over_rounding_db: float | None
    seconds: float


def measure(record: TakeRecord, file: int, limit_s: float | None = None) -> list[Noise]:
    """The noise of each track in the file at this index (as `tracks_of` has them).

    With `limit_s` a longer take is read in stretches of 2 s, evenly spread. Raises EvidenceError.
    """
    found = Frames(of_usable_rate(record).rate, len(tracks_of(record, file)))
    for span in _spread(spans(record), record.rate, limit_s):
        found.begin(span.first)
        for _, block in pieces(record, span, file):
            found.feed(block)
        found.close()
    return found.noises()


def _spread(whole: list[Span], rate: int, limit_s: float | None) -> Iterator[Span]:
    total = sum(span.end - span.first for span in whole)
    if limit_s is None or total <= limit_s * rate:
        yield from whole
        return
    length = int(_STRETCH_SECONDS * rate)
    step = int(total / (limit_s / _STRETCH_SECONDS))
    at = 0
    for span in whole:
        while at < span.end - span.first:
            first = span.first + at
            yield Span(span.part, first, min(first + length, span.end))
            at += step
        at -= span.end - span.first


@dataclass
class Frames:
    """Spectra of short frames that overlap by half, summed up to a weighted and an unweighted power each."""

    rate: int
    channels: int

    def __post_init__(self) -> None:
        import numpy as np

        self.size = 2 ** max(5, round(math.log2(self.rate / 6)))  # some 0.17 s: 6 Hz between bins
        self.hop = self.size // 2
        at = bins(self.size, self.rate)
        audio = (at >= LOWEST_HZ) & (at <= HIGHEST_HZ)
        top = (at >= TOP[0] * self.rate) & (at <= TOP[1] * self.rate)
        self._rounding = 2.0**-46 / 12 * np.count_nonzero(top) / (len(at) - 1)
        self._weights = np.stack([np.where(audio, a_weight(at), 0.0), audio, top], axis=1).astype(float)
        self._at, self._count = 0, 0
        self._held, self._sums = np.zeros((0, self.channels)), np.zeros(self.channels)
        self._powers = np.zeros((0, self.channels, self._weights.shape[1]))
        self._lowest: list[list[tuple[float, int]]] = [[], [], [], []]  # weighted, plain, top, −plain

    def begin(self, first: int) -> None:
        """A stretch without a hole begins at this frame of the timeline."""
        import numpy as np

        self._at, self._held, self._powers = first, np.zeros((0, self.channels)), self._powers[:0]

    def feed(self, block: Array) -> None:
        """More samples of the stretch, shape (frames, channels)."""
        import numpy as np

        self._held = np.concatenate([self._held, block])
        count = (len(self._held) - self.size) // self.hop + 1
        if count <= 0:
            return
        powers = np.empty((count, self.channels, self._weights.shape[1]))
        for channel in range(self.channels):
            column = np.ascontiguousarray(self._held[:, channel])
            windows = np.lib.stride_tricks.sliding_window_view(column, self.size)[:: self.hop][:count]
            powers[:, channel] = power_spectrum(windows) @ self._weights
        self._sums = self._sums + powers[:, :, 0].sum(axis=0)
        self._count += count
        self._powers = np.concatenate([self._powers, powers])
        self._held = self._held[count * self.hop :]
        if len(self._powers) >= _AT_ONCE:
            self._search()

    def close(self) -> None:
        """The stretch ends: look for its quietest second."""
        self._search()

    def _search(self) -> None:
        """Take in every whole second so far, and keep what the next one shares with them."""
        import numpy as np

        second = max(1, round(self.rate / self.hop) - 1)  # frames that overlap by half and span one second
        if len(self._powers) < second:
            return
        windows = np.lib.stride_tricks.sliding_window_view(self._powers, second, axis=0)
        means = windows.mean(axis=-1)
        sounds = np.where(means[:, :, 1] > _NOTHING, means[:, :, 2], np.inf)
        wanted = (means[:, :, 0], means[:, :, 1], sounds, -means[:, :, 1])
        self._lowest = [self._keep(*pair) for pair in zip(self._lowest, wanted, strict=True)]
        self._at += (len(self._powers) - second + 1) * self.hop
        self._powers = self._powers[len(self._powers) - second + 1 :]

    def _keep(self, before: list[tuple[float, int]], means: Array) -> list[tuple[float, int]]:
        """The lower of what was before and of these, shape (places, channels), with its frame."""
        places = means.argmin(axis=0)
        values = means[places, range(self.channels)].tolist()
        found = list(zip(values, (self._at + places * self.hop).tolist(), strict=True))
        return [min(pair) for pair in zip(before or found, found, strict=True)]

    def noises(self) -> list[Noise]:
        """What was found, per channel."""
        if not self._count:
            return [Noise(None, None, None, 0, 0, None, 0.0)] * self.channels
        weighted, plain, top, loudest = self._lowest
        seconds = self._count * self.hop / self.rate
        return [
            Noise(
                _dbfs(float(self._sums[channel]) / self._count),
                _dbfs(weighted[channel][0]) if weighted else None,
                _dbfs(plain[channel][0]) if plain else None,
                weighted[channel][1] if weighted else 0,
                loudest[channel][1] if loudest else 0,
                _db(top[channel][0] / self._rounding) if top and math.isfinite(top[channel][0]) else None,
                seconds,
            )
            for channel in range(self.channels)
        ]


def _dbfs(power: float) -> float:
    return _db(power) + SINE_DB


def _db(power: float) -> float:
    return 10 * math.log10(max(power, 1e-30))
