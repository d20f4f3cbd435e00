"""The errors of the credentials room.

CredentialError           exit 1  a file cannot be given credentials, or they cannot be read
├── NotPhysical   exit 2  the sound is not known to come from physical inputs, or the file is one of a library
├── NotAsSigned   exit 5  the file is not what was signed of it before
└── NoC2pa        exit 6  the part that makes credentials is not installed
"""

from __future__ import annotations

from capture.errors import TakechainError


class CredentialError(TakechainError):
    """A file cannot be given credentials, or they cannot be read."""

    code = "credentials"


class NotPhysical(CredentialError):
    """Nothing says that this is a copy of sound from physical inputs."""

    exit_code = 2
    code = "not a physical capture"


class NotAsSigned(CredentialError):
    """The file is not what was signed of it."""

    exit_code = 5
    code = "verification failed"


class NoC2pa(CredentialError):
    """The part that makes credentials is not installed."""

    exit_code = 6
    code = "environment"
