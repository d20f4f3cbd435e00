"""What is known of the signers of takes: by name, known to this user or only claimed, replaced, revoked."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from capture.journal.identities import Identity, KeyStatement, Revocation
from capture.journal.keys import fingerprint_of
from capture.journal.lines import Json, parse_fields, raw_lines

LIBRARY_LINES = "library.jsonl"
_MOST_STATEMENTS = 1000  # a library has a handful; one that was made to be slow is read no further


@dataclass(frozen=True)
class Signer:
    """One key: `name` and `kind` as known or claimed (empty when neither); times as they stand in lines."""

    keyid: str
    name: str = ""
    kind: str = ""
    known: bool = False
    replaced: str | None = None
    revoked: str | None = None
    reason: str = ""
    foreign: bool = False  # the library names keys, and this is none of them

    @property
    def words(self) -> str:
        """The signer as people read it."""
        key = f"key {fingerprint_of(self.keyid)}"
        if not self.name:
            return key
        return f"{self.name} ({self.kind}), {key}" if self.kind else f"{self.name}, {key}"

    def as_fields(self) -> Json:
        """The signer for JSON."""
        return {
            "keyid": self.keyid,
            "name": self.name,
            "kind": self.kind,
            "known": self.known,
            "replaced": self.replaced,
            "revoked": self.revoked,
        }


@dataclass
class Statements:
    """Key statements that prove themselves, and revocations, by key id."""

    keys: dict[str, KeyStatement] = field(default_factory=dict)
    revocations: dict[str, list[Revocation]] = field(default_factory=dict)

    def take(self, lines: Iterable[Json]) -> Statements:
        """Add what lines of type `key` and `revoke` say; what does not prove itself is passed over."""
        for fields in lines:
            if fields.get("type") == "key" and (statement := KeyStatement.read(fields)):
                self.keys[statement.keyid] = statement
            elif fields.get("type") == "revoke" and (revocation := Revocation.read(fields)):
                self.revocations.setdefault(revocation.keyid, []).append(revocation)
        self.__dict__.pop("_after", None)
        return self

    def revoked(self, keyid: str) -> Revocation | None:
        """The earliest revocation of a key that is signed by it, or by one that follows it."""
        own = self.keys.get(keyid)
        if own is None:
            return None
        publics = [own.public, *(self.keys[later].public for later in self.followers(keyid))]
        good = [
            one for one in self.revocations.get(keyid, []) if any(one.signed_by(public) for public in publics)
        ]
        return min(good, key=lambda one: one.since, default=None)

    def followers(self, keyid: str) -> list[str]:
        """The keys that follow one, each signed by the one before it; in order."""
        found: list[str] = []
        while (after := self._next(keyid)) and after not in found:
            found.append(after)
            keyid = after
        return found

    def _next(self, keyid: str) -> str | None:
        before = self.keys.get(keyid)
        if before is None:
            return None
        later = [
            self.keys[name]
            for name in self._after.get(keyid, ())
            if self.keys[name].identity.id == before.identity.id and self.keys[name].signed_by(before.public)
        ]
        return min(later, key=lambda one: one.since).keyid if later else None

    @cached_property
    def _after(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for one in self.keys.values():
            if one.follows is not None:
                found.setdefault(one.follows, []).append(one.keyid)
        return found


class Signers:
    """Judges key ids. `known` are those this user trusts, by key id, with the name they go by."""

    def __init__(self, known: dict[str, str] | None = None, statements: Statements | None = None) -> None:
        self._statements = statements or Statements()
        self._library: set[str] = set()
        self._known = dict(known or {})
        for keyid, name in (known or {}).items():
            for after in self._trusted_after(keyid):
                self._known.setdefault(after, name)

    def _trusted_after(self, keyid: str) -> Iterator[str]:
        """The keys that are known because one is: a key that was revoked vouches for none."""
        for before, after in pairwise([keyid, *self._statements.followers(keyid)]):
            if self._statements.revoked(before) is not None:
                return
            yield after

    def _following(self, keyid: str) -> str | None:
        later = self._statements.followers(keyid)
        return later[0] if later else None

    def with_library(self, folder: Path | None) -> Signers:
        """The same signers, and what a library's own lines claim and revoke."""
        if folder is None:
            return self
        said = self._statements
        merged = Statements(
            dict(said.keys), {keyid: list(found) for keyid, found in said.revocations.items()}
        )
        lines = list(statement_lines(folder / LIBRARY_LINES))
        found = Signers(self._known, merged.take(lines))
        found._library = {statement.keyid for line in lines if (statement := KeyStatement.read(line))}
        return found

    def of(self, keyid: str) -> Signer:
        """What is known of one key."""
        statement, revocation = self._statements.keys.get(keyid), self._statements.revoked(keyid)
        identity: Identity | None = statement.identity if statement else None
        after = self._following(keyid)
        return Signer(
            keyid,
            self._known.get(keyid) or (identity.name if identity else ""),
            identity.kind.value if identity else "",
            keyid in self._known,
            self._statements.keys[after].since if after else None,
            revocation.since if revocation else None,
            revocation.reason if revocation else "",
            bool(self._library) and keyid not in self._library,
        )


def statement_lines(path: Path) -> Iterator[Json]:
    """The `key` and `revoke` lines of a file of lines; none where it cannot be read."""
    count = 0
    with contextlib.suppress(OSError), path.open("rb") as stream:
        for raw in raw_lines(stream):
            if b'"type":"key"' not in raw and b'"type":"revoke"' not in raw:
                continue
            with contextlib.suppress(ValueError):
                yield parse_fields(raw[:-1])
                count += 1
            if count >= _MOST_STATEMENTS:
                return
