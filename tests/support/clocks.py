"""Clocks that are set, and a machine that sleeps, for the processes that a test starts."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import pytest

from capture.clock import boottime_ns

_SOURCE = Path(__file__).resolve().parent.parent / "faults" / "step.c"


class Clocks:
    """What is added to the clocks of every process started with this environment; nothing at first."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / "clocks"
        self._file.write_bytes(bytes(32))
        self._set = self._slept = 0.0
        self._times = self._since_ns = 0
        preload = folder / "step.so"
        subprocess.run(
            ["cc", "-O1", "-shared", "-fPIC", "-o", str(preload), str(_SOURCE)],
            check=True,
            capture_output=True,
        )
        self.environment = {"LD_PRELOAD": str(preload), "TAKECHAIN_TEST_CLOCK": str(self._file)}

    def set_by(self, seconds: float) -> None:
        """Somebody sets the wall clock forward, or back."""
        self._set += seconds
        self._write()

    def sleep_for(self, seconds: float) -> None:
        """The machine sleeps that long: wall clock and boottime go on, monotonic time stands still."""
        self._slept += seconds
        self._write()

    def run_fast(self, times: int) -> None:
        """From now on the clock by which simulated interfaces play runs so many times faster."""
        self._times, self._since_ns = times, boottime_ns()
        self._write()

    def _write(self) -> None:
        added = round(self._set * 1e9), round(self._slept * 1e9)
        with self._file.open("r+b") as file:  # in place: the processes have it mapped
            file.write(struct.pack("4q", *added, self._times, self._since_ns))


@pytest.fixture
def clocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clocks:
    """Use it before the fixture that starts a station."""
    found = Clocks(tmp_path / "clock")
    for name, value in found.environment.items():
        monkeypatch.setenv(name, value)
    return found
