"""The passphrase of the signing key: asked for on the terminal, or read from stdin; never an argument."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from tui.commands.common import complain

if TYPE_CHECKING:
    from capture.journal.keys import Key
    from capture.station.client import StationClient

_TRIES = 3
_LONGEST = 1024


def from_person(prompt: str, *, stdin: bool = False) -> str:
    """What a person types, unseen, or with `stdin` the next line of it; raises KeyLocked where nobody can."""
    from getpass import getpass

    from capture.journal.errors import KeyLocked

    if stdin:
        text = sys.stdin.readline(_LONGEST).rstrip("\r\n")
    elif sys.stdin.isatty():
        text = getpass(f"takechain: {prompt}: ")
    else:
        raise KeyLocked(
            "the signing key has a passphrase, and nobody is here to type it",
            "set TAKECHAIN_PASSPHRASE, or run: takechain key unlock --stdin",
        )
    if not text:
        raise KeyLocked("no passphrase was given", "try again")
    return text


def new_one(*, stdin: bool = False) -> str:
    """A new passphrase; on a terminal typed twice."""
    from capture.errors import UsageError

    text = from_person("new passphrase", stdin=stdin)
    if not stdin and from_person("once more") != text:
        raise UsageError("the two were not the same", "try again")
    return text


def own_key() -> Key:
    """The station's key, its passphrase asked for where nobody else has told it; raises KeyLocked."""
    from capture.journal.errors import KeyLocked
    from capture.journal.keys import station_key, unlock

    try:
        return station_key()
    except KeyLocked:
        if known():
            raise
        return unlock(from_person("passphrase of the signing key"))


def known() -> str | None:
    """The passphrase that the environment tells, if any."""
    from capture.journal.keys import PASSPHRASE

    return os.environ.get(PASSPHRASE) or None


def unlock_station(client: StationClient) -> None:
    """Ask for the passphrase once, when this command has started the station and somebody is there."""
    from capture.errors import TakechainError
    from capture.journal.errors import KeyLocked

    if not (client.started and client.hello.get("locked") and sys.stdin.isatty()):
        return
    for _ in range(_TRIES):
        try:
            client.call("key", passphrase=from_person("passphrase of the signing key"))
        except TakechainError as error:
            if error.code != KeyLocked.code:
                raise
            complain(error.what)
        else:
            return
    complain("takes will be closed, and wait for the key", "unlock it: takechain key unlock")
