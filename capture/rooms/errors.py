"""What can be wrong with a room.

RoomError                  exit 2  a room, state or measurement cannot be used; nothing was changed
"""

from __future__ import annotations

from capture.errors import TakechainError


class RoomError(TakechainError):
    """A room, one of its states or a measurement cannot be used."""

    exit_code = 2
    code = "room"
