"""The files that a journal names. A journal may come from anywhere: what it names elsewhere is never opened.

Only a plain name counts, of a regular file in the take's own folder; links are not followed.
"""

from __future__ import annotations

import os
from pathlib import Path

from capture.chain.errors import SnapshotError
from capture.chain.snapshot import SIZE_LIMIT, Snapshot
from capture.journal.numbering import JOURNAL_SUFFIX
from capture.journal.record import TakeRecord

_NAME_BYTES = 255  # the longest name that file systems take


def is_plain(name: str) -> bool:
    """Whether a name is that of a file in the same folder, and one that a file can have."""
    try:
        fits = 0 < len(name.encode()) <= _NAME_BYTES
    except UnicodeEncodeError:
        return False
    return fits and name not in (".", "..") and "/" not in name and "\0" not in name


def place_of(record: TakeRecord, name: str) -> Path:
    """Where a file lies that the journal names; the name is a plain one.

    A copy may carry all files of a take under its present name: where the journal itself is called otherwise
    than it was recorded, its files are looked for under that name first.
    """
    now = record.path.name.removesuffix(JOURNAL_SUFFIX) if record.path else ""
    if now != record.recorded_name and name.startswith(record.recorded_name) and record.recorded_name:
        renamed = record.folder / f"{now}{name.removeprefix(record.recorded_name)}"
        if os.path.lexists(renamed):
            return renamed
    return record.folder / name


def beside(record: TakeRecord, name: str) -> Path | None:
    """The path of a file in the take's folder, or None for what is not there or leads elsewhere."""
    if not is_plain(name):
        return None
    path = place_of(record, name)
    return path if path.is_file() and not path.is_symlink() else None


def chain_of(record: TakeRecord) -> Snapshot:
    """The chain snapshot of a take, its digests not checked; raises ChainError or OSError where none is."""
    path = beside(record, record.chain_file)
    if path is None:
        raise SnapshotError(f"the chain snapshot {record.chain_file!r} is not here")
    with path.open("rb") as stream:
        return Snapshot.load(stream.read(SIZE_LIMIT + 1))
