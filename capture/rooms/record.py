"""A room as the library keeps it (`room` lines of docs/format.md 8), and what of it goes into a chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from capture.chain.fields import Value, clean_number, clean_text, parse_distance, plain_number
from capture.names import fold
from capture.rooms.errors import RoomError
from capture.rooms.measured import Measurement

Json = dict[str, Any]
MEMBERS = (
    "size_m",
    "size_text",
    "volume_m3",
    "surfaces",
    "states",
    "state",
    "measured",
    "note",
    "id",
    "by",
    "utc",
)


@dataclass(frozen=True)
class State:
    """One way a room can be: how each door, curtain and panel stands."""

    name: str
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """`curtain drawn, door closed`."""
        return ", ".join(f"{what} {how}" for what, how in self.settings.items())


@dataclass(frozen=True)
class Room:
    """A room. Empty and None are *not declared*; `state` names the one it is in now.

    `size_m` is length, width and (where known) height; `volume_m3` that of a room that is no box.
    """

    id: str
    size_m: tuple[float, ...] = ()
    size_text: str = ""
    volume_m3: float | None = None
    surfaces: Mapping[str, str] = field(default_factory=dict)
    states: tuple[State, ...] = ()
    state: str = ""
    measured: tuple[Measurement, ...] = ()
    note: str = ""

    @property
    def volume(self) -> float | None:
        """m³, as declared or else of the box; None where it is not known."""
        if self.volume_m3 is not None or len(self.size_m) < 3:
            return self.volume_m3
        length, width, height = self.size_m
        return round(length * width * height, 3)

    @property
    def size_words(self) -> str:
        """`8.2 × 5 × 3.4 m`."""
        return " × ".join(plain_number(side) for side in self.size_m) + " m" if self.size_m else ""

    @property
    def surface_words(self) -> str:
        """`floor oak, walls brick`."""
        return ", ".join(f"{where} {what}" for where, what in self.surfaces.items())

    def find_state(self, name: str) -> State:
        """The state of that name, in any case; raises RoomError."""
        for known in self.states:
            if fold(known.name) == fold(name):
                return known
        do = f"known: {', '.join(s.name for s in self.states)}" if self.states else "make it with --set"
        raise RoomError(f"{self.id} has no state {name!r}", do)

    def with_state(self, state: State) -> Room:
        """The room with this state, in place of one of the same name."""
        others = [s for s in self.states if fold(s.name) != fold(state.name)]
        here = state.name if fold(self.state) == fold(state.name) else self.state
        return replace(self, states=(*others, state), state=here)

    def in_state(self, name: str) -> Room:
        """The room when it is in this state; raises RoomError."""
        return replace(self, state=self.find_state(name).name)

    def without_state(self, name: str = "") -> Room:
        """The room without this state; without a name, in no state that is said. Raises RoomError."""
        gone = self.find_state(name).name if name else self.state
        states = tuple(s for s in self.states if s.name != gone) if name else self.states
        return replace(self, states=states, state="" if self.state == gone else self.state)

    def measurement(self, quantity: str) -> Measurement | None:
        """The newest measurement in the state the room is in now, else of one made in no state."""
        fitting = [m for m in self.measured if m.quantity == quantity and fold(m.state) == fold(self.state)]
        fitting = fitting or [m for m in self.measured if m.quantity == quantity and not m.state]
        return max(fitting, key=lambda m: m.date, default=None)

    def chain_fields(self) -> dict[str, tuple[Value, str]]:
        """What a take keeps of the room, by suffix: value and how it is known."""
        present = next((s for s in self.states if fold(s.name) == fold(self.state)), None)
        rt60, noise = self.measurement("rt60"), self.measurement("noise")
        fields: dict[str, tuple[Value | None, str]] = {
            "place.state": (self.state, "declared"),
            "place.settings": (present.words if present else "", "declared"),
            "place.size": (self.size_words, "declared"),
            "place.volume_m3": (self.volume, "declared"),
            "place.surfaces": (self.surface_words, "declared"),
            "place.rt60": (rt60.words if rt60 else "", "measured"),
            "place.noise": (noise.words if noise else "", "measured"),
        }
        return {suffix: (value, how) for suffix, (value, how) in fields.items() if value not in (None, "")}

    def to_line(self) -> Json:
        """The members of its line, without what is not declared."""
        line: Json = {
            "size_m": list(self.size_m),
            "size_text": self.size_text,
            "volume_m3": self.volume_m3,
            "surfaces": [{"where": where, "what": what} for where, what in self.surfaces.items()],
            "states": [
                {
                    "name": s.name,
                    "settings": [{"what": what, "how": how} for what, how in s.settings.items()],
                }
                for s in self.states
            ],
            "state": self.state,
            "measured": [m.to_line() for m in self.measured],
            "note": self.note,
        }
        return {name: value for name, value in line.items() if value not in (None, "", [])}


def from_line(line: Json) -> Room:
    """The room of a line; what it does not understand is left out."""
    size = [
        float(v) for v in _items(line, "size_m") if isinstance(v, int | float) and not isinstance(v, bool)
    ]
    volume = line.get("volume_m3")
    return Room(
        id=str(line.get("id", "")),
        size_m=tuple(size) if len(size) in (2, 3) and min(size) > 0 else (),
        size_text=_text(line, "size_text"),
        volume_m3=float(volume) if isinstance(volume, int | float) and volume > 0 else None,
        surfaces=_pairs(_items(line, "surfaces"), "where", "what"),
        states=tuple(
            State(_text(s, "name"), _pairs(_items(s, "settings"), "what", "how"))
            for s in _objects(line, "states")
            if _text(s, "name")
        ),
        state=_text(line, "state"),
        measured=tuple(m for o in _objects(line, "measured") if (m := Measurement.from_line(o)) is not None),
        note=_text(line, "note"),
    )


def rooms_of(records: Mapping[str, Json]) -> dict[str, Room]:
    """Rooms by id, from the library's records."""
    return {name: from_line(line) for name, line in records.items()}


