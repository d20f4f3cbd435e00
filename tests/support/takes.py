"""Builds small, real takes on disk: journal, chain snapshot and WAV files, all by the product's own writers.

`build_take(library)` gives a sealed take of two tracks with file lines; every argument changes one thing. All
times, ids and samples follow from the arguments, so that two calls make the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import uuid as uuids
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import rfc8785

from capture.clock import samples_since_midnight, utc_text
from capture.journal.finish import write_file_lines
from capture.journal.keys import Key
from capture.journal.lines import ZEROS, digest, line_bytes
from capture.journal.meta import file_meta
from capture.journal.numbering import (
    chain_name,
    file_names,
    journal_name,
    project_folder,
    session_folder,
    slate_folder,
    take_name,
)
from capture.journal.writer import JournalWriter
from capture.wav.header import Layout, header
from capture.wav.pack import Packer
from capture.wav.sizes import tail

KEY = Key(hashlib.sha256(b"a key for tests alone").digest())
OTHER_KEY = Key(hashlib.sha256(b"another key for tests").digest())
LIBRARY = str(uuids.uuid5(uuids.NAMESPACE_DNS, "library.takechain.test"))
STARTED = datetime(2026, 11, 25, 14, 3, 12, 500000, UTC)
CHAIN = {
    "input.1.microphone.make": "Shure",
    "input.1.microphone.model": "SM57",
    "input.1.preamp.gain_db": 42,
    "input.1.preamp.phantom": False,
    "input.2.microphone.model": "U 87",
}


@dataclass
class Clock:
    """Deterministic times of lines: the start, and a millisecond more at each call."""

    now: datetime

    def __call__(self) -> str:
        self.now += timedelta(milliseconds=1)
        return utc_text(self.now)


def chain_text(fields: dict[str, Any] = CHAIN) -> tuple[str, str]:
    """A chain snapshot as (text of chain.json, its digest)."""
    entries: dict[str, Any] = {}
    for path, value in fields.items():
        plain = {
            "path": path,
            "value": value,
            "how": "declared",
            "by": "anna",
            "at": utc_text(STARTED),
            "carried_from": None,
            "salt": hashlib.sha256(path.encode()).hexdigest()[:32],
        }
        digest = hashlib.sha256(rfc8785.dumps(plain)).hexdigest()
        entries[path] = {k: v for k, v in plain.items() if k != "path"} | {"digest": digest}
    joined = "\n".join(entries[path]["digest"] for path in sorted(entries))
    whole = hashlib.sha256(joined.encode()).hexdigest()
    text = rfc8785.dumps({"format": "takechain-chain/1", "digest": whole, "fields": entries}).decode()
    return text, whole


def samples(frames: int, channels: int, seed: int = 1) -> np.ndarray:
    """Float32 samples that are 24-bit integers / 2^23, shape (frames, channels)."""
    integers = np.random.default_rng(seed).integers(-(2**20), 2**20, (frames, channels))
    return (integers / 2**23).astype(np.float32)


def build_take(
    library: Path,
    *,
    project: str = "Nordlys",
    session: str = "2026-11-25",
    slate: str = "Aurora",
    number: int = 1,
    prefix: str = "",
    kind: str = "take",
    covers: str | None = None,
    tracks: Sequence[str] = ("Kick", "Snare"),
    inputs: Sequence[int] | None = None,
    layout: str = "track",
    format: str = "pcm24",  # noqa: A002
    rate: int = 48000,
    frames: int = 1200,
    block: int = 500,
    seed: int = 1,
    key: Key = KEY,
    library_uuid: str = LIBRARY,
    counter: int = 1,
    previous_begin: str | None = None,
    started: datetime = STARTED,
    origin: str = "physical",
    interface: dict[str, Any] | None = None,
    sensors: Sequence[dict[str, Any]] = (),
    air: Sequence[dict[str, Any]] = (),
    people: Sequence[dict[str, Any]] = ({"role": "engineer", "name": "Anna"},),
    chain: dict[str, Any] = CHAIN,
    calibrations: Sequence[dict[str, Any]] = (),
    lines: Sequence[tuple[str, int, dict[str, Any]]] = (),
    unwritten: int = 0,
    ended: bool = True,
    sealed: bool = True,
    finished: bool = True,
) -> Path:
    """A take in `<library>/<project>/<session>/<slate>`; returns its journal.

    `lines` are further (type, frame, fields) before the end: readings, markers, gaps, notes, changes.
    `unwritten` leaves that many last blocks out of the journal, as a crash does.
    """
    folder = library / project_folder(project) / session_folder(session) / slate_folder(slate)
    folder.mkdir(parents=True, exist_ok=True)
    name = take_name(slate, number, prefix)
    files, places = file_names(name, tracks, layout)
    text, digest = chain_text(chain)
    (folder / chain_name(name)).write_text(text, encoding="utf-8")
    clock = Clock(started)
    with JournalWriter.create(folder / journal_name(name)) as writer:
        writer.append(
            "begin",
            0,
            utc=clock(),
            format="takechain-take/1",
            library=library_uuid,
            counter=counter,
            previous_begin=previous_begin,
            take=str(uuids.uuid5(uuids.UUID(library_uuid), f"{name} {counter}")),
            project=project,
            session=session,
            slate=slate,
            number=number,
            name=name,
            kind=kind,
            covers=covers,
            by="anna",
            host="studio-a",
            interface=interface
            or {
                "id": "test:2",
                "name": "Test Interface",
                "host_api": "test",
                "inputs": max(inputs or [len(tracks)]),
                "origin": origin,
                "rate": rate,
            },
            audio={"rate": rate, "format": format, "layout": layout},
            tracks=[
                {
                    "number": n,
                    "input": inputs[n - 1] if inputs else n,
                    "name": track,
                    "file": place[0],
                    "channel": place[1],
                }
                for n, (track, place) in enumerate(zip(tracks, places, strict=True), 1)
            ],
            files=files,
            chain={"file": chain_name(name), "digest": digest},
            sensors=list(sensors),
            air=list(air),
            people=list(people),
            origin=origin,
            software={"takechain": "0.1.0", "python": "3.11", "portaudio": "none", "os": "test"},
            clock={
                "utc": utc_text(started),
                "boottime_ns": 1_000_000_000,
                "utc_offset_minutes": 60,
                "boot_id": "test-boot",
            },
            time_reference=samples_since_midnight(started, 60, rate),
            pre_roll=0,
            expected_frames=None,
            **({"calibrations": list(calibrations)} if calibrations else {}),
        )
        audio = samples(frames, len(tracks), seed)
        write_audio(writer, audio, block, clock, unwritten)
        for line_type, frame, fields in lines:
            writer.append(line_type, frame, **{"utc": clock(), **fields})
        if ended:
            end_take(writer, audio, clock)
        if ended and sealed:
            writer.seal(key, utc=clock())
        path = writer.path
    if ended and sealed and finished:
        assert not write_file_lines(path, key, clock=clock).problems
    return path


def write_audio(
    writer: JournalWriter, audio: np.ndarray, block: int, clock: Clock, unwritten: int = 0
) -> None:
    """The files of the newest part with this audio, and its block lines."""
    record = writer.record
    part = record.parts[-1]
    columns = [[i for i, t in enumerate(record.tracks) if t.file == f] for f in range(len(part.files))]
    fmt = "float32" if record.format == "float32" else "pcm24"
    packer = Packer(columns, fmt, max(1, block))
    contents = [bytearray() for _ in part.files]
    firsts = range(0, len(audio), block)
    for count, first in enumerate(firsts, 1):
        piece = audio[first : first + block]
        packed = [bytes(view) for view in packer.pack(piece)]
        for content, more in zip(contents, packed, strict=True):
            content += more
        if count <= len(firsts) - unwritten:
            digests = [hashlib.sha256(more).hexdigest() for more in packed]
            at = part.first + first
            writer.append("block", at, first=at, frames=len(piece), sha256=digests, utc=clock())
    for index, name in enumerate(part.files):
        plan = Layout.plan(len(columns[index]), fmt)
        data = header(file_meta(record, part.number, index), len(audio), plan)
        (writer.path.parent / name).write_bytes(data + contents[index] + tail(plan, len(audio)))


def end_take(writer: JournalWriter, audio: np.ndarray, clock: Clock, condition: str | None = None) -> None:
    """The end line, with peak and RMS of the whole audio."""
    record = writer.record
    levels = []
    for index, track in enumerate(record.tracks):
        column = audio[:, index].astype(float)
        peak, rms = np.max(np.abs(column), initial=0), np.sqrt(np.mean(column**2)) if len(column) else 0.0
        found = {"peak": peak, "rms": rms}
        db = {k: round(20 * float(np.log10(v)), 2) if v > 0 else None for k, v in found.items()}
        levels.append({"track": track.number, **db, "overs": 0})
    writer.append(
        "end",
        record.frames,
        frames=record.frames,
        lost_frames=record.lost_frames,
        blocks=writer.blocks_sha256,
        levels=levels,
        condition=condition or record.condition.value,
        reason="stop",
        rate_ppm=None,
        utc=clock(),
    )


def journal_fields(path: Path) -> list[dict[str, Any]]:
    """The lines of a journal as plain JSON reads them."""
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def rechained(fields: list[dict[str, Any]]) -> bytes:
    """The lines with fitting `seq` and `prev`; what has no canonical form is written as plain JSON."""
    out, prev = b"", ZEROS
    for seq, line in enumerate(fields):
        whole = {**line, "seq": seq, "prev": prev}
        raw = json.dumps(whole).encode() if "\\ud800" in json.dumps(whole) else line_bytes(whole)
        out, prev = out + raw + b"\n", digest(raw)
    return out
