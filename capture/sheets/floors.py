"""The measured noise floor: RMS per input of the session's room tone takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from capture.journal.errors import JournalError
from capture.journal.record import TakeRecord, summary
from capture.sheets import words
from capture.sheets.chains import TakeChain, read_chain
from capture.sheets.model import Floor, FloorRow
from capture.take import Kind

JOURNALS = "*/*.take.jsonl"


@dataclass(frozen=True)
class RoomTone:
    """A room tone take and its chain."""

    record: TakeRecord
    chain: TakeChain


def of_session(folder: Path) -> list[RoomTone]:
    """The finished room tone takes of a session folder, oldest first; unreadable journals are passed over."""
    found = []
    for path in sorted(folder.glob(JOURNALS)):
        try:
            if _mentions(path):
                found.append(summary(path))
        except (JournalError, OSError):
            continue
    return from_records(found)


def _mentions(path: Path) -> bool:
    """Whether the words stand in the journal at all: cheaper than folding every take of a session."""
    words_sought = Kind.ROOM_TONE.value.encode()
    with path.open("rb") as stream:
        return any(words_sought in line for line in stream)


def from_records(records: Iterable[TakeRecord]) -> list[RoomTone]:
    """The finished room tone takes among these, oldest first."""
    tones = [r for r in records if r.kind is Kind.ROOM_TONE and r.ended]
    return [RoomTone(r, read_chain(r)) for r in sorted(tones, key=lambda r: r.started)]


def for_input(
    number: int, record: TakeRecord, chain: TakeChain, measured: Sequence[RoomTone]
) -> Floor | None:
    """The floor of an input, from the last room tone before the take, else the first after it."""
    tone = tone_for(number, record, measured)
    if tone is None:
        return None
    rms = level(tone.record, number)
    assert rms is not None
    when = words.local(tone.record.started, tone.record.utc_offset_minutes)
    return Floor(rms, tone.record.name, when, tone.chain.content([number]) == chain.content([number]))


def tone_for(number: int, record: TakeRecord, measured: Sequence[RoomTone]) -> RoomTone | None:
    """The last room tone of an input before the take, else the first after it."""
    having = [tone for tone in measured if level(tone.record, number) is not None]
    before = [tone for tone in having if tone.record.started <= record.started]
    return before[-1] if before else having[0] if having else None


def level(record: TakeRecord, number: int) -> float | None:
    """The RMS of an input in dBFS over the whole take; None where it is silent or was not recorded."""
    track = next((track.number for track in record.tracks if track.input == number), None)
    rms = next((level.rms for level in record.levels if level.track == track), None)
    return rms if rms is not None and isfinite(rms) else None


def rows(measured: Sequence[RoomTone]) -> tuple[FloorRow, ...]:
    """The newest floor of every input of a session."""
    newest: dict[int, FloorRow] = {}
    for tone in measured:
        when = words.local(tone.record.started, tone.record.utc_offset_minutes)
        for track in tone.record.tracks:
            rms = level(tone.record, track.input)
            if rms is not None:
                newest[track.input] = FloorRow(track.input, track.name, rms, tone.record.name, when)
    return tuple(newest[number] for number in sorted(newest))
