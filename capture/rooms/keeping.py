"""Changing a room in the library: read, changed and written in one, so that nobody comes between."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from capture.chain.fields import clean_value
from capture.rooms.errors import RoomError
from capture.rooms.record import MEMBERS, Room, find_room, rooms_of

if TYPE_CHECKING:
    from capture.library import Library

Json = dict[str, Any]
_OF_THE_LINE = frozenset({"seq", "prev", "type"})


def known_room(library: Library, name: str) -> Room:
    """The room of that name, in any case; raises RoomError."""
    found = find_room(rooms_of(library.records("room")), name)
    if found is None:
        raise RoomError(f"the library knows no room {name!r}", "see: takechain room list")
    return found


def keep_room(
    library: Library, name: str, change: Callable[[Room], Room], by: str, *, make: bool = False
) -> Json:
    """Make the room what `change` says, a new one too with `make`; returns its line.

    Members of the line that this version does not know are kept. Raises RoomError, or ChainError for what no
    chain could hold; then nothing has changed.
    """

    def decide(records: dict[str, Json]) -> dict[str, Json]:
        known = find_room(rooms_of(records), name) or (Room(name) if make else known_room(library, name))
        changed = change(known)
        for suffix, (value, _) in changed.chain_fields().items():
            clean_value(f"input.1.{suffix}", value)  # refused now, not at the next line that names the room
        line = records.get(known.id, {})
        unknown = {k: v for k, v in line.items() if k not in MEMBERS and k not in _OF_THE_LINE}
        return {known.id: {**unknown, **changed.to_line()}}

    (line,) = library.change("room", decide, by)
    return line
