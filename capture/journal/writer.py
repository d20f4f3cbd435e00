"""The one writer of a take's journal."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from capture.clock import utc_text
from capture.journal.appending import ChainedFile
from capture.journal.errors import JournalError
from capture.journal.keys import LINE_TYPE, SEAL_TYPE, Key
from capture.journal.lines import Json, Line, ReadResult, digest, line_bytes
from capture.journal.record import TakeRecord

AFTER_SEAL = frozenset({"file", "note", "rewrite", "stamp"})


class JournalWriter(ChainedFile):
    """Appends to one journal under a lock held for its life; `record` is the take so far."""

    def __init__(self, path: Path, fd: int, found: ReadResult) -> None:
        super().__init__(path, fd, found)
        self.record = TakeRecord(path=path)
        self.begin_sha256 = ""
        self._blocks = hashlib.sha256()

    def _resume(self, lines: list[Line]) -> None:
        for line in lines:
            self._hash(line.fields, line.raw)
        self.record.apply_all(lines)

    def _hash(self, fields: Json, raw: bytes) -> None:
        if not self.begin_sha256:
            self.begin_sha256 = digest(raw)
        if fields.get("type") == "block":
            self._blocks.update(block_bytes(fields.get("sha256") or ()))

    @property
    def blocks_sha256(self) -> str:
        """Hex SHA-256 over all block digests so far, as `end` names it."""
        return self._blocks.hexdigest()

    def append(self, kind: str, frame: int, /, *, sync: bool = False, **fields: Any) -> Json:
        """Write one line at `frame`; returns its fields. After the seal only `append_signed` may write.

        A first line must be `begin`. `utc` may be given among the fields. Raises JournalError.
        """
        with self._mutex:
            if self.record.sealed:
                raise JournalError(f"{self.path.name} is sealed: a {kind} line must be signed")
            if (kind == "begin") != (self.seq == 0):
                raise JournalError(f"a journal cannot have a {kind} line as its line {self.seq + 1}")
            if self.record.ended and kind != "seal":
                raise JournalError(f"{self.path.name} has ended: no {kind} line can follow")
            return self._written(kind, frame, sync, fields)

    def append_signed(self, kind: str, frame: int, key: Key, /, *, sync: bool = False, **fields: Any) -> Json:
        """Write one signed line after the seal (`file`, `note`, `rewrite`); returns its fields."""
        with self._mutex:
            if not self.record.sealed or kind not in AFTER_SEAL:
                raise JournalError(f"a signed {kind} line cannot stand here in {self.path.name}")
            whole = self._whole(kind, frame, fields)
            sig = {"keyid": key.keyid, "sig": key.sign(LINE_TYPE, line_bytes(whole))}
            if key.keyid != self.record.keyid:
                sig["public_key"] = base64.b64encode(key.public).decode()
            return self._written(kind, frame, sync, {**whole, "sig": sig})

    def _whole(self, kind: str, frame: int, fields: Json) -> Json:
        stamp = {"utc": utc_text(), **fields}
        return {**stamp, "frame": frame, "seq": self.seq, "prev": self.last_sha256, "type": kind}

    def _written(self, kind: str, frame: int, sync: bool, fields: Json) -> Json:
        fields = self.write(kind, {**fields, "frame": frame}, sync=sync)
        self._hash(fields, line_bytes(fields) if not self.begin_sha256 else b"")
        self.record.apply(fields)
        return fields

    def seal(self, key: Key, *, utc: str | None = None) -> Json:
        """Sign the end line, and make the journal durable; returns the seal's fields."""
        with self._mutex:
            if not self.record.ended or self.record.sealed:
                raise JournalError(f"{self.path.name} cannot be sealed: it has no end, or a seal already")
            stamp = utc or utc_text()
            payload = line_bytes(
                {
                    "utc": stamp,
                    "take": self.record.take,
                    "seq": self.seq - 1,
                    "sha256": self.last_sha256,
                    "begin": self.begin_sha256,
                }
            )
            return self.append(
                "seal",
                self.record.frames,
                sync=True,
                public_key=base64.b64encode(key.public).decode(),
                keyid=key.keyid,
                payload_type=SEAL_TYPE,
                payload=base64.b64encode(payload).decode(),
                sig=key.sign(SEAL_TYPE, payload),
                utc=stamp,
            )


def block_bytes(digests: Iterable[object]) -> bytes:
    """The raw bytes of a block's hex digests, one after the other; raises JournalError."""
    try:
        return b"".join(bytes.fromhex(entry) for entry in digests if isinstance(entry, str))
    except (TypeError, ValueError):
        raise JournalError("a block line holds a digest that is none") from None
