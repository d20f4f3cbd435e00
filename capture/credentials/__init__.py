"""Content Credentials (C2PA 2.2) for copies, slices and exports: optional, never in a library's files.

The c2pa package is loaded by a process of its own alone (`worker`), so nothing it does touches this one.
"""

from capture.credentials.authority import Identity, anchors, own_identity, users_identity
from capture.credentials.check import Credentials, check_files
from capture.credentials.errors import CredentialError, NoC2pa, NotAsSigned, NotPhysical
from capture.credentials.evidence import must_be_physical
from capture.credentials.mining import ENTRIES, USES, parse_mining
from capture.credentials.sign import Signed, Signing

__all__ = [
    "ENTRIES",
    "USES",
    "CredentialError",
    "Credentials",
    "Identity",
    "NoC2pa",
    "NotAsSigned",
    "NotPhysical",
    "Signed",
    "Signing",
    "anchors",
    "check_files",
    "must_be_physical",
    "own_identity",
    "parse_mining",
    "users_identity",
]
