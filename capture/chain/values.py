"""The values of a chain: texts of one line, numbers, distances, each made clean or refused."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal

from capture.chain.errors import ChainError

Value = str | int | float | bool

TEXT_LIMIT = 500
METRES = {"mm": "0.001", "cm": "0.01", "m": "1", "in": "0.0254", "ft": "0.3048"}
_FEET_AND_INCHES = re.compile(r"(\d{1,7}(?:[.,]\d{1,6})?) ?ft (\d{1,7}(?:[.,]\d{1,6})?) ?in", re.IGNORECASE)
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
    """Metres and the text as typed (`4 cm`, `5 ft 6 in`), or None when it is not a distance."""
    found = _FEET_AND_INCHES.fullmatch(text.strip())
    if found:
        said = [(found[1], "ft"), (found[2], "in")]
    else:
        found = _DISTANCE.fullmatch(text.strip())
        if not found:
            return None
        said = [(found[1], found[2].lower())]
    metres = sum(Decimal(number.replace(",", ".")) * Decimal(METRES[unit]) for number, unit in said)
    return clean_number(float(metres)), " ".join(f"{number} {unit}" for number, unit in said)
