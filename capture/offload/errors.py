"""The errors of the offload room.

OffloadError               a copy cannot be made
├── DestinationUnfit exit 2  a destination lies in a library, or is no folder
└── NoRoom           exit 6  a destination has no room for what is to be copied; nothing was written
"""

from __future__ import annotations

from capture.errors import TakechainError


class OffloadError(TakechainError):
    """A copy cannot be made."""

    code = "copy"


class DestinationUnfit(OffloadError):
    """A destination lies in a library, or is no folder."""

    exit_code = 2
    code = "destination"


class NoRoom(OffloadError):
    """A destination has no room for what is to be copied; nothing was written."""

    exit_code = 6
    code = "no room"
