"""This user's own keys and the signers they trust, in the folder of their settings.

station.key       the key that seals; engineer-<name>.key: one that signs what its engineer says later
keys.jsonl        the statements and revocations of own keys, as lines of type `key` and `revoke`
signers.jsonl     trusted key ids (`trust` lines), and what their owners stated
notes-by          the file name of the engineer's key that signs notes, where one is in use
"""

from __future__ import annotations

import json
import os
import secrets
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from capture.clock import utc_text
from capture.errors import UsageError
from capture.journal.errors import KeyUnusable, in_words
from capture.journal.identities import Identity, KeyStatement, Revocation, SignerKind
from capture.journal.keys import (
    KEY_FILE,
    PUBLIC_FILE,
    Key,
    config_folder,
    decoded,
    has_passphrase,
    keyid_of,
    publish_key,
    published,
    read_key,
    remember,
    station_key,
    store_key,
)
from capture.journal.lines import Json, line_bytes
from capture.journal.signers import Signers, Statements, statement_lines
from capture.names import portable

OWN = "keys.jsonl"
TRUSTED = "signers.jsonl"
NOTES_BY = "notes-by"
BUNDLE = "takechain-signer/1"
_WAITS = ".next-"
_MOST_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Own:
    """One key of this user: its file, whose it is, and whether it needs a passphrase."""

    path: Path
    statement: KeyStatement
    passphrase: bool


class Keyring:
    """The keys of one settings folder. Methods raise KeyUnusable, and KeyLocked for want of a passphrase."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or config_folder()

    def station(self, key: Key | None = None) -> KeyStatement:
        """What the station's key states of itself; made where it did not yet."""
        key = key or station_key(self.folder)
        self._settle(self.folder / KEY_FILE)
        found = self.statements().keys.get(key.keyid)
        if found is None:
            made = datetime.fromtimestamp((self.folder / KEY_FILE).stat().st_mtime, UTC)
            who = Identity.new(SignerKind.STATION, socket.gethostname() or "station")
            found = self._state(KeyStatement.make(who, key, since=utc_text(made)))
        return found

    def own(self) -> list[Own]:
        """The keys in use that stated whose they are: the station's first, then the engineers'."""
        stated = self.statements().keys
        found = []
        for path in [self.folder / KEY_FILE, *sorted(self.folder.glob("engineer-*.key"))]:
            self._settle(path)
            statement = stated.get(published_at(path))
            if statement is not None and path.exists():
                found.append(Own(path, statement, has_passphrase(path)))
        return found

    def find(self, name: str) -> Own:
        """The own key of that name, fingerprint or `station`; raises UsageError."""
        wanted = name.replace(" ", "").casefold()
        for one in self.own():
            said = one.statement.identity
            if name in (said.name, said.kind.value) or (wanted and one.statement.keyid.startswith(wanted)):
                return one
        raise UsageError(f"there is no key of {name!r} here", "see: takechain key list")

    def new_engineer(self, name: str, passphrase: str | None) -> KeyStatement:
        """Make an engineer's identity and key; raises UsageError for a name that is taken."""
        name = " ".join(name.split())
        path = self.folder / f"engineer-{portable(name)}.key"
        if not name or path.exists() or any(name == one.statement.identity.name for one in self.own()):
            raise UsageError(f"{name or 'nobody'} cannot have a new key", "rotate the one that is there")
        key = Key(secrets.token_bytes(32))
        statement = self._state(KeyStatement.make(Identity.new(SignerKind.ENGINEER, name), key))
        self._store(path, key, passphrase)
        return statement

    def rename(self, own: Own, name: str, key: Key) -> KeyStatement:
        """Give an identity another name; raises UsageError once its first key was replaced."""
        said = own.statement
        if said.follows is not None:
            raise UsageError(
                "its first key was replaced: a new name comes with a new key", "add it to: key rotate"
            )
        who = Identity(said.identity.id, said.identity.kind, name)
        return self._state(KeyStatement.make(who, key, since=said.since))

    def rotate(self, own: Own, key: Key, passphrase: str | None, name: str = "") -> tuple[KeyStatement, Key]:
        """Put a new key in place of one, signed by both; what remains of the old one is its public part."""
        who = own.statement.identity
        who = Identity(who.id, who.kind, name or who.name)
        fresh = Key(secrets.token_bytes(32))
        store_key(own.path.with_name(f"{own.path.name}{_WAITS}{fresh.keyid}"), fresh, passphrase)
        statement = self._state(KeyStatement.make(who, fresh, after=key))
        self._settle(own.path)
        if own.path.name == KEY_FILE:
            remember(fresh, self.folder)
        return statement, fresh

    def revoke(self, keyid: str, since: str, reason: str, by: Key) -> Revocation:
        """Revoke an own key, signed by itself or by one that follows it; raises UsageError for another."""
        statements = self.statements()
        if by.keyid not in (keyid, *statements.followers(keyid)):
            raise UsageError(
                "a key can be revoked by itself or by one that follows it", "see: takechain key list"
            )
        revocation = Revocation.make(keyid, since, reason, by)
        self._append(OWN, [{"type": "revoke", **revocation.as_fields()}])
        return revocation

    def set_passphrase(self, own: Own, key: Key, passphrase: str | None) -> None:
        """Write a key's file anew, with a passphrase or without."""
        self._store(own.path, key, passphrase)
        if own.path.name == KEY_FILE:
            remember(key, self.folder)

    def key_of(self, own: Own, passphrase: str | None) -> Key:
        """The private key; raises KeyLocked."""
        return (
            station_key(self.folder)
            if own.path.name == KEY_FILE and not passphrase
            else read_key(own.path, passphrase)
        )

    def use(self, own: Own | None) -> None:
        """Let an engineer's key sign notes from now on, or the station's own again."""
        place = self.folder / NOTES_BY
        if own is None or own.path.name == KEY_FILE:
            place.unlink(missing_ok=True)
        else:
            place.write_text(f"{own.path.name}\n", encoding="utf-8")

    def notes_by(self) -> Path | None:
        """The file of the engineer's key that signs notes; None where it is the station's."""
        try:
            name = (self.folder / NOTES_BY).read_text(encoding="utf-8").strip()
        except (OSError, ValueError):
            return None
        path = self.folder / name
        return path if path.parent == self.folder and path.exists() else None

    def trust(self, name: str, keyid: str, lines: Iterable[Json] = ()) -> None:
        """Know a signer from now on, by the id of their key; `lines` are what they stated themselves."""
        self._append(TRUSTED, [*lines, {"type": "trust", "id": keyid, "name": name, "at": utc_text()}])

    def forget(self, keyid: str) -> None:
        """Trust a signer no more."""
        self._append(TRUSTED, [{"type": "trust", "id": keyid, "name": None, "at": utc_text()}])

    def trusted(self) -> dict[str, str]:
        """The trusted key ids with the name each goes by."""
        found: dict[str, str] = {}
        for fields in _lines(self.folder / TRUSTED):
            keyid, name = fields.get("id"), fields.get("name")
            if fields.get("type") == "trust" and isinstance(keyid, str):
                found.pop(keyid, None)
                if isinstance(name, str):
                    found[keyid] = name
        return found

    def statements(self) -> Statements:
        """What own keys stated and revoked."""
        return Statements().take(statement_lines(self.folder / OWN))

    def signers(self) -> Signers:
        """All that this user knows of signers: own keys and trusted ones."""
        statements = self.statements()
        known = {keyid: one.identity.name for keyid, one in statements.keys.items()}
        if (keyid := published(self.folder)) and keyid not in known:
            known[keyid] = "this station"
        return Signers({**self.trusted(), **known}, statements.take(statement_lines(self.folder / TRUSTED)))

    def bundle(self, own: Own) -> Json:
        """The public part of an identity for others: all its keys and revocations."""
        statements = self.statements()
        keys = [one for one in statements.keys.values() if one.identity.id == own.statement.identity.id]
        lines = [{"type": "key", **one.as_fields()} for one in sorted(keys, key=lambda one: one.since)]
        for one in keys:
            lines += [{"type": "revoke", **r.as_fields()} for r in statements.revocations.get(one.keyid, [])]
        return {"format": BUNDLE, "keyid": own.statement.keyid, "lines": lines}

    def _state(self, statement: KeyStatement) -> KeyStatement:
        self._append(OWN, [{"type": "key", **statement.as_fields()}])
        return statement

    def _store(self, path: Path, key: Key, passphrase: str | None) -> None:
        try:
            store_key(path, key, passphrase)
            publish_key(public_of(path), key.public)
        except OSError as error:
            what, do = in_words(error)
            raise KeyUnusable(f"the key {path} was not written: {what}", do) from error

    def _settle(self, path: Path) -> None:
        """Finish a rotation: the new key takes the old one's place once its statement is on disk."""
        for waiting in self.folder.glob(f"{path.name}{_WAITS}*"):
            statement = self.statements().keys.get(waiting.name.rpartition(_WAITS)[2])
            try:
                if statement is None:
                    waiting.unlink()  # nobody was ever told of it
                    continue
                waiting.replace(path)
                publish_key(public_of(path), statement.public)
            except OSError as error:
                what, do = in_words(error)
                raise KeyUnusable(f"the new key {waiting} cannot be used: {what}", do) from error

    def _append(self, name: str, lines: Iterable[Json]) -> None:
        path = self.folder / name
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            with os.fdopen(fd, "ab") as out:
                out.write(b"".join(line_bytes(line) + b"\n" for line in lines))
                out.flush()
                os.fsync(fd)
        except OSError as error:
            what, do = in_words(error)
            raise KeyUnusable(f"{path} cannot be written: {what}", do) from error


