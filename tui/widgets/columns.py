"""How a bank of meters is laid out: columns per input, rows for bars and names, and the level scale."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

SCALE = (0, -3, -6, -9, -12, -18, -24, -30, -40, -50, -60)
SCALE_WIDTH = 5
TWO_SCALES = 110  # columns from which the scale stands on both sides
WIDEST, NAME_STRIDE = 16, 7
NAMED_HEIGHT = 16  # rows from which names are worth their place
_DB = np.array([-60.0, -50.0, -40.0, -30.0, -20.0, 0.0])
_HEIGHT = np.array([0.0, 7.5, 15.0, 30.0, 50.0, 100.0]) / 100


@dataclass(frozen=True)
class Columns:
    """The layout of `channels` meters in `width` × `height` cells, with `selected` (from 1) in sight."""

    width: int
    height: int
    channels: int
    named: bool
    selected: int
    spl: float | None = None  # what 0 dBFS is in dB SPL where the scale is to say that, else dBFS

    @cached_property
    def two_scales(self) -> bool:
        """Whether the scale stands on both sides."""
        return self.width >= TWO_SCALES

    @cached_property
    def room(self) -> int:
        """Columns between the scales."""
        return max(self.width - SCALE_WIDTH * (2 if self.two_scales else 1), 1)

    @cached_property
    def stride(self) -> int:
        """Columns from one input to the next."""
        return int(np.clip(self.room // max(self.channels, 1), 1, WIDEST))

    @cached_property
    def span(self) -> slice:
        """The inputs on this page: all of them, or the page that holds the selected one."""
        fit = max(self.room // self.stride, 1)
        page = (self.selected - 1) // fit if self.channels > fit else 0
        return slice(page * fit, min((page + 1) * fit, self.channels))

    @cached_property
    def name_rows(self) -> int:
        """Rows of names under the columns: none, one, or several where names have to stand upright."""
        if self.height < NAMED_HEIGHT or not self.named:
            return 0
        return 1 if self.stride >= NAME_STRIDE else min(8, self.height // 4)

    @cached_property
    def bars(self) -> int:
        """Rows that the bars take; above them the overs, below them marks, numbers and names."""
        return max(self.height - 3 - self.name_rows, 1)

    @cached_property
    def labels(self) -> list[str]:
        """The scale's label of each row of bars, from the bottom."""
        return scale_labels(self.bars, self.spl)

    @cached_property
    def zones(self) -> list[str]:
        """The zone of each row of bars, from the bottom."""
        return [zone_of(row, self.bars) for row in range(self.bars)]


def height_of(db: Any) -> Any:
    """Where a level stands on the scale, 0 to 1 for −60 to 0 dBFS: the deflection of IEC 60268-18.

    The standard's 2.5 % at −60 is 0 here, so that the scale ends where the meter does.
    """
    return np.interp(db, _DB, _HEIGHT)


def zone_of(row: int, bars: int) -> str:
    """The zone of a row counted from the bottom, by its lower edge: over from −3, hot from −12 dBFS."""
    edge = row / bars
    if edge >= height_of(-3.0) - 1e-9:
        return "over"
    return "hot" if edge >= height_of(-12.0) - 1e-9 else "ok"


def scale_labels(bars: int, spl: float | None = None) -> list[str]:
    """The label of each row from the bottom: a level stands in the row that its bar's top reaches.

    With `spl` (what 0 dBFS is in dB SPL) they are whole tens and fives of dB SPL.
    """
    labels = [""] * bars
    marks = _in_dbfs() if spl is None else _in_spl(spl)
    for db, label in marks:
        row = min(max(int(np.ceil(height_of(db) * bars)) - 1, 0), bars - 1)
        labels[row] = labels[row] or label
    return labels


def _in_dbfs() -> list[tuple[float, str]]:
    """Level and label, those that matter most first."""
    return [(float(db), str(db).replace("-", "−")) for db in sorted(SCALE, key=lambda db: (db % 6 != 0, -db))]


def _in_spl(spl: float) -> list[tuple[float, str]]:
    top = int(spl // 5) * 5
    levels = sorted(range(top, top - 60, -5), key=lambda level: (level % 10 != 0, -level))
    return [(level - spl, str(level).replace("-", "−")) for level in levels if spl - level <= 60]
