"""What can be wrong with the gear locker: a record, a file to import, an entry of the starter catalogue.

GearError                  exit 2  a record or a file cannot be used; nothing was changed
├── UnknownGear            exit 2  no record, or no entry of the starter catalogue, answers to that name
└── GearTaken              exit 2  the locker has another record under that id
"""

from __future__ import annotations

from capture.errors import TakechainError


class GearError(TakechainError):
    """A record or a file of gear cannot be used."""

    exit_code = 2
    code = "gear"


class UnknownGear(GearError):
    """Nothing in the locker, or in the starter catalogue, answers to that name."""

    code = "unknown gear"


class GearTaken(GearError):
    """The locker has another record under that id."""

    code = "gear taken"
