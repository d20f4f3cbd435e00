"""The simulated sensor `sim`: prints text lines as a board would, so that all of a reading's path is used."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable

from hardware.clock import boottime_ns
from hardware.ports import Port

_HEADER = b"# Simulated sensor\r\n# Temperature in *C, Relative Humidity %, Pressure in hPa\r\n"
_PERIOD_NS = 1_000_000_000


def is_simulated_sensor(named: str) -> bool:
    """Whether a port's name or identity means the simulated sensor."""
    return named == "sim"


def simulated_port() -> Port:
    """The port of the simulated sensor, marked as what it is."""
    return Port("sim", "sim", "Simulated sensor", simulated=True)


class SimulatedLine:
    """A Line that says a header, then once a second the air of a room that slowly warms and breathes."""

    def __init__(self, clock_ns: Callable[[], int] = boottime_ns) -> None:
        self._clock_ns = clock_ns
        self._opened_ns = clock_ns()
        self._said = 0
        self._random = random.Random(1)  # noqa: S311  air, not secrets
        self._pending = _HEADER

    def read(self, timeout: float) -> bytes:
        """The lines owed by the clock; waits as a port would when none is."""
        data, self._pending = self._pending, b""
        if not data and self._owed() <= 0:
            until_next = self._opened_ns + self._said * _PERIOD_NS - self._clock_ns()
            time.sleep(max(0.0, min(timeout, until_next / 1e9)))
        for _ in range(min(self._owed(), 10)):
            data += self._row(self._said)
            self._said += 1
        return data

    def set_baud(self, baud: int) -> None:
        """No speed makes a difference here."""

    def close(self) -> None:
        """Nothing is held."""

    def _owed(self) -> int:
        return (self._clock_ns() - self._opened_ns) // _PERIOD_NS + 1 - self._said

    def _row(self, second: int) -> bytes:
        temperature = 21.4 + 0.6 * (1 - math.exp(-second / 1800)) + self._random.gauss(0, 0.01)
        humidity = 43.0 + 1.5 * math.sin(second / 400) + self._random.gauss(0, 0.05)
        pressure = 1008.4 + 0.8 * math.sin(second / 7000) + self._random.gauss(0, 0.03)
        return f"{temperature:.2f}, {humidity:.2f}, {pressure:.2f}\r\n".encode()
