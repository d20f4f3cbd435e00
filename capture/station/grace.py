"""How long a take waits for the interface it has lost, and whether what answers then is that interface."""

from __future__ import annotations

import time

from capture.clock import boottime_ns
from capture.errors import NothingRecorded
from capture.station.core import Rolling
from capture.wire import Json
from hardware.interfaces import Interface

FIRST_TRY_SECONDS = 10.0
"""A recorder that died or hung is always replaced once, however short the grace: it may be it alone."""
_SAME = (("host_api", "through"), ("inputs", "inputs:"), ("hardware", "device"))


class Retry:
    """When to try again: soon at first, then ever more seldom."""

    FIRST, LONGEST = 0.5, 10.0

    def __init__(self) -> None:
        self._at, self._wait = 0.0, self.FIRST

    @property
    def due(self) -> bool:
        """Whether it is time."""
        return time.monotonic() >= self._at

    def later(self) -> None:
        """It failed: wait twice as long the next time."""
        self._at = time.monotonic() + self._wait
        self._wait = min(self.LONGEST, self._wait * 2)

    def at_once(self) -> None:
        """Something has changed: do not wait any longer."""
        self._at = 0.0

    def succeeded(self) -> None:
        """The next wait is short again."""
        self._wait = self.FIRST


class AnotherInterface(NothingRecorded):
    """An interface answers under the identity of the lost one, but is another."""

    code = "another interface"


def seconds_left(rolling: Rolling | None, grace: float) -> float | None:
    """How long a take that has lost its sound may still wait; None when none has."""
    if rolling is None or rolling.lost_ns is None:
        return None
    return grace - (boottime_ns() - rolling.lost_ns) / 1e9


def refuse_another(began_on: Json, seen: Interface) -> None:
    """Raise AnotherInterface unless it is the one a take began on, as far as both are known.

    The name may change: with some systems it holds the place in the order of plugging in.
    """
    for name, words in _SAME:
        before, now = began_on.get(name), getattr(seen, name)
        if before and now and before != now:
            raise AnotherInterface(
                f"another interface answers as {seen.id}: {words} {now}, not {before}",
                "press Record to begin a take on it",
            )
