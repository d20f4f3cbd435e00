"""The top band: what the station is doing, for how long and in which take, to be read from two metres."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tui.screens import words
from tui.screens.view import View
from tui.widgets import letters
from tui.widgets.rows import Row, Rows, Span, cells, spread


@dataclass(frozen=True)
class Look:
    """How a state is said: its shape, its word, the short word that is drawn large, and its style."""

    shape: str
    word: str
    large: str
    css: str


LOOKS = {
    "idle": Look("■", "READY", "READY", "-idle"),
    "armed": Look("●", "ARMED", "ARMED", "-armed"),
    "rolling": Look("⏺", "ROLLING", "ROLLING", "-rolling"),
    "closing": Look("◌", "CLOSING", "CLOSING", "-closing"),
    "lost": Look("✖", "DEVICE LOST", "LOST", "-lost"),
    "offline": Look("…", "CONNECTING", "", "-offline"),
}


class Band(Rows):
    """Two heights: one row of text under letters of three (or, where there is room, five) rows."""

    _view: View | None = None
    _shown: tuple[object, ...] = ()

    def update(self, view: View, seconds: float, *, clients: int = 0) -> None:
        """Draw the state, the clock and the take."""
        shown = (int(seconds * 10 + 1e-6), clients, self.size)
        if view is self._view and shown == self._shown:
            return
        self._view, self._shown = view, shown
        look = LOOKS.get(view.state, LOOKS["offline"])
        for other in LOOKS.values():
            self.set_class(other.css == look.css, other.css)
        width, height = self.size
        rows = _large(look, view, seconds, width, height - 1) if height > 1 else []
        self.show([*rows, _text(look, view, seconds, clients, width)])

    @property
    def state_shown(self) -> str:
        """The class of the state on show; for tests of what the eye gets beside words."""
        return next((look.css for look in LOOKS.values() if self.has_class(look.css)), "")


def _large(look: Look, view: View, seconds: float, width: int, height: int) -> list[list[Span]]:
    time = words.clock(seconds, hours=False) if view.take else ""
    for scale, shape in ((2, True), (2, False), (1, True), (1, False)):
        if height < (5 if scale == 2 else 3):
            continue
        word = f"{look.shape if shape else ''} {look.large}".strip()
        needed = letters.width(word, scale) + (letters.width(time, scale) + 4 if time else 0) + 3
        if needed <= width:
            left, right = letters.drawn(word, scale), letters.drawn(time, scale) if time else []
            padded = right or [""] * len(left)
            drawn = [
                spread([(f"  {a}", "")], [(f"{b} ", "")], width) for a, b in zip(left, padded, strict=True)
            ]
            return [*drawn, *([] for _ in range(height - len(drawn)))]
    return [[] for _ in range(height)]


def _text(look: Look, view: View, seconds: float, clients: int, width: int) -> list[Span]:
    left: list[Span] = [(f" {look.shape} {look.word}", "strong")]
    if view.take:
        left.append((f"  {words.clock(seconds)}", ""))
    left += [("   ", ""), *_take(view)]
    right = " · ".join(part for part in _right(view, clients) if part)
    if sum(cells(text) for text, _ in left) + cells(right) + 2 > width:
        right = _next(view)
    return spread(left, [(f"{right} ", "")], width)


def _take(view: View) -> Row:
    take = view.take
    if take:
        kind = take.get("kind")
        kind_words = f" · {kind}" if kind and kind != "take" else ""
        lost = f"  ≈ {take['lost_frames']} frames lost" if take.get("lost_frames") else ""
        left = view.post_roll_left
        ends = "" if left is None else f"  ends in {math.ceil(left)} s · r carries on"
        named = f"{take.get('slate', '')} · take {take.get('number', '')}{kind_words}"
        return [(f"{named}{lost}{ends}", "strong")]
    if following := view.status.get("next"):
        slate = following.get("slate") or view.setup.get("slate", "")
        return [(f"{slate} · next take {following.get('number', '')}", "strong")]
    return []


def _next(view: View) -> str:
    following = view.status.get("next")
    return f"next {following.get('number')}" if view.take and following else ""


def _pre_roll(view: View) -> str:
    """The seconds before Record that the take has, or that one would have now: `pre 10 s`, `pre 4/10 s`."""
    if view.take:
        got = view.take.get("pre_roll")
        return f"pre {got:.3g} s" if isinstance(got, int | float) and got else ""
    held, granted = (float((view.status.get("pre_roll") or {}).get(n) or 0) for n in ("held", "granted"))
    if not granted or view.state != "armed":
        return ""
    return f"pre {granted:.3g} s" if held >= granted else f"pre {int(held)}/{granted:.3g} s"


def _right(view: View, clients: int) -> list[str]:
    disks = view.status.get("disks") or [view.status.get("disk") or {}]
    left = [disk["seconds_left"] for disk in disks if disk.get("seconds_left") is not None]
    return [
        _next(view),
        _pre_roll(view),
        f"disk {words.left(min(left, default=None))}" if disks[0] else "",
        f"⇄ {clients}" if clients > 1 else "",
    ]
