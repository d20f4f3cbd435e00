"""One station per library: a flock'd file in the library that says who holds it.

The lock is the kernel's and ends with the process, so a file left behind by a crash or a power cut
never blocks anybody; host, boot id and pid are there for people and for clients.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
from pathlib import Path
from typing import Any

from capture.clock import boot_id, utc_text
from capture.errors import NothingRecorded
from capture.station.errors import StationRunning

LOCK_NAME = ".station.lock"
_LOCK_BYTES = 4096


class StationLock:
    """Held by the one station of a library for its whole life."""

    def __init__(self, library: Path) -> None:
        """Take the lock; raises StationRunning when it is held, NothingRecorded if we may not write."""
        self.path = library / LOCK_NAME
        try:
            # no link is followed: what it leads to would be emptied
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            self._descriptor = os.open(self.path, flags, 0o600)
        except OSError as error:
            raise NothingRecorded(
                f"cannot write in the library {library} ({error.strerror})",
                "choose a folder of your own with --library, or change its rights",
            ) from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._descriptor)
            if not isinstance(error, BlockingIOError):
                raise NothingRecorded(
                    f"the file system of {library} has no file locks ({error.strerror})",
                    "keep the library on a local disk",
                ) from error
            raise StationRunning(_words(holder(library), library), "use that one, or stop it first") from None
        self._inode = os.fstat(self._descriptor).st_ino
        fields = {
            "host": socket.gethostname(),
            "boot_id": boot_id(),
            "pid": os.getpid(),
            "started": utc_text(),
        }
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, json.dumps(fields).encode() + b"\n", 0)

    def is_ours(self) -> bool:
        """Whether the file in the library is still the one we hold; False once the library has vanished."""
        try:
            return self.path.stat().st_ino == self._inode
        except OSError:
            return False

    def release(self) -> None:
        """Give the library free."""
        os.close(self._descriptor)


def holder(library: Path) -> dict[str, Any]:
    """What the lock file says of the station that wrote it; empty when it says nothing readable."""
    try:
        with (library / LOCK_NAME).open("rb") as file:
            fields = json.loads(file.read(_LOCK_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def _words(fields: dict[str, Any], library: Path) -> str:
    who = f" (pid {fields['pid']} on {fields['host']})" if "pid" in fields and "host" in fields else ""
    return f"another station{who} holds the library {library}"
