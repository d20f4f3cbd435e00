"""Where a source or a microphone stands, typed in a line: `1.2 m, 30° off axis, 1.6 m up`, or coordinates.

A distance is the straight line from source to capsule; an angle is that between the microphone's axis and
this line; a height is above the floor. `x 1.2 m, y 0.4 m, z 1.6 m` are coordinates in the room, from a corner
and along walls that the engineer chooses; z is the height. Feet and inches are taken as they are typed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from capture.chain.errors import ChainError
from capture.chain.values import METRES, TEXT_LIMIT, Value, clean_number, plain_number

MEMBERS = ("distance_m", "angle_deg", "height_m", "x_m", "y_m", "z_m")
SOURCE_MEMBERS = MEMBERS[3:]
FARTHEST_M = 10_000
_AXES = ("x_m", "y_m", "z_m")
_NUMBER = r"[+\-−–]?\d{1,7}(?:[.,]\d{1,6})?"
_FEET, _INCHES = r"(?:ft|feet|foot|['′])", r"(?:inches|inch|in|[\"″])"
_UNIT = rf"(?:mm|cm|m|{_INCHES}|{_FEET})"
_LENGTH = (
    rf"(?:(?P<feet>{_NUMBER}) ?{_FEET} ?(?P<inches>\d{{1,7}}(?:[.,]\d{{1,6}})?) ?{_INCHES}"
    rf"|(?P<number>{_NUMBER}) ?(?P<unit>{_UNIT}))(?![a-z0-9])"
)
_PARTS = {
    "axis": re.compile(rf"(?P<axis>[xyz]) ?=? ?(?:{_LENGTH}|(?P<bare>{_NUMBER})(?![\w.]))", re.IGNORECASE),
    "height": re.compile(rf"{_LENGTH} ?(?P<way>up|high|down)(?!\w)", re.IGNORECASE),
    "angle": re.compile(
        rf"(?P<degrees>{_NUMBER}) ?(?:°|degrees|deg)(?!\w)(?: off[- ]axis(?!\w))?", re.IGNORECASE
    ),
    "on axis": re.compile(r"on[- ]axis(?!\w)", re.IGNORECASE),
    "distance": re.compile(_LENGTH, re.IGNORECASE),
}
_BETWEEN = re.compile(r"[\s,;]+")
_HINT = "write it like 1.2 m, 30° off axis, 1.6 m up, or x 1.2 m, y 0.4 m, z 1.6 m"


@dataclass(frozen=True)
class Place:
    """A place by chain field (`MEMBERS`), in metres and degrees, and the line as it was typed."""

    values: Mapping[str, int | float]
    text: str


def parse_place(text: str) -> Place:
    """The place that a line says; raises ChainError with the character it stops at."""
    if len(text) > TEXT_LIMIT:
        raise ChainError(f"a place of {len(text)} characters is too long", _HINT)
    values: dict[str, int | float] = {}
    said: list[str] = []
    bare: list[tuple[str, str]] = []
    at = len(text) - len(text.lstrip(" ,;\t"))
    while at < len(text):
        name, found = _next(text, at)
        if name == "axis" and found["bare"]:
            bare.append((f"{found['axis'].lower()}_m", found["bare"]))
        else:
            if name == "axis":
                unit = "ft" if found["feet"] else _unit(found["unit"])
                said += [_put(values, member, *_with_unit(member, number, unit)) for member, number in bare]
                bare.clear()
            said.append(_put(values, *_read(name, found)))
        at = found.end()
        between = _BETWEEN.match(text, at)
        at = between.end() if between else at
    if bare:
        raise ChainError(f"{bare[0][0][0]} {bare[0][1]} has no unit", "write it like x 1.2 m, or x 4 ft")
    if not values:
        raise ChainError("there is no place in this text", _HINT)
    return Place(values, ", ".join(said))


def place_part(text: str) -> tuple[str, int | float, str, int] | None:
    """The part of a place that a text begins with: field, value, the text as typed, and where it ends."""
    for name, pattern in _PARTS.items():
        found = pattern.match(text)
        if found and not (name == "axis" and found["bare"]):
            member, value, _ = _read(name, found)
            return member, value, found[0], found.end()
    return None


def _next(text: str, at: int) -> tuple[str, re.Match[str]]:
    for name, pattern in _PARTS.items():
        if found := pattern.match(text, at):
            return name, found
    word = text[at:].partition(",")[0].strip()
    raise ChainError(f"{word!r} at character {at + 1} is no part of a place", _HINT, at)


def _read(name: str, found: re.Match[str]) -> tuple[str, int | float, str]:
    """Field, value and words of one part."""
    if name == "on axis":
        return "angle_deg", 0, "0° off axis"
    if name == "angle":
        number = _plain(found["degrees"])
        return "angle_deg", clean_number(number), f"{number}° off axis"
    metres, words = _length(found)
    if name == "axis":
        return f"{found['axis'].lower()}_m", metres, f"{found['axis'].lower()} {words}"
    if name == "height":
        down = found["way"].lower() == "down"
        return "height_m", -metres if down else metres, f"{words} {'down' if down else 'up'}"
    return "distance_m", metres, words


def _length(found: re.Match[str]) -> tuple[int | float, str]:
    if found["feet"]:
        feet, inches = _plain(found["feet"]), _plain(found["inches"])
        part = Decimal(inches) * Decimal(METRES["in"])
        whole = Decimal(feet) * Decimal(METRES["ft"]) + (-part if feet.startswith("-") else part)
        return clean_number(float(whole)), f"{feet} ft {inches} in"
    number, unit = _plain(found["number"]), _unit(found["unit"])
    return clean_number(float(Decimal(number) * Decimal(METRES[unit]))), f"{number} {unit}"


def _with_unit(member: str, number: str, unit: str) -> tuple[int | float, str]:
    plain = _plain(number)
    return clean_number(float(Decimal(plain) * Decimal(METRES[unit]))), f"{member[0]} {plain} {unit}"


def _plain(number: str) -> str:
    return number.replace(",", ".").replace("−", "-").replace("–", "-").removeprefix("+")


def _unit(word: str) -> str:
    low = word.lower()
    if re.fullmatch(_FEET, low):
        return "ft"
    return "in" if re.fullmatch(_INCHES, low) else low


def _put(values: dict[str, int | float], member: str, value: float, words: str) -> str:
    if member in values:
        raise ChainError(f"{words!r} says {_NAMES[member]} a second time", "say it once")
    if member == "distance_m" and value < 0:
        raise ChainError(f"a distance of {words} does not exist", _HINT)
    if abs(value) > (360 if member == "angle_deg" else FARTHEST_M):
        raise ChainError(f"{words!r} cannot be used", _HINT)
    values[member] = value
    return words


_NAMES = {"distance_m": "the distance", "angle_deg": "the angle", "height_m": "the height"} | {
    axis: axis[0] for axis in _AXES
}


def format_place(values: Mapping[str, Value], typed: str = "") -> str:
    """The line that says these fields: as `typed` where that still says the same, else in metres."""
    known = {member: values[member] for member in MEMBERS if member in values}
    if typed and agrees(typed, known):
        return parse_place(typed).text
    return ", ".join(_words(member, float(value)) for member, value in known.items())


def _words(member: str, value: float) -> str:
    if member == "angle_deg":
        return f"{plain_number(value)}° off axis"
    if member == "height_m":
        return f"{plain_number(abs(value))} m {'up' if value >= 0 else 'down'}"
    return f"{f'{member[0]} ' if member in _AXES else ''}{plain_number(value)} m"


def agrees(typed: str, values: Mapping[str, Value]) -> bool:
    """Whether a typed line says just these fields."""
    try:
        return parse_place(typed).values == {m: values[m] for m in MEMBERS if m in values}
    except ChainError:
        return False


def source_place(text: str) -> Place:
    """The place of a source: coordinates alone, a height being z; raises ChainError."""
    place = parse_place(text)
    values = dict(place.values)
    if "height_m" in values:
        if "z_m" in values:
            raise ChainError("a source has one height: z, or so much up", _HINT)
        values["z_m"] = values.pop("height_m")
    if extra := values.keys() - set(SOURCE_MEMBERS):
        raise ChainError(
            f"a source does not stand at {' and '.join(_NAMES[m] for m in sorted(extra))}",
            "say where it is in the room: x 1.2 m, y 0.4 m, 1.1 m up",
        )
    return Place(values, place.text)


def format_length(typed: str) -> str:
    """One length in its plain spelling (`3\"` is `3 in`); raises ChainError."""
    return parse_place(typed).text


def place_text(value: object) -> str:
    """A typed place as a field holds it; raises ChainError."""
    return parse_place(str(value)).text


def source_text(value: object) -> str:
    """A typed place of a source as a field holds it; raises ChainError."""
    return source_place(str(value)).text
