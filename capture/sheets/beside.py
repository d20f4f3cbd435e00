"""Files that lie beside a journal: only those, whatever name the journal gives."""

from __future__ import annotations

from pathlib import Path

from capture.journal.record import TakeRecord

NAME_BYTES = 255  # the longest name that file systems take


def beside(record: TakeRecord, name: str) -> Path | None:
    """The path of a file in the take's folder, or None for what is not there or leads elsewhere."""
    if not name or name == ".." or Path(name).name != name or "\0" in name:
        return None
    path = record.folder / name
    return path if len(name.encode("utf-8", "replace")) <= NAME_BYTES and path.is_file() else None
