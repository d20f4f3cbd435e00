"""The two clocks of a take: wall time for people, CLOCK_BOOTTIME for arithmetic."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hardware.clock import boottime_ns, unsteered_ns

__all__ = [
    "ClockPair",
    "boot_id",
    "boottime_ns",
    "parse_utc",
    "samples_since_midnight",
    "unsteered_ns",
    "utc_text",
]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)


def utc_text(when: datetime | None = None) -> str:
    """UTC as journals write it: `2026-11-25T14:03:12.123456Z`."""
    return (when or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_utc(text: str) -> datetime:
    """The moment a journal names; raises ValueError."""
    if not _UTC.fullmatch(text):  # which then is read five times as fast as by strptime: each line has one
        raise ValueError(f"{text!r} is not a time")
    return datetime.fromisoformat(text[:-1]).replace(tzinfo=UTC)


def moment(text: object) -> datetime:
    """The time a line names, or the epoch where it names none."""
    try:
        return parse_utc(text) if isinstance(text, str) else EPOCH
    except ValueError:
        return EPOCH


def boot_id() -> str:
    """An id of this boot, so that a pid or a boottime of another boot is never taken for ours."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return f"boot-{int(time.time() - time.monotonic()) // 60}"


@dataclass(frozen=True)
class ClockPair:
    """One moment on both clocks, with the local offset from UTC."""

    utc: str
    boottime_ns: int
    utc_offset_minutes: int

    @staticmethod
    def now() -> ClockPair:
        """The present moment."""
        local = datetime.now().astimezone()
        offset = local.utcoffset()
        minutes = int(offset.total_seconds() // 60) if offset else 0
        return ClockPair(utc_text(local), boottime_ns(), minutes)


def samples_since_midnight(when: datetime, utc_offset_minutes: int, rate: int) -> int:
    """The TimeReference of a moment: frames since local midnight at `rate` (EBU Tech 3285)."""
    from datetime import timedelta

    local = when.astimezone(UTC) + timedelta(minutes=utc_offset_minutes)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    passed = local - midnight
    microseconds = (passed.seconds * 1_000_000) + passed.microseconds
    return (microseconds * rate + 500_000) // 1_000_000
