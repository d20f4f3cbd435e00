"""Where the stream stands against the clock: which frame belongs to a moment, and what was lost on the way.

Frames arrive in callbacks of some period, late by a varying delay but never early. The *lag*, frames owed
by the clock less frames that came, is therefore noise above a hard lower edge. Loss lifts edge and noise
for good, by what was lost. A late callback lifts them only until the stream has caught up, and a converter
that runs a little fast or slow tilts them. So a gap is a step of the edge larger than most of a callback
period and 5 ms, behind which frames flow steadily again, and which the noise of the last seconds cannot
explain: were its looks drawn from that noise, their being all so high would be a chance below `CHANCE`.
A converter on a wrong word clock tilts the edge by far more than any loss lifts it: steps are looked for
above the slope of the last seconds, and once the tilt is beyond doubt (`drift`), its real rate is followed.

Frames are counted on the *timeline* of the stream: those that came and those that were lost.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import deque
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from statistics import median

from capture.recorder.drift import LIMIT_PPM, Points, line_through, off, typical_slope

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
SLOPE_WINDOWS = 12
UNJUDGED_WINDOWS = 3  # the newest may be lifted by the loss that is looked for
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
        self.follows = 0  # how often the rate that is followed was found anew
        self._speed = 1.0  # its rate against the nominal one, as far as followed
        self._slope = 0.0  # frames per second that the lag tilts beyond that
        self._origin = (0, 0.0)  # a moment, and the frames owed by then
        self._start_ns: int | None = None
        self._looks: deque[Look] = deque()
        self._open: list[Look] = []
        self._past: deque[Look] = deque(maxlen=PAST_LOOKS)  # older than the looks that are judged
        self._windows: deque[_Window] = deque(maxlen=PERIOD_WINDOWS)
        self._usual = math.inf  # a lag below this is no sign of loss
        self._fit: deque[tuple[float, float]] = deque(maxlen=FIT_WINDOWS)  # (seconds, edge)
        self._line: tuple[float, float, float] | None = (
            None  # edge at the start, slope per second and its error
        )

    def look(self, at_ns: int, came: int) -> Step | None:
        """Note that `came` more frames have arrived by `at_ns` (a clock read after they were fetched)."""
        if self._start_ns is None:
            if not came:
                return None
            self._start_ns, self._origin = at_ns, (at_ns, 0.0)
        self.position += came
        look = Look(at_ns, self.position, self._owed(at_ns) - self.position)
        self._looks.append(look)
        while self._looks[0].at_ns < at_ns - _KEPT_NS:
            self._past.append(self._looks.popleft())
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
        about = self._moment_of(frame)
        return self._moment_of(frame + self._edge_at(about))

    @property
    def rate_ppm(self) -> float | None:
        """How much faster than nominal the converter runs against the clock; None before half a minute."""
        if self._line is None or (len(self._fit) < FEWEST_FIT and not self.follows):
            return None
        return (self._speed - self._line[1] / self.rate - 1) * 1e6

    @property
    def off_ppm(self) -> float | None:
        """`rate_ppm` where that is off the nominal rate beyond doubt; None while it is not."""
        ppm = self.rate_ppm if self.follows else None
        return ppm if ppm is not None and abs(ppm) > LIMIT_PPM else None

    @property
    def error_ppm(self) -> float:
        """The standard error of `rate_ppm`; infinite while there is none."""
        return math.inf if self._line is None else self._line[2] / self.rate * 1e6

    @property
    def period(self) -> float:
        """The frames of one callback as far as seen: the step they come in, else the spread of their lag."""
        if not self._windows:
            return 0.0
        step = median(w.period for w in self._windows)
        return step if step >= 16 else median(w.spread for w in self._windows)

    def _owed(self, at_ns: int) -> float:
        since_ns, owed = self._origin
        return owed + (at_ns - since_ns) * self.rate * self._speed / 1e9

    def _moment_of(self, owed: float) -> int:
        """The moment by which so many frames are owed."""
        since_ns, then = self._origin
        return since_ns + round((owed - then) / (self.rate * self._speed) * 1e9)

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
        assert self._start_ns is not None
        self._fit.append(((lowest.at_ns - self._start_ns) / 1e9, lowest.lag))
        self._slope = self._steep()
        now = looks[-1].at_ns
        edges = (window.edge + self._slope * (now - window.at_ns) / 1e9 for window in self._windows)
        self._usual = min(edges) + 0.9 * self._smallest_step()
        if len(self._fit) >= PERIOD_WINDOWS:
            self._line = line_through(self._fit)
        newest = off(list(self._fit), self.rate * self._speed)
        if newest is not None:
            self._follow(now, newest)

    def _steep(self) -> float:
        """The slope of the last seconds where the edge rises so steeply that it may pass for loss, else 0."""
        points = list(islice(self._fit, max(0, len(self._fit) - SLOPE_WINDOWS - UNJUDGED_WINDOWS), None))
        points = points[:-UNJUDGED_WINDOWS]
        if len(points) < UNJUDGED_WINDOWS:
            return 0.0
        slope = typical_slope(points)
        climb = slope * (points[-1][0] - points[0][0])
        return slope if climb > 0.5 * self._smallest_step() else 0.0

    def _climbs(self) -> bool:
        """Whether the stream has only just begun, and its edge rises as that of a wrong word clock does."""
        edges = [edge for _, edge in self._fit]
        if self._slope and len(edges) < 3 * UNJUDGED_WINDOWS:
            return True
        least = 0.25 * self._smallest_step()
        young = len(edges) < 2 * UNJUDGED_WINDOWS
        return young and all(after - before > least for before, after in pairwise(edges))

    def _follow(self, now_ns: int, newest: Points) -> None:
        """Count with the measured rate from now on; what was seen before is put in its terms."""
        assert self._start_ns is not None
        owed, tilt = self._owed(now_ns), line_through(newest)[1]
        self.follows += 1
        self._speed -= tilt / self.rate
        self._origin = (now_ns, owed)
        now = (now_ns - self._start_ns) / 1e9

        def levelled(at_ns: int, lag: float) -> float:
            return lag + tilt * (now_ns - at_ns) / 1e9

        for looks in (self._looks, self._past):
            moved = [replace(look, lag=levelled(look.at_ns, look.lag)) for look in looks]
            looks.clear()
            looks.extend(moved)
        windows = [replace(window, edge=levelled(window.at_ns, window.edge)) for window in self._windows]
        self._windows.clear()
        self._windows.extend(windows)
        points = [(x, y + tilt * (now - x)) for x, y in newest]  # before them it ran at another rate
        self._fit.clear()
        self._fit.extend(points)
        self._line = line_through(points)
        self._slope = 0.0
        self._usual = min(window.edge for window in windows) + 0.9 * self._smallest_step()

    def _find_step(self) -> Step | None:
        now = self._looks[-1].at_ns
        if any(look.lag < self._usual for look in islice(reversed(self._looks), FEWEST_LOOKS)):
            return None  # decided at once, as nearly always
        if self._climbs():
            return None
        looks, old = self._levelled(now)
        for steady_ns in STEADY_NS:
            recent = [look for look in looks if look.at_ns >= now - steady_ns]
            earlier = len(looks) - len(recent)
            past = sorted(look.lag for look in (*old, *looks[:earlier]))
            full = recent[-1].at_ns - recent[0].at_ns >= 0.8 * steady_ns
            if len(past) < FEWEST_PAST or len(recent) < FEWEST_LOOKS or not full:
                return None
            lags = [look.lag for look in recent]
            step = self._step(past, lags)
            if step is not None:
                if steady_ns == STEADY_NS[0] and self._long_callbacks() and self._callbacks(step) == 0:
                    return None  # they are lost whole: the oldest looks are from while they failed to come
                self._past = deque((*self._past, *list(self._looks)[:earlier]), PAST_LOOKS)
                return self._lose(looks, step, min(lags))
        return None

    def _levelled(self, now_ns: int) -> tuple[list[Look], list[Look]]:
        """The newest looks and the older ones, as if the lag did not tilt."""
        slope = self._slope / 1e9
        if not slope:
            return list(self._looks), list(self._past)
        return (
            [replace(look, lag=look.lag + slope * (now_ns - look.at_ns)) for look in self._looks],
            [replace(look, lag=look.lag + slope * (now_ns - look.at_ns)) for look in self._past],
        )

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

    def _long_callbacks(self) -> bool:
        """Whether one alone can be told from noise."""
        return STEP_PERIODS * self.period > SMALLEST_STEP_SECONDS * self.rate

    def _lose(self, looks: list[Look], step: float, lowest: float) -> Step:
        period = self.period
        frames, frames_pm = self._length(step, period)
        edge = lowest - max(0.1 * period, 0.001 * self.rate)
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
        callbacks = self._callbacks(step)
        if callbacks:
            return callbacks * int(period), math.ceil(period / 2)
        return round(step), math.ceil(max(period, SMALLEST_STEP_SECONDS * self.rate))

    def _callbacks(self, step: float) -> int | None:
        """How many callbacks that are, 0 if none fit it; None while their size is not known."""
        period = self.period
        if period < 16 or period != int(period):
            return None
        whole = round(step / period)
        return whole if abs(whole * period - step) <= 0.35 * period else 0


def _edge(lags: list[float]) -> float:
    """The lower edge of sorted lags, a few strays below it left out."""
    return lags[len(lags) // 20]
