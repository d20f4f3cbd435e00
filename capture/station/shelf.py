"""The takes of the present slate, kept in memory from their journals."""

from __future__ import annotations

import threading
from pathlib import Path

from capture.errors import TakechainError
from capture.journal.discarding import discard_of
from capture.journal.numbering import project_folder, slate_folder
from capture.journal.record import TakeRecord, summary
from capture.journal.signals import brief
from capture.library import Library
from capture.names import fold
from capture.wire import Json


class Shelf:
    """What came before in this slate, over all sessions of the project, oldest first. Thread-safe."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._reading = threading.Lock()  # held from the first look into folders until the list says it
        self._lock = threading.Lock()
        self._takes: dict[Path, Json] = {}
        self._slate = ("", "")

    def turn_to(self, project: str, slate: str) -> None:
        """Read the takes of another slate; the one already there is left as it is."""
        wanted = (fold(project_folder(project)), fold(slate_folder(slate))) if project and slate else ("", "")
        with self._reading:
            if wanted == self._slate:
                return
            takes: dict[Path, Json] = {}
            for journal in self._library.journals(project=project, slate=slate) if slate else ():
                entry = _entry(journal)
                if entry is not None:
                    takes[journal] = entry
            with self._lock:
                self._slate, self._takes = wanted, takes

    def update(self, journal: Path, record: TakeRecord | None = None) -> None:
        """Read one take again, or as the caller has just read it; one of another slate is passed over."""
        place = (fold(journal.parents[2].name), fold(journal.parent.name))
        with self._reading:
            entry = (take_entry(record) if record else _entry(journal)) if place == self._slate else None
            with self._lock:
                if entry is not None:
                    self._takes[journal] = entry

    def as_list(self) -> list[Json]:
        """The takes, oldest first."""
        with self._lock:
            return sorted(self._takes.values(), key=lambda take: (take["started"], take["name"]))

    def find(self, uuid: str | None) -> Json | None:
        """The take of that UUID, or the newest one for None."""
        takes = self.as_list()
        if uuid is None:
            return takes[-1] if takes else None
        return next((take for take in takes if take["uuid"] == uuid), None)


def take_entry(record: TakeRecord) -> Json:
    """One line of a list of takes."""
    return {
        "uuid": record.take,
        "number": record.number,
        "slate": record.slate,
        "name": record.name,
        "kind": record.kind.value,
        "verdict": record.verdict.value,
        "condition": record.condition.value,
        "seconds": record.seconds,
        "frames": record.frames,
        "lost_frames": record.lost_frames,
        "covers": record.covers,
        "note": "; ".join(note.text for note in record.notes),
        "markers": len(record.markers),
        "gaps": len(record.gaps),
        "signals": brief(record.signals),
        "started": str(record.clock.get("utc", "")),
        "journal": str(record.path),
        "sealed": record.sealed,
        "waits_for_key": record.waits_for_key,
        "mirror_lost": record.mirror_lost,
        "discarded": discard_of(record) is not None,
        "simulated": record.simulated,
        "origin": record.origin.value,
    }


def slates(library: Library, project: str) -> list[str]:
    """The slates that hold takes in a project, as their folders are called."""
    found = {fold(journal.parent.name): journal.parent.name for journal in library.journals(project=project)}
    return sorted(found.values(), key=fold)


def _entry(journal: Path) -> Json | None:
    try:
        return take_entry(summary(journal))
    except TakechainError:
        return None
