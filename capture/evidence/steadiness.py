"""Whether the interface's clock runs as it did in the session's other takes."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from typing import TYPE_CHECKING

from capture.evidence.calibrations import interface_of
from capture.evidence.check import Check, judged, untestable
from capture.evidence.words import plain, signed
from capture.journal.errors import JournalError
from capture.journal.record import TakeRecord, summary

if TYPE_CHECKING:
    from pathlib import Path

PPM = 50.0
"""Quartz stays within a few ppm in a room; a computer's clock that is being set may move it by tens."""
_JOURNALS = "*/*.take.jsonl"


def check(record: TakeRecord) -> Check:
    """The measured rate beside that of the session's other takes through the same interface."""
    what = "sample clock"
    if record.rate_ppm is None:
        return untestable(what, (), "its rate was not measured: the take is too short")
    others = [other.rate_ppm for other in _others(record) if other.rate_ppm is not None]
    if not others:
        return untestable(what, (), "no other take of the session has a measured rate")
    usual = median(others)
    apart = record.rate_ppm - usual
    said = f"{plain(record.rate_ppm)} ppm, {signed(apart, 1)} beside {len(others)} other takes of the session"
    return judged(
        what, (), abs(apart) <= PPM, said, {"ppm": record.rate_ppm, "usual_ppm": usual, "most_ppm": PPM}
    )


def _others(record: TakeRecord) -> Iterator[TakeRecord]:
    folder: Path = record.folder.parent
    for path in sorted(folder.glob(_JOURNALS)):
        if path == record.path:
            continue
        try:
            other = summary(path)
        except (JournalError, OSError):
            continue
        if (
            interface_of(other.interface) == interface_of(record.interface)
            and other.rate == record.rate
            and other.take != record.take
        ):
            yield other
