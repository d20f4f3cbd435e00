"""How far off a sensor may be, for those whose data sheet says so and whose identity on USB is certain."""

from __future__ import annotations

from hardware.reading import Quantity

_TYPICAL = {
    # The board is sold with chips of several classes; these are the figures of the least accurate one
    # (Sensirion, data sheet SHT4x, version 6: base class, typical).
    "239A:8153": {Quantity.TEMPERATURE: 0.2, Quantity.RELATIVE_HUMIDITY: 1.8},
}


def typical_accuracy(identity: str, quantity: str) -> float | None:
    """The ± of a sensor with this identity (`VID:PID …`) in the unit the quantity is kept in, if known."""
    of_sensor = _TYPICAL.get(identity[:9].upper(), {})
    return next((value for known, value in of_sensor.items() if known == quantity), None)
