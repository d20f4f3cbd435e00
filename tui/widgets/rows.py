"""A widget of rows made of styled spans; only rows that changed are drawn again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Self

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

Span = tuple[str, str]  # text and the name of its style; "" is the widget's own
Row = Sequence[Span]


class Rows(Widget):
    """Shows what `show` was given last; each row is cut and filled to the widget's width."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "rows--dim",
        "rows--strong",
        "rows--mark",
        "rows--warn",
        "rows--key",
        "rows--chosen",
        "rows--armed",
        "rows--rolling",
        "rows--over",
        "rows--hot",
        "rows--ok",
    }

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._rows: list[tuple[Span, ...]] = []
        self._named: dict[str, Style] = {}
        self._drawn: tuple[Region, list[Strip]] | None = None

    def show(self, rows: Sequence[Row]) -> None:
        """Draw these rows from the top; refreshes only the ones that differ from what stands there."""
        fresh = [tuple(row) for row in rows]
        old, self._rows = self._rows, fresh
        for y in range(max(len(old), len(fresh))):
            before = old[y] if y < len(old) else None
            after = fresh[y] if y < len(fresh) else None
            if before != after:
                self.refresh(Region(0, y, self.size.width, 1))

    def plain(self) -> list[str]:
        """The rows' text without styles."""
        return ["".join(text for text, _ in row) for row in self._rows]

    def style_named(self, name: str) -> Style:
        """The style of a span; kept until the theme or a class changes, since it is dear to compute."""
        known = self._named.get(name)
        if known is None:
            known = self.get_component_rich_style(f"rows--{name}") if name else self.rich_style
            self._named[name] = known
        return known

    def notify_style_update(self) -> None:
        """Forget styles that are no longer true."""
        self._named.clear()
        self._drawn = None
        super().notify_style_update()

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Self:
        """Draw again what changed."""
        self._drawn = None
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of this widget; while nothing changed, those of the last time.

        Textual asks every widget of a screen for its lines whenever one of them changed, which the meters do
        twenty times a second.
        """
        if self._drawn is None or self._drawn[0] != crop:
            self._drawn = (crop, super().render_lines(crop))
        return self._drawn[1]

    def render_line(self, y: int) -> Strip:
        """One row as segments that carry their own background."""
        width, own = self.size.width, self.style_named("")
        row = self._rows[y] if y < len(self._rows) else ()
        segments = [Segment(text, self.style_named(name)) for text, name in row if text]
        return Strip(segments).adjust_cell_length(width, own)


def spread(left: Row, right: Row, width: int) -> list[Span]:
    """A row with one part at each end; the left one is cut when both do not fit."""
    room = width - sum(cells(text) for text, _ in right)
    if room < 1:
        return cut(left, width)
    kept = cut(left, room - 1) if right else cut(left, room)
    used = sum(cells(text) for text, _ in kept)
    return [*kept, (" " * (room - used), ""), *right]


def cut(row: Row, width: int) -> list[Span]:
    """The row's beginning that fits `width` cells, with `…` where something was left out."""
    if sum(cells(text) for text, _ in row) <= width:
        return list(row)
    kept: list[Span] = []
    room = width - 1
    for text, name in row:
        if room <= 0:
            break
        piece = clip(text, room)
        room -= cells(piece)
        kept.append((piece, name))
        if piece != text:
            break
    return [*kept, ("…", "dim")] if width > 0 else []


def packed(parts: Sequence[Row], width: int, height: int) -> list[list[Span]]:
    """Parts in their order, as many to a row as fit whole; one that is wider than a row is cut."""
    rows: list[list[Span]] = []
    room = 0
    for part in parts:
        size = sum(cells(text) for text, _ in part)
        if rows and size + 2 <= room:
            rows[-1] += [("  ", ""), *part]
            room -= size + 2
        elif len(rows) < height:
            rows.append(cut(part, width))
            room = width - size
    return rows


def clip(text: str, width: int) -> str:
    """The text's beginning of at most `width` cells."""
    if cells(text) <= width:
        return text
    out, used = [], 0
    for sign in text:
        used += cells(sign)
        if used > width:
            break
        out.append(sign)
    return "".join(out)


def fit(text: str, width: int) -> str:
    """The text in exactly `width` cells, cut with `…` or filled with spaces."""
    if cells(text) > width:
        text = clip(text, max(width - 1, 0)) + "…" if width else ""
    return text + " " * (width - cells(text))


def cells(text: str) -> int:
    """How many cells of a terminal the text takes."""
    from rich.cells import cell_len

    return cell_len(text)
