"""What the chain of the next take has changed since the last one, in words for the screen."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from capture.chain.difference import diff, words
from capture.chain.fields import split_path
from capture.chain.patch import Patch
from capture.errors import TakechainError
from capture.journal.corrections import corrected
from capture.journal.record import TakeRecord, summary
from capture.station.patch import rolling_patch


@dataclass(frozen=True)
class Changed:
    """The name of the last take (empty where there is none), and by input what is different now."""

    since: str = ""
    by_input: tuple[tuple[int, tuple[str, ...]], ...] = ()

    def of(self, number: int) -> list[str]:
        """The changes of one input."""
        return list(dict(self.by_input).get(number, ()))


@dataclass(frozen=True)
class _Before:
    journal: Path
    name: str
    patch: Patch
    inputs: frozenset[int]


class Since:
    """Remembers the chain that the last take ended with; reads it from a journal where that is not known."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._before: _Before | None = None
        self._made: tuple[Patch | None, _Before | None, Changed] = (None, None, Changed())

    def ended(self, record: TakeRecord, journal: Path, patch: Patch) -> None:
        """A take has ended with this chain."""
        inputs = frozenset(track.input for track in record.tracks)
        with self._lock:
            self._before = _Before(journal, record.name, patch, inputs)

    def corrected(self, journal: Path) -> None:
        """Something was said of a take's chain after its end: it is read again."""
        with self._lock:
            if self._before is not None and self._before.journal == journal:
                self._before = None

    def now(self, patch: Patch, newest: Path | None) -> Changed:
        """The changes that lead to `patch`; `newest` is the last take that is known otherwise."""
        with self._lock:
            if self._before is None and newest is not None:
                self._before = _read(newest)
            if self._made[0] is not patch or self._made[1] is not self._before:
                self._made = (patch, self._before, _changed(self._before, patch))
            return self._made[2]


def _read(journal: Path) -> _Before:
    try:
        record = summary(journal)
        patch = corrected(record, rolling_patch(record, Patch()))
    except (TakechainError, OSError):
        return _Before(journal, "", Patch(), frozenset())
    return _Before(journal, record.name, patch, frozenset(track.input for track in record.tracks))


def _changed(before: _Before | None, patch: Patch) -> Changed:
    if before is None:
        return Changed()
    said: dict[int, list[str]] = {}
    for change in diff(before.patch, patch):
        place = split_path(change.path)
        if place and place[0] in before.inputs:
            said.setdefault(place[0], []).append(words(change).removeprefix(f"input {place[0]} "))
    return Changed(before.name, tuple((number, tuple(texts)) for number, texts in said.items()))
