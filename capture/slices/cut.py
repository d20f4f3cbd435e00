"""Cutting: every sample is read as its block's digest proves it, written once, and signed.

Nothing is written before all names, fields and the take's journal are known to be good; no file that exists
is ever touched. The statement comes last: a WAV without one is what a crash left.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from capture.chain.fields import split_path
from capture.chain.snapshot import Snapshot
from capture.chain.withholding import GROUPS, paths_of
from capture.clock import utc_text
from capture.errors import UsageError
from capture.journal.beside import chain_of
from capture.journal.corrections import Correction, corrections
from capture.journal.durable import give_name, make_folder, write_new
from capture.journal.errors import NameTaken, in_words
from capture.journal.keys import Key
from capture.journal.lines import Json, digest
from capture.journal.numbering import CHAIN_SUFFIX
from capture.journal.record import TakeRecord
from capture.slices.errors import NothingToSlice, SliceError, TakeAltered
from capture.slices.meta import header_digest, hidden_texts, slice_meta, still_said
from capture.slices.naming import Ucs, aswg_fields, name_of, unique
from capture.slices.regions import (
    Cut,
    Handles,
    calibrations,
    changes_before,
    cuts,
    gaps_between,
    regions,
    whole_blocks,
)
from capture.slices.source import Source
from capture.slices.statement import (
    BLOCKS_SUFFIX,
    SLICE_FORMAT,
    SLICE_SUFFIX,
    blocks_file,
    read_statement,
    sealed_statement,
)
from capture.wav.header import Layout, header
from capture.wav.sizes import tail


@dataclass(frozen=True)
class Order:
    """How a take is to be cut; `tracks` are numbers (none: all), `withhold` words of `chain.withholding`."""

    out: Path
    template: str = ""
    ucs: Ucs | None = None
    handles: Handles = field(default_factory=Handles)
    tracks: tuple[int, ...] = ()
    withhold: tuple[str, ...] = ()
    software: str = "Takechain"


@dataclass(frozen=True)
class Sliced:
    """One slice that was written: its files and what is signed of it."""

    wav: Path
    statement_path: Path
    chain: Path
    statement: Json
    cut: Cut
    still_said: tuple[str, ...]  # texts that are withheld and stand in the header all the same


@dataclass(frozen=True)
class _Chain:
    """The snapshot that goes with the slices, and the texts that it no longer tells."""

    snapshot: Snapshot
    hidden: frozenset[str]
    words: tuple[str, ...]

    def withholds(self, path: str) -> bool:
        """Whether the values of a path are not told, in the snapshot or of what became of it."""
        return any(paths_of(word, [path]) for word in self.words)


def slice_take(
    journal: Path, key: Key, order: Order, progress: Callable[[int, int], None] | None = None
) -> list[Sliced]:
    """Cut a sealed take between its markers; `progress` gets the bytes written so far and in all.

    Raises NotATake, TakeNotSliceable, TakeAltered, NothingToSlice, UsageError, NameTaken, SliceError.
    """
    source = Source(journal)
    record = source.record
    chain = _chain(record, order.withhold)
    planned = _planned(record, order)
    total, done = sum(cut.frames * _align(record, cut) for _, cut in planned), 0
    try:
        make_folder(order.out)
        _write_blocks(source, order.out)
        written = []
        for name, cut in planned:
            written.append(_write(source, key, order, chain, name, cut))
            done += cut.frames * _align(record, cut)
            if progress is not None:
                progress(done, total)
    except FileExistsError as error:
        raise _taken(Path(str(error.filename2 or error.filename))) from error
    except OSError as error:
        what, do = in_words(error)
        raise SliceError(f"the slices cannot be written to {order.out}: {what}", do) from error
    return written


def _planned(record: TakeRecord, order: Order) -> list[tuple[str, Cut]]:
    unknown = set(order.tracks) - {track.number for track in record.tracks}
    if unknown:
        raise UsageError(f"{record.name} has no track {min(unknown)}", "see: takechain show")
    if order.ucs is not None:
        order.ucs.check()
    found = [cut for region in regions(record) for cut in cuts(record, region, order.handles, order.tracks)]
    if not found:
        raise NothingToSlice(
            f"no marker of {record.name} begins a slice", "mark the take while it rolls: takechain mark TEXT"
        )
    planned = [(name_of(record, cut, order.template, order.ucs), cut) for cut in found]
    unique([name for name, _ in planned])
    for name, _ in planned:
        for suffix in (".wav", CHAIN_SUFFIX, SLICE_SUFFIX):
            if os.path.lexists(order.out / f"{name}{suffix}"):
                raise _taken(order.out / f"{name}{suffix}")
    return planned


def _taken(path: Path) -> NameTaken:
    return NameTaken(
        f"{path} exists already: nothing was written over it", "choose another --out or --template"
    )


def _chain(record: TakeRecord, withhold: tuple[str, ...]) -> _Chain:
    """The take's snapshot without the fields that are withheld; raises TakeAltered, ChainError."""
    try:
        snapshot = chain_of(record)
    except OSError as error:
        raise SliceError(f"{record.chain_file} cannot be read: {in_words(error)[0]}") from error
    if snapshot.problems() or snapshot.digest != record.chain_digest:
        raise TakeAltered(
            f"{record.chain_file} is not the chain that the take began with", "see: takechain verify"
        )
    left_out = {word: paths_of(word, snapshot.fields) for word in withhold}
    for word, paths in left_out.items():
        if not paths and word not in GROUPS:
            raise UsageError(f"the chain of {record.name} declares no {word}", "see: takechain show")
    reduced = snapshot.without({path for paths in left_out.values() for path in paths})
    return _Chain(reduced if withhold else snapshot, hidden_texts(record, snapshot, left_out), withhold)


