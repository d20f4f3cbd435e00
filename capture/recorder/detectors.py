"""What can be wrong with an input's samples, look by look; docs/format.md says what each kind means.

Each detector gets every look of a take once and writes into the book what it is sure of. They lean on what
the meter has measured anyway, and read samples only of the few inputs that are under suspicion.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from capture.recorder.noticed import Book

Flags = NDArray[np.bool_]

ZERO_SECONDS = STUCK_SECONDS = 1.0
CLIP_SECONDS = 2.0  # runs less far apart are one stretch
BIT_SECONDS = 10.0
BITS, FEWER_BITS, LEAST_BITS = 24, 20, 8
BIT_LOOKS, BIT_ROWS, BIT_SAMPLES = 4, 50, 1000  # every fourth look, of which so many rows
DC_SECONDS, DC_WINDOWS, DC_PAUSE_SECONDS = 5.0, 3, 15.0
DC_LEAST, DC_SPREAD = 0.005, 0.25
IDENTICAL_SECONDS, IDENTICAL_STEP_SECONDS = 3.0, 0.5
DEAD_SECONDS = 30.0
DEAD_POWER = 1e-6  # -60 dBFS RMS
DEAD_STEADY = 10.0  # 10 dB
DEAD_BELOW = 1e4  # 40 dB
DEAD_LOOK_SECONDS = 0.01  # what is shorter says little of a level
_SCALES = np.float32(2) ** np.arange(-1, BITS, dtype=np.float32)  # by the number of bits, the sign included
_TAIL = 9  # rows: a run may begin in them without coming under suspicion
_FOLD = 16  # as in the meter: numpy's loops run over long rows


@dataclass(slots=True)
class Look:
    """One chunk of the whole interface on the take's timeline; arrays of one value per watched input."""

    first: int
    end: int
    samples: NDArray[np.float32]  # (frames, channels of the interface)
    squares: NDArray[np.float64]
    peak: NDArray[np.float32]
    overs: NDArray[np.int64] | None
    over_at: NDArray[np.int64] | None
    zeros: NDArray[np.int64] | None
    still: Flags | None = None  # inputs that gave one same value all the time; None: none

    @property
    def frames(self) -> int:
        """How many frames came."""
        return self.end - self.first


class Detector:
    """Common ground: the inputs, the columns they lie in, the rate, and the frame from which on it counts."""

    kind = ""

    def __init__(self, inputs: NDArray[np.int64], rate: int, book: Book, first: int) -> None:
        self.inputs, self.columns = inputs, inputs - 1
        self.rate, self.book, self.start = rate, book, first

    def look(self, look: Look) -> None:
        """Take in one look."""
        raise NotImplementedError

    def finish(self) -> None:
        """No more looks come: what did not last up to here is closed where it was seen last."""

    def number(self, index: int | np.integer) -> int:
        """The interface's input (from 1) of a place in our arrays."""
        return int(self.inputs[index])


class _Runs(Detector):
    """A value that does not change: `run` counts the frames up to the end of the look (None: no run)."""

    seconds = 1.0

    def __init__(self, inputs: NDArray[np.int64], rate: int, book: Book, first: int) -> None:
        super().__init__(inputs, rate, book, first)
        self.run: NDArray[np.int64] | None = None
        self._told = np.zeros(len(inputs), np.bool_)
        self._values = np.zeros(len(inputs), np.float32)  # of those that were told

    def follow(self, look: Look, run: NDArray[np.int64] | None) -> None:
        """Begin and end stretches by the runs that the look ends in."""
        self.run = run
        if self._told.any():
            others = look.samples[-1, self.columns] != self._values
            over = self._told if run is None else self._told & (others | (run < look.frames))
            for index in np.flatnonzero(over):
                left = (look.samples[:, self.columns[index]] != self._values[index]).argmax()
                self.book.close(self.kind, self.number(index), look.first + int(left))
                self._told[index] = False
        if run is None:
            return
        for index in np.flatnonzero((run >= self.seconds * self.rate) & ~self._told):
            value = self._values[index] = look.samples[-1, self.columns[index]]
            said = float(value) if value else None
            self.book.begin(self.kind, self.number(index), look.end - int(run[index]), look.end, said)
            self._told[index] = True


class Zeros(_Runs):
    """Exact zeros."""

    kind, seconds = "zeros", ZERO_SECONDS

    def look(self, look: Look) -> None:
        """The meter counts the zeros, also those from before the take."""
        run = look.zeros
        self.follow(look, None if run is None else np.minimum(run, look.end - self.start))


