"""The errors of the recorder.

RecorderError              exit 1  an order the recorder cannot follow
├── NotNow                 exit 4  the order cannot happen in the present state
├── CannotWrite            exit 4  a take could not begin: its files cannot be made
└── WriteFailed            exit 3  audio could not be written; what lies on disk is kept
"""

from __future__ import annotations

from capture.errors import TakechainError


class RecorderError(TakechainError):
    """The recorder cannot do what was asked."""

    code = "recorder"


class NotNow(RecorderError):
    """The order cannot happen in the present state; nothing changed."""

    exit_code = 4
    code = "refused"


class CannotWrite(RecorderError):
    """The files of a take cannot be made; nothing is left behind."""

    exit_code = 4
    code = "cannot write"


class WriteFailed(RecorderError):
    """Audio could not be written; the take ends with what lies on disk."""

    exit_code = 3
    code = "write failed"
