"""Detectors that hold one input against another: the same samples, and a floor where others play."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from capture.recorder.detectors import (
    DEAD_BELOW,
    DEAD_LOOK_SECONDS,
    DEAD_POWER,
    DEAD_SECONDS,
    DEAD_STEADY,
    IDENTICAL_SECONDS,
    IDENTICAL_STEP_SECONDS,
    Detector,
    Flags,
    Look,
)
from capture.recorder.noticed import Book

Group = tuple[int, ...]


@dataclass
class _Alike:
    since: int
    heard: int = 0  # frames of looks that were not silent
    end: int = 0
    said: bool = False


class Identical(Detector):
    """Inputs of the same peak and sum of squares, step by step; all samples are compared before a word."""

    kind = "identical"

    def __init__(self, inputs: NDArray[np.int64], rate: int, book: Book, first: int) -> None:
        super().__init__(inputs, rate, book, first)
        self._alike: dict[Group, _Alike] = {}
        self._step(first)

    def _step(self, first: int) -> None:
        self._first = first
        self._squares, self._peak = np.zeros(len(self.inputs)), np.zeros(len(self.inputs), np.float32)
        self._moved: Flags | bool = False  # which gave more than one same value in any look

    def look(self, look: Look) -> None:
        """Equal sums of squares are rare: only then is more looked at."""
        self._squares += look.squares
        np.maximum(self._peak, look.peak, out=self._peak)
        self._moved = True if look.still is None else self._moved | ~look.still
        if look.end - self._first < IDENTICAL_STEP_SECONDS * self.rate:
            return
        groups = [] if len(set(self._squares.tolist())) == len(self.inputs) else self._groups()
        if groups or self._alike:
            self._follow(look, {group: self._alike.get(group) or _Alike(self._first) for group in groups})
        self._step(look.end)

    def _groups(self) -> list[Group]:
        same: dict[tuple[float, float], list[int]] = {}
        moved = np.broadcast_to(self._moved, len(self.inputs))
        for index, key in enumerate(zip(self._squares.tolist(), self._peak.tolist(), strict=True)):
            if key[0] > 0 and moved[index]:
                same.setdefault(key, []).append(index)
        return [tuple(group) for group in same.values() if len(group) > 1]

    def _follow(self, look: Look, found: dict[Group, _Alike]) -> None:
        for group, alike in self._alike.items():
            if group in found:
                continue
            if not self._squares[list(group)].any():  # silent together: nothing speaks for or against it
                found[group] = alike
            elif alike.said:
                self.book.close(self.kind, self.number(group[0]), alike.end)
        self._alike = found
        for group, alike in found.items():
            if not self._squares[group[0]]:
                continue
            alike.heard, alike.end = alike.heard + look.end - self._first, look.end
            if not alike.said and alike.heard >= IDENTICAL_SECONDS * self.rate:
                self._say(look, group, alike)

    def finish(self) -> None:
        """What was said is known up to the newest step."""
        for group, alike in self._alike.items():
            if alike.said:
                self.book.close(self.kind, self.number(group[0]), alike.end)

    def _say(self, look: Look, group: Group, alike: _Alike) -> None:
        first, *others = (look.samples[:, self.columns[index]] for index in group)
        if not all(np.array_equal(first, other) for other in others):
            alike.since, alike.heard = look.end, 0
            return
        alike.said = True
        number, *inputs = map(self.number, group)
        self.book.begin(self.kind, number, alike.since, look.end, None, inputs)


class Dead(Detector):
    """Inputs that gave nothing but a steady floor since the take began, while another one plays."""

    kind = "dead"

    def __init__(self, inputs: NDArray[np.int64], rate: int, book: Book, first: int) -> None:
        super().__init__(inputs, rate, book, first)
        self._waiting = np.arange(len(inputs))  # those that gave no signal yet
        self._loud = np.zeros(len(inputs))
        self._quiet = np.full(len(inputs), math.inf)
        self._loudest = 0.0

    def restart(self, first: int) -> None:
        """Frames were left out: the floor is measured anew of those that gave no signal yet."""
        self.start = first
        self._loud[:], self._quiet[:] = 0, math.inf

    def look(self, look: Look) -> None:
        """Follow the loudest and the quietest look of those that gave no signal yet."""
        if not len(self._waiting) or look.frames < DEAD_LOOK_SECONDS * self.rate:
            return
        power = look.squares / look.frames
        self._loudest = max(self._loudest, float(power.max()))
        np.maximum(self._loud, power, out=self._loud)
        np.minimum(self._quiet, power, out=self._quiet, where=power > 0)
        floor = (self._loud < DEAD_POWER) & (self._loud <= DEAD_STEADY * self._quiet)
        plays = self._waiting[~floor[self._waiting]]
        if len(plays):
            self._waiting = self._waiting[floor[self._waiting]]
            said = self.book.going_on(self.kind)
            for number in map(self.number, plays):
                if number in said:
                    self.book.close(self.kind, number, look.first)
        if look.end - self.start >= DEAD_SECONDS * self.rate:
            self._say(look)

    def _say(self, look: Look) -> None:
        loud = self._loud[self._waiting]
        sure = self._waiting[(loud > 0) & (loud * DEAD_BELOW <= self._loudest)]
        said = self.book.going_on(self.kind) if len(sure) else []
        for index in sure:
            if self.number(index) not in said and not (look.still is not None and look.still[index]):
                level = round(10 * math.log10(self._loud[index]), 1)
                self.book.begin(self.kind, self.number(index), self.start, look.end, level)
