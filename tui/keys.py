"""Every key of the recording screen, once: bindings, footer, help page and manual come from this table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tui.screens.view import View

When = Callable[[View], bool]


@dataclass(frozen=True)
class Action:
    """One thing a person can do: `id` names the handler, `when` says whether it is possible now."""

    id: str
    keys: tuple[str, ...]
    shown: str
    label: str
    help: str
    group: str
    when: When
    rank: int = 0  # place in the footer, lowest first; 0 keeps it to the help page
    why_not: str = ""  # said when the key is pressed and it is not possible; empty: the key does nothing


def _online(view: View) -> bool:
    return view.connected


def _always(view: View) -> bool:
    return True


def _rolling(view: View) -> bool:
    return view.rolling


def _ready(view: View) -> bool:
    return view.state == "armed"


def _can_roll(view: View) -> bool:
    return _ready(view) or view.post_roll_left is not None


def _waiting(view: View) -> bool:
    return view.connected and not view.rolling and view.state != "closing"


def _has_take(view: View) -> bool:
    return view.subject is not None


def _has_track(view: View) -> bool:
    return view.track is not None


def _has_mark(view: View) -> bool:
    return view.rolling and bool(view.markers)


def _carried(view: View) -> bool:
    return view.carried


def _warned(view: View) -> bool:
    return bool(view.warnings)


_NO_TAKE = "there is no take yet · r rolls one"
_NO_TRACK = "no interface is chosen · S opens the Set-up page"
_NOT_ROLLING = "marks belong to a rolling take · r rolls one"

ACTIONS: tuple[Action, ...] = (
    Action(
        "roll",
        ("r",),
        "r",
        "Roll",
        "Begin the next take; in the post-roll of one, carry that on",
        "Take",
        _can_roll,
        1,
    ),
    Action("stop", ("s",), "s", "Stop", "End the rolling take and seal it", "Take", _rolling, 1),
    Action(
        "room_tone",
        ("o",),
        "o",
        "Room tone",
        "Roll a take of kind room tone; it measures the noise floor",
        "Take",
        _ready,
        12,
        "arm an input first: a arms the selected one, A all",
    ),
    Action(
        "slate", ("n",), "n", "Slate", "Begin a slate, or go on with one that exists", "Take", _waiting, 7
    ),
    Action(
        "mark",
        ("m",),
        "m",
        "Mark",
        "Set a mark at the frame of this key press",
        "Marks",
        _rolling,
        2,
        _NOT_ROLLING,
    ),
    Action(
        "name_mark",
        ("enter",),
        "Enter",
        "Name mark",
        "Write words to the last mark; a number in the last label counts up",
        "Marks",
        _has_mark,
        3,
    ),
    Action(
        "strike_mark",
        ("M", "backspace"),
        "M",
        "Strike mark",
        "Strike the last mark (Backspace does it too)",
        "Marks",
        _has_mark,
        11,
        _NOT_ROLLING,
    ),
    Action(
        "circle",
        ("c",),
        "c",
        "Circle",
        "Circle the take; once more takes it back",
        "Verdict",
        _has_take,
        4,
        _NO_TAKE,
    ),
    Action(
        "no_good",
        ("x",),
        "x",
        "No good",
        "Mark the take no good; once more takes it back",
        "Verdict",
        _has_take,
        5,
        _NO_TAKE,
    ),
    Action(
        "hold",
        ("h",),
        "h",
        "Hold",
        "Hold the take; once more takes it back",
        "Verdict",
        _has_take,
        13,
        _NO_TAKE,
    ),
    Action("note", ("t",), "t", "Note", "Write a note on the take", "About the take", _has_take, 6, _NO_TAKE),
    Action(
        "kind",
        ("k",),
        "k",
        "Kind",
        "Take, pick-up, wild, room tone, rehearsal, false start…",
        "About the take",
        _has_take,
        14,
        _NO_TAKE,
    ),
    Action(
        "covers",
        ("v",),
        "v",
        "Covers",
        "What it covers: bars 45–78, verse 2",
        "About the take",
        _has_take,
        15,
        _NO_TAKE,
    ),
    Action(
        "move",
        ("L",),
        "L",
        "To slate",
        "Move the take to another slate; its files keep their names",
        "About the take",
        _has_take,
        0,
        _NO_TAKE,
    ),
    Action("undo", ("u",), "u", "Undo", "Take back the last edit", "About the take", _online, 16),
    Action(
        "path",
        ("p",),
        "p",
        "Path",
        "Show where the take lies and copy that path",
        "About the take",
        _online,
        17,
    ),
    Action("arm", ("a",), "a", "Arm", "Arm or disarm the selected input", "Inputs", _has_track, 8, _NO_TRACK),
    Action(
        "arm_all",
        ("A",),
        "A",
        "All",
        "Arm all inputs; once more disarms them",
        "Inputs",
        _has_track,
        18,
        _NO_TRACK,
    ),
    Action("name_track", ("R",), "R", "Name", "Name the selected input", "Inputs", _has_track, 19, _NO_TRACK),
    Action(
        "names",
        ("g",),
        "g",
        "Names",
        "Paste the names of all inputs in one line",
        "Inputs",
        _has_track,
        20,
        _NO_TRACK,
    ),
    Action(
        "chain",
        ("e",),
        "e",
        "Chain",
        "Write the chain of the selected input, or of a range: 5-8: …",
        "Chain",
        _has_track,
        9,
        _NO_TRACK,
    ),
    Action(
        "gain_up",
        ("plus",),
        "+",
        "1 dB",
        "Preamp gain of the selected input up by 1 dB",
        "Chain",
        _has_track,
        0,
        _NO_TRACK,
    ),
    Action(
        "gain_down",
        ("minus",),
        "-",
        "1 dB",
        "Preamp gain of the selected input down by 1 dB",
        "Chain",
        _has_track,
        0,
        _NO_TRACK,
    ),
    Action(
        "confirm",
        ("y",),
        "y",
        "Confirm chain",
        "Confirm the chain that was carried over from earlier",
        "Chain",
        _carried,
        10,
        "nothing is carried over: the chain stands as it was declared here",
    ),
    Action(
        "copy_chain",
        ("C",),
        "C",
        "Copy chain",
        "Copy another input's chain; or take over those of a template, session or take",
        "Chain",
        _has_track,
        0,
        _NO_TRACK,
    ),
    Action(
        "link",
        ("l",),
        "l",
        "Pair",
        "Make the selected input and the next one a stereo pair; once more lets it go",
        "Chain",
        _has_track,
        0,
        _NO_TRACK,
    ),
    Action(
        "changes",
        ("D",),
        "D",
        "Changes",
        "Say what changed in the chains since the last take",
        "Chain",
        _has_track,
        0,
        _NO_TRACK,
    ),
    Action(
        "room", ("O",), "O", "Room", "How the room stands: Live Room: dry", "Chain", _has_track, 0, _NO_TRACK
    ),
    Action("people", ("P",), "P", "People", "Who is here: engineer Kari, artist Anna", "Session", _online, 0),
    Action(
        "seen",
        ("w",),
        "w",
        "Seen",
        "Acknowledge the warning; the next one shows",
        "Session",
        _warned,
        3,
        "nothing is wrong",
    ),
    Action(
        "clear", ("0",), "0", "Clear overs", "Clear overs and holds of all meters", "Session", _always, 21
    ),
    Action(
        "setup",
        ("S", "f2"),
        "S",
        "Set-up",
        "Interface, rate, inputs, project, session, sensor, air (also F2)",
        "Session",
        _online,
        22,
    ),
    Action(
        "scale",
        ("d",),
        "d",
        "dB SPL",
        "Meters in dB SPL as the selected input has it, or in dBFS again",
        "Look",
        _has_track,
        0,
        _NO_TRACK,
    ),
    Action("input_left", ("left",), "←", "Input", "Select the input to the left", "Look", _has_track),
    Action("input_right", ("right",), "→", "Input", "Select the input to the right", "Look", _has_track),
    Action("input_back", ("pageup",), "PgUp", "8 inputs", "Select eight inputs back", "Look", _has_track),
    Action("input_on", ("pagedown",), "PgDn", "8 inputs", "Select eight inputs on", "Look", _has_track),
    Action("take_up", ("up",), "↑", "Take", "Choose the take before", "Look", _has_take),
    Action("take_down", ("down",), "↓", "Take", "Choose the take after", "Look", _has_take),
    Action(
        "escape", ("escape",), "Esc", "Back", "Let go of the chosen take, clear the message", "Look", _always
    ),
    Action("help", ("question_mark", "f1"), "?", "Help", "All keys (also F1)", "Session", _always, 23),
    Action(
        "aside",
        ("ctrl+z",),
        "Ctrl-Z",
        "Aside",
        "Back to the shell until `fg`; what rolls rolls on",
        "Session",
        _always,
    ),
    Action(
        "quit", ("q",), "q", "Quit", "Leave the screen; while rolling it asks first", "Session", _always, 24
    ),
)

BY_ID = {action.id: action for action in ACTIONS}


def possible(view: View) -> list[Action]:
    """The footer's actions that can be done now, the most needed first."""
    return sorted((a for a in ACTIONS if a.rank and a.when(view)), key=lambda a: a.rank)


def groups() -> dict[str, list[Action]]:
    """All actions by group, in the table's order: the help page and the manual."""
    found: dict[str, list[Action]] = {}
    for action in ACTIONS:
        found.setdefault(action.group, []).append(action)
    return found


def markdown() -> str:
    """The table of keys as it stands in the manual."""
    rows = ["| key | does | |", "|---|---|---|"]
    for name, actions in groups().items():
        rows += [f"| `{a.shown}` | {a.help} | {name} |" for a in actions]
    return "\n".join(rows)
