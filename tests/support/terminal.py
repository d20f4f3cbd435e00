"""A real terminal: tmux with a server of its own, keys in, screen out."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.poll import until

# Seconds between keys: a whole line pasted at once would reach one field before Tab moves on.
PACE = 0.15


class Terminal:
    """One pane of 80×24 (or more) that runs a command."""

    def __init__(self, server: str) -> None:
        self._tmux = ["tmux", "-L", server, "-f", "/dev/null"]

    def run(self, command: str, columns: int = 80, rows: int = 24) -> None:
        """Open the pane with this command; the test's environment is handed on."""
        size = ["-x", str(columns), "-y", str(rows)]
        self._call("new-session", "-d", "-s", "t", *size, f"{command}; echo ended with $?; exec cat")

    def keys(self, *keys: str) -> None:
        """Press keys by tmux's names (`r`, `Tab`, `C-s`), one after another as fingers do."""
        for key in keys:
            self._call("send-keys", "-t", "t", key)
            time.sleep(PACE)

    def type(self, text: str) -> None:
        """Type text as it stands."""
        self._call("send-keys", "-t", "t", "-l", text)
        time.sleep(PACE)

    def screen(self) -> str:
        """What the person sees."""
        return self._call("capture-pane", "-p", "-t", "t")

    def see(self, pattern: str, seconds: float = 30.0) -> None:
        """Wait until the screen matches; fails showing the screen."""
        try:
            until(lambda: re.search(pattern, self.screen()), seconds)
        except AssertionError as error:
            raise AssertionError(f"never saw {pattern!r}:\n{self.screen()}") from error

    def pid(self) -> int:
        """The program in the pane: the child of the pane's shell."""
        shell = self._call("list-panes", "-t", "t", "-F", "#{pane_pid}").strip()
        children = Path(f"/proc/{shell}/task/{shell}/children").read_text().split()
        return int(children[0])

    def resize(self, columns: int, rows: int) -> None:
        """Make the window this large."""
        self._call("resize-window", "-t", "t", "-x", str(columns), "-y", str(rows))

    def close(self) -> None:
        """End the terminal and what runs in it."""
        subprocess.run([*self._tmux, "kill-server"], capture_output=True, check=False)

    def _call(self, *words: str) -> str:
        done = subprocess.run([*self._tmux, *words], capture_output=True, text=True, check=True)
        return done.stdout


@contextmanager
def terminal(name: str) -> Iterator[Terminal]:
    """A terminal that is closed at the end."""
    opened = Terminal(f"takechain-test-{name}-{os.getpid()}")
    try:
        yield opened
    finally:
        opened.close()


TAKECHAIN = f"{sys.executable} -m tui.cli"
