"""Finishing what a crash left: torn lines, audio past the last block, sizes, end, seal, headers, file lines.

Nothing is thrown away, and nothing is touched that is whole, or that another process holds.
"""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

from capture.journal.appending import check_chain, is_held
from capture.journal.discarding import discard_begun, finish_discard
from capture.journal.durable import sync_folder
from capture.journal.errors import JournalLocked, NotATake, in_words
from capture.journal.finish import unfinished, write_file_lines
from capture.journal.hashing import sha256_range
from capture.journal.keys import Key
from capture.journal.lines import read_lines
from capture.journal.mirrored import complete_from_mirror, plan_from_mirror
from capture.journal.numbering import JOURNAL_SUFFIX
from capture.journal.on_disk import OnDisk, about, look, look_all, make_header_again, zeros_said
from capture.journal.record import Part, TakeRecord, load
from capture.journal.writer import JournalWriter
from capture.take import Condition, Gap
from capture.wav.errors import WavError
from capture.wav.repair import repair_sizes


def recover_take(path: Path, key: Key | None) -> list[str]:
    """Finish a take that a crash left; returns what was done, and what cannot be, in words.

    A whole take gives an empty list and is not opened for writing. A journal without even a begin line is
    set aside if no audio lies beside it. Without a key the take is ended, and waits for it. Raises NotATake
    where audio does, JournalLocked while it rolls, JournalError when lines are damaged: nothing is touched.
    """
    planned = plan_take(path)
    if _never_begun(path):
        _set_aside(path)
        return planned
    if not planned:
        return []
    actions = close_take(path, key)
    if key is None:
        return actions
    thrown = finish_discard(path, key)
    if thrown is not None:
        actions.append(f"the audio that was discarded was removed ({len(thrown.files)} files)")
        actions += thrown.problems
    outcome = write_file_lines(path, key)
    if outcome.done:
        actions.append(f"headers and hashes of {len(outcome.done)} files written")
    return list(dict.fromkeys(actions + outcome.problems))


def plan_take(path: Path) -> list[str]:
    """What `recover_take` would do, in words; changes no byte. Raises as it does."""
    if path.is_symlink():
        raise NotATake(f"{path} is a symbolic link: it is not followed", "put the journal itself here")
    if _never_begun(path):
        plans = [f"no take was ever begun here: set aside as {_aside(path).name}"]
    else:
        plans = _planned(path)
    if plans and is_held(path):
        raise JournalLocked(f"{path} is in use by another process", "try again when it is done")
    return plans


def close_take(path: Path, key: Key | None, lost: str = "") -> list[str]:
    """End and seal a take that nobody holds, its files' hashes left for later; what was done, in words.

    Without a key it is not sealed. `lost` says why the interface of a take is gone that ends as
    `lost device`. Raises as `recover_take` does.
    """
    actions: list[str] = []
    with JournalWriter.reopen(path) as writer:
        if writer.torn:
            actions.append(f"{_torn(writer.torn)} was cut and kept beside the journal")
        if not writer.record.ended:
            actions += complete_from_mirror(writer)
            actions += salvage(writer)
            if lost:
                _note_lost(writer, lost)
            end_recovered(writer, condition=Condition.LOST_DEVICE if lost else Condition.RECOVERED)
            record = writer.record
            actions.append(f"ended as {record.condition.value} at frame {record.frames}")
        if not writer.record.sealed and key is not None:
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
    return not any(wav.lstat().st_size for wav in beside)


def _aside(path: Path) -> Path:
    aside = path.with_name(f"{path.name}.never-begun")
    if os.path.lexists(aside):
        raise NotATake(f"{path} holds no take, and {aside.name} is in the way", "move one of them away")
    return aside


def _set_aside(path: Path) -> None:
    with JournalWriter.reopen(path) as writer:
        if writer.seq or not _never_begun(path):
            raise JournalLocked(f"{path} was begun just now", "nothing is to be done")
        path.rename(_aside(path))
        sync_folder(path.parent)


def _planned(path: Path) -> list[str]:
    found = read_lines(path)
    check_chain(path, found)
    if not found.lines:
        raise NotATake(
            f"{path.name} has no begin line, and audio lies beside it: nothing was touched",
            "put the journal back from a copy; the audio can be played as it is",
        )
    record = load(path)
    plans = [f"cut {_torn(found.torn)}, kept beside the journal"] if found.torn else []
    if not record.ended:
        part = record.parts[-1]
        files = look_all(record, part)
        for file in files:
            plans += [f"make the header of {file.name} again from the journal"] if file.header_lost else []
            plans += [f"mend the sizes in {file.name}"] if file.sizes_wrong else []
        extra = _extra(record, part, files)
        plans += [f"hash {extra} frames that lie past the last block"] if extra > 0 else []
        plans += plan_from_mirror(record)
        plans += _said(record, part, files)
        plans.append("end it as recovered")
    if not record.sealed:
        plans.append("seal it")
    if discard_begun(record):
        plans.append("remove the audio that was discarded")
    return list(dict.fromkeys(plans + _planned_files(record)))


