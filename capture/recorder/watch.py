"""Watches a part of a take for inputs that are not as they should be; never a reason to stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from capture.journal.record import Signal
from capture.recorder.comparing import Dead, Identical
from capture.recorder.detectors import Clipping, Dc, Look, LowBits, Stuck, Zeros
from capture.recorder.meter import Measured
from capture.recorder.noticed import Book


class Watch:
    """All detectors on the inputs (from 1) of one part; `tell` gets what belongs into the journal."""

    def __init__(self, inputs: Sequence[int], rate: int, first: int, tell: Callable[[Signal], None]) -> None:
        self._inputs = np.unique(np.array(inputs, np.int64))
        low, high = int(self._inputs[0]) - 1, int(self._inputs[-1])
        together = high - low == len(self._inputs)  # a view costs less than a copy
        self._columns = slice(low, high) if together else self._inputs - 1
        self._rate = rate
        self.book = Book(tell)
        self._next: int | None = None
        self._dead = Dead(self._inputs, rate, self.book, first)
        self._begin(first)

    def look(self, first: int, samples: NDArray[np.float32], levels: Measured) -> None:
        """One chunk of the whole interface from frame `first` of the take on, with its levels."""
        if first != self._next and self._next is not None:
            self._interrupt(self._next, first)
        elif self._next is None:
            self._begin(first)
        self._next = first + len(samples)
        look = self._look(first, samples, levels)
        self._zeros.look(look)
        self._stuck.look(look)
        for run in (self._zeros.run, self._stuck.run):
            if run is not None:
                still = run >= look.frames
                look.still = still if look.still is None else look.still | still
        for detector in self._others:
            detector.look(look)

    def put_in(self, place: int, frames: int) -> None:
        """Silence was put in at a frame of the take."""
        if self._next is None:
            return
        self._finish(min(place, self._next))
        self.book.put_in(place, frames)
        self._next += frames
        self._begin(self._next)

    def finish(self, end: int) -> None:
        """The part ends before this frame."""
        self._finish(end if self._next is None else min(end, self._next))
        self.book.finish()

    def told(self) -> list[Signal]:
        """What was noticed, for who looks on; any thread may ask."""
        return self.book.told()

    def _look(self, first: int, samples: NDArray[np.float32], levels: Measured) -> Look:
        columns = self._columns
        return Look(
            first,
            first + len(samples),
            samples,
            levels.squares[columns],
            levels.peak[columns],
            None if levels.overs is None else levels.overs[columns],
            None if levels.over_at is None else levels.over_at[columns],
            None if levels.zeros is None else levels.zeros[columns],
        )

    def _interrupt(self, end: int, first: int) -> None:
        """Frames were left out: nothing is known to have gone on across them."""
        self._finish(end)
        self._begin(first)

    def _finish(self, end: int) -> None:
        for detector in self._others:
            detector.finish()
        self.book.close_all(end)

    def _begin(self, first: int) -> None:
        of = (self._inputs, self._rate, self.book, first)
        self._zeros, self._stuck = Zeros(*of), Stuck(*of)
        self._dead.restart(first)
        self._others = (Clipping(*of), LowBits(*of), Dc(*of), Identical(*of), self._dead)
