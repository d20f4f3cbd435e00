"""The errors of the library.

LibraryError             the library's folder or files cannot be used
├── NotALibrary   exit 2  the folder is none, or of a newer Takechain
├── UnknownTake   exit 2  no take answers to that name
└── AmbiguousTake exit 2  several do
"""

from __future__ import annotations

from capture.errors import TakechainError


class LibraryError(TakechainError):
    """The library's folder or files cannot be used."""

    code = "library"


class NotALibrary(LibraryError):
    """The folder is not a library, or one of a newer Takechain."""

    exit_code = 2
    code = "not a library"


class UnknownTake(LibraryError):
    """No take answers to that name."""

    exit_code = 2
    code = "unknown take"


class AmbiguousTake(LibraryError):
    """Several takes answer to that name."""

    exit_code = 2
    code = "ambiguous take"
