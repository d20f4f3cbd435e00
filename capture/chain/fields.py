"""The fields of a chain: their paths, what each may hold, and how each is said in words.

A field that is missing is *not declared*. `False`, `0` and "off" are values.
"""

from __future__ import annotations

import re

from capture.chain.errors import ChainError
from capture.chain.specs import INPUT_LIMIT, KINDS, POLARITIES, SPECS, Spec
from capture.chain.values import (
    METRES,
    TEXT_LIMIT,
    Field,
    Value,
    clean_number,
    clean_text,
    parse_distance,
    plain_number,
)

__all__ = [
    "INPUT_LIMIT",
    "KINDS",
    "METRES",
    "POLARITIES",
    "ROLES",
    "SESSION_FIELDS",
    "SPECS",
    "TEXT_LIMIT",
    "Field",
    "Spec",
    "Value",
    "clean_number",
    "clean_text",
    "clean_value",
    "gain_words",
    "input_path",
    "is_fit",
    "parse_distance",
    "path_words",
    "plain_number",
    "split_path",
    "value_words",
]

ROLES = ("artist", "client", "producer", "engineer", "assistant", "studio")
SESSION_FIELDS = ("studio", "client", "artist", "title", "place")
_INPUT_PATH = re.compile(r"input\.([1-9][0-9]{0,3})\.([a-z0-9_.]+)")
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
    """The value in words, its path with the input or without; None is said as *not declared*."""
    if value is None:
        return "not declared"
    if isinstance(value, bool):
        return "on" if value else "off"
    if path.endswith(".pad_db") and not value:
        return "off"
    if path.endswith(".gain_db"):
        return gain_words(float(value))
    suffix = place[1] if (place := split_path(path)) else path
    unit = SPECS[suffix].unit if suffix in SPECS else ""
    if unit and not isinstance(value, str):
        return f"{plain_number(float(value))}{'' if unit == '°' else ' '}{unit}"
    return str(value)


def gain_words(gain_db: float) -> str:
    """A gain as the field writes it: `+42 dB`."""
    return f"{'+' if gain_db >= 0 else '-'}{plain_number(abs(gain_db))} dB"
