"""A room's record into the chain of the inputs whose source stands in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from capture.chain.fields import Value, input_path, is_fit
from capture.chain.patch import Patch
from capture.chain.specs import FACTS
from capture.names import fold
from capture.rooms.record import Room, find_room

OF_ROOM = FACTS["place"]


def rooms_in(patch: Patch) -> dict[int, str]:
    """The room of each input that has one."""
    named = {n: patch.get(input_path(n, "place.room")) for n in patch.inputs()}
    return {number: str(name) for number, name in named.items() if name is not None}


def moved(before: Mapping[int, str], after: Patch) -> list[int]:
    """The inputs that now stand in another room, or in one for the first time."""
    return [n for n, name in rooms_in(after).items() if fold(before.get(n, "")) != fold(name)]


def inputs_in(patch: Patch, room: str) -> list[int]:
    """The inputs whose room is that one, in any case."""
    return [number for number, name in rooms_in(patch).items() if fold(name) == fold(room)]


def furnish(
    patch: Patch,
    inputs: Iterable[int],
    rooms: Mapping[str, Room],
    before: Mapping[str, Value],
    by: str = "",
) -> None:
    """Make what the chain says of each input's room what the library knows of that room.

    `before` are the chain's values before the present change: what this change says of the room itself stays.
    `by` says so, else who said that the source stands there.
    """
    for number in inputs:
        field = patch.fields[input_path(number, "place.room")]
        room = find_room(rooms, str(field.value))
        known: dict[str, tuple[Value | None, str]] = {} if room is None else {**room.chain_fields()}
        for suffix in OF_ROOM:
            path = input_path(number, suffix)
            present = patch.get(path)
            if present is not None and present != before.get(path):
                continue
            value, how = known.get(suffix, (None, "declared"))
            fit = value is not None and is_fit(
                path, value
            )  # a line of another hand may hold what no chain does
            patch.set(path, value if fit else None, by or field.by, how)
