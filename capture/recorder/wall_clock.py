"""The computer's wall clock while a take rolls: when it is set, or summer time begins, the take says so.

The take's own time runs on the clock that nobody sets; nothing here changes it.
"""

from __future__ import annotations

from typing import Any

from capture.clock import ClockPair, boot_id, parse_utc
from capture.journal.record import TakeRecord

SMALLEST_STEP_SECONDS = 0.5  # what time servers steer in between two looks is less
_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"))


class WallClock:
    """Compares each pair of clocks with the one before."""

    def __init__(self) -> None:
        self._last: tuple[float, int] | None = (
            None  # wall clock less boottime in s; local time less UTC in min
        )

    def remember(self, record: TakeRecord) -> None:
        """Begin with the last pair of this boot that a journal holds: a step in a hole is seen too."""
        for clock in (record.heartbeat.get("clock"), record.clock):
            if isinstance(clock, dict) and clock.get("boot_id") == boot_id():
                try:
                    pair = ClockPair(clock["utc"], clock["boottime_ns"], clock["utc_offset_minutes"])
                    self._last = _apart(pair), pair.utc_offset_minutes
                except (KeyError, TypeError, ValueError):
                    continue  # not ours
                return

    def look(self, pair: ClockPair) -> list[dict[str, Any]]:
        """What has happened to the wall clock since the last look: members of `device` lines."""
        now, before = (_apart(pair), pair.utc_offset_minutes), self._last
        self._last = now
        if before is None:
            return []
        found: list[dict[str, Any]] = []
        step = now[0] - before[0]
        if abs(step) >= SMALLEST_STEP_SECONDS:
            way = "forward" if step > 0 else "back"
            text = f"the computer's clock was set {way} by {_length(abs(step))}"
            found.append({"state": "set", "text": text, "by_s": round(step, 3)})
        if now[1] != before[1]:
            text = f"local time went from {_zone(before[1])} to {_zone(now[1])}"
            found.append({"state": "local time", "text": text})
        return found


def _apart(pair: ClockPair) -> float:
    return parse_utc(pair.utc).timestamp() - pair.boottime_ns / 1e9


def _length(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    words, left = [], round(seconds)
    for unit, name in _UNITS:
        count, left = divmod(left, unit)
        words += [f"{count} {name}"] if count else []
    return " ".join([*words, f"{left} s"] if left else words)


def _zone(minutes: int) -> str:
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}{f':{rest:02}' if rest else ''}"
