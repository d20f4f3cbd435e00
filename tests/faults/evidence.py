"""What a take is worth after a fault: its audio, journal, catalogue and sheet, each read without our readers.

The journal is plain JSON here, the WAV chunks are walked by hand, hashes come from hashlib and samples from
libsndfile. What the simulated interface plays depends on nothing but input and frame, so a stretch of a take
is *located* in it: found there sample by sample on every track, nothing can be lost, doubled or swapped.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
import struct
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import soundfile
from numpy.typing import NDArray

from hardware.virtual_sources import Sources
from tests.support.cli import Cli

RATE, INTERFACE_INPUTS = 48_000, 8
_PIECE_SECONDS, _LONGEST_IDLE_SECONDS = 10, 180
Ints = NDArray[np.int32]
Json = dict[str, Any]


@dataclass
class Part:
    """The files of one part, its first frame on the take's timeline, and the blocks told of it."""

    first: int
    files: list[str]
    blocks: list[Json] = field(default_factory=list)
    frames: int = 0


@dataclass
class Account:
    """A take as its journal and its audio agree about it."""

    journal: Path
    name: str
    zero_ns: int
    condition: str
    frames: int
    lost_frames: int
    parts: list[Part]
    gaps: list[Json]


def journals(library: Path) -> list[Path]:
    """Every journal of a library."""
    return sorted(library.rglob("*.take.jsonl"))


def lines_of(journal: Path) -> list[Json]:
    """The whole lines of a journal."""
    raw = journal.read_bytes()
    return [json.loads(line) for line in raw[: raw.rfind(b"\n") + 1].splitlines()]


def parts_of(lines: list[Json]) -> list[Part]:
    """The parts of a journal, each with its block lines."""
    parts = [Part(0, lines[0]["files"])]
    for line in lines[1:]:
        if line["type"] == "part":
            parts.append(Part(line["first"], line["files"]))
        elif line["type"] == "block":
            parts[-1].blocks.append(line)
    return parts


def as_it_lies(journal: Path, killed_ns: int) -> float:
    """Seconds of audio missing in a take whose processes are all dead and that nobody has mended yet.

    Counted from frame 0 to the moment before the kill, or to the length asked for. Every file has to be
    readable by libsndfile and by FFmpeg with the same number of frames.
    """
    lines = lines_of(journal)
    if not lines:
        return 0.0  # no take was ever begun
    begin, part = lines[0], parts_of(lines)[-1]
    have = min(_readable(journal.parent / name) for name in part.files)
    due = min((killed_ns - begin["clock"]["boottime_ns"]) / 1e9, begin["expected_frames"] / RATE)
    return max(0.0, due - (part.first + have) / RATE)


def _readable(path: Path) -> int:
    entries = ["-show_entries", "stream=duration_ts,sample_rate,codec_name", "-of", "json"]
    done = subprocess.run(["ffprobe", "-v", "error", *entries, path], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, ""), f"{path}: {done.stderr}"
    (stream,) = json.loads(done.stdout)["streams"]
    info = soundfile.info(path)
    assert (stream["codec_name"], int(stream["sample_rate"]), info.samplerate) == ("pcm_s24le", RATE, RATE)
    # where the header still says 0, before its first sync, FFmpeg reads to the end of the file
    assert info.frames in (int(stream.get("duration_ts", 0)), 0), path
    assert len(soundfile.read(path, dtype="int32")[0]) == info.frames, path
    return int(info.frames)


def account(journal: Path, silence_in: Callable[[list[int], Ints], int] | None = None) -> Account:
    """Check a sealed take's journal against its audio, and the audio against what was played.

    `silence_in(inputs, heard)` fails where the samples (frames × tracks) of a part are not a stretch of what
    was played, and returns how many frames of it are silence; by default for the simulated interface.
    """
    lines = lines_of(journal)
    kinds = [line["type"] for line in lines]
    assert kinds.count("end") == kinds.count("seal") == 1, f"{journal}: {kinds}"
    assert kinds[kinds.index("end") + 1] == "seal"
    begin, end = lines[0], lines[kinds.index("end")]
    parts = parts_of(lines)
    silent = 0
    for part in parts:
        silent += _check_part(journal.parent, begin["tracks"], part, silence_in or _located)
    gaps = [{key: line[key] for key in GAP} for line in lines if line["type"] == "gap"]
    filled = sum(gap["frames"] for gap in gaps if gap["filled"])
    assert filled == silent, f"{silent} frames of silence, and {filled} in gaps that are said to be filled"
    _check_timeline(parts, [gap for gap in gaps if not gap["filled"]], end, filled)
    assert [line["seq"] for line in lines] == list(range(len(lines)))
    return Account(
        journal,
        begin["name"],
        begin["clock"]["boottime_ns"],
        end["condition"],
        end["frames"],
        end["lost_frames"],
        parts,
        gaps,
    )


GAP = ("first", "frames", "first_pm", "frames_pm", "cause", "filled")


def _check_part(
    folder: Path, tracks: list[Json], part: Part, silence_in: Callable[[list[int], Ints], int]
) -> int:
    """Blocks follow each other and have the hashes they tell; every track is what its input played."""
    at = part.first
    for block in part.blocks:
        assert block["first"] == at, f"a block begins at {block['first']}, not {at}"
        at += block["frames"]
    part.frames = at - part.first
    heard = []
    for index, name in enumerate(part.files):
        audio, width = payload(folder / name)
        assert len(audio) >= part.frames * width, f"{name} is shorter than its blocks"
        for block in part.blocks:
            first = (block["first"] - part.first) * width
            told = hashlib.sha256(audio[first : first + block["frames"] * width]).hexdigest()
            assert block["sha256"][index] == told, f"{name}: the block at {block['first']}"
        samples = soundfile.read(folder / name, dtype="int32", always_2d=True)[0] >> 8
        assert len(samples) >= part.frames, f"libsndfile reads {len(samples)} frames of {name}"
        heard.append(samples[: part.frames, 0])
    if not part.frames:
        return 0
    return silence_in([track["input"] for track in tracks], np.stack(heard, axis=1))


