"""The fields of a chain: their paths, what each may hold, and how each is said in words.

A field that is missing is *not declared*. `False`, `0` and "off" are values.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from capture.chain.errors import ChainError

Value = str | int | float | bool

TEXT_LIMIT = 500
INPUT_LIMIT = 9999
ROLES = ("artist", "client", "producer", "engineer", "assistant", "studio")
KINDS = ("microphone", "di", "line", "digital")
POLARITIES = ("normal", "inverted")
METRES = {"mm": "0.001", "cm": "0.01", "m": "1", "in": "0.0254", "ft": "0.3048"}
_DISTANCE = re.compile(r"(\d{1,7}(?:[.,]\d{1,6})?) ?(mm|cm|m|in|ft)", re.IGNORECASE)


@dataclass(frozen=True)
class Field:
    """A value with how it is known, by whom, since when (UTC), and the session it was carried over from."""

    value: Value
    how: str = "declared"  # declared, measured, read, typed
    by: str = ""
    at: str = ""
    carried_from: str | None = None


def clean_text(value: object) -> str:
    """One line of text: runs of white space become one space; raises ChainError for what no file takes."""
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise ChainError(f"{value!r} is not a text")
    text = " ".join(str(value).split())
    if any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or 0xD800 <= ord(c) < 0xE000 for c in text):
        raise ChainError(f"{text!r} holds a control character", "type it again without it")
    if len(text) > TEXT_LIMIT:
        raise ChainError(f"a text of {len(text)} characters is too long", f"use at most {TEXT_LIMIT}")
    return text


def clean_number(value: object) -> int | float:
    """A finite number to six decimals; whole numbers are ints, so that 42 and 42.0 are one value."""
    if isinstance(value, str):
        value = value.strip().replace(",", ".").replace("−", "-")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ChainError(f"{value!r} is not a number")
    try:
        number = round(float(value), 6)
    except (ValueError, OverflowError):
        raise ChainError(f"{value!r} is not a number") from None
    if not math.isfinite(number) or abs(number) > 1e7:
        raise ChainError(f"{value!r} is not a number that can be used")
    return int(number) if number == int(number) else number


def plain_number(number: float) -> str:
    """The number without exponent or trailing zeros."""
    text = f"{Decimal(repr(clean_number(number))):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def parse_distance(text: str) -> tuple[float, str] | None:
    """Metres and the text as typed (`4 cm`), or None when it is not a distance."""
    found = _DISTANCE.fullmatch(text.strip())
    if not found:
        return None
    number, unit = found[1], found[2].lower()
    metres = clean_number(float(Decimal(number.replace(",", ".")) * Decimal(METRES[unit])))
    return metres, f"{number} {unit}"


def _pad(value: object) -> Value:
    number = 0 if isinstance(value, str) and value.strip().lower() == "off" else clean_number(value)
    if abs(number) > 100:
        raise ChainError(f"a pad of {number} dB does not exist")
    return -abs(number) if number else 0


def _gain(value: object) -> Value:
    number = clean_number(value)
    if abs(number) > 200:
        raise ChainError(f"a gain of {number} dB does not exist")
    return number


def _metres(value: object) -> Value:
    number = clean_number(value)
    if not 0 <= number <= 10_000:
        raise ChainError(f"a distance of {number} m cannot be used")
    return number


def _distance_text(value: object) -> Value:
    found = parse_distance(clean_text(value))
    if not found:
        raise ChainError(f"{value!r} is not a distance", "write it like 4 cm, 1.2 m, 3 in or 2 ft")
    return found[1]


def _channel(value: object) -> Value:
    if isinstance(value, bool):
        raise ChainError(f"{value!r} is not a channel")
    text = clean_text(value)
    return int(text) if re.fullmatch(r"[0-9]{1,6}", text) and str(int(text)) == text else text


def _switch(value: object) -> Value:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in {"on", "true", "yes"}:
        return True
    if word in {"off", "false", "no"}:
        return False
    raise ChainError(f"{value!r} is neither on nor off")


def _choice(*allowed: str) -> Callable[[object], Value]:
    def check(value: object) -> Value:
        word = str(value).strip().lower()
        if word not in allowed:
            raise ChainError(f"{value!r} is none of {', '.join(allowed)}")
        return word

    return check


@dataclass(frozen=True)
class Spec:
    """What one field is called in words and how a value is made clean."""

    label: str
    clean: Callable[[object], Value]


SPECS: dict[str, Spec] = {
    "source.name": Spec("source", clean_text),
    "source.player": Spec("player", clean_text),
    "place.room": Spec("room", clean_text),
    "kind": Spec("kind", _choice(*KINDS)),
    "microphone.make": Spec("microphone make", clean_text),
    "microphone.model": Spec("microphone", clean_text),
    "microphone.serial": Spec("microphone serial", clean_text),
    "microphone.capsule": Spec("capsule", clean_text),
    "microphone.pattern": Spec("pattern", clean_text),
    "microphone.pad_db": Spec("microphone pad", _pad),
    "microphone.filter": Spec("microphone filter", clean_text),
    "distance_m": Spec("distance", _metres),
    "distance_text": Spec("distance as typed", _distance_text),
    "position": Spec("position", clean_text),
    "cable.model": Spec("cable", clean_text),
    "cable.serial": Spec("cable serial", clean_text),
    "preamp.make": Spec("preamp make", clean_text),
    "preamp.model": Spec("preamp", clean_text),
    "preamp.serial": Spec("preamp serial", clean_text),
    "preamp.channel": Spec("preamp channel", _channel),
    "preamp.gain_db": Spec("gain", _gain),
    "preamp.gain_text": Spec("gain on the panel", clean_text),
    "preamp.phantom": Spec("48 V", _switch),
    "preamp.pad_db": Spec("preamp pad", _pad),
    "preamp.filter": Spec("preamp filter", clean_text),
    "preamp.polarity": Spec("polarity", _choice(*POLARITIES)),
    "converter.make": Spec("converter make", clean_text),
    "converter.model": Spec("converter", clean_text),
    "converter.serial": Spec("converter serial", clean_text),
    "converter.channel": Spec("converter channel", _channel),
    "note": Spec("note", clean_text),
}
SESSION_FIELDS = ("studio", "client", "artist", "title", "place")
_INPUT_PATH = re.compile(r"input\.([1-9][0-9]{0,3})\.([a-z_.]+)")
_PERSON_PATH = re.compile(r"people\.([1-9][0-9]{0,3})\.(role|name)")
_SESSION_PATH = re.compile(r"session\.([a-z_]+)")


def input_path(number: int, suffix: str) -> str:
    """The path of a field of one interface input."""
    return f"input.{number}.{suffix}"


def split_path(path: str) -> tuple[int, str] | None:
    """Input number and suffix of an input's path; None for people and session."""
    found = _INPUT_PATH.fullmatch(path)
    return (int(found[1]), found[2]) if found else None


