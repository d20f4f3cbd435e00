"""Audio thrown away on purpose: a signed note first, then the files, then a note that it is done.

The journal, the chain and the sheet stay; only a hole that nobody declared is a fault. A crash in between
leaves the first note alone, and `recover` finishes what it says. Once it is done nothing is removed again:
audio put back from a copy is verified as before.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from capture.errors import UsageError
from capture.journal.beside import beside, place_of
from capture.journal.durable import sync_folder
from capture.journal.errors import JournalLocked, in_words
from capture.journal.keys import Key
from capture.journal.record import TakeRecord
from capture.journal.writer import JournalWriter

FIELD = "discarded"


@dataclass(frozen=True)
class Discard:
    """What a take's notes say: why, by whom and when its audio was thrown away, and whether it is done."""

    reason: str
    by: str
    at: datetime
    done: bool


@dataclass
class Discarded:
    """What was done: the files removed, their bytes, and in words what could not be."""

    files: list[str] = field(default_factory=list)
    bytes: int = 0
    problems: list[str] = field(default_factory=list)


def discard_of(record: TakeRecord) -> Discard | None:
    """What the notes of a take say of its audio being thrown away; None where they do not."""
    value = record.fields.get(FIELD)
    if not isinstance(value, dict):
        return None
    edit = next(e for e in reversed(record.edits) if e.field == FIELD and not e.undone)
    reason = value.get("reason")
    return Discard(reason if isinstance(reason, str) else "", edit.by, edit.utc, value.get("done") is True)


def gone(record: TakeRecord, name: str) -> bool:
    """Whether a file of a take is missing because it was thrown away."""
    return discard_of(record) is not None and not os.path.lexists(place_of(record, name))


def discard_take(path: Path, key: Key, by: str, reason: str = "") -> Discarded:
    """Throw away the audio of a sealed take; raises JournalLocked while it rolls, UsageError."""
    with JournalWriter.reopen(path) as writer:
        record = writer.record
        if not record.sealed:
            raise JournalLocked(
                f"{record.name} is not sealed: it rolls, or a crash left it",
                "stop it, or run takechain recover",
            )
        found = discard_of(record)
        if found is not None and found.done and not _audio(record):
            raise UsageError(f"the audio of {record.name} was discarded already")
        writer.append_signed("note", record.frames, key, field=FIELD, value=_value(reason, done=False), by=by)
        writer.sync()
        return _remove(writer, key, by, reason)


def finish_discard(path: Path, key: Key) -> Discarded | None:
    """Do what a note says that a crash left undone; None where there is none."""
    with JournalWriter.reopen(path) as writer:
        found = discard_of(writer.record)
        if found is None or found.done:
            return None
        return _remove(writer, key, found.by, found.reason)


def discard_begun(record: TakeRecord) -> bool:
    """Whether a crash came between the note and the end of what it says."""
    found = discard_of(record)
    return found is not None and not found.done


def _audio(record: TakeRecord) -> list[str]:
    return [name for _, _, name in record.media if os.path.lexists(place_of(record, name))]


def _remove(writer: JournalWriter, key: Key, by: str, reason: str) -> Discarded:
    record, outcome = writer.record, Discarded()
    for name in _audio(record):
        path = beside(record, name)
        if path is None:
            outcome.problems.append(f"{name} is not a file of the take's own folder: it is left alone")
            continue
        try:
            size = path.stat().st_size
            path.unlink()
        except OSError as error:
            outcome.problems.append(f"{name} cannot be removed: {in_words(error)[0]}")
            continue
        outcome.files.append(name)
        outcome.bytes += size
    sync_folder(record.folder)
    if not outcome.problems:
        value = _value(reason, done=True)
        writer.append_signed("note", record.frames, key, field=FIELD, value=value, by=by)
    writer.sync()
    return outcome


def _value(reason: str, *, done: bool) -> dict[str, object]:
    return {"reason": reason, "done": done}
