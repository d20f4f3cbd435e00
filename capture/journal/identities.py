"""Who signs: statements about keys, each of which proves itself (docs/format.md section 8).

A key states whose it is and signs that. The key that follows it in a rotation is signed by both, so that who
knows the one knows the other. A revocation is signed by the key itself or by one that follows it.
"""

from __future__ import annotations

import base64
import uuid as uuids
from dataclasses import dataclass
from enum import StrEnum

from capture.clock import parse_utc, utc_text
from capture.journal.keys import Key, decoded, keyid_of, signature_holds
from capture.journal.lines import Json, line_bytes

KEY_TYPE = "application/vnd.takechain.key+json"
REVOKE_TYPE = "application/vnd.takechain.revoke+json"
MOST_SIGNATURES = 4


class SignerKind(StrEnum):
    """What a key stands for."""

    STATION = "station"
    ENGINEER = "engineer"


@dataclass(frozen=True)
class Identity:
    """A machine or a person that signs, over all its keys."""

    id: str
    kind: SignerKind
    name: str

    @staticmethod
    def new(kind: SignerKind, name: str) -> Identity:
        """One that did not exist before."""
        return Identity(str(uuids.uuid4()), kind, name)


@dataclass(frozen=True)
class Signature:
    """The base64 signature of a key."""

    keyid: str
    sig: str


@dataclass(frozen=True)
class KeyStatement:
    """A key, whose it is, since when, and the key id that it follows."""

    identity: Identity
    public: bytes
    since: str
    follows: str | None
    sigs: tuple[Signature, ...] = ()

    @property
    def keyid(self) -> str:
        """Hex SHA-256 of the raw public key."""
        return keyid_of(self.public)

    def payload(self) -> bytes:
        """What is signed: the canonical JSON of all but the signatures."""
        return line_bytes(self._said())

    def _said(self) -> Json:
        return {
            "id": self.keyid,
            "identity": {
                "id": self.identity.id,
                "kind": self.identity.kind.value,
                "name": self.identity.name,
            },
            "public_key": base64.b64encode(self.public).decode(),
            "since": self.since,
            "follows": self.follows,
        }

    def as_fields(self) -> Json:
        """The members of a `key` line."""
        return {**self._said(), "sigs": [{"keyid": one.keyid, "sig": one.sig} for one in self.sigs]}

    def signed_by(self, public: bytes) -> bool:
        """Whether a key signed this statement."""
        return _signed(self.sigs, public, KEY_TYPE, self.payload())

    @staticmethod
    def make(identity: Identity, key: Key, after: Key | None = None, since: str = "") -> KeyStatement:
        """The statement of a key about itself, signed by it and by the key it follows."""
        bare = KeyStatement(identity, key.public, since or utc_text(), after.keyid if after else None)
        payload = bare.payload()
        sigs = tuple(Signature(one.keyid, one.sign(KEY_TYPE, payload)) for one in (key, after) if one)
        return KeyStatement(identity, key.public, bare.since, bare.follows, sigs)

    @staticmethod
    def read(fields: Json) -> KeyStatement | None:
        """The statement in a line; None for one that is not of the form, or not signed by its own key."""
        who, public, follows = (
            fields.get("identity"),
            decoded(fields.get("public_key")),
            fields.get("follows"),
        )
        since = fields.get("since")
        if not isinstance(who, dict) or len(public) != 32 or not _is_time(since):
            return None
        texts = [who.get("id"), who.get("name")]
        if not all(isinstance(text, str) for text in texts) or who.get("kind") not in list(SignerKind):
            return None
        if not (follows is None or isinstance(follows, str)):
            return None
        identity = Identity(str(who["id"]), SignerKind(who["kind"]), str(who["name"]))
        found = KeyStatement(identity, public, str(since), follows, _signatures(fields.get("sigs")))
        return found if found.signed_by(public) and fields.get("id") == found.keyid else None


@dataclass(frozen=True)
class Revocation:
    """From `since` on a key's signatures are not to be trusted."""

    keyid: str
    since: str
    reason: str
    sigs: tuple[Signature, ...] = ()

    def payload(self) -> bytes:
        """What is signed."""
        return line_bytes({"id": self.keyid, "since": self.since, "reason": self.reason})

    def as_fields(self) -> Json:
        """The members of a `revoke` line."""
        said = {"id": self.keyid, "since": self.since, "reason": self.reason}
        return {**said, "sigs": [{"keyid": one.keyid, "sig": one.sig} for one in self.sigs]}

    def signed_by(self, public: bytes) -> bool:
        """Whether a key signed this revocation."""
        return _signed(self.sigs, public, REVOKE_TYPE, self.payload())

    @staticmethod
    def make(keyid: str, since: str, reason: str, by: Key) -> Revocation:
        """The revocation of a key, signed."""
        bare = Revocation(keyid, since, reason)
        return Revocation(keyid, since, reason, (Signature(by.keyid, by.sign(REVOKE_TYPE, bare.payload())),))

    @staticmethod
    def read(fields: Json) -> Revocation | None:
        """The revocation in a line, its signature unchecked; None for one that is not of the form."""
        keyid, since, reason = fields.get("id"), fields.get("since"), fields.get("reason")
        if not isinstance(keyid, str) or not isinstance(reason, str) or not _is_time(since):
            return None
        return Revocation(keyid, str(since), reason, _signatures(fields.get("sigs")))


def _is_time(text: object) -> bool:
    try:
        return isinstance(text, str) and utc_text(parse_utc(text)) == text
    except ValueError:
        return False


def _signatures(found: object) -> tuple[Signature, ...]:
    entries = found if isinstance(found, list) else []
    return tuple(
        Signature(entry["keyid"], entry["sig"])
        for entry in entries[:MOST_SIGNATURES]
        if isinstance(entry, dict)
        and isinstance(entry.get("keyid"), str)
        and isinstance(entry.get("sig"), str)
    )


def _signed(sigs: tuple[Signature, ...], public: bytes, kind: str, payload: bytes) -> bool:
    keyid = keyid_of(public)
    return any(
        one.keyid == keyid and signature_holds(public, kind, payload, decoded(one.sig)) for one in sigs
    )