class Stuck(_Runs):
    """One same value other than zero: a few rows tell who is under suspicion, all samples who is guilty."""

    kind, seconds = "stuck", STUCK_SECONDS

    def __init__(self, inputs: NDArray[np.int64], rate: int, book: Book, first: int) -> None:
        super().__init__(inputs, rate, book, first)
        self._tail: NDArray[np.float32] | None = None  # the last rows of the look before

    def look(self, look: Look) -> None:
        """Count on the runs of those whose last rows are alike."""
        samples, last = look.samples, look.samples[-1]
        same = last == samples[-min(2, len(samples))]
        runs = None
        if same.any():
            same &= (last == samples[-min(_TAIL, len(samples))]) & (last != 0)
            suspects = np.flatnonzero(same[self.columns])
            runs = self._runs(look, suspects) if len(suspects) else None
        self.follow(look, runs)
        self._tail = samples[-_TAIL:].copy()

    def _runs(self, look: Look, suspects: NDArray[np.int64]) -> NDArray[np.int64]:
        runs = np.zeros(len(self.inputs), np.int64)
        columns = self.columns[suspects]
        if 4 * len(columns) > look.samples.shape[1]:  # so many are not worth picking out first
            others = (look.samples != look.samples[-1])[:, columns]
        else:
            others = look.samples[:, columns] != look.samples[-1, columns]
        goes_on = ~others.any(0)
        runs[suspects] = np.where(goes_on, look.frames, others[::-1].argmax(0))
        if self._tail is not None and goes_on.any():
            columns = columns[goes_on]
            others = self._tail[::-1, columns] != look.samples[-1, columns]
            short = np.where(others.any(0), others.argmax(0), len(others))
            long = 0 if self.run is None else self.run[suspects[goes_on]]
            runs[suspects[goes_on]] += np.where(short < len(others), short, np.maximum(short, long))
        return runs


class Clipping(Detector):
    """Runs of full-scale samples, which the meter counts."""

    kind = "clipping"

    def __init__(self, inputs: NDArray[np.int64], rate: int, book: Book, first: int) -> None:
        super().__init__(inputs, rate, book, first)
        self._open: dict[int, _Clipped] = {}

    def look(self, look: Look) -> None:
        """Add the runs of this look, and end what has been quiet for long enough."""
        if look.overs is not None and look.over_at is not None:
            for index in map(int, np.flatnonzero(look.overs)):
                self._add(look, index, int(look.overs[index]), look.first + int(look.over_at[index]) - 2)
        for index, clipped in list(self._open.items()):
            if look.end - clipped.end > CLIP_SECONDS * self.rate:
                self._close(index, clipped)

    def _add(self, look: Look, index: int, runs: int, first: int) -> None:
        clipped = self._open.get(index)
        if clipped is None:
            self._open[index] = _Clipped(look.end, runs, look.end)
            self.book.begin(self.kind, self.number(index), max(self.start, first), look.end, runs)
            return
        clipped.end, clipped.runs = look.end, clipped.runs + runs
        if look.end - clipped.said >= self.rate:  # a second: the count need not be told anew in every look
            self._say(index, clipped)

    def _say(self, index: int, clipped: _Clipped) -> None:
        clipped.said = clipped.end
        self.book.go_on(self.kind, self.number(index), clipped.end, clipped.runs)

    def _close(self, index: int, clipped: _Clipped) -> None:
        self._say(index, clipped)
        self.book.close(self.kind, self.number(index), clipped.end)
        del self._open[index]

    def finish(self) -> None:
        """Each ends with its last run."""
        for index, clipped in list(self._open.items()):
            self._close(index, clipped)


@dataclass(slots=True)
class _Clipped:
    end: int  # of the last look with a run
    runs: int
    said: int  # up to where the book knows of it


