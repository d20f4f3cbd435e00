"""How a take, or the next part of one, comes to lie on disk: journal, chain snapshot, audio files.

The sound is kept from before any file exists, so however long the disk takes, nothing is missed.
"""

from __future__ import annotations

import base64
import contextlib
import math
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from capture.clock import ClockPair, boot_id, parse_utc, samples_since_midnight, utc_text
from capture.errors import UsageError
from capture.journal.durable import make_folder
from capture.journal.errors import NameTaken, in_words
from capture.journal.keys import Key
from capture.journal.meta import file_meta
from capture.journal.numbering import next_part
from capture.journal.record import TakeRecord
from capture.journal.writer import JournalWriter
from capture.recorder.errors import CannotWrite
from capture.recorder.files import PartFiles
from capture.recorder.parts import begin_part, next_files
from capture.recorder.rolling import Plan, RollingTake
from capture.recorder.timeline import Timeline
from capture.take import Track
from capture.wire import Json

OURS = ("type", "seq", "prev", "frame", "utc")
"""Members of a line that nobody but its writer may set."""
FORMATS = ("pcm24", "float32")
DRIFT = 200e-6  # how far a converter may run from nominal, at worst
ANOTHER_BOOT_SECONDS = 1.0  # wall clocks of two boots are not trusted further


def plan_of(begin: Json, rate: int, channels: int, chunk_frames: int, limit: object = None) -> Plan:
    """What the fields of a begin line ask for; raises UsageError for what this interface cannot give."""
    audio: Any = begin.get("audio")
    audio = audio if isinstance(audio, dict) else {}
    try:
        tracks = tuple(
            Track(int(t["number"]), int(t["input"]), str(t["name"]), int(t["file"]), int(t["channel"]))
            for t in begin["tracks"]
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"the tracks of the take are not right ({error})") from error
    if not tracks or any(not 1 <= t.input <= channels for t in tracks):
        raise UsageError(f"a take needs inputs from 1 to {channels}")
    if audio.get("rate") != rate:
        raise UsageError(f"the interface runs at {rate} Hz, not at {audio.get('rate')} Hz")
    if audio.get("format") not in FORMATS:
        raise UsageError(f"there is no format {audio.get('format')!r}", "use pcm24 or float32")
    most = limit if isinstance(limit, int) and limit > 0 else None
    split = audio.get("split_bytes")
    most_bytes = split if isinstance(split, int) and split > 0 else 0
    return Plan(tracks, str(audio["format"]), rate, chunk_frames, most, most_bytes)


def open_take(take: RollingTake, path: Path, begin: Json, chain: object, key: Key | None) -> None:
    """Journal, chain snapshot and files of a new take, none of which may exist.

    Raises NameTaken, CannotWrite or JournalError, and leaves nothing behind then.
    """
    with contextlib.ExitStack() as undo:
        _make_folder(path.parent)
        journal = JournalWriter.create(path)
        undo.callback(path.unlink)
        undo.callback(journal.close)
        snapshot = _chain_path(path, begin)
        if snapshot is not None and isinstance(chain, str):
            _create(snapshot, chain)
            undo.callback(snapshot.unlink)
        names = [str(name) for name in begin.get("files", [])]
        files = _files(take, path.parent, names)
        undo.callback(files.discard)
        journal.append("begin", 0, sync=True, **begin)
        files.begin([file_meta(journal.record, 1, index) for index in range(len(names))])
        take.writer.begin(files, journal, key, part=1, first=0)
        undo.pop_all()