def _write_blocks(source: Source, out: Path) -> None:
    """The digests of the take's blocks, once for all of its slices in a folder."""
    path = out / f"{source.record.recorded_name}{BLOCKS_SUFFIX}"
    raw = blocks_file(source.record.take, source.end, source.seal, source.digests)
    if not os.path.lexists(path):
        write_new(path, raw)
    elif path.is_symlink() or path.read_bytes() != raw:
        raise _taken(path)


def _write(source: Source, key: Key, order: Order, chain: _Chain, name: str, cut: Cut) -> Sliced:
    record, wav = source.record, order.out / f"{name}.wav"
    ucs = aswg_fields(order.ucs.fields(name)) if order.ucs is not None else ()
    meta = slice_meta(record, cut, wav.name, chain.snapshot, chain.hidden, ucs)
    layout = Layout.plan(meta.channels, meta.format)
    head = header(meta, cut.frames, layout)
    made = wav.with_name(f".{wav.name}.new")
    audio = hashlib.sha256()
    try:
        made.unlink(missing_ok=True)  # what a crash left
        with made.open("xb") as out:
            out.write(head)
            for piece in _audio(source, cut):
                audio.update(piece)
                out.write(piece)
            out.write(tail(layout, cut.frames))
            out.flush()
            os.fsync(out.fileno())
        give_name(made, wav)
    finally:
        made.unlink(missing_ok=True)
    data = {"offset": layout.data_offset, "sha256": audio.hexdigest(), "header_sha256": header_digest(head)}
    statement = _statement(source, order, cut, name, chain, data)
    files = order.out / f"{name}{CHAIN_SUFFIX}", order.out / f"{name}{SLICE_SUFFIX}"
    write_new(files[0], chain.snapshot.to_json())
    raw = sealed_statement(statement, key)
    write_new(files[1], raw)
    told = still_said(chain.hidden, head)
    return Sliced(wav, files[1], files[0], read_statement(raw).statement, cut, told)


def _audio(source: Source, cut: Cut) -> Iterator[bytes]:
    """All bytes of a cut; raises TakeAltered where the file is too short or not what was sealed."""
    left = cut.frames * _align(source.record, cut)
    try:
        with source.open(cut.file) as file:
            for piece in source.proved(file, cut.part, cut.index, cut.first, cut.frames):
                left -= len(piece)
                yield piece
    except FileNotFoundError:
        raise TakeAltered(f"{cut.file} is missing", "put it back from a copy") from None
    if left:
        raise TakeAltered(
            f"{cut.file}: {left} bytes of the slice are not in the file", "see: takechain verify"
        )


def _align(record: TakeRecord, cut: Cut) -> int:
    return len(cut.tracks) * record.sample_bytes


def _corrections(record: TakeRecord, cut: Cut, chain: _Chain) -> list[Correction]:
    """What signed notes say since of the chain of these tracks, of people and of the session."""
    inputs = {track.input for track in cut.tracks}
    found = corrections(record, chain.snapshot.patch())
    return [one for one in found if (split_path(one.path) or (min(inputs),))[0] in inputs]


def _statement(source: Source, order: Order, cut: Cut, name: str, chain: _Chain, data: Json) -> Json:
    record = source.record
    blocks = whole_blocks(record, cut.part, cut.index, cut.first, cut.end)
    return {
        "format": SLICE_FORMAT,
        "file": f"{name}.wav",
        "utc": utc_text(),
        "software": order.software,
        "take": {
            "take": record.take,
            "library": record.library,
            "name": record.recorded_name,
            "begin_sha256": digest(source.begin),
            "end_sha256": digest(source.end),
            "seal_sha256": digest(source.seal),
            "keyid": record.keyid,
            "origin": record.origin.value,
        },
        "audio": {"rate": record.rate, "format": record.format, "channels": len(cut.tracks)},
        "part": cut.part.number,
        "parent": cut.file,
        "tracks": [
            {"number": t.number, "input": t.input, "name": t.name, "channel": t.channel} for t in cut.tracks
        ],
        "first": cut.first,
        "frames": cut.frames,
        "handles": {"before": cut.before, "after": cut.after},
        "marker": {"id": cut.region.marker, "text": cut.region.text, "number": cut.region.number},
        "gaps": [
            {"first": first, "frames": frames} for first, frames in gaps_between(record, cut.first, cut.end)
        ],
        "blocks": [
            {"index": b.index, "first": b.first, "frames": b.frames, "sha256": b.sha256} for b in blocks
        ],
        "data": data,
        "chain": {"file": f"{name}{CHAIN_SUFFIX}", "digest": chain.snapshot.digest},
        "changes": [
            {"path": c.path, "frame": c.frame}
            | ({} if chain.withholds(c.path) else {"from": c.before, "to": c.after})
            for c in changes_before(record, cut.tracks, cut.end)
        ],
        "corrections": [
            {"path": c.path, "utc": utc_text(c.utc)} | ({} if chain.withholds(c.path) else {"to": c.after})
            for c in _corrections(record, cut, chain)
        ],
        "calibrations": calibrations(record, cut.tracks),
        "ucs": order.ucs.fields(name) if order.ucs is not None else None,
    }