class LowBits(Detector):
    """Low bits that never carry anything; an input that shows them is let be for the rest of a window."""

    kind = "low bits"

    def __init__(self, inputs: NDArray[np.int64], rate: int, book: Book, first: int) -> None:
        super().__init__(inputs, rate, book, first)
        self._open = np.zeros(len(inputs), np.bool_)
        self._turn = 0
        self._window(first)

    def _window(self, first: int) -> None:
        self._first = first
        self._suspects = np.arange(len(self.inputs))
        self._bits = np.full(len(self.inputs), LEAST_BITS)
        self._heard = np.zeros(len(self.inputs), np.int64)

    def look(self, look: Look) -> None:
        """Look at some rows of the suspects; judge those that are left when the window ends."""
        self._turn += 1
        if len(self._suspects) and self._turn % BIT_LOOKS == 0:
            self._sift(look)
        if look.end - self._first >= BIT_SECONDS * self.rate:
            for index in map(int, self._suspects):
                if self._heard[index] >= BIT_SAMPLES:
                    self._say(index, look.end)
            self._window(look.end)

    def _sift(self, look: Look) -> None:
        if look.still is not None and look.still[self._suspects].all():
            return
        step = max(1, look.frames // BIT_ROWS)
        rows = look.samples[self._turn * 7 % step :: step][:, self.columns[self._suspects]]
        fits = _on_grid(rows, self._bits[self._suspects]) & (look.peak[self._suspects] <= 1)
        if not fits.all():
            fits = self._doubted(look, rows, fits)
        moves = 1 if look.still is None else ~look.still[self._suspects]
        self._heard[self._suspects] += (rows != 0).sum(0) * moves
        self._suspects = self._suspects[fits]

    def _doubted(self, look: Look, rows: NDArray[np.float32], fits: Flags) -> Flags:
        """Some carry more bits than was thought: find how many, and let go of those that carry them all."""
        still_fits = _on_grid(rows, FEWER_BITS) & (look.peak[self._suspects] <= 1)
        for place in np.flatnonzero(~fits):
            index = int(self._suspects[place])
            if still_fits[place]:
                while not _on_grid(rows[:, place : place + 1], self._bits[index])[0]:
                    self._bits[index] += 1
            elif self._open[index]:
                self.book.close(self.kind, self.number(index), look.first)
                self._open[index] = False
        return still_fits

    def _say(self, index: int, end: int) -> None:
        bits = float(self._bits[index])
        if self._open[index]:
            self.book.go_on(self.kind, self.number(index), end, bits)
        else:
            self.book.begin(self.kind, self.number(index), self._first, end, bits)
            self._open[index] = True


def _on_grid(samples: NDArray[np.float32], bits: NDArray[np.int64] | int) -> Flags:
    """In which columns all samples are whole in so many bits, of which the first is the sign."""
    scaled = samples * _SCALES[bits]
    whole: Flags = (scaled == np.rint(scaled)).all(0)
    return whole


class Dc(Detector):
    """A mean that stands away from zero, in windows with pauses between them while nobody is suspected."""

    kind = "dc"

    def __init__(self, inputs: NDArray[np.int64], rate: int, book: Book, first: int) -> None:
        super().__init__(inputs, rate, book, first)
        self._since = np.zeros(len(inputs), np.int64)  # first frame of the first window that agrees
        self._agree = np.zeros(len(inputs), np.int64)
        self._mean = np.zeros(len(inputs))
        self._until = first  # the end of the newest window
        self._window(first)

    def _window(self, first: int) -> None:
        self._first, self._frames = first, 0
        self._sums = np.zeros(len(self.inputs))

    def look(self, look: Look) -> None:
        """Add up while a window lasts."""
        if look.first < self._first:
            return
        if not self._frames:
            self._first = look.first
        frames, channels = look.samples.shape
        frames -= frames % _FOLD
        if frames:
            rows = look.samples[:frames].reshape(-1, _FOLD * channels)
            with np.errstate(invalid="ignore", over="ignore"):
                self._sums += rows.sum(0).reshape(_FOLD, channels).sum(0)[self.columns]
            self._frames += frames
        if look.end - self._first >= DC_SECONDS * self.rate:
            self._judge(look)
            suspected = ((self._agree > 0) & (self._agree < DC_WINDOWS)).any()
            self._window(look.end + (0 if suspected else round(DC_PAUSE_SECONDS * self.rate)))

    def finish(self) -> None:
        """What was said is known up to the newest window."""
        for index in np.flatnonzero(self._agree >= DC_WINDOWS):
            self.book.close(self.kind, self.number(index), self._until)

    def _judge(self, look: Look) -> None:
        mean = self._sums / max(1, self._frames)
        there = np.abs(mean) >= DC_LEAST
        if look.still is not None:
            there &= ~look.still
        with np.errstate(invalid="ignore"):
            goes_on = (
                there & (self._agree > 0) & (np.abs(mean - self._mean) <= DC_SPREAD * np.abs(self._mean))
            )
        for index in np.flatnonzero(~goes_on & (self._agree >= DC_WINDOWS)):
            self.book.close(self.kind, self.number(index), self._until)
        fresh = there & ~goes_on
        self._since[fresh], self._mean[fresh] = self._first, mean[fresh]
        self._agree = np.where(goes_on, self._agree + 1, fresh.astype(np.int64))
        for index in np.flatnonzero(self._agree >= DC_WINDOWS):
            number, value = self.number(index), float(mean[index])
            if self._agree[index] > DC_WINDOWS:
                self.book.go_on(self.kind, number, look.end, value)
            else:
                self.book.begin(self.kind, number, int(self._since[index]), look.end, value)
        self._until = look.end
