"""The clock that arithmetic runs on: nobody sets it, and it counts time spent asleep where the system can."""

from __future__ import annotations

import time

_BOOTTIME = getattr(time, "CLOCK_BOOTTIME", None)  # Linux
_RAW = getattr(time, "CLOCK_MONOTONIC_RAW", None)


def boottime_ns() -> int:
    """Nanoseconds since boot; differences are durations, never affected by a changed wall clock."""
    return time.clock_gettime_ns(_BOOTTIME) if _BOOTTIME is not None else time.monotonic_ns()


def unsteered_ns() -> int:
    """Nanoseconds of a clock that no time server steers, as the others are; it stands still in sleep."""
    return time.clock_gettime_ns(_RAW) if _RAW is not None else time.monotonic_ns()
