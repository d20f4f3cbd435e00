"""The errors of the journal room.

JournalError              a journal, a key or a library's record cannot be read or written
├── NameTaken      exit 4  a file of that name exists already; nothing was overwritten
├── JournalLocked  exit 4  another process holds the journal
├── NotATake       exit 2  no take is there, or it holds no begin line
└── KeyUnusable    exit 6  the signing key cannot be made, read or trusted
    └── KeyLocked  exit 6  it has a passphrase that is not known here
"""

from __future__ import annotations

import errno

from capture.errors import TakechainError


class JournalError(TakechainError):
    """A journal cannot be read or written."""

    code = "journal"


class NameTaken(JournalError):
    """A file of that name exists already; nothing was overwritten."""

    exit_code = 4
    code = "name taken"


class JournalLocked(JournalError):
    """Another process holds the journal."""

    exit_code = 4
    code = "locked"


class NotATake(JournalError):
    """There is no take at that place."""

    exit_code = 2
    code = "not a take"


class KeyUnusable(JournalError):
    """The signing key cannot be made, read or trusted."""

    exit_code = 6
    code = "key"


class KeyLocked(KeyUnusable):
    """The signing key has a passphrase that is not known here, or another."""

    code = "key locked"


def in_words(error: OSError) -> tuple[str, str]:
    """What the system refused, and what to do about it, without a number or an exception's name."""
    known = {
        errno.ENOSPC: ("the disk is full", "make room on the disk"),
        errno.EDQUOT: ("the disk quota is used up", "make room, or ask for more quota"),
        errno.EACCES: ("there is no right to do that", "change the folder's owner or rights"),
        errno.EPERM: ("there is no right to do that", "change the folder's owner or rights"),
        errno.EROFS: ("the disk is read-only", "choose a folder on a disk that can be written"),
        errno.EIO: ("the disk failed to read or write", "copy what matters to another disk now"),
        errno.ENOENT: ("it does not exist", "check the path"),
        errno.EISDIR: ("it is a folder", "name the file itself"),
        errno.ENAMETOOLONG: ("the name is too long", "choose a shorter name"),
    }
    return known.get(error.errno or 0, ((error.strerror or str(error)).lower(), ""))
