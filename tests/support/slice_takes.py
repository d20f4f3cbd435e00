"""Takes with markers, parts and gaps to be cut, and what a slice of them has to hold by plain arithmetic."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from capture.journal.finish import write_file_lines
from capture.journal.record import load
from capture.journal.writer import JournalWriter
from tests.support.takes import KEY, STARTED, Clock, build_take, end_take, samples, write_audio
from tests.support.wav_files import chunks

FRAMES = 3000
BLOCK = 500


def marker(number: int, frame: int, text: str) -> tuple[str, int, dict[str, Any]]:
    """A marker's line for `build_take`."""
    return "marker", frame, {"id": number, "text": text}


MARKS = (marker(1, 700, "Big Hit"), marker(2, 1500, "Soft_Hit-2"), marker(3, 2250, "end"))


def marked(library: Path, **changes: Any) -> Path:
    """A sealed take of 3000 frames in blocks of 500, with two slices between its markers."""
    return build_take(library, **{"frames": FRAMES, "block": BLOCK, "lines": MARKS, **changes})


def two_parts(library: Path, hole: int = 300, format: str = "pcm24") -> Path:  # noqa: A002
    """1200 frames, a hole, and 700 frames in new files; markers at 900 and 400 frames behind the hole."""
    path = build_take(library, ended=False, finished=False, format=format, lines=[marker(1, 900, "Across")])
    clock, second = Clock(STARTED), 1200 + hole
    with JournalWriter.reopen(path) as writer:
        if hole:
            gap = {"first": 1200, "frames": hole, "first_pm": 40, "frames_pm": 80, "cause": "recorder died"}
            writer.append("gap", 1200, **gap, filled=False)
        names = ["Aurora_T001-2_01_Kick.wav", "Aurora_T001-2_02_Snare.wav"]
        part = {"part": 2, "first": second, "first_pm": 0, "files": names, "cause": "recorder died"}
        writer.append("part", second, **part, time_reference=writer.record.time_reference + second)
        audio = samples(700, 2, 9)
        write_audio(writer, audio, BLOCK, clock)
        writer.append("marker", second + 400, id=2, text="Second")
        end_take(writer, audio, clock)
        writer.seal(KEY)
    assert not write_file_lines(path, KEY).problems
    return path


def pcm(path: Path) -> bytes:
    """The bytes of the data chunk, found as the RIFF specification says."""
    raw = path.read_bytes()
    return next(raw[at : at + size] for name, at, size in chunks(raw) if name == b"data")


def stretch(journal: Path, file: int, first: int, frames: int, part: int = 1) -> bytes:
    """These frames (of the take timeline) of one file of a take, cut out by arithmetic."""
    record = load(journal)
    place = record.parts[part - 1]
    align = record.file_channels(file) * (4 if record.format == "float32" else 3)
    audio = pcm(journal.parent / place.files[file])
    return audio[(first - place.first) * align : (first - place.first + frames) * align]
