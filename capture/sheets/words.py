"""How figures are written on a sheet: lengths, levels, moments, digests. Words for people, one form each."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone

from capture.take import Origin, format_inputs

ORIGINS = {
    Origin.SIMULATED: "SIMULATED \N{EN DASH} not a physical recording",
    Origin.SOFTWARE: "SOFTWARE \N{EN DASH} the sound of another program, not a physical recording",
    Origin.LOOPBACK: "LOOPBACK \N{EN DASH} the computer's own output, not a physical recording",
    Origin.MONITOR: "MONITOR \N{EN DASH} what the computer was playing, not a physical recording",
    Origin.UNKNOWN: "ORIGIN UNKNOWN \N{EN DASH} nothing says that its inputs were physical",
}
"""What a sheet shouts of sound that is not known to come from physical inputs."""
MINUS = "\N{MINUS SIGN}"
_UNSEEN = {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")  # bidi controls can make a line read as another


def length(seconds: float) -> str:
    """`h:mm:ss`, cut (never rounded up to a second that was not recorded)."""
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def exact_length(frames: int, rate: int) -> str:
    """`h:mm:ss.mmm` of a frame count, for places inside a take."""
    thousandths = frames * 1000 // rate if rate > 0 else 0
    return f"{length(thousandths // 1000)}.{thousandths % 1000:03}"


def local(moment: datetime, offset_minutes: int) -> datetime:
    """The same moment on the wall clock it was recorded by; in UTC where the offset cannot be one."""
    try:
        return moment.astimezone(timezone(timedelta(minutes=offset_minutes)))
    except (OverflowError, ValueError):
        return moment.astimezone(UTC)


def later(moment: datetime, seconds: float) -> datetime:
    """The moment so many seconds after, or itself where the calendar ends before."""
    try:
        return moment + timedelta(seconds=seconds)
    except OverflowError:
        return moment


def stamp(moment: datetime) -> str:
    """`2026-11-25 14:03:12 +01:00`."""
    return f"{moment:%Y-%m-%d %H:%M:%S} {offset(moment)}"


def clock(moment: datetime) -> str:
    """`14:03:12`."""
    return f"{moment:%H:%M:%S}"


def offset(moment: datetime) -> str:
    """`+01:00`: how far the wall clock was from UTC."""
    text = f"{moment if moment.tzinfo else moment.replace(tzinfo=UTC):%z}"
    return f"{text[:3]}:{text[3:5]}"


def count(number: int) -> str:
    """Thousands parted by a thin space, as in ISO 80000-1 section 7.3.1."""
    return f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def level(dbfs: float | None) -> str:
    """`−12.3`, `−∞` for digital silence is never invented: None is an en dash."""
    return "\N{EN DASH}" if dbfs is None or not math.isfinite(dbfs) else signed(dbfs, 1)


def signed(value: float, places: int) -> str:
    """A figure with a true minus sign and without a negative zero."""
    text = f"{value:.{places}f}"
    if float(text) == 0:
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def figure(value: float | None, quantity: str) -> str:
    """An air value with the places its instruments carry."""
    if value is None:
        return "\N{EN DASH}"
    return signed(value, 0 if quantity == "illuminance" else 1)


def short(digest: str) -> str:
    """The first twelve signs of a digest."""
    return digest[:12]


def fingerprint(keyid: str) -> str:
    """The first 16 digits of a key's id, in fours, as people compare them."""
    return " ".join(keyid[place : place + 4] for place in range(0, min(16, len(keyid)), 4))


def plural(number: int, one: str, many: str = "") -> str:
    """`1 gap`, `2 gaps`."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def listing(parts: list[str]) -> str:
    """`a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""


def inputs(numbers: Sequence[int]) -> str:
    """`input 3`, `inputs 1-8,11`."""
    return f"input{'' if len(numbers) == 1 else 's'} {format_inputs(list(numbers))}"


def runs(names: Sequence[str]) -> list[str]:
    """Take names with those that count up shortened: `Aurora_T001–T004`."""
    found: list[list[str]] = []
    for name in names:
        if found and _after(found[-1][-1]) == name:
            found[-1].append(name)
        else:
            found.append([name])
    return [run[0] if len(run) == 1 else f"{run[0]}–{run[-1].rsplit('_', 1)[-1]}" for run in found]


def _after(name: str) -> str:
    counted = re.fullmatch(r"(.*_T)([0-9]+)", name, re.DOTALL)
    return f"{counted[1]}{int(counted[2]) + 1:0{len(counted[2])}}" if counted else ""


def quantity(name: str) -> str:
    """A quantity's name as people write it."""
    return name.replace("_", " ")


def visible(text: str) -> str:
    """`text` for paper: breaks become spaces, what cannot be seen or turns the line becomes U+FFFD."""
    flat = _TURNING.sub("\N{REPLACEMENT CHARACTER}", re.sub(r"[\r\n\t\x0b\x0c\x85\u2028\u2029]+", " ", text))
    return "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(c) in _UNSEEN else c for c in flat)
