"""The clock that arithmetic runs on: nobody sets it, and it counts time spent asleep where the system can."""

from __future__ import annotations

import time

_BOOTTIME = getattr(time, "CLOCK_BOOTTIME", None)  # Linux


def boottime_ns() -> int:
    """Nanoseconds since boot; differences are durations, never affected by a changed wall clock."""
    return time.clock_gettime_ns(_BOOTTIME) if _BOOTTIME is not None else time.monotonic_ns()
