"""What passes from a stream of readings: at most one a second of each kind, and no sudden leaps."""

from __future__ import annotations

from hardware.reading import Quantity, Reading

_STEEPEST = {  # per second; air in a room does not change faster
    Quantity.TEMPERATURE: 2.0,
    Quantity.RELATIVE_HUMIDITY: 15.0,
    Quantity.PRESSURE: 3.0,
}
_SECOND = 1_000_000_000
Key = tuple[Quantity, str]


class LeapGate:
    """Rejects a value that leapt, unless the next one confirms it (the sensor was moved, a door opened)."""

    def __init__(self) -> None:
        self._last: dict[Key, Reading] = {}
        self._leapt: dict[Key, Reading] = {}

    def why_not(self, reading: Reading) -> str | None:
        """The reason to reject this reading, or None."""
        key = (reading.quantity, reading.channel)
        last, leapt = self._last.get(key), self._leapt.pop(key, None)
        if last is not None and _leaps(last, reading) and (leapt is None or _leaps(leapt, reading)):
            self._leapt[key] = reading
            return f"leapt from {last.value:g} to {reading.value:g} {reading.unit}"
        self._last[key] = reading
        return None


def _leaps(before: Reading, after: Reading) -> bool:
    seconds = max(1.0, (after.at_boottime_ns - before.at_boottime_ns) / _SECOND)
    return abs(after.value - before.value) > _STEEPEST[after.quantity] * seconds


class Decimator:
    """Lets one reading of each quantity and probe through per second on average, jitter allowed."""

    def __init__(self) -> None:
        self._due: dict[Key, int] = {}

    def passes(self, reading: Reading) -> bool:
        """Whether this reading is the one of its second."""
        key, now = (reading.quantity, reading.channel), reading.at_boottime_ns
        due = self._due.get(key)
        if due is None:
            self._due[key] = now + _SECOND * 9 // 10  # a sensor of 1 Hz is never quite regular
            return True
        if now < due:
            return False
        self._due[key] = max(due + _SECOND, now + _SECOND // 2)
        return True
