"""What is said of a take's chain after its end: signed notes beside the snapshot, which stays as it was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from capture.chain.errors import ChainError
from capture.chain.fields import Value, clean_value, is_fit, split_path
from capture.chain.patch import Patch
from capture.errors import UsageError
from capture.journal.record import TakeRecord

PREFIX = "chain."  # of the field of a note; the path follows


@dataclass(frozen=True)
class Correction:
    """One field as it is said to have been; None is *not declared*. `before` is what was recorded."""

    path: str
    before: Value | None
    after: Value | None
    by: str
    utc: datetime


def corrections(record: TakeRecord, chain: Patch) -> list[Correction]:
    """The newest correction of each field of a take recorded with that chain, in the order they were made."""
    newest = {
        edit.field.removeprefix(PREFIX): edit
        for edit in record.edits
        if edit.field.startswith(PREFIX) and not edit.undone
    }
    return [
        Correction(path, chain.get(path), edit.value, edit.by, edit.utc)
        for path, edit in newest.items()
        if edit.value is None or is_fit(path, edit.value)
    ]


def corrected(record: TakeRecord, chain: Patch) -> Patch:
    """The chain as it is now said to have been."""
    after = Patch(chain.fields)
    for correction in corrections(record, chain):
        after.set(correction.path, correction.after, correction.by)
    return after


def cleaned(field: str, value: Any) -> Value | None:
    """The value of a correction as a note holds it; None or an empty text is *not declared*.

    Raises ChainError for a field that no chain has, or a value that it cannot hold.
    """
    clean = "" if value is None else clean_value(field.removeprefix(PREFIX), value)
    return None if clean == "" else clean


def check(record: TakeRecord, field: str, value: Any) -> None:
    """Raise UsageError unless a take's chain can be corrected so."""
    path = field.removeprefix(PREFIX)
    if not record.ended:
        raise UsageError(f"{record.name} has not ended", "while it rolls use: takechain chain set … --now")
    place = split_path(path)
    if place and place[0] not in {track.input for track in record.tracks}:
        raise UsageError(f"{record.name} has no track of input {place[0]}", "see: takechain show")
    try:
        fit = cleaned(field, value) == value
    except ChainError as error:
        raise UsageError(error.what, error.do) from error
    if not fit:
        raise UsageError(f"{path} cannot hold {value!r}")