def _check_timeline(parts: list[Part], gaps: list[Json], end: Json, filled: int) -> None:
    """Parts and the holes between and behind them make up the timeline, and nothing else is lost."""
    holes = {gap["first"]: gap["frames"] for gap in gaps if gap["frames"]}
    assert len(holes) == len([gap for gap in gaps if gap["frames"]]), gaps
    at = lost = 0
    for part in parts:
        hole = min(part.first, end["frames"]) - at
        assert hole <= 0 or holes.pop(at, None) == part.first - at, f"a hole at {at} is not told: {gaps}"
        lost += max(0, hole)
        at = max(at, min(part.first, end["frames"]) + part.frames)
    lost += holes.pop(at, 0)
    assert not holes, f"gaps that are none: {holes}"
    assert (end["frames"], end["lost_frames"]) == (sum(p.frames for p in parts) + lost, lost + filled)


def payload(path: Path) -> tuple[bytes, int]:
    """The bytes of the `data` chunk of a WAV file below 4 GiB, and the bytes of one frame."""
    raw = path.read_bytes()
    assert (raw[:4], raw[8:12]) == (b"RIFF", b"WAVE"), path
    at, width = 12, 0
    while at + 8 <= len(raw):
        kind, size = struct.unpack_from("<4sI", raw, at)
        if kind == b"fmt ":
            (width,) = struct.unpack_from("<H", raw, at + 20)
        if kind == b"data":
            return raw[at + 8 : at + 8 + size], width
        at += 8 + size + size % 2
    raise AssertionError(f"{path} has no data")


def _located(inputs: list[int], heard: Ints) -> int:
    """The simulated interface loses nothing: no frame of it is silence."""
    locate(inputs, heard)
    return 0


def locate(inputs: list[int], heard: Ints) -> int:
    """The interface's frame at which these samples (frames × tracks) begin; fails if they are nowhere."""
    columns = [number - 1 for number in inputs]
    for seconds in range(_PIECE_SECONDS, _LONGEST_IDLE_SECONDS + 1, _PIECE_SECONDS):
        played = _played(seconds + len(heard) // RATE + 1)[:, columns]
        starts = np.flatnonzero((played[: len(played) - len(heard) + 1] == heard[0]).all(axis=1))
        for start in starts:
            if np.array_equal(played[start : start + len(heard)], heard):
                return int(start)
    raise AssertionError(f"{len(heard)} frames of inputs {inputs} are not a stretch of what was played")


@lru_cache(maxsize=1)
def _sources() -> Sources:
    return Sources(RATE, INTERFACE_INPUTS)


@lru_cache(maxsize=4)
def _played(seconds: int) -> Ints:
    played = np.empty((seconds * RATE, INTERFACE_INPUTS), np.float32)
    _sources().render(0, played)
    return np.rint(played.astype(np.float64) * 2**23).astype(np.int32)


def in_catalogue(database: str, take: Account) -> bool:
    """Whether the database (SQLite's file, or a server's URL) says the same of the take as its journal."""
    try:
        with _asked(database) as ask:
            query = "SELECT id, condition, frames, lost_frames, sealed FROM take WHERE journal = ?"
            rows = ask(query, take.journal.name)
            if [tuple(row[1:]) for row in rows] != [(take.condition, take.frames, take.lost_frames, 1)]:
                return False
            query = f"SELECT {', '.join(GAP)} FROM gap WHERE take_id = ? ORDER BY first"
            gaps = [dict(zip(GAP, row, strict=True)) for row in ask(query, rows[0][0])]
            return gaps == [gap for gap in take.gaps if gap["frames"]]
    except (sqlite3.DatabaseError, psycopg.Error):
        return False  # it is being made, it is what the fault broke, or it is away


@contextlib.contextmanager
def _asked(database: str) -> Iterator[Callable[..., list[Any]]]:
    """A function that runs a query with `?` in place of its values."""
    if "://" in database:
        with psycopg.connect(database, connect_timeout=5) as server:
            yield lambda query, *values: server.execute(query.replace("?", "%s"), values).fetchall()
        return
    file = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        yield lambda query, *values: file.execute(query, values).fetchall()
    finally:
        file.close()


def check_sheet(cli: Cli, take: Account, folder: Path) -> None:
    """The take sheet says condition, length, loss and every gap as the journal does."""
    out = folder / f"{take.name}.json"
    cli.ok("sheet", "--take", take.name, "--to", "json", "-o", out)
    sheet = json.loads(out.read_text())
    head = sheet["head"]
    also = ", gap" if take.lost_frames and take.condition != "gap" else ""
    assert (head["condition"], head["clean"]) == (take.condition + also, take.condition == "clean")
    assert (head["frames"], head["lost_frames"], head["sealed"]) == (take.frames, take.lost_frames, True)
    assert [{key: gap[key] for key in GAP} for gap in sheet["gaps"]] == take.gaps
    assert {file["name"] for file in head["files"]} == {name for part in take.parts for name in part.files}
