"""JSON lines: flat objects, Tasmota's nesting with units after the values, value-and-unit pairs; sans I/O."""

from __future__ import annotations

import json
import re
from typing import Any

from hardware.reading import Quantity
from hardware.sensors.claims import Claim
from hardware.sensors.vocabulary import NUMBER, label_of, unit_named

_NUMBER = re.compile(NUMBER)
_NOT_AIR = {"cpu", "mcu", "chip", "core", "board", "soc", "gpu", "esp32", "esp8266", "rp2040", "setpoint"}
_UNIT_KEYS = {
    Quantity.TEMPERATURE: ("tempunit", "temperatureunit", "temp_unit", "temperature_unit"),
    Quantity.PRESSURE: ("pressureunit", "pressure_unit"),
}
_DEEPEST = 6


def claims_of_json(text: str) -> list[Claim] | None:
    """The claims of a line that ends with a whole JSON object; None if there is none."""
    start = text.find("{")
    if start < 0:
        return None
    try:
        found = json.loads(text[start:], parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None
    return _walk(found, "", {}) if isinstance(found, dict) else None


def _walk(fields: dict[str, Any], channel: str, units: dict[Quantity, str], depth: int = 0) -> list[Claim]:
    if depth > _DEEPEST or channel.lower() in _NOT_AIR:
        return []
    units = {**units, **_units_said(fields)}
    claims: list[Claim] = []
    for key, value in fields.items():
        label = label_of(key)
        if label is not None and _is_value(value):
            number, unit = _number_and_unit(value)
            claim = Claim.of(label, number, unit or label.unit or units.get(label.quantity))
            claims.append(Claim(claim.quantity, claim.number, claim.unit, channel, claim.terse))
        elif label is None and isinstance(value, dict):
            claims += _walk(value, key, units, depth + 1)
    return claims


def _units_said(fields: dict[str, Any]) -> dict[Quantity, str]:
    said = {}
    lower = {key.lower(): value for key, value in fields.items() if isinstance(value, str)}
    for quantity, keys in _UNIT_KEYS.items():
        for key in keys:
            unit = unit_named(lower.get(key, ""))
            if unit is not None:
                said[quantity] = unit
    return said


def _is_value(value: object) -> bool:
    return not isinstance(value, dict) or "value" in value


def _number_and_unit(value: Any) -> tuple[float, str | None]:
    """The number (NaN for null and everything that is none) and the unit said beside it."""
    unit = None
    if isinstance(value, dict):
        said = value.get("unit")
        unit = unit_named(said) if isinstance(said, str) else None
        value = value["value"]
    if isinstance(value, str) and (match := _NUMBER.match(value.strip())):
        rest = value.strip()[match.end() :]
        if not rest or unit_named(rest):
            return float(match[0]), unit_named(rest) or unit
    if isinstance(value, bool) or not isinstance(value, int | float):
        return float("nan"), unit
    try:
        return float(value), unit
    except OverflowError:
        return float("nan"), unit
