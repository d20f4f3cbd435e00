"""What is printed, before paper: headings, tables, figures and boxes that PDF, HTML and Markdown all draw.

Every text in it is plain text as a person typed it; each form escapes for itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Cell:
    """One cell of a table: a text, a smaller second line, a manner of writing, or a small picture."""

    text: str
    sub: str = ""
    style: Literal["", "strong", "circled", "struck", "warn", "mono", "quiet"] = ""
    svg: str = ""


@dataclass(frozen=True)
class Column:
    """A column's head, alignment and share of the width (`auto`, `1fr`, `30mm`)."""

    title: str
    align: Literal["left", "right", "center"] = "left"
    width: str = "auto"


@dataclass(frozen=True)
class Table:
    """Rows under a head that is repeated on every page; `bare` tables print no head."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    foot: str = ""
    bare: bool = False
    type: str = "table"


@dataclass(frozen=True)
class Facts:
    """Labels with their values, set in as many columns as fit."""

    items: tuple[tuple[str, str], ...]
    type: str = "facts"


@dataclass(frozen=True)
class Chart:
    """A drawing with the words that replace it where drawings cannot be seen."""

    svg: str
    alt: str
    caption: str = ""
    type: str = "chart"


@dataclass(frozen=True)
class Lines:
    """Short paragraphs."""

    lines: tuple[str, ...]
    type: str = "lines"


@dataclass(frozen=True)
class Subhead:
    """A heading inside a section, with a detail behind it."""

    text: str
    detail: str = ""
    type: str = "subhead"


@dataclass(frozen=True)
class BoxPart:
    """One part of a box: a title, what it means, and claims of (what, value, source)."""

    title: str
    meaning: str
    claims: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Box:
    """Parts side by side in one frame."""

    parts: tuple[BoxPart, ...]
    type: str = "box"


Block = Table | Facts | Chart | Lines | Subhead | Box


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """A whole sheet: its title, what is shouted above everything, its sections and its foot.

    `dense` sets it closer, for what is to fit on one page.
    """

    title: str
    kicker: str
    subtitle: str
    warnings: tuple[str, ...]
    sections: tuple[Section, ...]
    foot: str
    dense: bool = False
