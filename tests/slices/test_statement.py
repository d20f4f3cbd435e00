"""Statements and lists of blocks that others may have written: words, never a traceback."""

import base64
import contextlib
import json
from typing import Any

import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.slices.errors import SliceError
from capture.slices.said import said
from capture.slices.statement import SLICE_TYPE, blocks_file, read_blocks, read_statement, sealed_statement
from tests.support.takes import KEY

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
MEMBERS = (
    "format", "file", "utc", "take", "audio", "part", "parent", "tracks", "first", "frames", "gaps", "blocks",
    "data", "chain", "changes", "corrections", "calibrations", "ucs",
)  # fmt: skip


def words(read: Any, *given: Any) -> None:
    """What is no statement is said in words."""
    with contextlib.suppress(SliceError):
        read(*given)


@given(st.binary(max_size=200))
def test_any_bytes(raw: bytes) -> None:
    words(read_statement, raw)
    words(read_blocks, raw)


@settings(deadline=None)
@given(JSON, JSON, JSON)
def test_any_envelope(payload: Any, signatures: Any, key: Any) -> None:
    envelope = {"payload": payload, "payloadType": SLICE_TYPE, "signatures": signatures, "public_key": key}
    words(read_statement, json.dumps(envelope).encode())
    words(read_blocks, json.dumps({"format": "takechain-blocks/1", "take": payload, "end": key}).encode())


@given(st.dictionaries(st.sampled_from(MEMBERS), JSON))
def test_any_statement(fields: dict[str, Any]) -> None:
    words(said, fields)


def test_what_is_written_is_read_back_in_its_one_form() -> None:
    statement = {"format": "takechain-slice/1", "file": "猫.wav", "first": 0}
    raw = sealed_statement(statement, KEY)
    envelope = read_statement(raw)
    assert (envelope.statement, envelope.holds, envelope.keyid) == (statement, True, KEY.keyid)
    assert raw == rfc8785.dumps(json.loads(raw)) + b"\n"
    assert base64.b64decode(json.loads(raw)["payload"]) == rfc8785.dumps(statement)
    listed = read_blocks(blocks_file("t", b'{"a":1}', b"{}", bytes(64)))
    assert (listed.take, listed.end, listed.seal, listed.digests) == ("t", b'{"a":1}', b"{}", bytes(64))
