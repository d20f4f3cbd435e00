"""The chain snapshot of a take: every field with a salt and a digest of its own, and one digest over all.

A field's digest is SHA-256 over the canonical JSON of path, value, how, by, at, carried_from and salt; the
snapshot's digest is SHA-256 over the field digests in the order of their paths, joined by newlines. So a copy
may leave a field's value out (its entry then holds the digest alone) and the rest can still be proved, and
the salt keeps a left-out value from being found by trying.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import rfc8785

from capture.chain.errors import SnapshotError
from capture.chain.fields import Field, Value, is_fit, split_path
from capture.chain.patch import Patch

FORMAT = "takechain-chain/1"
SIZE_LIMIT = 32 * 1024 * 1024


@dataclass(frozen=True)
class Sealed:
    """One field of a snapshot; `field` is None when its value was left out of this copy."""

    field: Field | None
    salt: str
    digest: str


@dataclass(frozen=True)
class Snapshot:
    """The fields by path and the digest over all of them."""

    fields: dict[str, Sealed]
    digest: str

    def values(self) -> dict[str, Value]:
        """Path to value of all fields that are here."""
        return {path: kept.field.value for path, kept in self.fields.items() if kept.field is not None}

    def patch(self) -> Patch:
        """The fields as a patch, as they were at Record, without those that this version cannot use."""
        here = {path: kept.field for path, kept in self.fields.items() if kept.field is not None}
        return Patch({path: field for path, field in here.items() if is_fit(path, field.value)})

    def problems(self) -> list[str]:
        """What does not match its digest, in words; empty when all is well."""
        wrong = [
            f"chain field {path} is not what its digest says"
            for path, kept in self.fields.items()
            if kept.field is not None and field_digest(path, kept.field, kept.salt) != kept.digest
        ]
        if _over_all({path: kept.digest for path, kept in self.fields.items()}) != self.digest:
            wrong.append("the chain's digest does not match its fields")
        return wrong

    def verify_digest(self) -> bool:
        """Whether every digest matches."""
        return not self.problems()

    def without(self, paths: Iterable[str]) -> Snapshot:
        """A copy that leaves the values of these paths out: their digests stay, so the rest still proves.

        A path that the snapshot does not have is refused with SnapshotError: leaving out what is not there
        would tell the reader that something had been declared.
        """
        left_out = set(paths)
        unknown = sorted(left_out - set(self.fields))
        if unknown:
            raise SnapshotError(f"the chain snapshot has no field {', '.join(unknown)} to leave out")
        fields = {
            path: Sealed(None, "", kept.digest) if path in left_out else kept
            for path, kept in self.fields.items()
        }
        return Snapshot(fields, self.digest)

    def withheld(self) -> list[str]:
        """The paths whose values were left out of this copy, in order."""
        return sorted(path for path, kept in self.fields.items() if kept.field is None)

    def to_json(self) -> bytes:
        """The snapshot as it is written beside the take: canonical JSON and a newline."""
        fields = {path: _entry(kept) for path, kept in self.fields.items()}
        return rfc8785.dumps({"format": FORMAT, "digest": self.digest, "fields": fields}) + b"\n"

    @staticmethod
    def load(raw: bytes) -> Snapshot:
        """Read a snapshot; raises SnapshotError. Digests are not checked here (see `problems`)."""
        return load(raw)


def snapshot(patch: Patch, inputs: Iterable[int]) -> Snapshot:
    """Copy the chain of these inputs, the people and the session, complete in itself."""
    chosen = set(inputs)
    fields: dict[str, Sealed] = {}
    for path, field in sorted(patch.fields.items()):
        place = split_path(path)
        if place is None or place[0] in chosen:
            salt = secrets.token_hex(16)
            fields[path] = Sealed(field, salt, field_digest(path, field, salt))
    return Snapshot(fields, _over_all({path: kept.digest for path, kept in fields.items()}))


def field_digest(path: str, field: Field, salt: str) -> str:
    """The hex digest of one field."""
    whole = {
        "path": path,
        "value": field.value,
        "how": field.how,
        "by": field.by,
        "at": field.at,
        "carried_from": field.carried_from,
        "salt": salt,
    }
    return hashlib.sha256(rfc8785.dumps(whole)).hexdigest()


def _over_all(digests: Mapping[str, str]) -> str:
    return hashlib.sha256("\n".join(digests[path] for path in sorted(digests)).encode()).hexdigest()


def _entry(kept: Sealed) -> dict[str, Any]:
    field = kept.field
    if field is None:
        return {"digest": kept.digest}
    return {
        "value": field.value,
        "how": field.how,
        "by": field.by,
        "at": field.at,
        "carried_from": field.carried_from,
        "salt": kept.salt,
        "digest": kept.digest,
    }


def load(raw: bytes) -> Snapshot:
    """Read a snapshot; raises SnapshotError. Digests are not checked here (see `Snapshot.problems`)."""
    if len(raw) > SIZE_LIMIT:
        raise SnapshotError(f"a chain snapshot of {len(raw)} bytes is too large to be one")
    try:
        whole = json.loads(raw, parse_constant=_refuse)
        rfc8785.dumps(whole)  # numbers and texts that have no canonical form have no digest either
    except (ValueError, RecursionError) as error:
        raise SnapshotError(f"the chain snapshot is not JSON: {error}") from error
    if not isinstance(whole, dict) or whole.get("format") != FORMAT:
        raise SnapshotError(f"the chain snapshot is not of the form {FORMAT}")
    fields, digest = whole.get("fields"), whole.get("digest")
    if not isinstance(fields, dict) or not isinstance(digest, str):
        raise SnapshotError("the chain snapshot lacks its fields or its digest")
    return Snapshot({path: _sealed(path, entry) for path, entry in fields.items()}, digest)


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is not a number")


def _sealed(path: str, entry: object) -> Sealed:
    if not isinstance(entry, dict) or not isinstance(entry.get("digest"), str):
        raise SnapshotError(f"chain field {path} has no digest")
    if "value" not in entry:
        return Sealed(None, "", entry["digest"])
    value, carried = entry["value"], entry.get("carried_from")
    texts = [entry.get(name) for name in ("how", "by", "at", "salt")]
    if not isinstance(value, str | int | float) or not all(isinstance(text, str) for text in texts):
        raise SnapshotError(f"chain field {path} is not whole")
    if carried is not None and not isinstance(carried, str):
        raise SnapshotError(f"chain field {path} is not whole")
    how, by, at, salt = (str(text) for text in texts)
    return Sealed(Field(value, how, by, at, carried), salt, entry["digest"])
