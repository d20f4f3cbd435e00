"""What people say of a take: marks, verdict, kind, covers, notes, names; while it rolls and after its end."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from capture.clock import boottime_ns
from capture.errors import NothingRecorded, UsageError
from capture.journal.corrections import PREFIX, cleaned
from capture.journal.finish import check_edit
from capture.journal.record import TakeRecord, summary
from capture.station.core import Core, Rolling, user_name
from capture.station.indexer import Indexer
from capture.station.shelf import Shelf, take_entry
from capture.station.takes import Takes
from capture.station.worker import Worker
from capture.wire import Json

TEXT_LENGTH = 10_000


@dataclass(frozen=True)
class _Done:
    """One thing that can be undone: a note line (`what` "note"), a mark set, or a mark struck."""

    journal: Path
    what: str
    marker: int = 0
    frame: int = 0
    text: str = ""


class Edits:
    """Edits of a rolling take go through the recorder, later ones through the worker; undo knows both."""

    def __init__(self, core: Core, takes: Takes, shelf: Shelf, worker: Worker, indexer: Indexer) -> None:
        self._core = core
        self._takes = takes
        self._shelf = shelf
        self._worker = worker
        self._indexer = indexer
        self._done: list[_Done] = []

    def edit(self, field: str, value: Any, take: str | None = None, by: str = "") -> Json:
        """Say something of the rolling take, of the last one, or of the one with that UUID or name."""
        journal = self._target(take)
        if field.startswith(PREFIX):
            clean = cleaned(field, value)
        else:
            clean = _text(field, value) if isinstance(value, str) else value
        check_edit(self._record(journal), field, clean)
        self._write(journal, field, clean, by or user_name())
        self._done.append(_Done(journal, "note"))
        return self._shown(journal)

    def undo(self) -> Json:
        """Take back the last edit or mark since the station began; raises NothingRecorded without one."""
        if not self._done:
            raise NothingRecorded("there is nothing to undo")
        last = self._done[-1]
        if last.what == "note":
            self._undo_note(last.journal)
        else:
            self._undo_marker(last)
        self._done.pop()
        return self._shown(last.journal)

    def mark(self, text: str = "", at_boottime_ns: int | None = None) -> Json:
        """Mark the rolling take at a moment (now, or that of a key press on the boottime clock)."""
        rolling = self._rolling("mark")
        marker = self._next_marker(rolling)
        line = self._append(
            type="marker", id=marker, text=_text("mark", text), at_boottime_ns=at_boottime_ns or boottime_ns()
        )
        rolling.last_marker = marker
        self._done.append(_Done(rolling.journal, "mark", int(line.get("id", marker))))
        return {"id": int(line.get("id", marker)), "frame": int(line.get("frame", 0))}

    def unmark(self) -> Json:
        """Strike the last mark of the rolling take."""
        rolling = self._rolling("unmark")
        markers = rolling.refresh().markers
        if not markers:
            raise NothingRecorded(f"{rolling.name} has no mark")
        last = max(markers, key=lambda marker: marker.id)
        self._append(type="marker", strike=last.id, at_boottime_ns=boottime_ns())
        self._done.append(_Done(rolling.journal, "strike", last.id, last.frame, last.text))
        return {"id": last.id, "frame": last.frame}

    def marktext(self, marker: int, text: str) -> Json:
        """Give a mark of the rolling take its text."""
        rolling = self._rolling("marktext")
        if all(known.id != marker for known in rolling.refresh().markers):
            raise UsageError(f"{rolling.name} has no mark {marker}")
        words = _text("mark", text)
        self._append(type="marker", id=marker, text=words, edit=True, at_boottime_ns=boottime_ns())
        return {"id": marker, "text": words}

    def _next_marker(self, rolling: Rolling) -> int:
        """Marks count within the take; the journal may be a moment behind what we sent."""
        return max(rolling.last_marker, rolling.refresh().last_marker) + 1

    def _target(self, take: str | None) -> Path:
        rolling = self._core.rolling
        if rolling is not None and take in (None, rolling.uuid, rolling.name):
            return rolling.journal
        known = self._shelf.find(take or self._takes.last)
        if known is not None:
            return Path(str(known["journal"]))
        if take is None:
            raise NothingRecorded("there is no take yet", "record one first")
        return self._core.library.find_take(take)

    def _write(self, journal: Path, field: str, value: Any, by: str) -> None:
        rolling = self._core.rolling
        if rolling is not None and journal == rolling.journal:
            self._append(type="note", field=field, value=value, by=by, at_boottime_ns=boottime_ns())
        else:
            self._worker.edit(journal, field, value, by)
            self._core.since.corrected(journal)
            self._shelf.update(journal)
            self._indexer.add(journal)

    def _undo_note(self, journal: Path) -> None:
        record = self._record(journal)
        edits = [edit for edit in record.edits if edit.field != "undo" and not edit.undone]
        if not edits:
            raise NothingRecorded("there is nothing to undo")
        self._write(journal, "undo", edits[-1].seq, user_name())

    def _undo_marker(self, done: _Done) -> None:
        rolling = self._core.rolling
        if rolling is None or rolling.journal != done.journal:
            raise NothingRecorded("the take has ended: its marks stay as they are")
        if done.what == "mark":
            self._append(type="marker", strike=done.marker, at_boottime_ns=boottime_ns())
        else:
            record = rolling.refresh()
            moment = rolling.started_boottime_ns + round(done.frame * 1e9 / record.rate)
            marker = self._next_marker(rolling)
            self._append(type="marker", id=marker, text=done.text, at_boottime_ns=moment)
            rolling.last_marker = marker

    def _rolling(self, order: str) -> Rolling:
        rolling = self._core.rolling
        if rolling is None:
            raise NothingRecorded(f"cannot {order}: nothing is rolling", "press `r`, or say `takechain roll`")
        return rolling

    def _append(self, **line: Any) -> Json:
        lines = self._takes.append([line])
        return dict(lines[0]) if lines else {}

    def _record(self, journal: Path) -> TakeRecord:
        rolling = self._core.rolling
        if rolling is not None and rolling.journal == journal:
            return rolling.refresh()
        return summary(journal)

    def _shown(self, journal: Path) -> Json:
        return take_entry(self._record(journal))


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise UsageError(f"{name}: {value!r} is not a text")
    text = value.strip()
    if len(text) > TEXT_LENGTH:
        raise UsageError(f"{name}: {len(text)} letters are too many", f"use at most {TEXT_LENGTH}")
    return text
