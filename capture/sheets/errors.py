"""The errors of the sheets room.

SheetError        exit 1  a sheet cannot be made or written
├── NoSuchTake    exit 2  there is no take, or no session, at that place
├── UnknownForm   exit 2  a form or paper that sheets do not come in
└── NoPrinter     exit 6  the part that makes PDF or HTML is not installed
"""

from __future__ import annotations

from capture.errors import TakechainError


class SheetError(TakechainError):
    """A sheet cannot be made or written."""

    code = "sheet"


class NoSuchTake(SheetError):
    """There is no take, or no session, at that place."""

    exit_code = 2
    code = "no such take"


class UnknownForm(SheetError):
    """A form or paper that sheets do not come in."""

    exit_code = 2
    code = "usage"


class NoPrinter(SheetError):
    """The part that makes this form is not installed."""

    exit_code = 6
    code = "environment"