def open_part(
    take: RollingTake, journal: JournalWriter, names: list[str], cause: str, first_pm: int, key: Key | None
) -> None:
    """The next part of a take whose journal was opened again; `take.offset` is its first frame.

    The files get the names that the take's first part asks for, unless others are given. Raises NameTaken,
    CannotWrite or JournalError; files made here are removed then.
    """
    record, folder, end = journal.record, journal.path.parent, journal.record.frames
    with contextlib.ExitStack() as undo:
        if names:
            number, files = next_part(record), _files(take, folder, names)
        else:
            number, files = next_files(folder, record, take.pool)
        undo.callback(files.discard)
        torn = {"torn": base64.b64encode(journal.torn).decode()} if journal.torn else {}
        missing = take.offset - end
        if missing > 0:
            journal.append(
                "gap",
                end,
                first=end,
                frames=missing,
                first_pm=0,
                frames_pm=first_pm,
                cause=cause,
                filled=False,
            )
        begin_part(journal, files, number, take.offset, cause, first_pm=first_pm, **torn)
        take.writer.begin(files, journal, key, part=number, first=take.offset)
        take.gaps = list(record.gaps)
        undo.pop_all()


def begin_fields(
    begin: Json, started_ns: int, rate: int, origin: str, portaudio: str = "none", pre_roll: int = 0
) -> Json:
    """The begin fields with the clock of frame 0 and what else only the recorder knows."""
    asked: Any = begin.get("expected_frames")
    software: Any = begin.get("software")
    interface: Any = begin.get("interface")
    pair = ClockPair.now()
    when = parse_utc(pair.utc) - timedelta(microseconds=(pair.boottime_ns - started_ns) // 1000)
    clock = {
        "utc": utc_text(when),
        "boottime_ns": started_ns,
        "utc_offset_minutes": pair.utc_offset_minutes,
        "boot_id": boot_id(),
    }
    return {
        **{name: value for name, value in begin.items() if name not in OURS},
        "clock": clock,
        "software": {**(software if isinstance(software, dict) else {}), "portaudio": portaudio},
        "interface": {**(interface if isinstance(interface, dict) else {}), "origin": origin},
        "origin": origin,  # of the interface that is open: nobody else's word makes a take a physical one
        "time_reference": samples_since_midnight(when, pair.utc_offset_minutes, rate),
        "pre_roll": pre_roll,
        "expected_frames": None if asked is None else asked + pre_roll,
    }


def next_first(record: TakeRecord, timeline: Timeline) -> tuple[int, int]:
    """The take's frame that the stream's next one stands for, by the clock, and its ±."""
    start_ns = timeline.time_of(timeline.position)
    clock = record.clock
    off = record.rate_ppm or 0.0
    rate = record.rate * (1 + off * 1e-6) if abs(off) > DRIFT * 1e6 else record.rate
    same_boot = clock.get("boot_id") == boot_id() and isinstance(clock.get("boottime_ns"), int)
    if same_boot:
        seconds = (start_ns - int(clock["boottime_ns"])) / 1e9
    else:
        pair = ClockPair.now()
        now = parse_utc(pair.utc) - timedelta(microseconds=(pair.boottime_ns - start_ns) // 1000)
        seconds = (now - record.started).total_seconds()
    unsure = DRIFT * abs(seconds) + (0.0 if same_boot else ANOTHER_BOOT_SECONDS) + 0.005
    first = max(record.frames, round(seconds * rate))
    return first, math.ceil(unsure * record.rate + timeline.period)


def _files(take: RollingTake, folder: Path, names: list[str]) -> PartFiles:
    channels = [len(columns) for columns in take.plan.columns]
    if len(names) != len(channels):
        raise UsageError(f"the take names {len(names)} files where it needs {len(channels)}")
    if any(Path(name).name != name for name in names):
        raise UsageError("the files of a take lie beside its journal")
    return PartFiles(folder, names, channels, take.pool.format)


def _make_folder(folder: Path) -> None:
    try:
        make_folder(folder)
    except OSError as error:
        what, do = in_words(error)
        raise CannotWrite(f"{folder} cannot be made: {what}", do) from error


def _chain_path(journal: Path, begin: Json) -> Path | None:
    chain: Any = begin.get("chain")
    name = chain.get("file") if isinstance(chain, dict) else None
    return journal.parent / Path(name).name if isinstance(name, str) and name else None


def _create(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise NameTaken(f"{path} exists already", "choose another slate or number") from None
    except OSError as error:
        what, do = in_words(error)
        raise CannotWrite(f"{path} cannot be written: {what}", do) from error