def _planned_files(record: TakeRecord) -> list[str]:
    names, plans, count = unfinished(record), [], 0
    for part, index, name in record.media:
        if name not in names:
            continue
        file = look(record, part, index, name)
        if file is not None and (file.trouble or file.said):
            plans.append(about(name, file.trouble or file.said))
            continue
        if file is not None and file.header_lost:
            plans.append(f"make the header of {name} again from the journal")
        short = record.part_frames(part) - file.frames if file is not None else 0
        if short > 0 and name not in record.files:
            plans.append(_short(name, short))
            continue
        count += 1
    return plans + ([f"write headers and hashes of {count} files"] if count else [])


def salvage(writer: JournalWriter) -> list[str]:
    """Make headers and sizes of the newest part's files true, and hash audio past its last block into a line.

    For a take that goes on in a new part as well as for one that ends; returns what was done, in words.
    """
    record = writer.record
    part = record.parts[-1]
    files = look_all(record, part)
    actions: list[str] = []
    for file in files:
        try:
            if file.header_lost:
                make_header_again(record, part, file)
                actions.append(f"the header of {file.name} was made again from the journal")
            elif file.sizes_wrong:
                repair_sizes(file.path)
                actions.append(f"the sizes in {file.name} were mended")
        except WavError as error:
            actions.append(about(file.name, error.what))
    told, extra = record.part_frames(part), _extra(record, part, files)
    if extra > 0:
        first = part.first + told
        digests = [_stretch(file, told, extra) for file in files]
        writer.append("block", first, sync=True, first=first, frames=extra, sha256=digests, recovered=True)
        actions.append(f"{extra} frames that lay past the last block were hashed")
    return actions + _said(record, part, files, told)


def _said(record: TakeRecord, part: Part, files: list[OnDisk], told: int | None = None) -> list[str]:
    """What stays as it is in a part's files, in words; `told`: frames in its blocks before any was added."""
    told = record.part_frames(part) if told is None else told
    said = [about(file.name, file.trouble or file.said) for file in files if file.trouble or file.said]
    readable = [file for file in files if not file.trouble]
    said += [_short(file.name, told - file.frames) for file in readable if file.frames < told]
    most = max((file.frames for file in readable), default=0)
    if len(readable) < len(part.files) and most > told:
        said.append(f"{most - told} frames past the last block are hashed only in the lines of their files")
    return said + zeros_said(files, told) + _empty_said(record)


def _empty_said(record: TakeRecord) -> list[str]:
    """What is said of the files of a part that the recorder died of making: no line names them."""
    named = {name for _, _, name in record.media}
    others = [
        path for path in record.folder.glob("*.wav") if path.name.startswith(f"{record.recorded_name}-")
    ]
    empty = sorted(p.name for p in others if p.name not in named and not p.lstat().st_size)
    more = f" and {len(empty) - 1} more" if len(empty) > 1 else ""
    return [f"{empty[0]}{more}: empty, of a part that never began; it can be deleted"] if empty else []


def _short(name: str, frames: int) -> str:
    return f"{name}: {frames} frames that its journal tells of are not in the file"


def _torn(raw: bytes) -> str:
    if not raw.strip(b"\0"):
        return f"a tail of {len(raw)} zero bytes that were never written"
    return f"the torn last line ({len(raw)} bytes)"


def _note_lost(writer: JournalWriter, why: str) -> None:
    """Journal that the interface is gone, unless the last that was said of it is just that."""
    said = [device.state for device in writer.record.devices if device.device == "interface"]
    if said[-1:] != ["lost"]:
        writer.append("device", writer.record.frames, device="interface", state="lost", text=why)


def end_recovered(
    writer: JournalWriter, frames: int = 0, cause: str = "", condition: Condition = Condition.RECOVERED
) -> None:
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
        condition=condition.value,
        reason=condition.value,
        rate_ppm=record.rate_ppm,
    )


def _extra(record: TakeRecord, part: Part, files: list[OnDisk]) -> int:
    """Frames past the last block that every file of the part has; negative where one is shorter."""
    if len(files) != len(part.files) or any(file.trouble for file in files):
        return 0
    return min((file.frames for file in files), default=0) - record.part_frames(part)


def _stretch(file: OnDisk, first: int, frames: int) -> str:
    try:
        with file.path.open("rb") as stream:
            return sha256_range(stream, file.data_offset + first * file.align, frames * file.align)
    except OSError as error:
        what, do = in_words(error)
        raise NotATake(f"{file.path} cannot be read: {what}", do) from error
