"""The meter bank: every input of the interface in one widget, drawn row by row.

A row is one string in one style, because a segment per cell costs ten times as much processor time and
output; the zones of level are rows, so a row's colour never changes. Rows that stay the same are not drawn.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from rich.segment import Segment
from rich.style import Style
from textual.events import Click
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from capture.recorder.page import Levels
from tui.screens.view import Json
from tui.widgets.ballistics import Array, Ballistics
from tui.widgets.columns import SCALE_WIDTH, Columns, height_of
from tui.widgets.rows import clip

EIGHTHS = np.array(list(" ▁▂▃▄▅▆▇█"))
HOLD, OVER, DEAD, ARMED, UNARMED = "╌", "▲", "∅", "●", "○"
LEAST_HEIGHT = 5


class Bank(Widget):
    """One column (or more, where there is room) per input; shows "no data" when the page is stale."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "bank--ok",
        "bank--hot",
        "bank--over",
        "bank--scale",
        "bank--marks",
        "bank--chosen",
    }

    class Chosen(Message):
        """A person clicked on the meter of an input."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.input = number

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self.meters = Ballistics(0)
        self._tracks: list[Json] = []
        self._rate = 48000
        self._fresh = False
        self._rows: list[str] = []
        self._marked: tuple[object, ...] = ()
        self._under: list[str] = []  # numbers and names, which change with the set-up only
        self._named: dict[str, Style] = {}
        self._columns = Columns(0, 0, 0, False, 1)
        self._spl: float | None = None

    # -- what it shows ----------------------------------------------------------------------------

    def describe(self, tracks: list[Json], chosen: int, rate: int, spl: float | None = None) -> None:
        """Which inputs there are, which one is selected, the frames per second, and the scale's dB SPL."""
        if len(tracks) != self.meters.channels:
            self.meters = Ballistics(len(tracks))
            self._fresh = False
        marked = (chosen, spl, *((t.get("armed"), t.get("name")) for t in tracks))
        self._tracks, self._rate = tracks, rate
        if marked != self._marked:
            self._marked = marked
            self._spl = spl
            self._lay_out(chosen)

    def feed(self, levels: Levels | None, seconds: float) -> None:
        """Move the meters to one look at the page; None or a stale look is "no data"."""
        self._fresh = levels is not None and not levels.stale and len(levels.peaks) == self.meters.channels
        if self._fresh and levels is not None:
            self.meters.feed(levels, self._rate, seconds)
        self._draw()

    @property
    def fresh(self) -> bool:
        """Whether the meters show what is there now."""
        return self._fresh

    def clear(self) -> None:
        """Clear overs and holds."""
        self.meters.clear()
        self._draw()

    def on_resize(self) -> None:
        """Lay the columns out anew."""
        self._lay_out(self._columns.selected)

    def on_click(self, event: Click) -> None:
        """Select the input under the pointer."""
        columns = self._columns
        number = columns.span.start + (event.x - SCALE_WIDTH) // columns.stride + 1
        if event.x >= SCALE_WIDTH and number <= columns.span.stop:
            self.post_message(self.Chosen(number))

    def _lay_out(self, selected: int) -> None:
        named = any(track.get("name") for track in self._tracks)
        width, height = self.size
        self._columns = Columns(width, height, self.meters.channels, named, selected, self._spl)
        self._under = [self._framed("", self._numbers()), *self._names()]
        self._draw()
        self.refresh()

    # -- rows -------------------------------------------------------------------------------------

    def _draw(self) -> None:
        columns = self._columns
        rows = self._compose_rows() if columns.channels and columns.height >= LEAST_HEIGHT else []
        old, self._rows = self._rows, rows
        if len(old) != len(rows):
            self.refresh()
            return
        for y, (before, after) in enumerate(zip(old, rows, strict=True)):
            if before != after:
                self.refresh(Region(0, y, columns.width, 1))

    def _compose_rows(self) -> list[str]:
        over = self.meters.overs[self._columns.span] > 0
        unit = "" if self._spl is None else "SPL"
        rows = [self._framed("OVER" if over.any() else unit, self._cells(np.where(over, OVER, " ")))]
        rows += self._bars() if self._fresh else self._no_data()
        return [*rows, self._framed("", self._marks()), *self._under]

    def _bars(self) -> list[str]:
        span, bars = self._columns.span, self._columns.bars
        dead = self.meters.dead[span]
        fill = np.rint(height_of(self.meters.shown[span]) * bars * 8).astype(int)
        fill = np.where((fill == 0) & ~dead, 1, fill)  # quiet still shows a foot
        held = np.ceil(height_of(self.meters.held[span]) * bars).astype(int) - 1
        steps = np.clip(fill - 8 * np.arange(bars)[:, None], 0, 8)
        signs = EIGHTHS[steps]
        signs = np.where((steps == 0) & (held == np.arange(bars)[:, None]), HOLD, signs)
        signs[0] = np.where(dead, "░", signs[0])
        labels = self._columns.labels
        return [
            self._framed(labels[row], self._cells(signs[row], bar=True)) for row in range(bars - 1, -1, -1)
        ]

    def _no_data(self) -> list[str]:
        bars = self._columns.bars
        rows = [self._framed("", "")] * bars
        rows[bars // 2] = self._framed("", "no data".center(self._columns.room))
        return rows

    def _cells(self, signs: Array, *, bar: bool = False) -> str:
        """One sign per input as text: bars fill their column but for a gap, marks stand at its left."""
        stride = self._columns.stride
        if stride == 1:
            return "".join(signs.tolist())
        wide = stride - 1 if bar else 1
        gap = " " * (stride - wide)
        return "".join([sign * wide + gap for sign in signs.tolist()])

    def _framed(self, label: str, cells: str) -> str:
        left = f"{label:>{SCALE_WIDTH - 1}}│"
        if not self._columns.two_scales:
            return left + cells
        room = self._columns.room
        return f"{left}{cells[:room]:<{room}}│{label:<{SCALE_WIDTH - 1}}"

    def _marks(self) -> str:
        span = self._columns.span
        signs = [
            DEAD if dead and self._fresh else ARMED if track.get("armed") else UNARMED
            for track, dead in zip(self._tracks[span], self.meters.dead[span].tolist(), strict=True)
        ]
        return self._cells(np.array(signs))

    def _numbers(self) -> str:
        """Numbers of the inputs that have room; the first, every eighth, and the selected one always."""
        span, stride, chosen = self._columns.span, self._columns.stride, self._columns.selected - 1
        line = [" "] * (max(span.stop - span.start, 1) * stride + 5)
        every = 1 if stride >= 4 else 8
        wanted = [n for n in range(span.start, span.stop) if n == span.start or (n + 1) % every == 0]
        for number in [*wanted, chosen]:
            start, text = max(number - span.start, 0) * stride, str(number + 1)
            if number == chosen:  # its neighbours' digits would read as part of it
                for x in range(max(start - 2, 0), min(start + len(text) + 2, len(line))):
                    line[x] = " "
            line[start : start + len(text)] = text
        return "".join(line).rstrip()

    def _names(self) -> list[str]:
        count, stride = self._columns.name_rows, self._columns.stride
        names = [str(track.get("name") or "") for track in self._tracks[self._columns.span]]
        if count == 1:
            return [self._framed("", "".join(f"{clip(name, stride - 1):<{stride}}" for name in names))]
        down = [[name[y] if y < len(name) else " " for name in names] for y in range(count)]
        return [self._framed("", self._cells(np.array(row))) for row in down]

    # -- drawing ----------------------------------------------------------------------------------

    def notify_style_update(self) -> None:
        """Forget styles that are no longer true."""
        self._named.clear()
        super().notify_style_update()

    def _style(self, name: str) -> Style:
        known = self._named.get(name)
        if known is None:
            known = self.get_component_rich_style(f"bank--{name}") if name else self.rich_style
            self._named[name] = known
        return known

    def render_line(self, y: int) -> Strip:
        """One row in the style of its zone; rows of marks show the selected input inverted."""
        width, base = self._columns.width, self._style("")
        if y >= len(self._rows):
            return Strip.blank(width, base)
        text, bars = self._rows[y], self._columns.bars
        if y == 0:
            strip = Strip([Segment(text, self._style("over"))])
        elif y <= bars:
            strip = self._bar_line(text, self._columns.zones[bars - y])
        else:
            strip = self._mark_line(text)
        return strip.adjust_cell_length(width, base)

    def _bar_line(self, text: str, zone: str) -> Strip:
        scale = self._style("scale")
        if not self._columns.two_scales:
            parts = (text[:SCALE_WIDTH], text[SCALE_WIDTH:], "")
        else:
            end = SCALE_WIDTH + self._columns.room
            parts = (text[:SCALE_WIDTH], text[SCALE_WIDTH:end], text[end:])
        styles = (scale, self._style(zone) if self._fresh else scale, scale)
        return Strip([Segment(part, style) for part, style in zip(parts, styles, strict=True) if part])

    def _mark_line(self, text: str) -> Strip:
        marks, chosen, columns = self._style("marks"), self._style("chosen"), self._columns
        start = SCALE_WIDTH + max(columns.selected - 1 - columns.span.start, 0) * columns.stride
        end = start + max(columns.stride - 1, 1)
        if columns.stride == 1 and text[start : start + 1].isdigit():
            end = start + len(str(columns.selected))
        padded = text.ljust(end)
        parts = ((padded[:start], marks), (padded[start:end], chosen), (padded[end:], marks))
        return Strip([Segment(part, style) for part, style in parts])
