"""Gear picked from the locker by its id: what its record says becomes fields of the chain.

So a chain is complete in itself: it says make, model, serial number and what arithmetic and warnings need,
whatever becomes of the record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from capture.chain.errors import ChainError
from capture.chain.fields import Value, clean_value
from capture.chain.segment import Found
from capture.chain.specs import FACTS, INSERT_PARTS


@dataclass(frozen=True)
class Piece:
    """A piece of gear as one part of a chain: its kind, and by suffix all fields that it fills."""

    kind: str
    fields: Mapping[str, Value]


Locker = Callable[
    [str, str, str], Piece | None
]  # of an id, for a part, in a pattern; None: not in the locker
_NAMES = ("make", "model", "serial")
_NEVER = {  # kinds that cannot stand in a part; what is not here may, as the preamp of an interface
    "source": {"microphone", "capsule", "preamp", "converter", "interface", "di", "cable", "sensor", "stand"},
    "microphone": {"preamp", "converter", "interface", "cable", "stand", "sensor", "capsule"},
    "cable": {"microphone", "capsule", "preamp", "converter", "interface", "di", "instrument", "sensor"},
    "di": {"microphone", "capsule", "converter", "cable", "instrument", "stand", "sensor"},
    "preamp": {"microphone", "capsule", "cable", "instrument", "stand", "sensor"},
    "insert": {"microphone", "capsule", "cable", "instrument", "stand", "sensor"},
    "converter": {"microphone", "capsule", "di", "cable", "instrument", "stand", "sensor"},
}


def fits(kind: str, part: str) -> bool:
    """Whether a piece of that kind can stand in a part (`microphone`, `insert.2`)."""
    return kind not in _NEVER[part.split(".", maxsplit=1)[0]]


def picked(found: Found, present: Mapping[str, Value], locker: Locker) -> Found:
    """The fields of a line with what the locker says of every piece that it names.

    `present` is what the input has now. A piece that is named there with the same words, in the same pattern,
    stays as it is. Where the words of a piece that was picked before are edited, it is no longer that piece.
    A newly named piece is what its record says, and what the line says where the record is silent. Raises
    ChainError for an id that the locker does not have, unless the line says what it is, and for a piece of a
    kind that cannot stand there.
    """
    found = dict(found)
    for part in ("source", "microphone", "cable", "di", "preamp", *INSERT_PARTS, "converter"):
        gear = found.get(f"{part}.gear")
        if not gear:
            continue
        said, had = _names(found, part), _names(present, part)
        same = bool(said) and gear == present.get(f"{part}.gear")
        if same and said != had:
            del found[f"{part}.gear"]
        elif not same or found.get(f"{part}.pattern") != present.get(f"{part}.pattern"):
            piece = locker(str(gear), part, str(found.get(f"{part}.pattern", "")))
            if piece is not None:
                _take(found, part, piece, said)
            elif not said:
                raise ChainError(f"the locker has no {gear!r}", "see: takechain gear list")
    return found


def _names(fields: Mapping[str, Value], part: str) -> dict[str, Value]:
    return {name: fields[f"{part}.{name}"] for name in _NAMES if f"{part}.{name}" in fields}


def _take(found: Found, part: str, piece: Piece, said: Mapping[str, Value]) -> None:
    if not fits(piece.kind, part):
        gear, what = found[f"{part}.gear"], part.split(".", maxsplit=1)[0]
        raise ChainError(f"{gear} is of kind {piece.kind}, which is no {what}", "pick another piece")
    fields = {suffix: clean_value(f"input.1.{suffix}", value) for suffix, value in piece.fields.items()}
    names = _names(fields, part)
    if any(name in said and said[name] != value for name, value in names.items()):
        for name in said:
            del found[f"{part}.{name}"]
    found |= {suffix: fields.get(suffix, "") for suffix in FACTS.get(part, ())}
    found |= {f"{part}.{name}": value for name, value in names.items()}
    found[f"{part}.gear"] = fields.get(f"{part}.gear", found[f"{part}.gear"])
    for suffix in ("microphone.capsule", "microphone.pattern", "preamp.impedance_ohm"):
        if suffix in fields:
            found.setdefault(suffix, fields[suffix])
