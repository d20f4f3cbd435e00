"""One line of a journal: canonical bytes out, checked fields in; no files but for reading.

A line is RFC 8785 canonical JSON in UTF-8, ended by a newline; without its newline it does not count.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import rfc8785

from capture.journal.errors import JournalError, NotATake, in_words

LINE_BYTES = 1024 * 1024
JOURNAL_BYTES = 4 * 1024**3
DEPTH = 32
_ZERO_TAIL = 64 * 1024**2  # more unwritten bytes than these were never appended between two syncs
ZEROS = "0" * 64
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"')
_SURROGATES = re.compile("[\ud800-\udfff]")
_SAFE_INTEGER = 2**53 - 1  # RFC 7493 section 2.2: larger ones do not survive every JSON reader

Json = dict[str, Any]


def line_bytes(fields: Json) -> bytes:
    """The canonical bytes of a line, without its newline.

    Non-finite numbers become null, integers beyond 2^53-1 decimal text, lone surrogates U+FFFD.
    Raises JournalError for values JSON has no form for, and for a line over `LINE_BYTES`.
    """
    try:
        raw = rfc8785.dumps(plain(fields))
    except (rfc8785.CanonicalizationError, RecursionError) as error:
        raise JournalError(f"a {fields.get('type')} line has no canonical form ({error})") from error
    if len(raw) >= LINE_BYTES:
        raise JournalError(f"a {fields.get('type')} line of {len(raw)} bytes is over the limit", "shorten it")
    return raw


def plain(value: Any) -> Any:
    """The value as a reader of the line will get it: only what JSON can hold everywhere."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, str):
        return _SURROGATES.sub("\ufffd", value)
    if isinstance(value, int):
        return int(value) if abs(value) <= _SAFE_INTEGER else str(int(value))
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(plain(str(key))): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    raise JournalError(f"a line cannot hold a {type(value).__name__}")


def digest(raw: bytes) -> str:
    """Hex SHA-256 of a line's bytes, as `prev` names it."""
    return hashlib.sha256(raw).hexdigest()


@dataclass(frozen=True)
class Line:
    """One whole line: `number` from 1, `offset` of its first byte, its bytes without the newline."""

    number: int
    offset: int
    raw: bytes
    fields: Json

    @property
    def type(self) -> str:
        """The line's type, or an empty text."""
        found = self.fields.get("type")
        return found if isinstance(found, str) else ""


@dataclass(frozen=True)
class Problem:
    """A line that cannot be read as one."""

    number: int
    offset: int
    what: str


@dataclass
class ReadResult:
    """What a journal file holds: its whole lines, the torn tail, and lines that are none."""

    lines: list[Line] = field(default_factory=list)
    torn: bytes = b""
    torn_offset: int = 0
    problems: list[Problem] = field(default_factory=list)


def parse_fields(raw: bytes) -> Json:
    """The fields of one line; raises ValueError with words for anything that is not a JSON object."""
    if raw.count(b"[") + raw.count(b"{") > DEPTH and _depth(raw) > DEPTH:
        raise ValueError(f"nested deeper than {DEPTH}")
    try:
        fields = json.loads(raw.decode("utf-8"), parse_int=_number, parse_constant=_refuse)
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise ValueError("not JSON" if isinstance(error, json.JSONDecodeError) else str(error)) from None
    if not isinstance(fields, dict):
        raise ValueError("not a JSON object")
    return fields


def _number(text: str) -> int | float:
    if len(text) > 16:
        return float(text)  # the canonical form of a large float has no exponent below 1e21
    value = int(text)
    return value if abs(value) <= _SAFE_INTEGER else float(text)


def _refuse(text: str) -> Any:
    raise ValueError(f"{text} is not a JSON number")


def _depth(raw: bytes) -> int:
    deepest = depth = 0
    for byte in _STRINGS.sub(b"", raw):
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


def scan(stream: BinaryIO) -> Iterator[Line | Problem | bytes]:
    """Every line of a stream in order: a Line or a Problem, and at the very end the torn bytes, if any."""
    number = offset = 0
    while raw := stream.readline(LINE_BYTES + 1):
        number += 1
        if not raw.endswith(b"\n"):
            if len(raw) <= LINE_BYTES:
                yield raw
                return
            skipped, zeros = _skip(stream)
            if zeros and raw.endswith(b"\0") and skipped <= _ZERO_TAIL:
                yield raw + bytes(skipped)  # power loss: the file had grown, its bytes were never written
                return
            yield Problem(number, offset, f"line {number} is longer than {LINE_BYTES} bytes")
            offset += len(raw) + skipped
            continue
        try:
            yield Line(number, offset, raw[:-1], parse_fields(raw[:-1]))
        except ValueError as error:
            yield Problem(number, offset, f"line {number} is {error}")
        offset += len(raw)


def raw_lines(stream: BinaryIO) -> Iterator[bytes]:
    """Every whole line with its newline, undecoded; those over `LINE_BYTES` and a torn one are left out."""
    while raw := stream.readline(LINE_BYTES + 1):
        if raw.endswith(b"\n"):
            yield raw
        else:
            _skip(stream)


def _skip(stream: BinaryIO) -> tuple[int, bool]:
    """The bytes up to the end of an overlong line, and whether all of them were zero, without a newline."""
    skipped, zeros = 0, True
    while more := stream.readline(LINE_BYTES):
        skipped += len(more)
        zeros = zeros and not more.strip(b"\0")
        if more.endswith(b"\n"):
            break
    return skipped, zeros


def read_stream(stream: BinaryIO) -> ReadResult:
    """All lines of an open journal."""
    result = ReadResult()
    for found in scan(stream):
        if isinstance(found, Line):
            result.lines.append(found)
        elif isinstance(found, Problem):
            result.problems.append(found)
        else:
            result.torn = found
            result.torn_offset = stream.tell() - len(found)
    return result


def read_lines(path: Path) -> ReadResult:
    """All lines of the journal at `path`; raises NotATake when it cannot be read."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > JOURNAL_BYTES:
            raise NotATake(f"{path} is not a journal", "name a *.take.jsonl file")
        with path.open("rb") as stream:
            return read_stream(stream)
    except OSError as error:
        what, do = in_words(error)
        raise NotATake(f"{path} cannot be read: {what}", do) from error
