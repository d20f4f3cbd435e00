"""The path of a sound in plain words: source, place, microphone, preamp, converter, input.

Everything declared is said, in the order in which the sound takes it; a field that nobody declared is not
mentioned, and one that is withheld is said to be withheld. Figures of data sheets stay in the chain file.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from capture.chain.fields import SPECS, Value
from capture.sheets.chains import as_text

ARROW = " \N{RIGHTWARDS ARROW} "
STATIONS = ("source", "microphone", "di", "cable", "preamp", "insert", "converter")
_DATA_SHEET = re.compile(r".*(_mv_pa|_dba|_spl_db|_dbu|_min_db|_max_db|_range_db|\.powering|\.gear)")
_NAMES = ("make", "model", "name")
_KINDS = {"microphone": "a microphone", "di": "a DI", "line": "at line level", "digital": "digital"}


def speak(values: Mapping[str, Value], withheld: Collection[str], interface_input: int) -> str:
    """One input's path in a line; `values` and `withheld` by the field's name behind `input.N.`."""
    left = {suffix: value for suffix, value in values.items() if not _DATA_SHEET.fullmatch(suffix)}
    hidden = {suffix for suffix in withheld if not _DATA_SHEET.fullmatch(suffix)}
    kind, said = left.pop("kind", None), []
    for station in STATIONS:
        words = _station(station, left, hidden)
        if station == "source":
            words += _place(left, hidden)
        if station == "microphone":
            words = (words or _kind(kind, left)) + _position(left)
        said.append(", ".join(words))
    rest = [f"{_label(suffix)} {_value(suffix, value)}" for suffix, value in sorted(left.items())]
    rest += [f"{_label(suffix)} withheld" for suffix in sorted(hidden)]
    path = ARROW.join([*(part for part in said if part), f"input {interface_input}"])
    return path + (f" ({'; '.join(rest)})" if rest else "")


def _station(station: str, left: dict[str, Value], hidden: set[str]) -> list[str]:
    """What is said of one device: make and model as its name, then the rest with the labels of the fields."""
    name = " ".join(str(left.pop(f"{station}.{part}")) for part in _NAMES if f"{station}.{part}" in left)
    mine = sorted((s for s in left if s.split(".")[0] == station), key=_order)
    said = [_detail(station, suffix, left.pop(suffix)) for suffix in mine]
    closed = sorted(suffix for suffix in hidden if suffix.split(".")[0] == station)
    said += [f"{_label(suffix, station)} withheld" for suffix in closed]
    hidden.difference_update(closed)
    shown = name or (_article(station) if said else "")
    return [shown, *said] if shown else []


def _article(station: str) -> str:
    return "a source" if station == "source" else f"a {'DI' if station == 'di' else station}"


def _order(suffix: str) -> int:
    known = list(SPECS)
    return known.index(suffix) if suffix in known else len(known)


def _detail(station: str, suffix: str, value: Value) -> str:
    kind = suffix.split(".", 1)[1]
    if kind == "player":
        return f"played by {value}"
    if kind in ("pattern", "capsule", "filter") and isinstance(value, str):
        return value if kind == "pattern" else f"{kind} {value}"
    if kind == "gain_db":
        return f"gain {_value(suffix, value)}"
    return f"{_label(suffix, station)} {_value(suffix, value)}"


def _kind(kind: Value | None, left: Mapping[str, Value]) -> list[str]:
    """How the sound comes in where no device is named for it."""
    named = any(suffix.startswith("di.") for suffix in left)
    return [] if kind is None or (kind == "di" and named) else [_KINDS.get(str(kind), str(kind))]


def _place(left: dict[str, Value], hidden: set[str]) -> list[str]:
    room = left.pop("place.room", None)
    if "place.room" in hidden:
        hidden.discard("place.room")
        return ["room withheld"]
    return [f"in {room}"] if room is not None else []


def _position(left: dict[str, Value]) -> list[str]:
    """Where the microphone stands: as typed where it was typed, else distance and position."""
    typed, metres = left.pop("distance_text", None), left.pop("distance_m", None)
    position = left.pop("position", None)
    away = typed if typed is not None else _value("distance_m", metres) if metres is not None else None
    said = [f"{away} away"] if away is not None else []
    return said + ([str(position)] if position is not None else [])


def _label(suffix: str, station: str = "") -> str:
    label = SPECS[suffix].label if suffix in SPECS else suffix.replace(".", " ").replace("_", " ")
    return label.removeprefix(f"{station} ") if station else label


def _value(suffix: str, value: Value) -> str:
    return as_text(f"input.1.{suffix}", value)
