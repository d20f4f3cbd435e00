"""The air of one room at one time, put together from readings, and what sound does in it.

A quantity that nobody measured or typed is not known. Only the pressure may be assumed where it hardly
matters (speed of sound, absorption), and then that is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from math import hypot
from typing import Any

from capture.journal.record import TakeRecord
from capture.rooms.accuracy import accuracies, plus_minus
from hardware import air
from hardware.reading import UNITS, Quantity

Json = dict[str, Any]
_NO_AIR = 1e6  # no quantity comes near it
FRESH_SECONDS = 60.0  # an older reading of a sensor does not say what the air is
QUANTITIES = tuple(quantity.value for quantity in Quantity)
_NEEDED = {
    "dew point": QUANTITIES[:2],
    "speed of sound": QUANTITIES[:2],
    "absorption": QUANTITIES[:2],
    "density": QUANTITIES,
    "impedance": QUANTITIES,
}


@dataclass(frozen=True)
class Known:
    """One quantity from one source, in the unit it is kept in: mean, lowest and highest value.

    `accuracy` is the ± of the sensor where that is known, else None.
    """

    value: float
    low: float
    high: float
    source: str
    typed: bool = False
    simulated: bool = False
    accuracy: float | None = None

    @property
    def uncertainty(self) -> float | None:
        """± of the sensor and of the change over the time, or None where the sensor's is not known."""
        half = (self.high - self.low) / 2
        return None if self.accuracy is None else hypot(self.accuracy, half)


@dataclass(frozen=True)
class Figures:
    """What the air does; None is *not computed*, and `missing` says why. `assumed` are whole sentences.

    `speed` in m/s with `speed_pm` (the formula's ± where the sensors' is not known: then `speed_pm_of` says
    so), `density` kg/m³, `impedance` Pa·s/m, `dew_point` °C, `absorption` dB/km by nominal octave.
    """

    speed: float | None = None
    speed_pm: float | None = None
    speed_pm_of: str = ""
    density: float | None = None
    impedance: float | None = None
    dew_point: float | None = None
    absorption: tuple[tuple[int, float], ...] = ()
    assumed: tuple[str, ...] = ()
    missing: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class RoomAir:
    """What is known of the air, by quantity; `others` are sources that were not taken, in words."""

    known: dict[str, Known] = field(default_factory=dict)
    others: tuple[str, ...] = ()

    def value(self, quantity: str) -> float | None:
        """The value of a quantity, or None."""
        found = self.known.get(quantity)
        return None if found is None else found.value

    def figures(self) -> Figures:
        """What this air does."""
        return _Sum(self).figures()


def of_values(temperature: float | None, humidity: float | None, pressure: float | None) -> RoomAir:
    """The air that these values (°C, %RH, hPa) say."""
    given = zip(QUANTITIES, (temperature, humidity, pressure), strict=True)
    return RoomAir({name: Known(v, v, v, "given", typed=True) for name, v in given if v is not None})


def of_newest(readings: Iterable[Json], sensors: Iterable[Json] = ()) -> RoomAir:
    """The air now, from the newest reading of each source as a station lists them (with `age_s`)."""
    sources: dict[str, dict[str, _Source]] = {}
    accuracy = _accuracies(sensors)
    for reading in filter(_is_fresh, readings):
        _gather(sources, reading, accuracy)
    return _chosen(sources)


def of_take(record: TakeRecord) -> RoomAir:
    """The air over a take: its readings, and those before it where there are none since."""
    sources: dict[str, dict[str, _Source]] = {}
    accuracy = _accuracies(record.sensors)
    for reading in record.readings:
        _gather(sources, vars(reading), accuracy)
    for known in filter(_is_fresh, record.air_at_begin):
        if str(known.get("quantity")) not in sources:
            _gather(sources, known, accuracy)
    return _chosen(sources)


def _is_fresh(reading: object) -> bool:
    """Whether it still says what the air is: typed values hold until others are typed."""
    if not isinstance(reading, dict):
        return False
    age = reading.get("age_s")
    return reading.get("typed") is True or not isinstance(age, int | float) or age <= FRESH_SECONDS


@dataclass
class _Source:
    name: str
    typed: bool
    simulated: bool
    accuracy: float | None
    values: list[float] = field(default_factory=list)


def _accuracies(sensors: Iterable[Json]) -> dict[tuple[str, str], float]:
    """± by sensor and quantity, as the sensors' own entries say it, else of a board known by its identity."""
    found = {}
    for sensor in (entry for entry in sensors if isinstance(entry, dict)):
        said = sensor.get("accuracy")
        if not isinstance(said, dict):
            said = accuracies(str(sensor.get("identity") or ""), {})
        for quantity, value in said.items():
            if (pm := plus_minus(value)) is not None:
                found[str(sensor.get("id")), str(quantity)] = pm
    return found


def _gather(
    sources: dict[str, dict[str, _Source]], reading: Json, accuracy: dict[tuple[str, str], float]
) -> None:
    quantity, value = str(reading.get("quantity")), reading.get("value")
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) < _NO_AIR:
        return
    if quantity not in QUANTITIES or reading.get("quality") not in ("ok", ""):
        return
    if reading.get("unit") != UNITS[Quantity(quantity)]:
        return
    typed, sensor = reading.get("typed") is True, str(reading.get("sensor") or "")
    by, instrument = str(reading.get("by") or "somebody"), str(reading.get("instrument") or "")
    name = f"typed by {by}" + (f", read off {instrument}" if instrument else "") if typed else sensor
    pm = None if typed else accuracy.get((sensor, quantity))
    source = _Source(name, typed, reading.get("simulated") is True, pm)
    sources.setdefault(quantity, {}).setdefault(name, source).values.append(float(value))


