"""What can be wrong with a chain: its line, its fields, its YAML, its snapshot.

ChainError                 exit 2  a line or a value cannot be used; nothing was changed
└── SnapshotError          exit 5  a chain snapshot cannot be read
"""

from __future__ import annotations

from capture.errors import TakechainError


class ChainError(TakechainError):
    """A chain line, field or file cannot be used; `at` is the character (from 0) it happened at, if known."""

    exit_code = 2
    code = "chain"

    def __init__(self, what: str, do: str = "", at: int | None = None) -> None:
        super().__init__(what, do)
        self.at = at


class SnapshotError(ChainError):
    """A chain snapshot is not one, or not whole."""

    exit_code = 5
    code = "chain snapshot"
