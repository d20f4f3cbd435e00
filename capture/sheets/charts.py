"""Small drawings as SVG: thin black lines that read on paper without colour, axes labelled with units."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor, log10
from xml.sax.saxutils import escape

from capture.sheets import words
from capture.sheets.model import AirCurve, AirPoint, WaveTrack

INK = "#1a1a1a"
QUIET = "#6b6b6b"
RULE = "#c9c9c9"
BAND = "#ececec"
WIDTH = 480.0
PANEL = 58.0
LEFT, RIGHT, BOTTOM = 46.0, 8.0, 15.0
NUMBERS = 13.0  # the row of take numbers above the panels
DASHES = ("", "4 2", "1.2 1.6", "6 2 1.2 2")
FLOOR_DB = 60.0
BREAK_SECONDS = 60.0  # a longer silence of the sensor is not drawn as if the air had been watched


@dataclass(frozen=True)
class Span:
    """A take on the time axis, in seconds."""

    label: str
    start: float
    end: float


def air_chart(
    curves: Sequence[AirCurve],
    start: float,
    end: float,
    tick: Callable[[float], str],
    spans: Sequence[Span] = (),
) -> str:
    """One panel per quantity over a common time axis in seconds; `tick` writes a time on it."""
    quantities = list(dict.fromkeys(curve.quantity for curve in curves if curve.points))
    end = max(end, start + 1.0)
    top = NUMBERS if spans else 0.0
    height = top + PANEL * len(quantities) + BOTTOM
    plot = _Plot(start, end, height)
    parts = [plot.bands(spans)]
    for place, quantity in enumerate(quantities):
        same = [curve for curve in curves if curve.quantity == quantity and curve.points]
        parts.append(plot.panel(top + PANEL * place, same))
    parts.append(plot.axis(tick))
    return _svg(WIDTH, height, "".join(parts))


@dataclass(frozen=True)
class _Plot:
    start: float
    end: float
    height: float

    def x(self, seconds: float) -> float:
        inside = min(max(seconds, self.start), self.end)
        return LEFT + (inside - self.start) / (self.end - self.start) * (WIDTH - LEFT - RIGHT)

    def bands(self, spans: Sequence[Span]) -> str:
        drawn, last = [], -1e9
        for span in spans:
            left, right = self.x(span.start), self.x(span.end)
            drawn.append(
                _rect(left, NUMBERS - 2, max(right - left, 0.8), self.height - NUMBERS - BOTTOM + 2, BAND)
            )
            middle = (left + right) / 2
            if middle - last > 3.6 * len(span.label) + 3:
                drawn.append(_text(middle, NUMBERS - 4.5, span.label, "middle", 6.5))
                last = middle
        return "".join(drawn)

    def panel(self, top: float, curves: Sequence[AirCurve]) -> str:
        values = [point.value for curve in curves for point in curve.points]
        low, high, step = nice(min(values), max(values), 3)
        bottom, inner = top + PANEL - 6, PANEL - 18

        def y(value: float) -> float:
            return bottom - (value - low) / (high - low) * inner

        parts = []
        places = max(0, ceil(-log10(step) - 1e-9))
        for number in range(round((high - low) / step) + 1):
            value = low + number * step
            parts.append(_line(LEFT, y(value), WIDTH - RIGHT, y(value), RULE, 0.35))
            parts.append(_text(LEFT - 4, y(value) + 2.2, words.signed(value, places), "end", 6.8))
        name = f"{words.quantity(curves[0].quantity)}, {curves[0].unit}"
        parts.append(_text(LEFT + 3, top + 4.5, name, "start", 7.2, INK))
        for curve, dash in zip(curves, DASHES * len(curves), strict=False):
            parts.append(self._bridge(curve.points, y))
            parts += [self._curve(run, y, dash) for run in runs(curve.points)]
        return "".join(parts)

    def _bridge(self, points: Sequence[AirPoint], y: Callable[[float], float]) -> str:
        """A dotted line over the whole curve: it shows where solid stretches leave the air unwatched."""
        spots = _thin([(self.x(p.seconds), y(p.value)) for p in points])
        path = " ".join(f"{_n(x)},{_n(v)}" for x, v in spots)
        style = f'fill="none" stroke="{QUIET}" stroke-width="0.6" stroke-dasharray="0.8 1.8"'
        return f'<polyline points="{path}" {style}/>'

    def _curve(self, points: Sequence[AirPoint], y: Callable[[float], float], dash: str) -> str:
        spots = _thin([(self.x(point.seconds), y(point.value)) for point in points])
        if len(spots) == 1:
            return f'<circle cx="{_n(spots[0][0])}" cy="{_n(spots[0][1])}" r="1.4" fill="{INK}"/>'
        if spots[-1][0] - spots[0][0] < 1.5:
            spots = [(spots[0][0] - 0.75, spots[0][1]), *spots, (spots[-1][0] + 0.75, spots[-1][1])]
        path = " ".join(f"{_n(x)},{_n(v)}" for x, v in spots)
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        return f'<polyline points="{path}" fill="none" stroke="{INK}" stroke-width="0.9"{dashed}/>'

    def axis(self, tick: Callable[[float], str]) -> str:
        bottom = self.height - BOTTOM
        parts = [_line(LEFT, bottom, WIDTH - RIGHT, bottom, INK, 0.5)]
        step = time_step((self.end - self.start) / 6)
        first = ceil(self.start / step) * step
        number = 0
        while (at := first + number * step) <= self.end + 1e-9:
            x = self.x(at)
            parts.append(_line(x, bottom, x, bottom + 2.5, INK, 0.5))
            anchor = "start" if x < LEFT + 12 else "end" if x > WIDTH - RIGHT - 12 else "middle"
            parts.append(_text(x, bottom + 9.5, tick(at), anchor, 6.8))
            number += 1
        return "".join(parts)


def wave_strip(track: WaveTrack, width: float = 132.0, height: float = 17.0) -> str:
    """The envelope of one track, height in dB: middle line −60 dBFS and below, edge 0 dBFS."""
    middle = height / 2
    step = width / max(1, len(track.low))
    above = [(n * step + step / 2, middle - _tall(v, 1) * middle) for n, v in enumerate(track.high)]
    below = [(n * step + step / 2, middle + _tall(v, -1) * middle) for n, v in enumerate(track.low)]
    outline = " ".join(f"{_n(x)},{_n(y)}" for x, y in [*above, *reversed(below)])
    frame = _line(0, middle, width, middle, QUIET, 0.3)
    return _svg(
        width, height, f'{frame}<polygon points="{outline}" fill="{INK}" stroke="{INK}" stroke-width="0.25"/>'
    )


def _tall(value: float, side: int) -> float:
    size = value * side
    return max(0.0, 1 + 20 * log10(size) / FLOOR_DB) if size > 1e-9 else 0.0


def nice(low: float, high: float, ticks: int) -> tuple[float, float, float]:
    """The smallest range on round steps (1, 2, 5 × 10ⁿ) around `low` to `high`: (low, high, step)."""
    if high - low < 1.0:
        middle = (low + high) / 2
        low, high = middle - 0.5, middle + 0.5  # so that a steady air looks steady
    rough = (high - low) / ticks
    power = 10 ** floor(log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    bottom = floor(low / step + 1e-9) * step
    top = ceil(high / step - 1e-9) * step
    return bottom, max(top, bottom + step), step


def time_step(seconds: float) -> float:
    """The round number of seconds, minutes or hours next above `seconds`."""
    steps = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)
    return float(next((step for step in steps if step >= seconds), 86400 * ceil(seconds / 86400)))


def runs(points: Sequence[AirPoint]) -> list[list[AirPoint]]:
    """Points cut where the sensor was silent for longer than a minute or five times its usual pause."""
    pauses = sorted(b.seconds - a.seconds for a, b in pairwise(points))
    usual = pauses[len(pauses) // 2] if pauses else 0.0
    limit = max(BREAK_SECONDS, 5 * usual)
    found: list[list[AirPoint]] = []
    for point in points:
        if found and point.seconds - found[-1][-1].seconds <= limit:
            found[-1].append(point)
        else:
            found.append([point])
    return found


def _thin(spots: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """At most four spots per half unit of width: first, lowest, highest and last of each."""
    kept: list[tuple[float, float]] = []
    group: list[tuple[float, float]] = []
    for spot in [*spots, (1e9, 0.0)]:
        if group and int(spot[0] * 2) != int(group[0][0] * 2):
            ends = {group[0], group[-1], min(group, key=lambda s: s[1]), max(group, key=lambda s: s[1])}
            kept += [one for one in dict.fromkeys(group) if one in ends]
            group = []
        group.append(spot)
    return kept


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float) -> str:
    ends = f'x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}"'
    return f'<line {ends} stroke="{colour}" stroke-width="{width}"/>'


def _rect(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" fill="{colour}"/>'


def _text(x: float, y: float, text: str, anchor: str, size: float, colour: str = QUIET) -> str:
    return (
        f'<text x="{_n(x)}" y="{_n(y)}" text-anchor="{anchor}" font-size="{size}" fill="{colour}" '
        f'font-family="Libertinus Serif">{escape(words.visible(text))}</text>'
    )


def _svg(width: float, height: float, inside: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(width)} {_n(height)}" '
        f'width="{_n(width)}" height="{_n(height)}">{inside}</svg>'
    )