def _chosen(sources: dict[str, dict[str, _Source]]) -> RoomAir:
    """A sensor before a person, then the one that said most; the others are told."""
    known, others = {}, []
    for quantity, by_name in sources.items():
        ranked = sorted(by_name.values(), key=lambda s: (s.typed, -len(s.values)))
        known[quantity] = _mean(ranked[0])
        others += [
            f"{quantity.replace('_', ' ')} {_mean(s).value:g} {UNITS[Quantity(quantity)]} ({s.name}) not used"
            for s in ranked[1:]
        ]
    return RoomAir({name: known[name] for name in QUANTITIES if name in known}, tuple(others))


def _mean(source: _Source) -> Known:
    # a typed value holds from then on until another is typed: the last one counts
    values = source.values[-1:] if source.typed else source.values
    mean = round(sum(values) / len(values), 3)
    return Known(mean, min(values), max(values), source.name, source.typed, source.simulated, source.accuracy)


class _Sum:
    """Gathers figures, what was assumed for them, and what could not be computed."""

    def __init__(self, room: RoomAir) -> None:
        self.room = room
        self.assumed: list[str] = []
        self.missing: list[tuple[str, str]] = []
        t, rh, p = (room.value(name) for name in QUANTITIES)
        self.t, self.rh, self.p = t or 0.0, rh or 0.0, p
        self.near = air.REFERENCE_HPA if p is None else p

    def figures(self) -> Figures:
        """All of them."""
        dew = self._try("dew point", lambda: air.dew_point(self.t, self.rh))
        fit = min(self.near, air.SPEED_HPA[1])
        speed = self._try("speed of sound", lambda: air.speed_of_sound_m_s(self.t, self.rh, fit))
        bands = self._absorption()
        density = self._try("density", lambda: air.density_kg_m3(self.t, self.rh, self.near))
        impedance = None
        if speed is None:
            self.missing.append(("impedance", "the speed of sound is not known"))
        elif density is None:
            self.missing.append(("impedance", "the density is not known"))
        else:
            impedance = density * speed
        self._say_assumed(speed is not None, bool(bands))
        pm, pm_of = (None, "") if speed is None else self._speed_pm(speed, fit)
        return Figures(
            speed, pm, pm_of, density, impedance, dew, bands, tuple(self.assumed), tuple(self.missing)
        )

    def _try(self, what: str, compute: Callable[[], float]) -> float | None:
        lacking = [name.replace("_", " ") for name in _NEEDED[what] if name not in self.room.known]
        if lacking:
            words = f"{' and '.join(lacking)} {'is' if len(lacking) == 1 else 'are'} not known"
            self.missing.append((what, words))
            return None
        try:
            return compute()
        except air.OutOfRange as error:
            self.missing.append((what, str(error)))
            return None

    def _absorption(self) -> tuple[tuple[int, float], ...]:
        bands = []
        for nominal in air.OCTAVES:
            loss = self._try("absorption", partial(self._loss, air.mid_band_hz(nominal)))
            if loss is None:
                return ()
            bands.append((nominal, loss))
        return tuple(bands)

    def _loss(self, hertz: float) -> float:
        return air.absorption_db_km(hertz, self.t, self.rh, self.near)

    def _say_assumed(self, speed: bool, absorption: bool) -> None:
        figures = [w for w, there in (("speed of sound", speed), ("absorption", absorption)) if there]
        if self.p is None and figures:
            self.assumed.append(
                f"{air.REFERENCE_HPA:g} hPa for {' and '.join(figures)}: the pressure is not known"
            )
        elif self.p is not None and self.p > air.SPEED_HPA[1] and speed:
            self.assumed.append(
                f"{air.SPEED_HPA[1]:g} hPa for the speed of sound, the most its formula is made for"
            )

    def _speed_pm(self, speed: float, pressure: float) -> tuple[float, str]:
        """± of the formula, of what was assumed, and of both sensors; the latter by differences."""
        formula = speed * air.CRAMER_PPM / 1e6
        parts, unknown = [formula], []
        if self.p is None:
            ends = [air.speed_of_sound_m_s(self.t, self.rh, end) for end in air.SPEED_HPA]
            parts.append(max(abs(end - speed) for end in ends))
        for name in QUANTITIES[:2]:
            pm = self.room.known[name].uncertainty
            if pm is None:
                unknown.append(name.replace("_", " "))
            else:
                parts.append(self._slope(name, pressure) * pm)
        said = f"without that of {' and '.join(unknown)}, whose accuracy is not known" if unknown else ""
        return hypot(*parts), said

    def _slope(self, name: str, pressure: float) -> float:
        """How much the speed changes with a quantity, by a difference inside the formula's range."""
        at = {QUANTITIES[0]: self.t, QUANTITIES[1]: self.rh}
        low, high = {QUANTITIES[0]: (0.0, 30.0), QUANTITIES[1]: (0.0, 100.0)}[name]
        ends = max(low, at[name] - 0.5), min(high, at[name] + 0.5)
        warm = ends if name == QUANTITIES[0] else (self.t, self.t)
        damp = ends if name == QUANTITIES[1] else (self.rh, self.rh)
        below, above = (air.speed_of_sound_m_s(t, rh, pressure) for t, rh in zip(warm, damp, strict=True))
        return abs(above - below) / (ends[1] - ends[0])
