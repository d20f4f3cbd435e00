"""Runs the installed `takechain` as people do: a process of its own, with places of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TAKECHAIN = str(Path(sys.executable).with_name("takechain"))
SECONDS = 120


@dataclass(frozen=True)
class Result:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one object on stdout."""
        assert self.out.count("\n") == 1, self.out
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found

    @property
    def said(self) -> list[str]:
        """The lines on stderr; a traceback fails the test that sees one."""
        assert "Traceback" not in self.err, self.err
        return self.err.splitlines()


class Cli:
    """The command in one environment; its station lingers until `close`."""

    def __init__(self, places: Path, runtime: str) -> None:
        self.library = places / "library"
        self.prefix: tuple[str, ...] = ()  # words before the command, such as setpriv
        self.env = {name: value for name, value in os.environ.items() if not name.startswith("TAKECHAIN_")}
        self.env |= {
            "TAKECHAIN_LIBRARY": str(self.library),
            "TAKECHAIN_CONFIG": str(places / "config"),
            "TAKECHAIN_RUNTIME": runtime,
            "TAKECHAIN_STATION_LINGER": "60",
            "HOME": str(places),
            "PYTHONWARNINGS": "error",
        }

    def start(self, *words: str | Path, **more: str) -> subprocess.Popen[str]:
        """Begin a command and do not wait for it."""
        return subprocess.Popen(
            [*self.prefix, TAKECHAIN, *map(str, words)],
            env={**self.env, **more},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str | Path, **more: str) -> Result:
        """Run a command to its end."""
        process = self.start(*words, **more)
        return ended(process)

    def ok(self, *words: str | Path) -> dict[str, Any]:
        """Run a command with --json that has to work; its object."""
        result = self.run(*words, "--json")
        assert result.code == 0, result
        return result.json

    def close(self) -> None:
        """End what rolls, and the station."""
        self.run("stop")
        self.run("station", "stop")


def ended(process: subprocess.Popen[str]) -> Result:
    """Wait for a command and take what it said."""
    try:
        out, err = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"{process.args} did not end: {out}{err}") from None
    return Result(process.returncode, out, err)