def public_of(path: Path) -> Path:
    """Where the public key beside a key file lies."""
    return path.with_name(PUBLIC_FILE) if path.name == KEY_FILE else path.with_suffix(".pub")


def published_at(path: Path) -> str:
    """The key id that is published beside a key file; empty where there is none."""
    try:
        public = decoded(public_of(path).read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        return ""
    return keyid_of(public) if public else ""


def read_bundle(raw: bytes) -> tuple[str, list[Json], str]:
    """The key id of an exported signer, their lines, and their name; raises UsageError for anything else."""
    broken = UsageError("this is not the public key of a signer", "ask for a file of: takechain key export")
    try:
        found = json.loads(raw) if len(raw) <= _MOST_BYTES else None
    except (ValueError, RecursionError):
        raise broken from None
    lines = found.get("lines") if isinstance(found, dict) else None
    if not isinstance(found, dict) or found.get("format") != BUNDLE or not isinstance(lines, list):
        raise broken
    kept = [line for line in lines if isinstance(line, dict) and line.get("type") in ("key", "revoke")]
    statement = Statements().take(kept).keys.get(str(found.get("keyid")))
    if statement is None:
        raise UsageError("the key in this file does not prove itself", "ask its owner for it again")
    return statement.keyid, kept, statement.identity.name


def _lines(path: Path) -> list[Json]:
    try:
        raw = path.read_bytes()
    except OSError:
        return []
    found = []
    for line in raw.splitlines():
        try:
            fields = json.loads(line)
        except (ValueError, RecursionError):
            continue
        found += [fields] if isinstance(fields, dict) else []
    return found
