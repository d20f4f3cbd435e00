"""Waiting on what a test waits for, with a deadline that names it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable


def until(
    true: Callable[[], object], seconds: float = 30.0, process: subprocess.Popen[str] | None = None
) -> None:
    """Poll until `true()` is; fails after `seconds`, or at once when `process` has ended."""
    deadline = time.monotonic() + seconds
    while not _holds(true):
        if process is not None and process.poll() is not None:
            out, err = process.communicate()
            raise AssertionError(f"the process ended with {process.returncode}: {out}{err}")
        if time.monotonic() > deadline:
            raise AssertionError(f"still not so after {seconds} s: {true}")
        time.sleep(0.02)


def _holds(true: Callable[[], object]) -> bool:
    """Whether it is so; a file that is not there yet, or a half-written line, only means: not yet."""
    try:
        return bool(true())
    except (OSError, ValueError, StopIteration):
        return False
