"""Folders that are still there after a power cut: an entry is on disk only when its folder was synced."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Make a folder's entries durable; raises OSError."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it that are missing, each entry durable; raises OSError."""
    missing = [place for place in (folder, *folder.parents) if not place.is_dir()]
    for place in reversed(missing):
        place.mkdir(exist_ok=True)
        sync_folder(place.parent)


def give_name(made: Path, name: Path) -> None:
    """Give a finished file its name, and never that of another: raises FileExistsError, OSError.

    Disks of cameras and recorders (FAT, exFAT) know no second name for a file; there it is looked up first.
    """
    try:
        os.link(made, name)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS):
            raise
        if os.path.lexists(name):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(name)) from None
        made.rename(name)
    with contextlib.suppress(FileNotFoundError):
        made.unlink()
    sync_folder(name.parent)


def write_new(path: Path, raw: bytes) -> None:
    """A new small file, durable, whole or not there at all; raises FileExistsError, OSError."""
    made = path.with_name(f".{path.name}.new")
    try:
        made.unlink(missing_ok=True)  # what a crash left
        with made.open("xb") as out:
            out.write(raw)
            out.flush()
            os.fsync(out.fileno())
        give_name(made, path)
    finally:
        made.unlink(missing_ok=True)
