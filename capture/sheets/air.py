"""The air of a take or a session as curves: one per quantity and source."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from math import isfinite

from capture.journal.folding import real, text
from capture.journal.record import TakeRecord
from capture.sheets.model import AirCurve, AirPoint

GOOD = {"ok", ""}
FRESH_SECONDS = 60.0  # an older reading of a sensor does not say what the air was when the take began


@dataclass
class _Source:
    """The readings of one quantity from one source, while they are gathered."""

    unit: str
    source: str
    typed: bool
    simulated: bool
    suspect: int = 0
    points: list[AirPoint] = field(default_factory=list)


def take_air(record: TakeRecord) -> tuple[AirCurve, ...]:
    """The air over one take, seconds counted from its first frame; readings before it count as its start."""
    return _curves([(record, 0.0)])


def session_air(records: Iterable[TakeRecord], zero: datetime) -> tuple[AirCurve, ...]:
    """The air over a session, seconds counted from `zero`."""
    return _curves([(record, (record.started - zero).total_seconds()) for record in records])


def _curves(takes: list[tuple[TakeRecord, float]]) -> tuple[AirCurve, ...]:
    found: dict[tuple[str, str], _Source] = {}
    for record, start in takes:
        for known in record.air_at_begin:
            _before(found, record, start, known)
        for reading in record.readings:
            key = (reading.quantity, reading.sensor or reading.by)
            source = found.get(key)
            if source is None:
                name = _source(record, reading.sensor, reading.typed, reading.by, reading.instrument)
                source = found[key] = _Source(reading.unit, name, reading.typed, reading.simulated)
            seconds = start + (reading.frame / record.rate if record.rate else 0.0)
            _add(source, seconds, reading.value, reading.quality, reading.unit)
    return tuple(
        AirCurve(quantity, s.unit, s.source, s.typed, s.simulated, s.suspect, _in_order(s.points))
        for (quantity, _), s in sorted(found.items(), key=lambda item: _rank(item[0][0]))
    )


def _before(found: dict[tuple[str, str], _Source], record: TakeRecord, start: float, reading: object) -> None:
    if not isinstance(reading, dict):
        return
    quantity, sensor, by = (text(reading.get(name)) for name in ("quantity", "sensor", "by"))
    typed = reading.get("typed") is True
    if not typed and (real(reading.get("age_s")) or 0.0) > FRESH_SECONDS:
        return
    name = _source(record, sensor, typed, by, text(reading.get("instrument")))
    key = (quantity, sensor or by)
    source = found.setdefault(
        key, _Source(text(reading.get("unit")), name, typed, reading.get("simulated") is True)
    )
    _add(source, start, real(reading.get("value")), text(reading.get("quality")), text(reading.get("unit")))


def _add(source: _Source, seconds: float, value: float | None, quality: str, unit: str) -> None:
    if value is None or not isfinite(value) or quality not in GOOD or unit != source.unit:
        source.suspect += 1
    else:
        source.points.append(AirPoint(round(seconds, 3), value))


def _in_order(points: list[AirPoint]) -> tuple[AirPoint, ...]:
    return tuple(sorted(points, key=lambda point: point.seconds))


def _source(record: TakeRecord, sensor: str, typed: bool, by: str, instrument: str) -> str:
    if typed:
        return f"typed by {by or 'somebody'}" + (f", read off {instrument}" if instrument else "")
    return sensor_name(record, sensor)


def sensor_name(record: TakeRecord, sensor: str) -> str:
    """A sensor with its driver, port and identity, as far as the journal names them."""
    for entry in record.sensors:
        if entry.get("id") == sensor:
            parts = [sensor, text(entry.get("driver")), text(entry.get("port")), identity(entry)]
            return " \N{MIDDLE DOT} ".join(dict.fromkeys(part for part in parts if part))
    return sensor or "a sensor that the journal does not name"


def identity(entry: dict[str, object]) -> str:
    """A sensor's identity as text, whatever form it was written in."""
    found = entry.get("identity")
    if isinstance(found, dict):
        return " ".join(f"{key} {value}" for key, value in found.items() if value not in (None, ""))
    return found if isinstance(found, str) else ""


def _rank(quantity: str) -> tuple[int, str]:
    order = ("temperature", "relative_humidity", "pressure")
    return (order.index(quantity) if quantity in order else len(order), quantity)
