"""Real pseudo-terminals that play a sensor: bytes over the kernel's line discipline, unplugged by closing."""

from __future__ import annotations

import contextlib
import os
import time
import tty
from collections.abc import Callable
from pathlib import Path


class Device:
    """A sensor's end of a pty, reachable at `path`; plugged in again, a new pty takes the same path."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)
        self._link = path
        self._master = -1
        self.plug()

    def plug(self) -> None:
        self._master, slave = os.openpty()
        tty.setraw(slave)
        self._link.unlink(missing_ok=True)
        self._link.symlink_to(os.ttyname(slave))
        self._slave = slave

    def unplug(self) -> None:
        """Hang up: what has the port open gets an error, and the path is gone."""
        self._link.unlink(missing_ok=True)
        for end in (self._master, self._slave):
            with contextlib.suppress(OSError):
                os.close(end)

    def say(self, line: str | bytes) -> None:
        os.write(self._master, line if isinstance(line, bytes) else line.encode())

    def heard(self) -> bytes:
        """What was written to the device so far."""
        os.set_blocking(self._master, False)
        with contextlib.suppress(BlockingIOError, OSError):
            return os.read(self._master, 4096)
        return b""


def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait for something to become true; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)
