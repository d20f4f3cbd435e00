"""What a very small window shows: the most needed first, down to one row of a few cells."""

from __future__ import annotations

from tui.screens import words
from tui.screens.view import View
from tui.widgets.band import LOOKS
from tui.widgets.facts import wrapped
from tui.widgets.rows import Row, Rows, cells, packed


class Little(Rows):
    """State, clock, the key that ends or begins a take, what is wrong, the worst level, the take."""

    def update(self, view: View, seconds: float, worst: str, told: str) -> None:
        """Draw what fits; `worst` is the highest level in words, `told` a message or empty."""
        width, height = self.size
        rows = packed(_most_needed(view, seconds, width), width, height)
        if told:
            rows += [[(line, "warn")] for line in wrapped(told, max(width, 1))]
        self.show([*rows, *packed(_more(view, worst), width, height)][:height])


def _most_needed(view: View, seconds: float, width: int) -> list[Row]:
    look = LOOKS.get(view.state, LOOKS["offline"])
    said = [f"{look.shape} {look.word}", *([words.clock(seconds)] if view.take else [])]
    if cells(" ".join(said)) <= width:
        said = [" ".join(said)]
    parts: list[Row] = [[(text, "strong")] for text in said]
    if view.rolling:
        parts.append([("s", "key"), (" stops", "")])
    elif view.state == "armed":
        parts.append([("r", "key"), (" rolls", "")])
    if lost := (view.take or {}).get("lost_frames"):
        parts.append([(f"≈ {lost} frames lost", "warn")])
    return parts


def _more(view: View, worst: str) -> list[Row]:
    take = view.take
    parts: list[Row] = [[(worst, "")]]
    if take:
        parts.append([(f"{take.get('slate', '')} · take {take.get('number', '')}", "")])
    return [*parts, [("larger shows more", "dim")]]
