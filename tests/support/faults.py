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


_DEADLY = """
import os
import signal

import capture.recorder.{module} as module

def dying(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)


before = module.{name}
calls = 0


def maybe(*args, **more):
    global calls
    calls += 1
    if calls > {lives}:
        dying()
    return before(*args, **more)


module.{name} = maybe
"""


def dies_at(folder: Path, place: str) -> str:
    """A PYTHONPATH with which a recorder is killed where its first take goes on in other files.

    `place` is what it was about to do: `begin_part` (the line), `PartFiles.start` (the headers) or
    `PartFiles.finish` (the headers of the part before).
    """
    folder.mkdir(parents=True, exist_ok=True)
    module, lives = ("parts", 0) if place == "begin_part" else ("files", int(place == "PartFiles.start"))
    (folder / "sitecustomize.py").write_text(_DEADLY.format(module=module, name=place, lives=lives))
    return str(folder)


_SLOW = """
import time

import capture.recorder.files as files

sync = files.PartFiles.sync


def slow(self):
    time.sleep({seconds})
    sync(self)


files.PartFiles.sync = slow
"""


def disk_is_slow(folder: Path, seconds: float) -> str:
    """A PYTHONPATH with which every sync of audio of a recorder takes so many seconds longer."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sitecustomize.py").write_text(_SLOW.format(seconds=seconds))
    return str(folder)
