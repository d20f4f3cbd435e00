"""Finishing what a crash left: torn lines, audio past the last block, sizes, end, seal, headers, file lines.

Nothing is thrown away, and nothing is touched that is whole, or that another process holds.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from capture.journal.appending import check_chain
from capture.journal.errors import JournalLocked, NotATake, in_words
from capture.journal.finish import unfinished, write_file_lines
from capture.journal.hashing import sha256_range
from capture.journal.keys import Key, sync_folder
from capture.journal.lines import read_lines
from capture.journal.numbering import JOURNAL_SUFFIX
from capture.journal.record import Part, TakeRecord, load
from capture.journal.writer import JournalWriter
from capture.take import Condition, Gap
from capture.wav.errors import WavError
from capture.wav.read import WavInfo, read_wav
from capture.wav.repair import repair_sizes


def recover_take(path: Path, key: Key, *, dry_run: bool = False) -> list[str]:
    """Finish a take that a crash left; returns what was done, or with `dry_run` would be, in words.

    A whole take gives an empty list and is not opened for writing. A journal without even a begin line is
    set aside if no audio lies beside it. Raises NotATake where audio does, JournalLocked while it rolls,
    JournalError when lines are damaged: then nothing is touched.
    """
    if _never_begun(path):
        return _set_aside(path, dry_run=dry_run)
    planned = _planned(path)
    if dry_run or not planned:
        return planned
    actions = close_take(path, key)
    outcome = write_file_lines(path, key)
    if outcome.done:
        actions.append(f"headers and hashes of {len(outcome.done)} files written")
    return actions + outcome.problems


def close_take(path: Path, key: Key) -> list[str]:
    """End and seal a take that nobody holds, its files' hashes left for later; what was done, in words.

    Raises as `recover_take` does.
    """
    actions: list[str] = []
    with JournalWriter.reopen(path) as writer:
        if writer.torn:
            actions.append(
                f"the torn last line ({len(writer.torn)} bytes) was cut and kept beside the journal"
            )
        if not writer.record.ended:
            actions += salvage(writer)
            end_recovered(writer)
            actions.append(f"ended as recovered at frame {writer.record.frames}")
        if not writer.record.sealed:
            writer.seal(key)
            actions.append("sealed")
    return actions


def _never_begun(path: Path) -> bool:
    """Whether a recorder died between making a take's files and its begin line: nothing can be in them."""
    found = read_lines(path)
    if found.lines or found.problems:
        return False
    stem = path.name.removesuffix(JOURNAL_SUFFIX)
    beside = [wav for wav in path.parent.glob("*.wav") if wav.name.startswith(stem)]
    return not any(wav.stat().st_size for wav in beside)


def _set_aside(path: Path, *, dry_run: bool) -> list[str]:
    aside = path.with_name(f"{path.name}.never-begun")
    words = f"no take was ever begun here: set aside as {aside.name}"
    if aside.exists():
        raise NotATake(f"{path} holds no take, and {aside.name} is in the way", "move one of them away")
    if not dry_run:
        with JournalWriter.reopen(path) as writer:
            if writer.seq or not _never_begun(path):
                raise JournalLocked(f"{path} was begun just now", "nothing is to be done")
            path.rename(aside)
            sync_folder(path.parent)
    return [words]


def _planned(path: Path) -> list[str]:
    found = read_lines(path)
    record = load(path)
    check_chain(path, found)
    plans = []
    if found.torn:
        plans.append(f"cut the torn last line ({len(found.torn)} bytes), kept beside the journal")
    if not record.ended:
        extra = _extra(record, record.parts[-1])
        plans += [f"hash {extra} frames that lie past the last block"] if extra > 0 else []
        plans.append("end it as recovered")
    if not record.sealed:
        plans.append("seal it")
    missing = unfinished(record)
    if missing:
        plans.append(f"write headers and hashes of {len(missing)} files")
    return plans


def salvage(writer: JournalWriter) -> list[str]:
    """Make the sizes of the newest part's files true, and hash audio past the last block into a block line.

    For a take that goes on in a new part as well as for one that ends; returns what was done, in words.
    """
    record = writer.record
    part = record.parts[-1]
    actions = []
    for name in part.files:
        try:
            repair = repair_sizes(record.folder / name)
            actions += [f"the sizes in {name} were mended"] if repair.changed else []
        except WavError as error:
            actions.append(f"{name}: {error.what}")
    infos = _infos(record, part)
    have = min((info.frames for info in infos.values()), default=0) if len(infos) == len(part.files) else 0
    told = record.part_frames(part)
    first, extra = part.first + told, have - told
    if extra > 0:
        digests = [_stretch(record.folder / name, infos[name], told, extra) for name in part.files]
        writer.append("block", first, sync=True, first=first, frames=extra, sha256=digests, recovered=True)
        actions.append(f"{extra} frames that lay past the last block were hashed")
    elif extra < 0:
        actions.append(f"{-extra} frames that the journal tells of are not in the files")
    return actions


def end_recovered(writer: JournalWriter, frames: int = 0, cause: str = "") -> None:
    """Write the end line of a take whose recorder did not; levels are not known.

    Where its timeline is known to reach up to `frames`, what is missing is a gap with that cause.
    """
    record = writer.record
    missing = frames - record.frames
    if missing > 0:
        gap = Gap(record.frames, missing, 0, 0, cause, filled=False)
        writer.append("gap", gap.first, **asdict(gap))
    writer.append(
        "end",
        record.frames,
        sync=True,
        frames=record.frames,
        lost_frames=record.lost_frames,
        blocks=writer.blocks_sha256,
        levels=[],
        condition=Condition.RECOVERED.value,
        reason="recovered",
        rate_ppm=None,
    )


def _extra(record: TakeRecord, part: Part) -> int:
    infos = _infos(record, part)
    if len(infos) != len(part.files):
        return 0
    return min((info.frames for info in infos.values()), default=0) - record.part_frames(part)


def _infos(record: TakeRecord, part: Part) -> dict[str, WavInfo]:
    infos = {}
    for name in part.files:
        try:
            infos[name] = read_wav(record.folder / name)
        except WavError:
            continue
    return infos


def _stretch(path: Path, info: WavInfo, first: int, frames: int) -> str:
    try:
        with path.open("rb") as file:
            return sha256_range(file, info.data_offset + first * info.block_align, frames * info.block_align)
    except OSError as error:
        what, do = in_words(error)
        raise NotATake(f"{path} cannot be read: {what}", do) from error
