"""Markdown (CommonMark with tables): the same document as on paper, drawings replaced by their words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from capture.sheets import words
from capture.sheets.document import Block, Box, Cell, Chart, Document, Facts, Lines, Section, Subhead, Table

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>~&$|#@])")
_LEADING = re.compile(r"^([-+=:.)]|[0-9]{1,9}(?=[.)]))")


def write(document: Document) -> bytes:
    """The Markdown bytes of a document."""
    parts = [
        f"# {safe(document.title)}",
        safe(" \N{MIDDLE DOT} ".join(p for p in (document.kicker, document.subtitle) if p)),
    ]
    parts += [f"> **{safe(warning)}**" for warning in document.warnings]
    for section in document.sections:
        parts += _section(section)
    parts.append(f"*{safe(document.foot)}*")
    return ("\n\n".join(part for part in parts if part) + "\n").encode()


def safe(text: str) -> str:
    """`text` so that Markdown shows it as typed."""
    shown = _SPECIAL.sub(r"\\\1", words.visible(text).strip())
    return _LEADING.sub(_escaped, shown)


def _escaped(found: re.Match[str]) -> str:
    return f"{found[0]}\\" if found[0].isdigit() else f"\\{found[0]}"


def _section(section: Section) -> Iterator[str]:
    if section.title:
        yield f"## {safe(section.title)}"
    for block in section.blocks:
        yield from _block(block)


def _block(block: Block) -> Iterator[str]:
    if isinstance(block, Table):
        yield from _table(block)
    elif isinstance(block, Facts):
        yield "\n".join(
            f"- {safe(label)}: **{safe(value)}**" if value.strip() else f"- {safe(label)}"
            for label, value in block.items
        )
    elif isinstance(block, Chart):
        yield f"{safe(block.alt)}"
    elif isinstance(block, Lines):
        yield "\n\n".join(safe(line) for line in block.lines)
    elif isinstance(block, Subhead):
        yield f"### {safe(block.text)}"
        yield safe(block.detail)
    elif isinstance(block, Box):
        yield from _box(block)


def _box(box: Box) -> Iterator[str]:
    for part in box.parts:
        yield f"### {safe(part.title)}"
        yield f"*{safe(part.meaning)}*"
        yield "\n".join(
            f"- {safe(what)}: {safe(value)}" + (f" ({safe(source)})" if source else "")
            for what, value, source in part.claims
        )


def _table(table: Table) -> Iterator[str]:
    if not table.rows:
        return
    shown = [
        place
        for place, column in enumerate(table.columns)
        if any(r[place].text for r in table.rows) or not any(r[place].svg for r in table.rows)
    ]
    sides = {"left": ":--", "right": "--:", "center": ":-:"}
    lines = [
        "| " + " | ".join(safe(table.columns[place].title) for place in shown) + " |",
        "|" + "|".join(sides[table.columns[place].align] for place in shown) + "|",
    ]
    lines += ["| " + " | ".join(_cell(row[place]) for place in shown) + " |" for row in table.rows]
    yield "\n".join(lines)
    if table.foot:
        yield f"*{safe(table.foot)}*"


def _cell(cell: Cell) -> str:
    text = safe(cell.text)
    if text and cell.style in ("strong", "warn", "circled"):
        text = f"**{text}**"
    if text and cell.style == "struck":
        text = f"~~{text}~~"
    return f"{text}<br>{safe(cell.sub)}" if cell.sub else text
