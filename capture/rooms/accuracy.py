"""How far off the session's sensors may be: from the gear locker, else from the data sheet of a known board.

A piece of gear is a sensor's when its kind is `sensor` and its serial number is the port's identity or the
last word of it. Two pieces that fit say nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hardware.sensors.accuracy import typical_accuracy

Json = dict[str, Any]
FIGURES = {"temperature": "accuracy_c", "relative_humidity": "accuracy_rh_pct", "pressure": "accuracy_hpa"}
"""The locker's figures by quantity, each ± in the unit the quantity is kept in."""


def with_accuracy(sensors: Iterable[Json], gear: Mapping[str, Json]) -> list[Json]:
    """The sensors, each with `accuracy` (± by quantity) as far as it is known."""
    found = []
    for sensor in sensors:
        known = accuracies(str(sensor.get("identity") or ""), gear)
        found.append({**sensor, "accuracy": known} if known else dict(sensor))
    return found


def accuracies(identity: str, gear: Mapping[str, Json]) -> dict[str, float]:
    """± by quantity of the sensor with this identity."""
    pieces = [line for line in gear.values() if line.get("kind") == "sensor" and _is(line, identity)]
    specs = pieces[0].get("specs") if len(pieces) == 1 else None
    found = {}
    for quantity, figure in FIGURES.items():
        spec = specs.get(figure) if isinstance(specs, dict) else None
        value = plus_minus(spec.get("value") if isinstance(spec, dict) else None)
        value = typical_accuracy(identity, quantity) if value is None else value
        if value is not None:
            found[quantity] = value
    return found


def plus_minus(value: object) -> float | None:
    """A ± out of a file: a number that can be one, or None."""
    fit = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1000
    return float(value) if fit and isinstance(value, int | float) else None


def _is(piece: Json, identity: str) -> bool:
    serial = str(piece.get("serial") or "").casefold()
    return serial != "" and serial in (identity.casefold(), *identity.casefold().split()[-1:])
