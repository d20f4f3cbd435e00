"""Where the stream stands against the clock: which frame belongs to a moment, and what was lost on the way.

Frames arrive in callbacks of some period, late by a varying delay but never early. The *lag*, frames owed
by the clock less frames that came, is therefore noise above a hard lower edge. Loss lifts edge and noise
for good, by what was lost. A late callback lifts them only until the stream has caught up, and a converter
that runs a little fast or slow tilts them. So a gap is a step of the edge larger than most of a callback
period and 5 ms, behind which frames flow steadily again, and which the noise of the last seconds cannot
explain: were its looks drawn from that noise, their being all so high would be a chance below `CHANCE`.

Frames are counted on the *timeline* of the stream: those that came and those that were lost.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import deque
from dataclasses import dataclass
from itertools import islice, pairwise
from statistics import median

WINDOW_NS = 500_000_000  # of one minimum of the edge
STEADY_NS = (
    400_000_000,
    800_000_000,
    1_400_000_000,
)  # so long a step has to stand; longer where noise is great
PAST_LOOKS = 120  # six seconds of noise to compare with
FEWEST_PAST = 25
FEWEST_LOOKS = 7
CHANCE = 1e-11
SMALLEST_STEP_SECONDS = 0.005
STEP_PERIODS = 0.6
PERIOD_WINDOWS = 8
FIT_WINDOWS = 240  # two minutes for the rate of the converter against the clock
FEWEST_FIT = 60
_KEPT_NS = 1_500_000_000


@dataclass(frozen=True)
class Look:
    """One look at the stream: when, frames on the timeline by then, and frames owed less those."""

    at_ns: int
    position: int
    lag: float


@dataclass(frozen=True)
class Step:
    """Loss seen in the clock: its place on the stream's timeline, its length, the ± of both, in frames."""

    first: int
    frames: int
    first_pm: int
    frames_pm: int


@dataclass(frozen=True)
class _Window:
    at_ns: int
    edge: float
    spread: float
    period: int


