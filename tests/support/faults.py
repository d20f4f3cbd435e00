"""Faults put into processes that a test starts."""

from __future__ import annotations

from pathlib import Path

_MEMORY = """
import capture.recorder.files as files

count, sync = 0, files.PartFiles.sync


def failing(self):
    global count
    count += 1
    if count == {sync}:
        raise MemoryError("injected")
    return sync(self)


files.PartFiles.sync = failing
"""


def memory_fails(folder: Path, sync: int = 4) -> str:
    """A PYTHONPATH with which a recorder's sync of audio of that number raises MemoryError."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sitecustomize.py").write_text(_MEMORY.format(sync=sync))
    return str(folder)


_BUSY = """
import sys
import threading


def hog():
    while True:
        sum(range(1000))


if "capture.station" in sys.orig_argv:
    threading.Thread(target=hog, daemon=True).start()
"""


def station_is_busy(folder: Path) -> str:
    """A PYTHONPATH with which a thread of every station computes without end."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sitecustomize.py").write_text(_BUSY)
    return str(folder)
