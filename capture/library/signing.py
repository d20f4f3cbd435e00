"""What own keys stated, kept in the library that they sign in: it tells by itself who its signers are."""

from __future__ import annotations

from capture.journal.keyring import Keyring
from capture.library.store import Library


def publish(library: Library, keyring: Keyring) -> int:
    """Add the statements and revocations of own keys that the library lacks. Raises JournalError."""
    stated = keyring.statements()
    said = [("key", one.as_fields()) for one in sorted(stated.keys.values(), key=lambda one: one.since)]
    said += [("revoke", one.as_fields()) for found in stated.revocations.values() for one in found]
    there = [*library.lines("key"), *library.lines("revoke")]
    missing = [
        (kind, fields)
        for kind, fields in said
        if not any(fields.items() <= {**line}.items() for line in there if line.get("type") == kind)
    ]
    for kind, fields in missing:
        library.append(kind, **fields)
    return len(missing)
