"""A pseudo terminal whose other end is in the test's hands: it can stop reading, change its size, hang up."""

from __future__ import annotations

import array
import contextlib
import fcntl
import os
import pty
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Iterator

_STILL_SECONDS = 0.5


class RawTerminal:
    """Runs one command as the leader of a session on a terminal of its own."""

    def __init__(self, command: list[str], columns: int = 80, rows: int = 24) -> None:
        self.master, slave = pty.openpty()
        self.resize(columns, rows)
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # our own tty, as a login has it
            env={**os.environ, "TERM": "xterm-256color"},
        )
        os.close(slave)
        self.heard = ""
        self._open = self._reads = True
        self._reading = threading.Lock()
        threading.Thread(target=self._read, daemon=True).start()

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self.master, keys.encode())

    def resize(self, columns: int, rows: int) -> None:
        """Change the size, as a person does with the mouse."""
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def stall(self) -> None:
        """Read nothing more, as a hung ssh line does."""
        with self._reading:  # not in the middle of a read
            self._reads = False

    def is_full(self) -> bool:
        """Whether nothing more goes into the terminal, though there is more to write."""
        before = self._waiting()
        time.sleep(_STILL_SECONDS)
        return before == self._waiting() > 0

    def go_on(self) -> None:
        """Read again; what was heard before is forgotten."""
        self.heard = ""
        self._reads = True

    def hang_up(self) -> None:
        """Close the terminal under the program."""
        self.stall()
        self._open = False
        os.close(self.master)

    def close(self) -> None:
        """End the program and the terminal."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        self.stall()
        self._open = False
        with contextlib.suppress(OSError):
            os.close(self.master)

    def _waiting(self) -> int:
        found = array.array("i", [0])
        fcntl.ioctl(self.master, termios.FIONREAD, found)
        return found[0]

    def _read(self) -> None:
        while self._open:
            with self._reading, contextlib.suppress(OSError):  # OSError: the program has ended
                if self._reads and self._waiting():
                    self.heard += os.read(self.master, 1 << 16).decode(errors="replace")
                    continue
            time.sleep(0.01)


@contextlib.contextmanager
def raw_terminal(command: list[str]) -> Iterator[RawTerminal]:
    """A terminal that is closed at the end."""
    opened = RawTerminal(command)
    try:
        yield opened
    finally:
        opened.close()