def clean_value(path: str, value: object) -> Value:
    """`value` as the field at `path` holds it; raises ChainError for unknown fields and unfit values."""
    place = split_path(path)
    session = _SESSION_PATH.fullmatch(path)
    if place and place[1] in SPECS:
        try:
            return SPECS[place[1]].clean(value)
        except ChainError as error:
            raise ChainError(f"input {place[0]}, {SPECS[place[1]].label}: {error.what}", error.do) from error
    if _PERSON_PATH.fullmatch(path) or (session and session[1] in SESSION_FIELDS):
        return clean_text(value)
    raise ChainError(f"the chain has no field {path!r}", "see docs/manual.md for the fields")


def is_fit(path: str, value: object) -> bool:
    """Whether a value out of a file is one that the field at `path` holds; false for unknown fields."""
    try:
        clean = clean_value(path, value)
    except ChainError:
        return False
    return clean != "" and clean == value and isinstance(clean, bool) == isinstance(value, bool)


def path_words(path: str) -> str:
    """The field in words: `input 3 gain`."""
    place = split_path(path)
    if place:
        spec = SPECS.get(place[1])
        return f"input {place[0]} {spec.label if spec else place[1]}"
    return path.replace(".", " ")


def value_words(path: str, value: Value | None) -> str:
    """The value in words; None is said as *not declared*."""
    if value is None:
        return "not declared"
    if isinstance(value, bool):
        return "on" if value else "off"
    if path.endswith(".pad_db"):
        return f"{plain_number(float(value))} dB" if value else "off"
    if path.endswith(".gain_db"):
        return gain_words(float(value))
    if path.endswith(".distance_m"):
        return f"{plain_number(float(value))} m"
    return str(value)


def gain_words(gain_db: float) -> str:
    """A gain as the field writes it: `+42 dB`."""
    return f"{'+' if gain_db >= 0 else '-'}{plain_number(abs(gain_db))} dB"
