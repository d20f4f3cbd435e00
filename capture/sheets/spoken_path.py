"""The path of a sound in plain words: source, place, microphone, preamp, inserts, converter, input.

Everything declared is said, in the order in which the sound takes it; a field that nobody declared is not
mentioned, and one that is withheld is said to be withheld. Figures of data sheets stay in the chain file, and
what a room is like is said once for all that stands in it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from capture.chain.fields import SPECS, Value
from capture.sheets.chains import as_text

ARROW = " \N{RIGHTWARDS ARROW} "
INSERTS = tuple(f"insert.{number}" for number in range(1, 5))
STATIONS = ("source", "microphone", "cable", "di", "preamp", *INSERTS, "converter")
ROOM = (
    "place.state",
    "place.settings",
    "place.size",
    "place.volume_m3",
    "place.surfaces",
    "place.rt60",
    "place.noise",
)
_DATA_SHEET = re.compile(
    r".*(_mv_pa|_dba|_spl_db|_dbu|_unweighted|_min_db|_max_db|_step_db|_range_db|\.powering|\.gear)"
    r"|(microphone|di)\.impedance_ohm"
)
_KINDS = {"microphone": "a microphone", "di": "a DI", "line": "at line level", "digital": "digital"}
_PLACES = (("x_m", "x"), ("y_m", "y"), ("z_m", "z"))


def speak(values: Mapping[str, Value], withheld: Collection[str], interface_input: int) -> str:
    """One input's path in a line; `values` and `withheld` by the field's name behind `input.N.`."""
    quiet = {suffix for suffix in {*values, *withheld} if _DATA_SHEET.fullmatch(suffix) or suffix in ROOM}
    left = {suffix: value for suffix, value in values.items() if suffix not in quiet}
    hidden = {suffix for suffix in withheld if suffix not in quiet}
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


def room_words(values: Mapping[str, Value]) -> str:
    """What is declared of the room of an input: its size, surfaces and measured values, in a line."""
    said = [f"{_label(suffix)} {_value(suffix, values[suffix])}" for suffix in ROOM if suffix in values]
    return ", ".join(words.replace(" of the room", "") for words in said)


def _station(station: str, left: dict[str, Value], hidden: set[str]) -> list[str]:
    """What is said of one device: make and model as its name, then the rest with the labels of the fields."""
    prefix = f"{station}."
    name = " ".join(str(left.pop(prefix + part)) for part in ("make", "model") if prefix + part in left)
    if station == "source":
        name = f"{_source(name, left)} {_coordinates(left, prefix, 'at ')}".strip()
    mine = sorted((suffix for suffix in left if suffix.startswith(prefix)), key=_order)
    said = [_detail(station, suffix, left.pop(suffix)) for suffix in mine]
    closed = sorted(suffix for suffix in hidden if suffix.startswith(prefix))
    said += [f"{_label(suffix, station)} withheld" for suffix in closed]
    hidden.difference_update(closed)
    shown = name or (_article(station) if said else "")
    return [shown, *said] if shown else []


def _source(instrument: str, left: dict[str, Value]) -> str:
    name = str(left.pop("source.name", ""))
    return f"{name} ({instrument})" if name and instrument else name or instrument


def _article(station: str) -> str:
    named = {"di": "a DI"} | dict.fromkeys(INSERTS, "an insert")
    return named.get(station, f"a {station}")


def _order(suffix: str) -> int:
    known = list(SPECS)
    return known.index(suffix) if suffix in known else len(known)


def _detail(station: str, suffix: str, value: Value) -> str:
    kind = suffix.rsplit(".", 1)[-1]
    if kind == "player":
        return f"played by {value}"
    if kind == "pattern":
        return str(value)
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
    """Where the microphone stands: as typed where it was typed, else by its numbers; its array and pair."""
    whole, typed, metres = (left.pop(name, None) for name in ("position_text", "distance_text", "distance_m"))
    angle, height, position = (left.pop(name, None) for name in ("angle_deg", "height_m", "position"))
    where = _coordinates(left, "", "at ")
    said: list[str] = []
    if whole is not None:
        said.append(str(whole))
    else:
        away = typed if typed is not None else None if metres is None else _value("distance_m", metres)
        said += [f"{away} away"] if away is not None else []
        said += [f"{_value('angle_deg', angle)} off axis"] if angle is not None else []
        said += [f"{_value('height_m', height)} up"] if height is not None else []
        said += [where] if where and not said else []
    said += [str(position)] if position is not None else []
    return said + _array(left)


def _array(left: dict[str, Value]) -> list[str]:
    kind, role = left.pop("array.kind", None), left.pop("array.role", None)
    more = [f"{_value(s, left.pop(s))}" for s in ("array.spacing_m", "array.angle_deg") if s in left]
    said = [f"{role or 'one'} of {kind}"] if kind is not None else [f"{role} of an array"] if role else []
    other, side = left.pop("pair.input", None), left.pop("pair.side", None)
    paired = f"paired with input {other}" if other is not None else ""
    return [" ".join([*said, *more])] * bool(said or more) + (
        [f"{side} side, {paired}" if side and paired else paired or f"{side} side"] if paired or side else []
    )


def _coordinates(left: dict[str, Value], prefix: str, before: str) -> str:
    """Coordinates in metres; a place as typed stands for them."""
    typed = left.pop(f"{prefix}position_text", None) if prefix else None
    found = [
        f"{axis} {_value(prefix + name, left.pop(prefix + name))}"
        for name, axis in _PLACES
        if prefix + name in left
    ]
    return f"{before}{typed}" if typed is not None else before + " ".join(found) if found else ""


def _label(suffix: str, station: str = "") -> str:
    label = SPECS[suffix].label if suffix in SPECS else suffix.replace(".", " ").replace("_", " ")
    named = {"di": "DI"}.get(station, station.replace(".", " "))
    return label.removeprefix(f"{named} ").removeprefix("instrument ") if station else label


def _value(suffix: str, value: Value) -> str:
    return as_text(f"input.1.{suffix}", value)  # a file may hold what no field does
