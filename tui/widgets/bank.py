"""The meter bank: every input of the interface in one widget, drawn row by row.

A row is one string in one style, because a segment per cell costs ten times as much processor time and
output; the zones of level are rows, so a row's colour never changes. Rows that stay the same are not drawn.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from capture.recorder.page import Levels
from tui.screens.view import Json
from tui.widgets.ballistics import Array, Ballistics
from tui.widgets.rows import clip

EIGHTHS = np.array(list(" ▁▂▃▄▅▆▇█"))
HOLD, OVER, DEAD, ARMED, UNARMED = "╌", "▲", "∅", "●", "○"
SCALE = (0, -3, -6, -9, -12, -18, -24, -30, -40, -50, -60)
SCALE_WIDTH = 5
NAMES_HEIGHT = 7  # rows above which names are worth their place
_DB = np.array([-60.0, -50.0, -40.0, -30.0, -20.0, 0.0])
_HEIGHT = np.array([0.0, 7.5, 15.0, 30.0, 50.0, 100.0]) / 100


def height_of(db: Any) -> Any:
    """Where a level stands on the scale, 0 to 1 for −60 to 0 dBFS: the deflection of IEC 60268-18.

    The standard's 2.5 % at −60 is 0 here, so that the scale ends where the meter does.
    """
    return np.interp(db, _DB, _HEIGHT)


class Bank(Widget):
    """One column (or more, where there is room) per input; shows "no data" when the page is stale."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "bank--ok",
        "bank--hot",
        "bank--over",
        "bank--quiet",
        "bank--scale",
        "bank--marks",
        "bank--chosen",
    }

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self.meters = Ballistics(0)
        self._tracks: list[Json] = []
        self._chosen = 1
        self._rate = 48000
        self._fresh = False
        self._rows: list[str] = []
        self._marked: tuple[object, ...] = ()

    def describe(self, tracks: list[Json], chosen: int, rate: int) -> None:
        """Which inputs there are, which one is selected, and the frames per second."""
        if len(tracks) != self.meters.channels:
            self.meters = Ballistics(len(tracks))
            self._fresh = False
        marked = (chosen, *((t.get("armed"), t.get("name")) for t in tracks))
        self._tracks, self._chosen, self._rate = tracks, chosen, rate
        if marked != self._marked:
            self._marked = marked
            self._draw()
            self.refresh()

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
        self._draw()
        self.refresh()

    # -- geometry ---------------------------------------------------------------------------------

    @property
    def bar_rows(self) -> int:
        """Rows that the bars take; above them the overs, below them marks, numbers and names."""
        return max(self.size.height - 3 - self._name_rows, 1)

    @property
    def _name_rows(self) -> int:
        if self.size.height < 16 or not any(t.get("name") for t in self._tracks):
            return 0
        return 1 if self._stride >= 7 else min(8, self.size.height // 4)

    @property
    def _two_scales(self) -> bool:
        return self.size.width >= 110

    @property
    def _room(self) -> int:
        return max(self.size.width - SCALE_WIDTH * (2 if self._two_scales else 1), 1)

    @property
    def _stride(self) -> int:
        return int(np.clip(self._room // max(self.meters.channels, 1), 1, 16))

    @property
    def _span(self) -> slice:
        """The inputs on this page: all of them, or the page that holds the selected one."""
        fit = max(self._room // self._stride, 1)
        page = (self._chosen - 1) // fit if self.meters.channels > fit else 0
        return slice(page * fit, min((page + 1) * fit, self.meters.channels))

    # -- drawing ----------------------------------------------------------------------------------

    def _draw(self) -> None:
        rows = self._compose_rows() if self.meters.channels and self.size.height > 4 else []
        old, self._rows = self._rows, rows
        if len(old) != len(rows):
            self.refresh()
            return
        for y, (before, after) in enumerate(zip(old, rows, strict=True)):
            if before != after:
                self.refresh(Region(0, y, self.size.width, 1))

    def _compose_rows(self) -> list[str]:
        span, bars = self._span, self.bar_rows
        over_row = self._cells(np.where(self.meters.overs[span] > 0, OVER, " "))
        any_over = bool(np.any(self.meters.overs[span] > 0))
        rows = [self._framed("OVER" if any_over else "", over_row)]
        rows += self._bars(span, bars) if self._fresh else self._no_data(bars)
        rows += [self._framed("", self._marks(span)), self._framed("", self._numbers(span))]
        return rows + self._names(span)

    def _bars(self, span: slice, bars: int) -> list[str]:
        fill = np.rint(height_of(self.meters.shown[span]) * bars * 8).astype(int)
        held = np.ceil(height_of(self.meters.held[span]) * bars).astype(int) - 1
        fill = np.where((fill == 0) & ~self.meters.dead[span], 1, fill)  # quiet still shows a foot
        labels = scale_labels(bars)
        rows = []
        for row in range(bars - 1, -1, -1):
            step = np.clip(fill - 8 * row, 0, 8)
            signs = EIGHTHS[step]
            signs = np.where((step == 0) & (held == row), HOLD, signs)
            if row == 0:
                signs = np.where(self.meters.dead[span], "░", signs)
            rows.append(self._framed(labels[row], self._cells(signs, bar=True)))
        return rows

    def _no_data(self, bars: int) -> list[str]:
        empty = [self._framed("", "")] * bars
        words = "no data"
        empty[bars // 2] = self._framed("", words.center(self._room))
        return empty

    def _cells(self, signs: Array, *, bar: bool = False) -> str:
        """One sign per input as text: bars fill their column but for a gap, marks stand at its left."""
        stride = self._stride
        if stride == 1:
            return "".join(signs.tolist())
        wide = stride - 1 if bar else 1
        return "".join(sign * wide + " " * (stride - wide) for sign in signs.tolist())

    def _framed(self, label: str, cells: str) -> str:
        left = f"{label:>{SCALE_WIDTH - 1}}│"
        if not self._two_scales:
            return left + cells
        return f"{left}{cells[: self._room]:<{self._room}}│{label:<{SCALE_WIDTH - 1}}"

    def _marks(self, span: slice) -> str:
        signs = [
            DEAD if dead and self._fresh else ARMED if track.get("armed") else UNARMED
            for track, dead in zip(self._tracks[span], self.meters.dead[span], strict=True)
        ]
        return self._cells(np.array(signs))

    def _numbers(self, span: slice) -> str:
        """Numbers of the inputs that have room; the first, every eighth, and the selected one always."""
        line = [" "] * ((span.stop - span.start) * self._stride + 3)
        every = 1 if self._stride >= 4 else 8
        wanted = [n for n in range(span.start, span.stop) if n == span.start or (n + 1) % every == 0]
        for number in [*wanted, self._chosen - 1]:
            start = (number - span.start) * self._stride
            text = str(number + 1)
            if number == self._chosen - 1:  # its neighbours' digits would read as part of it
                for x in range(max(start - 2, 0), min(start + len(text) + 1, len(line))):
                    line[x] = " "
            line[start : start + len(text)] = text
        return "".join(line).rstrip()

    def _names(self, span: slice) -> list[str]:
        count, stride = self._name_rows, self._stride
        names = [str(track.get("name") or "") for track in self._tracks[span]]
        if count == 1:
            return [self._framed("", "".join(f"{clip(name, stride - 1):<{stride}}" for name in names))]
        down = [[name[y] if y < len(name) else " " for name in names] for y in range(count)]
        return [self._framed("", self._cells(np.array(row))) for row in down]

    def render_line(self, y: int) -> Strip:
        """One row in the style of its zone; rows of marks show the selected input inverted."""
        width = self.size.width
        base = self.rich_style
        if y >= len(self._rows):
            return Strip.blank(width, base)
        text, bars = self._rows[y], self.bar_rows
        if 1 <= y <= bars:
            return self._bar_line(text, bars - y, bars).adjust_cell_length(width, base)
        if y == 0:
            strip = Strip([Segment(text, self.get_component_rich_style("bank--over"))])
            return strip.adjust_cell_length(width, base)
        return self._mark_line(text).adjust_cell_length(width, base)

    def _bar_line(self, text: str, row: int, bars: int) -> Strip:
        scale = self.get_component_rich_style("bank--scale")
        zone = self.get_component_rich_style(f"bank--{zone_of(row, bars)}")
        if not self._fresh:
            zone = scale
        end = SCALE_WIDTH + self._room
        return Strip(
            [
                Segment(text[:SCALE_WIDTH], scale),
                Segment(text[SCALE_WIDTH:end], zone),
                Segment(text[end:], scale),
            ]
        )

    def _mark_line(self, text: str) -> Strip:
        marks = self.get_component_rich_style("bank--marks")
        chosen = self.get_component_rich_style("bank--chosen")
        start = SCALE_WIDTH + (self._chosen - 1 - self._span.start) * self._stride
        end = start + max(self._stride - 1, 1)
        if self._stride == 1 and text[start : start + 1].isdigit():
            end = start + len(str(self._chosen))
        padded = text.ljust(end)
        return Strip(
            [Segment(padded[:start], marks), Segment(padded[start:end], chosen), Segment(padded[end:], marks)]
        )


def zone_of(row: int, bars: int) -> str:
    """The zone of a row counted from the bottom, by its lower edge: over from −3, hot from −12 dBFS."""
    edge = row / bars
    if edge >= height_of(-3.0) - 1e-9:
        return "over"
    return "hot" if edge >= height_of(-12.0) - 1e-9 else "ok"


def scale_labels(bars: int) -> list[str]:
    """The label of each row from the bottom: a level stands in the row that its bar's top reaches."""
    labels = [""] * bars
    for db in sorted(SCALE, key=lambda db: (db % 6 != 0, -db)):
        row = min(max(int(np.ceil(height_of(float(db)) * bars)) - 1, 0), bars - 1)
        labels[row] = labels[row] or str(db).replace("-", "−")
    return labels
