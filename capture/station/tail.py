"""A take's present state while another process writes its journal: read on from where we were, fold, show."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path

from capture.journal.lines import LINE_BYTES, parse_fields
from capture.journal.record import TakeRecord


class JournalTail:
    """The light fold of a growing journal; a line counts once its newline is there. Safe from any thread."""

    def __init__(self, journal: Path) -> None:
        self.path = journal
        self.record = TakeRecord(path=journal)
        self._offset = 0
        self._lock = threading.Lock()

    def refresh(self) -> TakeRecord:
        """Fold in what was written since; a journal that cannot be read now leaves the record as it was."""
        with self._lock, contextlib.suppress(OSError), self.path.open("rb") as stream:
            stream.seek(self._offset)
            while (raw := stream.readline(LINE_BYTES + 1)).endswith(b"\n"):
                self._offset += len(raw)
                with contextlib.suppress(ValueError):
                    self.record.apply(parse_fields(raw[:-1]), light=True)
        return self.record
