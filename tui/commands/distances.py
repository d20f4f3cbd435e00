"""Distances and arrival times as `show` and `chain show` say them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING

from tui.commands.common import Json

if TYPE_CHECKING:
    from capture.chain import Patch
    from capture.rooms.air import RoomAir


def distances(patch: Patch, inputs: Iterable[int], room: RoomAir) -> Json:
    """The distances among these inputs' sources and microphones in this air, also in words."""
    from capture.rooms.distances import geometry, words

    values = {n: {suffix: field.value for suffix, field in patch.of_input(n).items()} for n in inputs}
    figures = room.figures()
    found = geometry(values, figures)
    lines = words(found)
    if lines and figures.speed is None:
        why = dict(figures.missing).get("speed of sound", "")
        lines.append(f"arrival times are not computed: {why}")
    return {
        "speed_of_sound_m_s": figures.speed,
        "speed_of_sound_pm": figures.speed_pm,
        "assumed": list(figures.assumed),
        "sources": [asdict(row) for row in found.sources],
        "microphones": [asdict(row) for row in found.microphones],
        "later": [asdict(row) for row in found.later],
        "words": lines,
    }