class Timeline:
    """Follows one running stream, told of it by `look`."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.position = 0
        self._start_ns: int | None = None
        self._looks: deque[Look] = deque()
        self._open: list[Look] = []
        self._past: deque[float] = deque(maxlen=PAST_LOOKS)  # lags older than the looks that are judged
        self._windows: deque[_Window] = deque(maxlen=PERIOD_WINDOWS)
        self._usual = math.inf  # a lag below this is no sign of loss
        self._fit: deque[tuple[float, float]] = deque(maxlen=FIT_WINDOWS)  # (seconds, edge)
        self._line: tuple[float, float] | None = None  # edge at the start, and its slope per second

    def look(self, at_ns: int, came: int) -> Step | None:
        """Note that `came` more frames have arrived by `at_ns` (a clock read after they were fetched)."""
        if self._start_ns is None:
            if not came:
                return None
            self._start_ns = at_ns
        self.position += came
        look = Look(at_ns, self.position, self._owed(at_ns) - self.position)
        self._looks.append(look)
        while self._looks[0].at_ns < at_ns - _KEPT_NS:
            self._past.append(self._looks.popleft().lag)
        self._open.append(look)
        if at_ns - self._open[0].at_ns >= WINDOW_NS:
            self._close_window()
        return self._find_step()

    @property
    def running(self) -> bool:
        """Whether any frame has come."""
        return self._start_ns is not None

    def frame_at(self, at_ns: int) -> int:
        """The frame of the timeline that belongs to a moment; below 0 for one before the stream began."""
        if self._start_ns is None:
            return 0
        return round(self._owed(at_ns) - self._edge_at(at_ns))

    def time_of(self, frame: int) -> int:
        """The moment that belongs to a frame of the timeline, in ns of boottime."""
        if self._start_ns is None:
            return 0
        seconds = frame / self.rate
        edge = self._edge_at(self._start_ns + round(seconds * 1e9))
        return self._start_ns + round((seconds + edge / self.rate) * 1e9)

    @property
    def rate_ppm(self) -> float | None:
        """How much faster than nominal the converter runs against the clock; None before half a minute."""
        if self._line is None or len(self._fit) < FEWEST_FIT:
            return None
        return -self._line[1] / self.rate * 1e6

    @property
    def period(self) -> float:
        """The frames of one callback as far as seen: the step they come in, else the spread of their lag."""
        if not self._windows:
            return 0.0
        step = median(w.period for w in self._windows)
        return step if step >= 16 else median(w.spread for w in self._windows)

    def _owed(self, at_ns: int) -> float:
        assert self._start_ns is not None
        return (at_ns - self._start_ns) * self.rate / 1e9

    def _edge_at(self, at_ns: int) -> float:
        assert self._start_ns is not None
        if self._line is not None:
            return self._line[0] + self._line[1] * (at_ns - self._start_ns) / 1e9
        if self._windows:
            return self._windows[-1].edge
        return min((look.lag for look in list(self._looks)), default=0.0)

    def _close_window(self) -> None:
        looks, self._open = self._open, []
        lags = [look.lag for look in looks]
        came = [b.position - a.position for a, b in pairwise(looks)]
        lowest = min(looks, key=lambda look: look.lag)
        period = math.gcd(*(step for step in came if step))
        self._windows.append(_Window(lowest.at_ns, lowest.lag, max(lags) - lowest.lag, period))
        self._usual = min(window.edge for window in self._windows) + 0.9 * self._smallest_step()
        assert self._start_ns is not None
        self._fit.append(((lowest.at_ns - self._start_ns) / 1e9, lowest.lag))
        if len(self._fit) >= PERIOD_WINDOWS:
            self._line = _line_through(self._fit)

    def _find_step(self) -> Step | None:
        now = self._looks[-1].at_ns
        if any(look.lag < self._usual for look in islice(reversed(self._looks), FEWEST_LOOKS)):
            return None  # decided at once, as nearly always
        for steady_ns in STEADY_NS:
            recent = [look for look in self._looks if look.at_ns >= now - steady_ns]
            earlier = len(self._looks) - len(recent)
            before = [*self._past, *(look.lag for look in list(self._looks)[:earlier])]
            past = sorted(before)
            full = recent[-1].at_ns - recent[0].at_ns >= 0.8 * steady_ns
            if len(past) < FEWEST_PAST or len(recent) < FEWEST_LOOKS or not full:
                return None
            lags = [look.lag for look in recent]
            step = self._step(past, lags)
            if step is not None:
                self._past = deque(before, PAST_LOOKS)
                return self._lose(step, min(lags))
        return None

    def _step(self, past: list[float], lags: list[float]) -> float | None:
        """How far these lags stand above the sorted ones of the past; None if that may still be noise."""
        lowest, base, period = min(lags), _edge(past), self.period
        step = lowest - base
        if step <= self._smallest_step():
            return None
        usual = max(period, 2 * (past[len(past) // 2] - base))
        if max(lags) - lowest > 1.5 * usual + 0.004 * self.rate:
            return None  # it moves yet: the stream may be catching up
        as_high = len(past) - bisect_left(past, lowest)
        if ((as_high + 1) / (len(past) + 2)) ** len(lags) >= CHANCE:
            return None
        middle = median(lags) - past[len(past) // 2]
        if abs(middle - step) > 0.3 * usual + 0.0005 * self.rate:
            return None  # the oldest of these looks are from before the loss
        return (step + middle) / 2

    def _smallest_step(self) -> float:
        return max(STEP_PERIODS * self.period, SMALLEST_STEP_SECONDS * self.rate)

    def _lose(self, step: float, lowest: float) -> Step:
        period = self.period
        frames, frames_pm = self._length(step, period)
        edge = lowest - max(0.1 * period, 0.001 * self.rate)
        looks = list(self._looks)
        before = max((i for i, look in enumerate(looks) if look.lag < edge), default=-1)
        after = looks[min(before + 1, len(looks) - 1)].position
        earlier = looks[before].position if before >= 0 else after - round(period)
        self.position += frames
        self._looks.clear()
        self._open.clear()
        return Step(
            first=(earlier + after) // 2,
            frames=frames,
            first_pm=(after - earlier + 1) // 2 + math.ceil(period),
            frames_pm=frames_pm,
        )

    def _length(self, step: float, period: float) -> tuple[int, int]:
        """Whole callbacks where their size is known and the step fits it, else the step as measured."""
        if period >= 16 and period == int(period):
            whole = round(step / period) * int(period)
            if whole and abs(whole - step) <= 0.35 * period:
                return whole, math.ceil(period / 2)
        return round(step), math.ceil(max(period, SMALLEST_STEP_SECONDS * self.rate))


def _edge(lags: list[float]) -> float:
    """The lower edge of sorted lags, a few strays below it left out."""
    return lags[len(lags) // 20]


def _line_through(points: deque[tuple[float, float]]) -> tuple[float, float]:
    """Least squares: the value at 0 and the slope."""
    n = len(points)
    mean_x = sum(x for x, _ in points) / n
    mean_y = sum(y for _, y in points) / n
    over = sum((x - mean_x) * (y - mean_y) for x, y in points)
    under = sum((x - mean_x) ** 2 for x, _ in points)
    slope = over / under if under else 0.0
    return mean_y - slope * mean_x, slope
