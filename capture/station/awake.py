"""Holds off sleep and suspend while an interface is open, through the system's own tool.

The tool (`systemd-inhibit`, on macOS `caffeinate`) holds them off for as long as the command runs that it was
given. That command is a `cat` that waits on a pipe to this process: however the station ends, `kill -9`
included, the system closes the pipe, and nothing stays behind that keeps a machine awake.
"""

from __future__ import annotations

import contextlib
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import IO

from capture.station.notices import Notices
from hardware.machine import Condition

_OPTIONS = {
    "systemd-inhibit": (
        "--what=sleep:idle",
        "--who=Takechain",
        "--why=an interface is open for recording",
        "--mode=block",
    ),
    "caffeinate": ("-i", "-s"),
}
_INSTEAD = "switch sleep off in the system's settings"
_SYSTEMD_RUNS = Path("/run/systemd/system")  # as sd_booted(3) finds it out
_END_SECONDS = 1.0
_TRIAL_SECONDS = 5.0


class Awake:
    """The one child that holds sleep off; what goes wrong with it is said once and stops nothing."""

    def __init__(self, notices: Notices) -> None:
        self._notices = notices
        self._child: subprocess.Popen[bytes] | None = None
        self._words: IO[bytes] | None = None
        self._wanted = self._said = False

    def follow(self, wanted: bool) -> None:
        """Told over and over whether sleep is to be held off."""
        before, self._wanted = self._wanted, wanted
        if wanted and not before:
            self._begin()
        elif before and not wanted:
            self.end()
        elif self._child is not None and self._child.poll() is not None:
            words = self._last_words()
            if not _is_alone(words):
                self._say(words)
            self.end()

    def end(self) -> None:
        """Let the machine sleep again; a tool that does not end by itself is ended."""
        child, self._child = self._child, None
        if child is not None:
            assert child.stdin is not None
            child.stdin.close()
            try:
                child.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(_END_SECONDS)
        if self._words is not None:
            self._words.close()
            self._words = None

    def _begin(self) -> None:
        command = _command()
        if command is None:
            return  # doctor says so; the same words at each start would only teach people to look away
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `end`; a pipe could fill up
        try:
            self._child = subprocess.Popen(
                [*command, "cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=self._words
            )
        except OSError as error:
            self._say(error.strerror or str(error))
            self.end()

    def _last_words(self) -> str:
        assert self._words is not None
        self._words.seek(0)
        return _last_line(self._words.read(4096)) or "it ended by itself"

    def _say(self, why: str) -> None:
        if not self._said:
            self._said = True
            words = f"this machine may fall asleep: {_tool()} did not hold it off ({why}); {_INSTEAD}"
            self._notices.warn("sleep", words)


def trial() -> Condition:
    """Whether sleep can be held off here, found out by doing it for a moment; never raises."""
    command = _command()
    if command is None:
        return Condition("sleep", f"cannot be held off: {_tool()} is not here", _INSTEAD)
    try:
        done = subprocess.run(
            [*command, "true"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TRIAL_SECONDS,
            check=False,
            start_new_session=True,  # without a terminal nothing can ask for a password
        )
    except subprocess.TimeoutExpired:
        return Condition("sleep", f"cannot be held off: {_tool()} does not answer", _INSTEAD)
    except OSError as error:
        return Condition("sleep", f"cannot be held off: {_tool()}: {error.strerror}", _INSTEAD)
    if done.returncode:
        why = _last_line(done.stderr) or f"it ended with {done.returncode}"
        return Condition("sleep", f"cannot be held off: {_tool()} did not do it ({why})", _INSTEAD)
    return Condition("sleep", f"held off by {_tool()} while an interface is open")


def _tool() -> str:
    return "caffeinate" if platform.system() == "Darwin" else "systemd-inhibit"


def _command() -> list[str] | None:
    """The tool and its options, for the command to run under it; None where the tool is not here."""
    path = shutil.which(_tool())
    return [path, *_OPTIONS[_tool()]] if path else None


def _is_alone(words: str) -> bool:
    """Whether systemd does not run here at all: nobody suspends this machine then; doctor says it."""
    return "connect to bus" in words and not _SYSTEMD_RUNS.is_dir()


def _last_line(raw: bytes) -> str:
    lines = raw.decode("utf-8", "replace").split("\n")
    return next((line.strip()[:200] for line in reversed(lines) if line.strip()), "")
