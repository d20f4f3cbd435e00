"""Times, sizes and levels as a person reads them."""

from __future__ import annotations

import math
import re

from capture.take import Origin


def clock(seconds: float, *, hours: bool = True) -> str:
    """Elapsed time with tenths: `00:03:12.4`, or `03:12.4` below one hour when `hours` is False."""
    tenths = int(max(seconds, 0.0) * 10 + 1e-6)
    whole, tenth = divmod(tenths, 10)
    minutes, second = divmod(whole, 60)
    hour, minute = divmod(minutes, 60)
    if hours or hour:
        return f"{hour:02d}:{minute:02d}:{second:02d}.{tenth}"
    return f"{minute:02d}:{second:02d}.{tenth}"


def length(seconds: float) -> str:
    """The length of a finished take: `02:11`, `1:02:11` above an hour."""
    minutes, second = divmod(int(max(seconds, 0.0)), 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02d}:{second:02d}" if hour else f"{minute:02d}:{second:02d}"


def left(seconds: float | None) -> str:
    """How long the disk lasts: `5 h 12 m`, `48 m`, `52 s`, `9 d`; a dash when it is not known."""
    if seconds is None:
        return "–"
    if seconds < 60:
        return f"{max(seconds, 0.0):.0f} s"
    minutes = int(seconds) // 60
    if minutes >= 3 * 24 * 60:
        return f"{minutes // (24 * 60)} d"
    return f"{minutes // 60} h {minutes % 60:02d} m" if minutes >= 60 else f"{minutes} m"


def origin(said: str) -> str:
    """The mark of what did not come from physical inputs: `simulated`, `origin unknown`; else empty."""
    known = {origin.value: origin.mark for origin in Origin}
    return known.get(said, said)


def age(seconds: float | None) -> str:
    """How old a reading is: `now`, `8 s ago`, `12 min ago`, `3 h ago`."""
    if seconds is None:
        return "age not known"
    if seconds < 2:
        return "now"
    if seconds < 90:
        return f"{int(seconds)} s ago"
    return f"{int(seconds / 60)} min ago" if seconds < 5400 else f"{int(seconds / 3600)} h ago"


def level(db: float) -> str:
    """A level in dBFS with a true minus sign; nothing at all is −∞."""
    if not math.isfinite(db):
        return "−∞"
    return f"{db:.1f}".replace("-", "−")


def value(quantity: str, number: object, unit: str) -> str:
    """A sensor value with as many places as the quantity deserves."""
    if not isinstance(number, int | float) or not math.isfinite(number):
        return f"– {unit}"
    places = 0 if quantity == "relative_humidity" else 1
    return f"{number:.{places}f} {unit}".replace("-", "−")


def rate(hertz: object) -> str:
    """A sample rate as engineers say it: `96k`, `44.1k`."""
    return f"{hertz / 1000:g}k" if isinstance(hertz, int | float) and hertz else "–"


def audio_format(name: object) -> str:
    """The sample format in words."""
    return {"pcm24": "24 bit", "float32": "32-bit float"}.get(str(name), str(name or "–"))


def counted_up(text: str) -> str:
    """The label after this one: `RR3` → `RR4`, `bar 09` → `bar 10`; other text stays as it is."""
    found = re.search(r"(\d+)(\D*)$", text)
    if not found:
        return text
    following = str(int(found[1]) + 1).zfill(len(found[1]))
    return f"{text[: found.start(1)]}{following}{found[2]}"


def day_time(utc: object) -> str:
    """The time of day, here, of a UTC text; empty when there is none."""
    from datetime import datetime

    try:
        return datetime.fromisoformat(str(utc)).astimezone().strftime("%H:%M:%S")
    except ValueError:
        return ""
