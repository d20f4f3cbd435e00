"""Screens as text: rows of the present screen, and goldens of them that a person can read in a review."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

from textual.app import App

WAIT_SECONDS = 10.0


def rows(app: App[Any]) -> list[str]:
    """The screen as plain rows, from Textual's public export."""
    svg = app.export_screenshot(simplify=True)
    texts = re.findall(
        r'<text class="[^"]*" x="([\d.]+)" y="([\d.]+)" textLength="([\d.]+)"[^>]*>([^<]*)</text>', svg
    )
    width, height = app.size
    lines = [[" "] * width for _ in range(height)]
    ys = sorted({float(y) for _, y, _, _ in texts})
    line_height = _line_height(svg)
    for x, y, _, text in texts:
        row = round((float(y) - ys[0]) / line_height) if ys else 0
        column = round(float(x) / 12.2)
        for offset, sign in enumerate(unescape(text).replace("\xa0", " ")):
            if 0 <= row < height and column + offset < width:
                lines[row][column + offset] = sign
    return ["".join(line).rstrip() for line in lines]


def _line_height(svg: str) -> float:
    found = re.search(r"line-height: ([\d.]+)px", svg)
    return float(found[1]) if found else 24.4


async def until(pilot: Any, true: Callable[[], object], what: str) -> None:
    """Let the screen go on until `true()`; fails after some seconds with `what` and the screen."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError(f"never: {what}\n" + "\n".join(rows(pilot.app)))
        await asyncio.sleep(0.002)
    await pilot.pause()


def golden(app: App[Any], path: Path) -> None:
    """Compare the screen with a text file; GOLDEN_UPDATE=1 writes it instead."""
    now = "\n".join(rows(app)) + "\n"
    if os.environ.get("GOLDEN_UPDATE"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(now)
    assert now == path.read_text(), f"{path.name} differs; GOLDEN_UPDATE=1 writes it anew"
