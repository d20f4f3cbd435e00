"""The takes of the slate, newest at the bottom, with the rolling one below them."""

from __future__ import annotations

from tui.screens import words
from tui.screens.view import Json, View, count
from tui.widgets.rows import Row, Rows, Span, fit

VERDICTS = {"circled": "◎ circled", "no good": "✗ no good", "hold": "◇ hold", "none": ""}
CONDITIONS = {"clean": "", "gap": "≈ gap", "lost device": "✖ lost device", "recovered": "↻ recovered"}
SHORT_ORIGINS = {
    "simulated": "sim",
    "software": "soft",
    "loopback": "loop",
    "monitor": "mon",
    "unknown": "origin?",
}
WIDE = 120  # columns from which there is room for whole words
_STYLES = {"circled": "strong", "no good": "dim"}


class Takes(Rows):
    """A row per take: number, length, verdict, kind, condition, what it covers, note."""

    def update(self, view: View) -> None:
        """Draw as many of the newest takes as fit, or the stretch that holds the chosen one."""
        height, width = self.size.height, self.size.width
        takes = view.takes
        header = height >= 6
        room = max(height - header - (1 if view.take else 0), 1)
        end = _end(takes, view.chosen_take, room)
        subject = (view.subject or {}).get("uuid")
        rows: list[Row] = [_header(width)] if header else []
        rows += [
            _row(t, chosen=t.get("uuid") == subject, width=width) for t in takes[max(end - room, 0) : end]
        ]
        if not takes and not view.take and view.connected and view.interface:
            rows.append([("   no takes on this slate yet", "dim")])
        if view.take:
            rows.append(_row(view.take, chosen=view.rolling, width=width, rolling=True))
        self.show(rows)


def _end(takes: list[Json], chosen: str | None, room: int) -> int:
    index = next((i for i, take in enumerate(takes) if take.get("uuid") == chosen), None)
    return len(takes) if index is None else max(min(index + 1 + room // 2, len(takes)), min(room, len(takes)))


def _columns(width: int) -> tuple[int, int, int, int]:
    """Widths of verdict, kind, condition and covers; the note takes the rest."""
    return (11, 12, 14, 24) if width >= WIDE else (10, 11, 11, 12)


def _header(width: int) -> Row:
    verdict, kind, condition, covers = _columns(width)
    titles = (("take", 8), ("length", 9), ("verdict", verdict), ("kind", kind))
    more = (("condition", condition), ("covers", covers), ("notes", 0))
    return [("   " + "".join(fit(t, w) if w else t for t, w in titles + more), "dim")]


def _row(take: Json, *, chosen: bool, width: int, rolling: bool = False) -> Row:
    wide = _columns(width)
    verdict = str(take.get("verdict") or "none")
    kind = str(take.get("kind") or "take")
    condition = (
        "⏺ rolling" if rolling else CONDITIONS.get(str(take.get("condition")), str(take.get("condition")))
    )
    if take.get("lost_frames") and rolling:
        condition = "≈ gap"
    elif take.get("discarded"):
        condition = "discarded"
    elif take.get("waits_for_key"):
        condition = f"waits for key {condition}".rstrip()
    elif take.get("mirror_lost") and not condition:
        condition = "mirror lost"
    cells = [
        fit(f"{take.get('number', '')}", 8),
        fit("" if rolling else words.length(float(take.get("seconds") or 0)), 9),
        fit(VERDICTS.get(verdict, verdict), wide[0]),
        fit("" if kind == "take" else kind, wide[1]),
    ]
    spans: list[Span] = [
        (" ▸ " if chosen else "   ", "mark"),
        ("".join(cells), "chosen" if chosen else _STYLES.get(verdict, "")),
        (fit(condition, wide[2]), "warn" if condition and not rolling else "rolling" if rolling else ""),
        (fit(str(take.get("covers") or ""), wide[3]), ""),
        *_origin(take, width),
        (_notes(take), "dim"),
    ]
    return spans


def _origin(take: Json, width: int) -> list[Span]:
    """What a take says whose sound did not come from physical inputs; an older station tells nothing."""
    origin = str(take.get("origin") or "physical")
    mark = words.origin(origin) if width >= WIDE else SHORT_ORIGINS.get(origin, "")
    return [(f"{mark}  ", "warn")] if mark else []


def _notes(take: Json) -> str:
    marks = count(take.get("markers"))
    said = [f"{marks} mark{'s' if marks != 1 else ''}"] if marks else []
    said += [str(take["signals"])] if isinstance(take.get("signals"), str) and take["signals"] else []
    note = take.get("note") or _last_note(take.get("notes"))
    return " · ".join([str(note), *said] if note else said)


def _last_note(notes: object) -> str:
    if isinstance(notes, list) and notes:
        last = notes[-1]
        return str(last.get("text", "")) if isinstance(last, dict) else str(last)
    return ""
