"""The locker as a table: one row per piece, for spreadsheets, and read back exactly.

UTF-8 with a byte order mark, commas, CRLF (RFC 4180); semicolons and tabs are read as well. A figure has a
column of its name and columns behind a colon (`sensitivity_mv_pa:source`); histories are numbered
(`service.1.date`). A text that a spreadsheet would run gets an apostrophe in front, which is taken off again.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Any

from capture.gear.errors import GearError
from capture.gear.files import BOM, at_line, once, unpacked
from capture.gear.record import Calibration, Gear, Json, Service, in_order, make_gear
from capture.gear.specs import clean_name

PLAIN = ("id", "kind", "make", "model", "serial", "owner", "powering", "patterns", "capsule", "note", "photo")
_PARTS = ("source", "edition", "tolerance", "condition")
_HISTORIES: dict[str, tuple[str, list[str]]] = {
    "service": ("service", [f.name for f in fields(Service)]),
    "calibration": ("calibrations", [f.name for f in fields(Calibration)]),
}
_HISTORY = re.compile(r"(service|calibration)\.([1-9][0-9]{0,2})\.([a-z0-9]+)")
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_BETWEEN = "; "


def to_csv(several: Iterable[Gear]) -> bytes:
    """The table of these pieces, with the columns they need."""
    rows = [_row(gear) for gear in several]
    used = {column for row in rows for column in row}
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    columns = [*PLAIN, *_later_columns(used)]
    writer.writerow(columns)
    writer.writerows([[_cell(row.get(column)) for column in columns] for row in rows])
    return (BOM + out.getvalue()).encode()


def from_csv(data: bytes) -> list[Gear]:
    """The pieces of a table; raises GearError that names the line and column of the first fault."""
    text = unpacked(data)
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True)
    found: dict[str, Gear] = {}
    columns: list[str] = []
    for line, row in _rows(reader):
        if not columns:
            with at_line(line):
                columns = _head(row)
        elif any(cell.strip() for cell in row):
            with at_line(line):
                once(found, _gear(columns, row))
    if not columns:
        raise GearError("the file is empty", "its first line names the columns, such as id,kind,make,model")
    return list(found.values())


def _rows(reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Each row with the number of the line it begins on."""
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise GearError(
                f"line {line}: this is not CSV: {error}", "save it again as CSV (UTF-8)"
            ) from error
        yield line, row


def _row(gear: Gear) -> dict[str, object]:
    told = gear.as_json()
    row: dict[str, object] = {key: told.get(key) for key in PLAIN}
    row["patterns"] = _BETWEEN.join(gear.patterns)
    for name, spec in gear.specs.items():
        row[name] = spec.value
        row |= {f"{name}:{part}": getattr(spec, part) for part in _PARTS}
    for word, (member, parts) in _HISTORIES.items():
        for number, entry in enumerate(getattr(gear, member), 1):
            row |= {f"{word}.{number}.{part}": getattr(entry, part) for part in parts}
    return {column: value for column, value in row.items() if value not in (None, "")}


def _later_columns(used: set[str]) -> Iterator[str]:
    names = {column.partition(":")[0] for column in used} - set(PLAIN)
    for name in in_order(name for name in names if not _HISTORY.fullmatch(name)):
        yield from (column for column in (name, *(f"{name}:{p}" for p in _PARTS)) if column in used)
    for word, (_, parts) in _HISTORIES.items():
        longest = max((int(m[2]) for c in used if (m := _HISTORY.fullmatch(c)) and m[1] == word), default=0)
        for number in range(1, longest + 1):
            yield from (c for part in parts if (c := f"{word}.{number}.{part}") in used)


def _head(row: list[str]) -> list[str]:
    columns = [_column(_unguarded(cell)) for cell in row]
    while columns and not columns[-1]:
        columns.pop()
    for column in columns:
        if columns.count(column) > 1:
            raise GearError(f"the column {column or 'without a name'!r} is there twice")
    if "id" not in columns:
        raise GearError(
            "there is no column named id", "the first line names the columns: id,kind,make,model,…"
        )
    return columns


def _column(cell: str) -> str:
    """The column a cell of the head names, in its one spelling."""
    name = cell.strip().lower()
    history = _HISTORY.fullmatch(name)
    if name in PLAIN or not name or (history and history[3] in _HISTORIES[history[1]][1]):
        return name
    figure, colon, part = name.partition(":")
    if colon and part not in _PARTS:
        raise GearError(f"there is no column {cell!r}", f"behind a figure's colon: {', '.join(_PARTS)}")
    try:
        return clean_name(figure) + colon + part
    except GearError as error:
        raise GearError(f"there is no column {cell!r}", error.do) from error


def _gear(columns: list[str], row: list[str]) -> Gear:
    if any(cell.strip() for cell in row[len(columns) :]):
        raise GearError(f"there are {len(row)} cells for {len(columns)} columns", "is a comma not in quotes?")
    members: Json = {"id": None}
    specs: dict[str, Json] = {}
    histories: dict[tuple[str, int], Json] = {}
    for column, cell in zip(columns, row, strict=False):
        value = _unguarded(cell)
        if not value.strip() or not column:
            continue
        if history := _HISTORY.fullmatch(column):
            histories.setdefault((history[1], int(history[2])), {})[history[3]] = value
        elif column == "patterns":
            members[column] = [word for word in re.split(r"[;,/]\s*", value) if word.strip()]
        elif column in PLAIN:
            members[column] = value
        else:
            name, _, part = column.partition(":")
            specs.setdefault(name, {})[part or "value"] = value
    if specs:
        members["specs"] = specs
    for (word, _), entry in sorted(histories.items()):
        members.setdefault(_HISTORIES[word][0], []).append(entry)
    return make_gear(members)


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return "" if value is None else value
    return f"'{value}" if _runs(value) else value


def _unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _runs(cell) else cell


def _runs(text: str) -> bool:
    """Whether a spreadsheet might run it, or it would be taken for one that was kept from running."""
    return text.lstrip("'").lstrip(" \N{NO-BREAK SPACE}").startswith(_DANGEROUS)
