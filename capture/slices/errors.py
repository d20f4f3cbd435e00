"""The errors of the slices room.

SliceError                    slices cannot be written or read
├── NothingToSlice    exit 2  no marker of the take begins a slice
├── TakeNotSliceable  exit 4  the take rolls, or was never sealed
└── TakeAltered       exit 5  the take is not what was signed: nothing is cut from it
"""

from __future__ import annotations

from capture.errors import TakechainError


class SliceError(TakechainError):
    """Slices cannot be written or read."""

    code = "slice"


class NothingToSlice(SliceError):
    """No marker of the take begins a slice."""

    exit_code = 2
    code = "nothing to slice"


class TakeNotSliceable(SliceError):
    """The take rolls, or was never sealed."""

    exit_code = 4
    code = "not sliceable"


class TakeAltered(SliceError):
    """The take is not what was signed."""

    exit_code = 5
    code = "verification failed"
