"""What is signed of a slice (a DSSE envelope), and the digests that tie its whole blocks to the take's seal.

Both files are specified in docs/format.md; nothing here reads or writes audio.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import rfc8785

from capture.journal.keys import Key, decoded, keyid_of, signature_holds
from capture.journal.lines import Json, parse_fields, plain
from capture.slices.errors import SliceError

SLICE_SUFFIX = ".slice.json"
BLOCKS_SUFFIX = ".blocks.json"
SLICE_TYPE = "application/vnd.takechain.slice+json"
SLICE_FORMAT = "takechain-slice/1"
BLOCKS_FORMAT = "takechain-blocks/1"
SIZE_LIMIT = 16 * 1024 * 1024
_BLOCKS_LIMIT = 256 * 1024 * 1024


@dataclass(frozen=True)
class Envelope:
    """A signed statement as it lies in a file; `holds`: whether its one signature is that of `public`."""

    statement: Json
    public: bytes
    keyid: str
    holds: bool


def sealed_statement(statement: Json, key: Key) -> bytes:
    """The bytes of a `.slice.json`: canonical JSON and a newline."""
    payload = _canonical(statement)
    envelope = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": SLICE_TYPE,
        "public_key": base64.b64encode(key.public).decode(),
        "signatures": [{"keyid": key.keyid, "sig": key.sign(SLICE_TYPE, payload)}],
    }
    return _canonical(envelope) + b"\n"


def read_statement(raw: bytes) -> Envelope:
    """The statement of a `.slice.json`; raises SliceError for anything that is none."""
    envelope = _object(raw, SIZE_LIMIT, "slice statement")
    signatures = envelope.get("signatures")
    signature = signatures[0] if isinstance(signatures, list) and len(signatures) == 1 else None
    payload, public = decoded(envelope.get("payload")), decoded(envelope.get("public_key"))
    if not isinstance(signature, dict) or envelope.get("payloadType") != SLICE_TYPE or not payload:
        raise SliceError("this is not a slice statement")
    try:
        statement = parse_fields(payload)
        canonical = _canonical(statement) == payload
    except (ValueError, RecursionError) as error:  # rfc8785's own errors are ValueErrors
        raise SliceError(f"the slice statement is {error}") from error
    if statement.get("format") != SLICE_FORMAT or not canonical:
        raise SliceError(f"the slice statement is not of the form {SLICE_FORMAT}")
    holds = keyid_of(public) == signature.get("keyid") and signature_holds(
        public, SLICE_TYPE, payload, decoded(signature.get("sig"))
    )
    return Envelope(statement, public, str(signature.get("keyid")), holds)


def blocks_file(take: str, end: bytes, seal: bytes, digests: bytes) -> bytes:
    """The bytes of a `.blocks.json`: the take's end and seal lines, and the digests of all its blocks."""
    fields: dict[str, Any] = {
        "format": BLOCKS_FORMAT,
        "take": take,
        "end": end.decode(),
        "seal": seal.decode(),
        "digests": base64.b64encode(digests).decode(),
    }
    return _canonical(fields) + b"\n"


@dataclass(frozen=True)
class Blocks:
    """What a `.blocks.json` says."""

    take: str
    end: bytes
    seal: bytes
    digests: bytes


def read_blocks(raw: bytes) -> Blocks:
    """The digests of a take's blocks; raises SliceError."""
    fields = _object(raw, _BLOCKS_LIMIT, "list of blocks")
    if fields.get("format") != BLOCKS_FORMAT:
        raise SliceError(f"the list of blocks is not of the form {BLOCKS_FORMAT}")
    texts = [fields.get(name) for name in ("take", "end", "seal")]
    if not all(isinstance(text, str) for text in texts):
        raise SliceError("the list of blocks lacks its lines")
    take, end, seal = (str(text) for text in texts)
    try:
        return Blocks(take, end.encode(), seal.encode(), decoded(fields.get("digests")))
    except UnicodeEncodeError:
        raise SliceError("the list of blocks holds what is no text") from None


def _canonical(fields: Json) -> bytes:
    return rfc8785.dumps(plain(fields))


def _object(raw: bytes, limit: int, what: str) -> Json:
    if len(raw) > limit:
        raise SliceError(f"a {what} of {len(raw)} bytes is too large to be one")
    try:
        return parse_fields(raw.rstrip(b"\n"))
    except ValueError as error:
        raise SliceError(f"the {what} is {error}") from error