def find_room(rooms: Mapping[str, Room], name: str) -> Room | None:
    """The room of that name, in any case."""
    return next((room for known, room in rooms.items() if fold(known) == fold(name)), None)


def parse_size(text: str) -> tuple[float, ...]:
    """Length, width, perhaps height in metres, of `8.2x5x3.4` or `27ft x 16ft x 11ft`; raises RoomError."""
    parts = [part.strip() for part in text.lower().replace("×", "x").split("x")]
    found = [parse_distance(part if part[-1:].isalpha() else f"{part} m") for part in parts]
    if len(found) not in (2, 3) or not all(d and d[0] > 0 for d in found):
        raise RoomError(f"{text!r} is not a size", "write it like 8.2x5x3.4, in metres, or 27ftx16ftx11ft")
    return tuple(float(distance[0]) for distance in found if distance)


def parse_volume(text: str) -> float:
    """Cubic metres, of `140` or `5000 ft3`; raises RoomError."""
    number, _, unit = text.strip().lower().partition(" ")
    for ending, factor in (("ft3", 0.3048**3), ("ft³", 0.3048**3), ("m3", 1.0), ("m³", 1.0), ("", 1.0)):
        if (number + unit).endswith(ending):
            try:
                volume = float(
                    clean_number(float((number + unit).removesuffix(ending).replace(",", ".")) * factor)
                )
            except ValueError:
                break
            if 0.1 <= volume <= 1e7:
                return volume
            break
    raise RoomError(f"{text!r} is not a volume", "write it like 140 m3 or 5000 ft3")


def parse_pairs(texts: list[str], what: str) -> dict[str, str]:
    """`floor=oak` … as a mapping; raises RoomError."""
    found: dict[str, str] = {}
    for text in texts:
        name, sign, value = (clean_text(part) for part in text.partition("="))
        if not (sign and name and value):
            raise RoomError(f"{text!r} is not a {what}", f"write it like {_LIKE[what]}")
        found[name] = value
    return found


_LIKE = {"surface": "floor=oak", "setting": '"north curtain=drawn"'}


def _items(line: Json, name: str) -> list[Any]:
    value = line.get(name)
    return value if isinstance(value, list) else []


def _objects(line: Json, name: str) -> list[Json]:
    return [entry for entry in _items(line, name) if isinstance(entry, dict)]


def _text(line: Json, name: str) -> str:
    value = line.get(name)
    return value if isinstance(value, str) else ""


def _pairs(entries: list[Any], key: str, value: str) -> dict[str, str]:
    objects = [entry for entry in entries if isinstance(entry, dict)]
    return {_text(o, key): _text(o, value) for o in objects if _text(o, key) and _text(o, value)}
