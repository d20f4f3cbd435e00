"""A take as JSON and as lines, read from its folder; the same for `record`, `show` and `takes`."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from capture.clock import utc_text
from capture.journal.beside import beside, place_of
from tui.commands.common import Json, duration

if TYPE_CHECKING:
    from capture.journal.record import TakeRecord


def take_facts(record: TakeRecord, hashed: bool) -> Json:
    """What the manual promises of a take; `hashed` reads every file whole for its SHA-256."""
    return {
        "take": record.take,
        "name": record.name,
        "project": record.project,
        "session": record.session,
        "slate": record.slate,
        "number": record.number,
        "kind": record.kind.value,
        "verdict": record.verdict.value,
        "condition": record.condition.value,
        "covers": record.covers,
        "started": record.clock.get("utc"),
        "frames": record.frames,
        "rate": record.rate,
        "rate_ppm": record.rate_ppm,
        "wrong_rate": record.wrong_rate,
        "format": record.format,
        "channels": record.channels,
        "seconds": record.seconds,
        "lost_frames": record.lost_frames,
        "pre_roll": record.pre_roll,
        "post_roll": record.post_roll,
        "gaps": [gap_facts(gap) for gap in record.gaps],
        "signals": [signal.as_fields() for signal in record.signals],
        "readings": len(record.readings),
        "origin": record.origin.value,
        "simulated": record.simulated,
        "files": file_facts(record, hashed),
        "journal": str(record.path),
        "mirror": mirror_facts(record),
        "discarded": discard_facts(record),
    }


def discard_facts(record: TakeRecord) -> Json | None:
    """Why, by whom and when its audio was thrown away on purpose; None where it was not."""
    from capture.journal.discarding import discard_of

    found = discard_of(record)
    if found is None:
        return None
    return {"reason": found.reason, "by": found.by, "utc": utc_text(found.at), "done": found.done}


def mirror_facts(record: TakeRecord) -> Json | None:
    """The second copy of a take: where it was written, and why it is not whole if it is not."""
    if not record.mirror_journal:
        return None
    return {"journal": record.mirror_journal, "lost": record.mirror_lost or None}


def gap_facts(gap: object) -> Json:
    """One gap with all its figures."""
    names = ("first", "frames", "first_pm", "frames_pm", "cause", "filled")
    return {name: getattr(gap, name) for name in names}


def file_facts(record: TakeRecord, hashed: bool) -> list[Json]:
    """Every audio file of a take, in the order of its parts."""
    files = []
    for part, _, name in record.media:
        path = beside(record, name)
        line = record.files.get(name)
        files.append(
            {
                "path": str(place_of(record, name)),
                "part": part.number,
                "frames": line.frames if line else record.part_frames(part),
                "sha256": _sha256(path) if hashed and path else None,
                "here": path is not None,
                "loudness": asdict(line.loudness) if line and line.loudness else None,
            }
        )
    return files


def take_line(record: TakeRecord) -> list[str]:
    """A take as one row of a table, under `TAKE_HEAD`."""
    from capture.journal.signals import brief

    note = record.notes[-1].text if record.notes else ""
    shown = "rolling or unfinished" if not record.ended else record.condition.value
    verdict = "" if record.verdict.value == "none" else record.verdict.value
    shown += ", closed, waiting for the key" if record.waits_for_key else ""
    shown += ", mirror lost" if record.mirror_lost else ""
    shown += ", discarded" if discard_facts(record) else ""
    origin = f" ({record.origin.mark})" if record.origin.mark else ""
    return [
        record.name,
        record.kind.value,
        verdict,
        shown + origin,
        duration(record.seconds),
        brief(record.signals),
        record.covers,
        note,
    ]


TAKE_HEAD = ["take", "kind", "verdict", "condition", "length", "noticed", "covers", "note"]


def signal_lines(record: TakeRecord) -> list[str]:
    """What was noticed of the inputs, one sentence for those that share it."""
    from capture.journal.signals import grouped, signal_words

    return [signal_words(group, record.rate) for group in grouped(record.signals)]


def _sha256(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
