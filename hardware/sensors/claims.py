"""From what a line claims to what is believed: units settled, values gated, doubtful lines dropped whole."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hardware.reading import (
    OK,
    UNIT_ASSUMED,
    UNITS,
    Implausible,
    Quantity,
    Reading,
    Rejected,
    convert,
    gate,
)
from hardware.sensors.vocabulary import QUANTITY_OF_UNIT, Label

Event = Reading | Rejected
UNKNOWN_UNIT = "?"
"""The unit of a value that must not be taken for anything, since its sketch prints either."""


@dataclass(frozen=True)
class Claim:
    """A labelled number as it stands on the line; NaN where the device says that it has none."""

    quantity: Quantity
    number: float
    unit: str | None
    channel: str = ""
    terse: bool = False

    @staticmethod
    def of(label: Label, number: float, unit: str | None = None) -> Claim:
        """The claim of a label and what follows it; a unit after the number wins over the label's."""
        return Claim(label.quantity, number, unit or label.unit, label.channel, label.terse)


@dataclass(frozen=True)
class Judgement:
    """The events of one line, and the quantity that was absurd, if one was."""

    events: list[Event]
    absurd: Quantity | None = None


def judge(claims: list[Claim], raw: str) -> Judgement:
    """Believe, convert or reject each claim; one absurd value rejects the whole line."""
    events: list[Event] = []
    for claim in _one_of_each(_without_lone_letters(claims)):
        try:
            events.append(_believe(claim, raw))
        except Implausible as doubt:
            if doubt.absurd:
                return Judgement([Rejected(raw, str(doubt))], claim.quantity)
            events.append(Rejected(raw, f"{claim.quantity}: {doubt}"))
    if not events:
        return Judgement([Rejected(raw, "T or H alone and without a unit: it may be a time")])
    if _twin_ones(events):
        return Judgement([Rejected(raw, "1 °C and 1 %RH together are a bit error of a DHT sensor")])
    return Judgement(events)


def _believe(claim: Claim, raw: str) -> Reading:
    if not math.isfinite(claim.number):
        raise Implausible("the device has no value", absurd=False)
    unit, quality = _unit_of(claim)
    value, gated = gate(claim.quantity, convert(claim.quantity, claim.number, unit))
    return Reading(
        claim.quantity, value, UNITS[claim.quantity], gated if gated != OK else quality, raw, claim.channel
    )


def _unit_of(claim: Claim) -> tuple[str, str]:
    """The unit and the quality it leaves; raises Implausible if it can be neither read nor inferred.

    Without a unit only what fits one unit alone is taken: Fahrenheit rooms begin near 50, inches, mm and kPa
    of mercury air pressures lie far below 850, a humidity up to 1 may be a fraction.
    """
    unit = claim.unit
    if unit is not None:
        if unit == "%":
            unit = "%RH"
        if QUANTITY_OF_UNIT.get(unit) is not claim.quantity:
            raise Implausible(f"{unit} is no unit of it", absurd=False)
        return unit, OK
    number = claim.number
    if claim.quantity is Quantity.RELATIVE_HUMIDITY:
        if 0 < number <= 1:
            raise Implausible("no unit: a fraction or percent?", absurd=False)
        return "%RH", OK
    if claim.quantity is Quantity.TEMPERATURE and (-10 <= number <= 45 or number <= -40 or number >= 120):
        return "°C", UNIT_ASSUMED  # far out of any scale: let the gate say so
    if claim.quantity is Quantity.PRESSURE and 850 <= number <= 1100:
        return "hPa", UNIT_ASSUMED
    if claim.quantity is Quantity.PRESSURE and 85_000 <= number <= 110_000:
        return "Pa", UNIT_ASSUMED
    raise Implausible(f"{number:g} without a unit could be several things", absurd=False)


def _without_lone_letters(claims: list[Claim]) -> list[Claim]:
    """`T` and `H` without units count only beside each other: alone they may be a time."""
    bare = {claim.quantity for claim in claims if claim.terse and claim.unit is None}
    if {Quantity.TEMPERATURE, Quantity.RELATIVE_HUMIDITY} <= bare:
        return claims
    return [claim for claim in claims if not claim.terse or claim.unit is not None]


def _one_of_each(claims: list[Claim]) -> list[Claim]:
    """The first claim of each quantity and probe, but °C before any other unit of temperature."""
    kept: dict[tuple[Quantity, str], Claim] = {}
    for claim in claims:
        key = (claim.quantity, claim.channel)
        if key not in kept or (claim.unit == "°C" and kept[key].unit not in ("°C", None)):
            kept[key] = claim
    return list(kept.values())


def _twin_ones(events: list[Event]) -> bool:
    values = {event.quantity: event.value for event in events if isinstance(event, Reading)}
    return values.get(Quantity.TEMPERATURE) == values.get(Quantity.RELATIVE_HUMIDITY) == 1.0
