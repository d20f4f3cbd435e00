"""What a take is: kind, verdict, condition, its states, its tracks, gaps and markers.

The table of states is the only place that knows which order may follow which; an order that cannot
happen is an error (`OrderRefused`), never an `if` somewhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from capture.errors import NothingRecorded, UsageError


class Kind(StrEnum):
    """What the take was made for."""

    TAKE = "take"
    PICK_UP = "pick-up"
    WILD = "wild"
    ROOM_TONE = "room tone"
    REHEARSAL = "rehearsal"
    FALSE_START = "false start"
    LINE_UP = "line-up"
    CALIBRATION = "calibration"


class Verdict(StrEnum):
    """What people think of it."""

    NONE = "none"
    HOLD = "hold"
    CIRCLED = "circled"
    NO_GOOD = "no good"


class Condition(StrEnum):
    """What became of its samples."""

    CLEAN = "clean"
    GAP = "gap"
    LOST_DEVICE = "lost device"
    RECOVERED = "recovered"


class Origin(StrEnum):
    """Where an interface's samples come from, as far as the system tells."""

    PHYSICAL = "physical"
    SOFTWARE = "software"
    LOOPBACK = "loopback"
    MONITOR = "monitor"
    SIMULATED = "simulated"
    UNKNOWN = "unknown"

    @property
    def mark(self) -> str:
        """What lists write beside what did not come from physical inputs; empty for what did."""
        return {"physical": "", "unknown": "origin unknown"}.get(self.value, self.value)

    @property
    def said(self) -> str:
        """What is said of sound of this origin, in a sentence."""
        return {
            Origin.PHYSICAL: "its sound came from physical inputs, as far as the system tells",
            Origin.SOFTWARE: "its sound came from another program, not from a physical input",
            Origin.LOOPBACK: "its sound came out of this computer, not from a physical input (loopback)",
            Origin.MONITOR: "its sound is what the computer was playing, not a physical input (monitor)",
            Origin.SIMULATED: "its sound is simulated, not recorded",
            Origin.UNKNOWN: "whether its sound came from physical inputs is not known: nothing tells",
        }[self]


class State(StrEnum):
    """What the station is doing."""

    IDLE = "idle"
    ARMED = "armed"
    ROLLING = "rolling"
    CLOSING = "closing"
    LOST = "lost"


TRANSITIONS: dict[tuple[State, str], State] = {
    (State.IDLE, "arm"): State.ARMED,
    (State.ARMED, "arm"): State.ARMED,
    (State.ARMED, "disarm"): State.IDLE,
    (State.ARMED, "roll"): State.ROLLING,
    (State.ROLLING, "stop"): State.CLOSING,
    (State.ROLLING, "resume"): State.ROLLING,
    (State.ROLLING, "lose"): State.LOST,
    (State.ARMED, "lose"): State.LOST,
    (State.IDLE, "lose"): State.LOST,
    (State.CLOSING, "done"): State.ARMED,
    (State.CLOSING, "lose"): State.LOST,
    (State.LOST, "arm"): State.ARMED,
    (State.LOST, "disarm"): State.IDLE,
    (State.LOST, "resume"): State.ROLLING,
}


class OrderRefused(NothingRecorded):
    """The order makes no sense in the present state."""

    code = "refused"


def follow(state: State, order: str) -> State:
    """The state after `order`; raises OrderRefused when it cannot happen now."""
    try:
        return TRANSITIONS[state, order]
    except KeyError:
        hint = {
            "roll": "choose an interface and arm at least one input first" if state is State.IDLE else "",
            "stop": "nothing is rolling",
        }.get(order, "")
        raise OrderRefused(f"cannot {order} while {state.value}", hint) from None


@dataclass(frozen=True)
class Track:
    """One recorded input: `number` in the take (from 1), interface `input` (from 1), place in the files."""

    number: int
    input: int
    name: str
    file: int  # index into the take's list of files of one part
    channel: int  # channel inside that file, from 0


@dataclass(frozen=True)
class Gap:
    """A lost stretch: frames on the take's timeline, each with its uncertainty (±, frames)."""

    first: int
    frames: int
    first_pm: int
    frames_pm: int
    cause: str
    filled: bool  # True: the stretch is digital silence in the file; False: nothing was written


def cut_gaps(gaps: Iterable[Gap], end: int) -> list[Gap]:
    """The gaps as far as they lie before frame `end`."""
    return [
        gap if gap.first + gap.frames <= end else replace(gap, frames=end - gap.first)
        for gap in gaps
        if gap.first < end
    ]


def with_gap(gaps: Sequence[Gap], gap: Gap) -> list[Gap]:
    """The gaps and one more; silence known to the frame that goes straight on, for the same cause, is one."""
    last = gaps[-1] if gaps else None
    if (
        last is not None
        and gap.filled
        and gap.first_pm == gap.frames_pm == 0
        and (last.first + last.frames, last.cause, last.filled) == (gap.first, gap.cause, True)
    ):
        return [*gaps[:-1], replace(last, frames=last.frames + gap.frames)]
    return [*gaps, gap]


@dataclass(frozen=True)
class Marker:
    """A mark at a frame of the take's timeline; `id` counts from 1 within the take."""

    id: int
    frame: int
    text: str


def parse_inputs(text: str, available: int | None = None) -> list[int]:
    """Interface inputs named as `1-8,11`, in the order given, without repeats.

    Raises UsageError for anything else, for 0, and for inputs the interface does not have.
    """
    chosen: list[int] = []
    for part in text.replace(" ", "").split(","):
        found = re.fullmatch(r"(\d{1,4})(?:-(\d{1,4}))?", part)
        if not found:
            raise UsageError(f"inputs {text!r}: {part!r} is not an input", "write them like 1-8,11")
        first, last = int(found[1]), int(found[2] or found[1])
        if first < 1 or last < first:
            raise UsageError(f"inputs {text!r}: {part!r} counts backwards or from 0", "inputs count from 1")
        chosen += [n for n in range(first, last + 1) if n not in chosen]
    if available is not None and max(chosen) > available:
        raise UsageError(
            f"input {max(chosen)} does not exist: the interface has {available} inputs",
            f"choose from 1-{available}",
        )
    return chosen


def format_inputs(inputs: list[int]) -> str:
    """The shortest text that `parse_inputs` reads back as the same list."""
    runs: list[list[int]] = []
    for number in inputs:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ",".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
