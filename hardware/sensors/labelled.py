"""Text with labels (`Temp: 22.31°C  Humidity: 44.1 %`) or at least units (`27.4C,67.7%`), sans I/O."""

from __future__ import annotations

import re
from dataclasses import replace

from hardware.reading import Quantity
from hardware.sensors.claims import UNKNOWN_UNIT, Claim
from hardware.sensors.vocabulary import (
    NO_VALUE,
    NUMBER,
    QUANTITY_OF_UNIT,
    Label,
    label_of,
    unit_after,
)

_VALUE = re.compile(rf"[:=]\s*(?:(?P<number>{NUMBER})(?![0-9.]|,[0-9])|(?P<none>{NO_VALUE}))", re.IGNORECASE)
_COMMA = re.compile(r"(?<=[0-9]),(?=[0-9])")
_NUMBER = re.compile(NUMBER)
_ALONE = re.compile(rf"(?<![\w.,]){NUMBER}(?![\w.])")
_SPACED = re.compile(rf"(?P<label>[A-Za-z%][A-Za-z .]*?)\s+(?P<number>{NUMBER})(?=[\s°*'%])")
_SPARKFUN = re.compile(r"Humidity: \S+ Pressure: \S+ Alt: \S+ Temp: ")
_ESPHOME = re.compile(
    r"'(?P<name>[^']{1,80})': Sending state (?P<value>\S{1,20}) (?P<unit>\S{1,8}) with [0-9]+ decimals"
)
_STICK = re.compile(r"R:(?P<humidity>[0-9]{3}\.[0-9])RH (?P<temperature>-?[0-9]{2,3}\.[0-9])C")
_ESPHOME_WORDS = {
    Quantity.TEMPERATURE: (("temp",), ("dew", "cpu", "chip", "internal", "heat", "feels", "wind", "target")),
    Quantity.RELATIVE_HUMIDITY: (("hum",), ("absolute", "soil", "target")),
    Quantity.PRESSURE: (("pressure", "baro"), ("sea", "water", "tyre")),
}


def labelled(text: str) -> list[Claim]:
    """Every claim of a line of labelled values; none if a number before them belongs to nothing."""
    if ";" in text or "\t" in text:
        text = _COMMA.sub(".", text)  # elsewhere a comma may part two numbers
    values = list(_VALUE.finditer(text))
    if not values:
        return _spaced(text)
    claims: list[Claim] = []
    end = 0
    for place, value in enumerate(values):
        label, stray = _between(text[end : value.start()], claims)
        if stray:
            return []
        unit, end = unit_after(text, value.end())
        if label is None:
            continue
        following = values[place + 1].start() if place + 1 < len(values) else len(text)
        if unit is None and value["number"] and not _nothing_follows(text[value.end() : following], text):
            continue  # a word we do not know may be a unit we do not know
        claims.append(Claim.of(label, float(value["number"] or "nan"), unit))
    _between(text[end:], claims)
    if _SPARKFUN.match(text):  # Fahrenheit unless the sketch was changed, and no unit printed
        return [
            replace(claim, unit=UNKNOWN_UNIT) if claim.quantity is Quantity.TEMPERATURE else claim
            for claim in claims
        ]
    return claims


def _between(region: str, claims: list[Claim]) -> tuple[Label | None, bool]:
    """The label that ends a region between two values, and whether a number in it belongs to nothing.

    Numbers with a unit are further values of the claim before: the same temperature once more, or the
    humidity beside it.
    """
    at = 0
    while match := _NUMBER.search(region, at):
        unit, after = unit_after(region, match.end())
        if unit is None or region[at : match.start()].strip(" \t,/|;()<>-"):
            break
        _add_further(claims, float(match[0]), unit)
        at = after
    rest = region[at:]
    name = re.split(r"[,;|\t]|\s{2,}", rest.rstrip(" \t"))[-1]
    stray = not claims and at == 0 and _ALONE.search(rest[: len(rest) - len(name)]) is not None
    return label_of(name) or label_of(rest), stray


def _add_further(claims: list[Claim], number: float, unit: str) -> None:
    if not claims or unit == "%":
        return
    quantity = QUANTITY_OF_UNIT[unit]
    before = claims[-1]
    if quantity is not before.quantity or before.unit is not None:
        claims.append(replace(before, quantity=quantity, number=number, unit=unit, terse=False))


def _nothing_follows(region: str, line: str) -> bool:
    """Whether the region after a number without unit holds only the next label, or nothing."""
    words = region.strip(" \t,;|<>()\"'")
    if re.match(r"[\w%°]", region):
        return False  # glued to the number
    if not words or label_of(words) is not None:
        return True
    parts = words.split()
    at_end = line.rstrip().endswith(region.strip())
    return not at_end and len(parts) <= 2 and all(label_of(part) is None for part in parts)


def _spaced(text: str) -> list[Claim]:
    """`RH 43.0 %RH T 21.0 'C`: labels apart from numbers by blanks only count with their units."""
    claims = []
    at = 0
    while match := _SPACED.search(text, at):
        label = label_of(match["label"])
        unit, at = unit_after(text, match.end())
        if label is not None and unit is not None:
            claims.append(Claim.of(label, float(match["number"]), unit))
    return claims


def with_units(text: str) -> list[Claim]:
    """The claims of a line that is only numbers with units, two or more (or one with a degree sign)."""
    stick = _STICK.fullmatch(text.strip())
    if stick:
        return [
            Claim(Quantity.RELATIVE_HUMIDITY, float(stick["humidity"]), "%RH"),
            Claim(Quantity.TEMPERATURE, float(stick["temperature"]), "°C"),
        ]
    claims: list[Claim] = []
    at = 0
    while at < len(text):
        gap = re.compile(r"[\s,;|/()'\"\[\]]*").match(text, at)
        start = gap.end() if gap else at
        number = _NUMBER.match(text, start)
        if number is None:
            return claims if start == len(text) and _enough(claims, text) else []
        unit, at = unit_after(text, number.end())
        if unit is None:
            return []
        quantity = Quantity.RELATIVE_HUMIDITY if unit == "%" else QUANTITY_OF_UNIT[unit]
        claims.append(Claim(quantity, float(number[0]), unit))
    return claims if _enough(claims, text) else []


def _enough(claims: list[Claim], text: str) -> bool:
    return len({claim.quantity for claim in claims}) > 1 or (len(claims) == 1 and "°" in text)


def esphome(text: str) -> list[Claim] | None:
    """The claim of an ESPHome log line about a sensor's state; None for a line of another kind."""
    match = _ESPHOME.search(text)
    if match is None:
        return None
    unit, end = unit_after(match["unit"], 0)
    if unit is None or end != len(match["unit"]):
        return []
    quantity = Quantity.RELATIVE_HUMIDITY if unit == "%" else QUANTITY_OF_UNIT[unit]
    wanted, unwanted = _ESPHOME_WORDS[quantity]
    name = match["name"].lower()
    if not any(word in name for word in wanted) or any(word in name for word in unwanted):
        return []
    number = float(match["value"]) if _NUMBER.fullmatch(match["value"]) else float("nan")
    return [Claim(quantity, number, unit, match["name"])]
