"""How far sound has to go, and how long it is on its way: from the places of a chain and the air of its room.

A distance is the declared one, or that between coordinates; where both are known and differ, that is said.
Levels fall by distance alone as those of a point source in the open do (20 lg of the ratio): no claim is made
about the room, and close to a source that is no point it is less.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from capture.chain.fields import Value, plain_number
from capture.names import fold
from capture.rooms.air import Figures

Values = Mapping[str, Value]
DISAGREE = 0.05  # a declared distance and coordinates may differ by a twentieth before it is said
PLAN = "coordinates, in plan: a height is not declared"
HIGH_BAND = 8000


@dataclass(frozen=True)
class Way:
    """A distance in metres, where it is from, and the time sound needs for it, with the ± that the air gives.

    `ms` is None where the speed of sound is not known, `ms_pm` also where the sensors' accuracy is not.
    `other_m` is the distance by coordinates where it differs from the declared one.
    """

    metres: float
    how: str
    other_m: float | None = None
    ms: float | None = None
    ms_pm: float | None = None


@dataclass(frozen=True)
class ToSource:
    """From the source of an input to its microphone."""

    input: int
    source: str
    way: Way


@dataclass(frozen=True)
class Between:
    """Between two microphones of one array or pair."""

    inputs: tuple[int, int]
    array: str
    way: Way


@dataclass(frozen=True)
class Later:
    """One source at two microphones: how much later and lower it is at the far one.

    `level_db` by distance alone (None where one is 0); `air_db` is what the air takes of 8 kHz on the way
    between (None: not known).
    """

    source: str
    near: int
    far: int
    way: Way
    level_db: float | None
    air_db: float | None


@dataclass(frozen=True)
class Geometry:
    """All that the places of a chain say."""

    sources: tuple[ToSource, ...] = ()
    microphones: tuple[Between, ...] = ()
    later: tuple[Later, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether no distance is known."""
        return not (self.sources or self.microphones or self.later)


def geometry(inputs: Mapping[int, Values], figures: Figures) -> Geometry:
    """The distances among the sources and microphones of these inputs (values by suffix), in this air."""
    return _Survey(inputs, figures).geometry()


class _Survey:
    def __init__(self, inputs: Mapping[int, Values], figures: Figures) -> None:
        self.inputs = inputs
        self.figures = figures

    def geometry(self) -> Geometry:
        """All distances that are known."""
        own = {n: way for n in sorted(self.inputs) if (way := self._own(n)) is not None}
        return Geometry(
            tuple(ToSource(n, self._source(n), way) for n, way in own.items()),
            tuple(self._between()),
            tuple(self._later(own)),
        )

    def _own(self, number: int) -> Way | None:
        values = self.inputs[number]
        declared, apart = values.get("distance_m"), _apart(_source(values), _microphone(values))
        return self._either(None if declared is None else float(declared), apart)

    def _either(self, declared: float | None, apart: tuple[float, str] | None) -> Way | None:
        if declared is not None:
            differs = apart is not None and abs(apart[0] - declared) > DISAGREE * max(declared, apart[0])
            return self._way(declared, "declared", apart[0] if apart and differs else None)
        return self._way(*apart) if apart is not None else None

    def _way(self, metres: float, how: str, other: float | None = None) -> Way:
        speed, pm = self.figures.speed, self.figures.speed_pm
        if speed is None:
            return Way(metres, how, other)
        ms = metres / speed * 1000
        known = pm is not None and not self.figures.speed_pm_of
        return Way(metres, how, other, ms, ms * pm / speed if known and pm is not None else None)

    def _between(self) -> list[Between]:
        found = []
        for one, other in self._pairs():
            a, b = self.inputs[one], self.inputs[other]
            declared = a.get("array.spacing_m")
            # a spacing is said of the two outer microphones; of three, the third's place is its own
            stated = declared is not None and declared == b.get("array.spacing_m") and _outer(a, b)
            way = self._either(float(declared) if stated and declared is not None else None,
                               _apart(_microphone(a), _microphone(b)))  # fmt: skip
            if way is not None:
                found.append(Between((one, other), str(a.get("array.kind") or "pair"), way))
        return found

    def _pairs(self) -> list[tuple[int, int]]:
        """Inputs of one array (kind and room; each role once) and inputs paired with each other."""
        numbers = sorted(self.inputs)
        pairs = [(a, b) for a in numbers for b in numbers if a < b and self._together(a, b)]
        roles: dict[tuple[str, str], list[str]] = {}
        for number in numbers:
            if (key := self._array(number)) is not None:
                roles.setdefault(key, []).append(_role(self.inputs[number]))
        unclear = {key for key, said in roles.items() if len(set(said)) < len(said)}
        return [(a, b) for a, b in pairs if self._paired(a, b) or self._array(a) not in unclear]

    def _together(self, one: int, other: int) -> bool:
        array = self._array(one)
        return self._paired(one, other) or (array is not None and array == self._array(other))

    def _paired(self, one: int, other: int) -> bool:
        return self.inputs[one].get("pair.input") == other or self.inputs[other].get("pair.input") == one

    def _array(self, number: int) -> tuple[str, str] | None:
        kind = self.inputs[number].get("array.kind")
        return None if kind is None else (fold(str(kind)), self._room(number))

    def _room(self, number: int) -> str:
        return fold(str(self.inputs[number].get("place.room", "")))

    def _source(self, number: int) -> str:
        values = self.inputs[number]
        return str(values.get("source.name") or values.get("source.player") or f"input {number}")

    def _later(self, own: Mapping[int, Way]) -> list[Later]:
        """Each source from its nearest microphone to the others that stand for it, and to arrays."""
        found, done = [], set()
        for number in sorted(own, key=lambda n: (own[n].metres, n)):
            if (key := self._key(number)) in done:
                continue
            done.add(key)
            for other in sorted(self.inputs):
                same = self._key(other) == key
                far = own.get(other) if same else self._reach(number, other)
                if other != number and far is not None:
                    found.append(self._difference(self._source(number), number, other, own[number], far))
        return sorted(found, key=lambda later: (later.near, later.far))

    def _reach(self, number: int, other: int) -> Way | None:
        """From a source to a microphone of an array that hears the room, by coordinates."""
        if self._array(other) in (None, self._array(number)) or self._room(other) != self._room(number):
            return None
        apart = _apart(_source(self.inputs[number]), _microphone(self.inputs[other]))
        return self._way(*apart) if apart is not None else None

    def _key(self, number: int) -> tuple[object, ...]:
        """What is the same for two inputs of one source: its place, else its name, in one room."""
        values, room = self.inputs[number], self._room(number)
        if (place := _source(values)) is not None:
            return (room, *place)
        name = fold(str(values.get("source.name", "")))
        return (room, name, fold(str(values.get("source.player", "")))) if name else (number,)

    def _difference(self, source: str, near: int, far: int, close: Way, wide: Way) -> Later:
        if wide.metres < close.metres:  # a spot that stands farther away than the array
            near, far, close, wide = far, near, wide, close
        way = self._way(
            round(wide.metres - close.metres, 6), PLAN if PLAN in (close.how, wide.how) else wide.how
        )
        level = 20 * math.log10(close.metres / wide.metres) if min(close.metres, wide.metres) > 0 else None
        taken = dict(self.figures.absorption).get(HIGH_BAND)
        return Later(source, near, far, way, level, None if taken is None else -taken * way.metres / 1000)


