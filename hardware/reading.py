"""What a sensor says: quantities, units, and the gates no value passes unless air in a room can have it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Quantity(StrEnum):
    """What is measured."""

    TEMPERATURE = "temperature"
    RELATIVE_HUMIDITY = "relative_humidity"
    PRESSURE = "pressure"


UNITS = {
    Quantity.TEMPERATURE: "°C",
    Quantity.RELATIVE_HUMIDITY: "%RH",
    Quantity.PRESSURE: "hPa",
}
"""The one unit in which each quantity is kept."""

OK = "ok"
SUSPECT = "suspect"
UNIT_ASSUMED = "unit assumed"

_RANGE = {
    Quantity.TEMPERATURE: (-40.0, 85.0),
    Quantity.RELATIVE_HUMIDITY: (0.0, 100.0),
    Quantity.PRESSURE: (300.0, 1100.0),
}
_SATURATED = 105.0  # capacitive sensors read a little past 100 % in wet air
_FAULT_VALUES = {
    -127.0: "-127 °C: the probe is disconnected",
    85.0: "85 °C is what a DS18B20 says before its first conversion",
}


@dataclass(frozen=True)
class Reading:
    """One value of one sensor; `raw` is the line it came from, the stamps say when that line had arrived."""

    quantity: Quantity
    value: float
    unit: str
    quality: str
    raw: str
    channel: str = ""  # which of several equal probes on one line
    at_boottime_ns: int = 0
    utc: datetime | None = None
    sensor: str = ""


@dataclass(frozen=True)
class Rejected:
    """A line, or a value of one, that is no reading, and why."""

    raw: str
    reason: str


class Implausible(ValueError):
    """A value that no air in a room has; `absurd` casts doubt on everything measured with it."""

    def __init__(self, reason: str, *, absurd: bool) -> None:
        super().__init__(reason)
        self.absurd = absurd


def convert(quantity: Quantity, value: float, unit: str) -> float:
    """The value in the unit we keep; raises KeyError for a unit the quantity does not have.

    Units: °C °F K; %RH; hPa Pa kPa bar mmHg inHg (conventional mercury, NIST SP 811 B.8).
    """
    scale, offset = _TO_KEPT[quantity][unit]
    return value if (scale, offset) == (1.0, 0.0) else round(value * scale + offset, 4)


_TO_KEPT: dict[Quantity, dict[str, tuple[float, float]]] = {
    Quantity.TEMPERATURE: {"°C": (1.0, 0.0), "°F": (5 / 9, -160 / 9), "K": (1.0, -273.15)},
    Quantity.RELATIVE_HUMIDITY: {"%RH": (1.0, 0.0)},
    Quantity.PRESSURE: {
        "hPa": (1.0, 0.0),
        "Pa": (0.01, 0.0),
        "kPa": (10.0, 0.0),
        "bar": (1000.0, 0.0),
        "mmHg": (1.33322387, 0.0),
        "inHg": (33.86389, 0.0),
    },
}


def gate(quantity: Quantity, value: float) -> tuple[float, str]:
    """The value and its quality, given in the unit we keep; raises Implausible."""
    if not math.isfinite(value):
        raise Implausible("not a number", absurd=False)
    low, high = _RANGE[quantity]
    if quantity is Quantity.TEMPERATURE and value in _FAULT_VALUES:
        raise Implausible(_FAULT_VALUES[value], absurd=value < low)
    if quantity is Quantity.RELATIVE_HUMIDITY:
        if value == 0:
            raise Implausible("0 %RH exactly: this chip measures no humidity", absurd=False)
        if value >= high and value <= _SATURATED:
            return high, SUSPECT
    if not low <= value <= high:
        unit = UNITS[quantity]
        raise Implausible(f"{value:g} {unit} is outside {low:g} to {high:g} {unit}", absurd=True)
    return value, SUSPECT if value == low else OK
