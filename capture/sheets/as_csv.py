"""CSV: a session as one row per take, a take as rows of (section, row, field, value).

UTF-8 with a byte order mark, commas, CRLF (RFC 4180), so that spreadsheets show Greek as Greek. A text
that a spreadsheet would take for a formula gets an apostrophe in front; numbers are left as they are.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime

from capture.sheets.model import SessionSheet, Sheet, TakeLine, TakeSheet, Waveform

BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")

Plain = str | int | float | None


def write(sheet: Sheet) -> bytes:
    """The CSV bytes of a sheet."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    rows = _take(sheet) if isinstance(sheet, TakeSheet) else _session(sheet)
    for row in rows:
        writer.writerow([cell(value) for value in row])
    return (BOM + out.getvalue()).encode("utf-8", "replace")


def cell(value: object) -> Plain:
    """A value as a cell: numbers bare, moments in ISO 8601, texts guarded."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    return guarded(str(value))


def guarded(text: str) -> str:
    """`text` so that no spreadsheet runs it: an apostrophe before what could begin a formula."""
    text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return f"'{text}" if text.lstrip(" \N{NO-BREAK SPACE}").startswith(DANGEROUS) else text


def _take(sheet: TakeSheet) -> Iterator[tuple[object, ...]]:
    yield ("section", "row", "field", "value")
    for field in fields(sheet):
        yield from _flat(field.name, getattr(sheet, field.name))


def _flat(section: str, value: object) -> Iterator[tuple[object, ...]]:
    """Every leaf of a part of the model, numbered by row where the part is a list."""
    if isinstance(value, Waveform):
        yield (section, 1, "share", value.share)  # the envelope itself is a picture; it is in the JSON form
    elif isinstance(value, tuple):
        for place, entry in enumerate(value, 1):
            yield from _entry(section, place, entry)
    else:
        yield from _entry(section, 1, value)


def _entry(section: str, place: int, entry: object) -> Iterator[tuple[object, ...]]:
    if is_dataclass(entry) and not isinstance(entry, type):
        for field in fields(entry):
            value = getattr(entry, field.name)
            if is_dataclass(value):
                yield from (
                    (s, place, f"{field.name} {f}", v) for s, _, f, v in _entry(section, place, value)
                )
            elif isinstance(value, tuple):
                yield from _flat(f"{section} {field.name}", value)
            else:
                yield (section, place, field.name, value)
    elif isinstance(entry, tuple) and len(entry) == 2:
        yield (section, place, entry[0], entry[1])
    else:
        yield (section, place, section, entry)


_HEAD = tuple(f.name for f in fields(TakeLine) if f.name not in ("files", "air"))


def _session(sheet: SessionSheet) -> Iterator[tuple[object, ...]]:
    kinds = list(dict.fromkeys((c.quantity, c.unit) for take in sheet.takes for c in take.air))
    floors = "; ".join(f"input {f.input} {f.rms_dbfs:.1f} dBFS ({f.take})" for f in sheet.floors)
    people = "; ".join(f"{p.role}: {p.name}" for p in sheet.people)
    rooms = "; ".join(sheet.rooms)
    yield (
        *_HEAD,
        *(
            f"{quantity} {which} {unit}"
            for quantity, unit in kinds
            for which in ("start", "end", "low", "high")
        ),
        "air source",
        "chain lines",
        "chain changes",
        "files",
        "sha256 of audio data",
        "people",
        "rooms",
        "noise floor",
        "warnings",
    )
    chains = {chain.label: chain for chain in sheet.chains}
    for take in sheet.takes:
        chain = chains.get(take.chain)
        yield (
            *(getattr(take, name) for name in _HEAD),
            *_air(take, kinds),
            "; ".join(dict.fromkeys(curve.source for curve in take.air)),
            "\n".join(
                f"in {number}: {line or 'not declared'}" for number, line in (chain.lines if chain else ())
            ),
            "\n".join(chain.changes) if chain else "",
            "\n".join(row.name for row in take.files),
            "\n".join(row.data_sha256 or "" for row in take.files),
            people,
            rooms,
            floors,
            "; ".join(sheet.warnings),
        )


def _air(take: TakeLine, kinds: list[tuple[str, str]]) -> Iterator[float | None]:
    for kind in kinds:
        curve = next((c for c in take.air if (c.quantity, c.unit) == kind), None)
        yield from (curve.start, curve.end, curve.low, curve.high) if curve else (None, None, None, None)