def _axes(values: Values, names: tuple[str, str, str], height: str = "") -> tuple[float | None, ...] | None:
    """x, y and (where known) z; None without x and y."""
    x, y, z = (values.get(name) for name in names)
    z = values.get(height) if z is None and height else z
    if x is None or y is None:
        return None
    return float(x), float(y), None if z is None else float(z)


def _source(values: Values) -> tuple[float | None, ...] | None:
    return _axes(values, ("source.x_m", "source.y_m", "source.z_m"))


def _microphone(values: Values) -> tuple[float | None, ...] | None:
    return _axes(values, ("x_m", "y_m", "z_m"), "height_m")


def _apart(
    one: tuple[float | None, ...] | None, other: tuple[float | None, ...] | None
) -> tuple[float, str] | None:
    """The distance between two places and how it is known; in plan where a height is missing."""
    if one is None or other is None:
        return None
    steps = [b - a for a, b in zip(one, other, strict=True) if a is not None and b is not None]
    return round(math.hypot(*steps), 6), "coordinates" if len(steps) == len(one) else PLAN


def _role(values: Values) -> str:
    said = fold(str(values.get("array.role") or values.get("pair.side") or ""))
    return {"l": "left", "r": "right"}.get(said, said)


def _outer(one: Values, other: Values) -> bool:
    return {_role(one), _role(other)} == {"left", "right"}


def words(found: Geometry) -> list[str]:
    """Every distance in words."""
    lines = [f"in {s.input}: {_way_words(s.way)} from {s.source}" for s in found.sources]
    lines += [
        f"in {b.inputs[0]} and {b.inputs[1]} ({b.array}): {_way_words(b.way)} apart"
        for b in found.microphones
    ]
    for later in found.later:
        level = f", {later.level_db:.1f} dB by distance" if later.level_db is not None else ""
        air = f", {later.air_db:.1f} dB at 8 kHz by the air" if (later.air_db or 0) <= -0.05 else ""
        lines.append(
            f"{later.source}: at in {later.far} {_way_words(later.way)} after in {later.near}{level}{air}"
        )
    return lines


def _way_words(way: Way) -> str:
    metres = plain_number(round(way.metres, 3))
    other = f"; by coordinates {plain_number(round(way.other_m, 3))} m" if way.other_m is not None else ""
    how = "" if way.how in ("declared", "coordinates") else f"; {way.how.partition(', ')[2]}"
    noted = f" ({(other + how).removeprefix('; ')})" if other or how else ""
    if way.ms is None:
        return f"{metres} m{noted}"
    pm = f" ±{way.ms_pm:.3f}" if way.ms_pm is not None else ""
    return f"{metres} m{noted}, {way.ms:.3f}{pm} ms"
