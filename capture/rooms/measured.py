"""What was measured in a room: reverberation time by octave, noise by octave or A-weighted."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date as days
from typing import Any

from capture.chain.fields import clean_number, clean_text, plain_number
from capture.rooms.errors import RoomError

Json = dict[str, Any]
QUANTITIES = {"rt60": "s", "noise": "dB SPL"}
WEIGHTINGS = ("A", "C", "Z")
_LIMITS = {"rt60": (0.01, 60.0), "noise": (-20.0, 140.0)}
_METHODS = ("EDT", "T10", "T20", "T30", "T60")
_BAND = re.compile(r"(\d{1,5}(?:[.,]\d)?)(k?)(?:hz)?", re.IGNORECASE)
_DEC = re.compile(r"(\d),(\d)")


@dataclass(frozen=True)
class Measurement:
    """One measurement; `values` by band in Hz (`125`) or weighting (`A`), seconds or dB SPL.

    `method` (EDT, T20, T30 …) and `state` (of the room) are empty where not said.
    """

    quantity: str
    values: Mapping[str, float] = field(default_factory=dict)
    instrument: str = ""
    date: str = ""
    method: str = ""
    state: str = ""
    by: str = ""
    note: str = ""

    @property
    def words(self) -> str:
        """`125 Hz 0.61 s, 1 kHz 0.44 s; T20, REW, 2026-11-20, Anna`."""
        unit = {"rt60": "s", "noise": "dB"}[self.quantity]
        said = ", ".join(
            f"{plain_number(value)} dB({band})"
            if band in WEIGHTINGS
            else f"{band_words(band)} {plain_number(value)} {unit}"
            for band, value in _in_order(self.values).items()
        )
        how = ", ".join(part for part in (self.method, self.instrument, self.date, self.by) if part)
        return f"{said}; {how}" if how else said

    def to_line(self) -> Json:
        """The object of a room's line, without what is not said."""
        line: Json = {
            "quantity": self.quantity,
            "unit": QUANTITIES[self.quantity],
            "values": dict(self.values),
        }
        rest = ("instrument", "date", "method", "state", "by", "note")
        return line | {name: value for name in rest if (value := getattr(self, name))}

    @staticmethod
    def from_line(line: Json) -> Measurement | None:
        """The measurement of such an object, or None for one that is not understood."""
        quantity, values = line.get("quantity"), line.get("values")
        if (
            not isinstance(quantity, str)
            or quantity not in QUANTITIES
            or line.get("unit") != QUANTITIES[str(quantity)]
            or not isinstance(values, dict)
        ):
            return None
        numbers = {
            str(band): float(value)
            for band, value in values.items()
            if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
            and (band in WEIGHTINGS or _BAND.fullmatch(str(band)))
        }  # fmt: skip
        texts = {
            name: str(line[name])
            for name in ("instrument", "date", "method", "state", "by", "note")
            if isinstance(line.get(name), str)
        }
        return Measurement(str(quantity), numbers, **texts) if numbers else None


def band_words(band: str) -> str:
    """`125 Hz`, `1 kHz`."""
    hertz = float(band)
    return f"{plain_number(hertz / 1000)} kHz" if hertz >= 1000 else f"{plain_number(hertz)} Hz"


def parse_values(quantity: str, text: str) -> dict[str, float]:
    """Values by band, of `125=0.61 250=0.55 1k=0.44`, or `A=23.5` for noise; raises RoomError."""
    if quantity not in QUANTITIES:
        raise RoomError(f"{quantity!r} is not measured of a room", f"known: {', '.join(QUANTITIES)}")
    low, high = _LIMITS[quantity]
    found: dict[str, float] = {}
    for pair in _DEC.sub(r"\1.\2", text).replace(",", " ").replace(";", " ").split():
        name, sign, number = pair.partition("=")
        band = _band(quantity, name)
        if not sign or band is None:
            raise RoomError(f"{pair!r} is not a band and its value", _LIKE[quantity])
        value = float(clean_number(number))
        if not low <= value <= high:
            unit = QUANTITIES[quantity]
            raise RoomError(f"{pair!r}: a room has {low:g} to {high:g} {unit}", "type it again")
        if band in found:
            raise RoomError(f"{name!r} is said a second time", "say it once")
        found[band] = value
    if not found:
        raise RoomError("no value was given", _LIKE[quantity])
    return _in_order(found)


_LIKE = {"rt60": "write it like 125=0.61 250=0.55 1k=0.44", "noise": "write it like A=23.5, or 63=41 125=33"}


def _in_order(values: Mapping[str, float]) -> dict[str, float]:
    """Low bands first, then the weightings."""
    return dict(sorted(values.items(), key=lambda item: (item[0].isalpha(), _hertz(item[0]), item[0])))


def parse_method(text: str) -> str:
    """How a decay was read (ISO 3382-1): EDT, T10, T20, T30, T60; raises RoomError."""
    if text.upper() not in _METHODS:
        raise RoomError(f"{text!r} is no way to read a decay", f"choose one of: {', '.join(_METHODS)}")
    return text.upper()


def parse_date(text: str) -> str:
    """A day as YYYY-MM-DD; raises RoomError."""
    try:
        return days.fromisoformat(clean_text(text)).isoformat()
    except ValueError:
        raise RoomError(f"{text!r} is not a day", "write it like 2026-11-20") from None


def _band(quantity: str, name: str) -> str | None:
    if quantity == "noise" and name.upper() in WEIGHTINGS:
        return name.upper()
    found = _BAND.fullmatch(name)
    if not found:
        return None
    hertz = float(found[1].replace(",", ".")) * (1000 if found[2] else 1)
    return plain_number(hertz) if 16 <= hertz <= 20_000 else None


def _hertz(band: str) -> float:
    return 0.0 if band.isalpha() else float(band)
