"""From the markers of a take to the cuts that are written: arithmetic alone, no I/O.

A slice begins at a marker and ends at the next one, or at the end of the take. A marker called `end` (or
`-`) ends a slice and begins none. Nothing before the first marker is cut. A slice that crosses into another
part of the take becomes one cut in each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from capture.errors import UsageError
from capture.journal.folding import objects
from capture.journal.lines import Json
from capture.journal.record import Block, Change, Part, TakeRecord
from capture.take import Track

_ENDS = frozenset({"end", "-"})
_LONGEST_HANDLE_S = 3600.0


@dataclass(frozen=True)
class Handles:
    """What is kept on both sides of a slice: a number of frames, or (`blocks`) up to the block's border."""

    frames: int = 0
    blocks: bool = False

    @staticmethod
    def parse(text: str, rate: int) -> Handles:
        """`blocks`, or a time in seconds (`0.5`, `250 ms`); raises UsageError."""
        if text.strip() == "blocks":
            return Handles(blocks=True)
        found = re.fullmatch(r"\s*(\d{1,9}(?:\.\d{1,9})?)\s*(ms|s)?\s*", text)
        seconds = float(found[1]) / (1000 if found[2] == "ms" else 1) if found else -1.0
        if not 0 <= seconds <= _LONGEST_HANDLE_S:
            raise UsageError(f"{text!r} is not a length of handles", "write a time (0.5, 250 ms) or: blocks")
        return Handles(round(seconds * rate))


@dataclass(frozen=True)
class Region:
    """One slice as the markers give it: `number` from 1, frames of the take timeline."""

    number: int
    marker: int
    text: str
    first: int
    end: int


@dataclass(frozen=True)
class Cut:
    """One file to be written: `frames` of `file` from `first` on (take timeline), handles included."""

    region: Region
    part: Part
    index: int
    file: str
    tracks: tuple[Track, ...]
    first: int
    frames: int
    before: int
    after: int
    piece: int  # from 1: a slice that crosses parts has several

    @property
    def end(self) -> int:
        """The frame after the last."""
        return self.first + self.frames


def regions(record: TakeRecord) -> list[Region]:
    """The slices between the markers, in their order; of markers at one frame the last begins the slice."""
    marks = sorted(record.markers, key=lambda marker: (marker.frame, marker.id))
    found: list[Region] = []
    for at, mark in enumerate(marks):
        end = marks[at + 1].frame if at + 1 < len(marks) else record.frames
        if end > mark.frame and mark.text.strip().casefold() not in _ENDS:
            number = len(found) + 1
            found.append(Region(number, mark.id, mark.text, mark.frame, min(end, record.frames)))
    return [region for region in found if region.end > region.first]


def cuts(record: TakeRecord, region: Region, handles: Handles, tracks: Sequence[int] = ()) -> Iterator[Cut]:
    """The cuts of a region in every part and file that it touches; `tracks` are numbers, none: all."""
    piece = 0
    for part in record.parts:
        length = record.part_frames(part)
        first, end = max(region.first, part.first), min(region.end, part.first + length)
        if first >= end:
            continue
        piece += 1
        start, stop = _with_handles(record, part, length, first, end, handles)
        for index, name in enumerate(part.files):
            here = sorted((t for t in record.tracks if t.file == index), key=lambda track: track.channel)
            if here and (not tracks or any(track.number in tracks for track in here)):
                yield Cut(
                    region,
                    part,
                    index,
                    name,
                    tuple(here),
                    start,
                    stop - start,
                    first - start,
                    stop - end,
                    piece,
                )


def _with_handles(
    record: TakeRecord, part: Part, length: int, first: int, end: int, handles: Handles
) -> tuple[int, int]:
    if handles.blocks:
        touched = [b for b in part_blocks(record, part) if b.first < end and b.end > first]
        return min([first, *(b.first for b in touched)]), max([end, *(b.end for b in touched)])
    return max(part.first, first - handles.frames), min(part.first + length, end + handles.frames)


def part_blocks(record: TakeRecord, part: Part) -> list[Block]:
    """The blocks of one part, in their order."""
    following = min((p.first for p in record.parts if p.number > part.number), default=None)
    return [b for b in record.blocks if b.first >= part.first and (following is None or b.first < following)]


def gaps_between(record: TakeRecord, first: int, end: int) -> list[tuple[int, int]]:
    """First frame and length of each gap of a take as far as it lies between two frames."""
    cut = ((max(gap.first, first), min(gap.first + gap.frames, end)) for gap in record.gaps)
    return [(start, stop - start) for start, stop in cut if start < stop]


def changes_before(record: TakeRecord, tracks: Sequence[Track], end: int) -> list[Change]:
    """What changed in the chain of these tracks before a frame: the snapshot says what was before that."""
    inputs = {track.input for track in tracks}
    return [change for change in record.changes if change.input in inputs and change.frame < end]


def calibrations(record: TakeRecord, tracks: Sequence[Track]) -> list[Json]:
    """The calibrations of these tracks that the take began with, as its begin line has them."""
    inputs = {track.input for track in tracks}
    return [entry for entry in objects(record.begin.get("calibrations")) if entry.get("input") in inputs]


@dataclass(frozen=True)
class WholeBlock:
    """A block that lies whole inside a cut; `index` is the place of its digest among all of the take."""

    index: int
    first: int
    frames: int
    sha256: str


def whole_blocks(record: TakeRecord, part: Part, file_index: int, first: int, end: int) -> list[WholeBlock]:
    """The blocks of a file that lie whole between two frames."""
    inside = {id(block) for block in part_blocks(record, part) if first <= block.first and block.end <= end}
    found, at = [], 0
    for block in record.blocks:
        if id(block) in inside and file_index < len(block.sha256):
            digest = block.sha256[file_index]
            found.append(WholeBlock(at + file_index, block.first, block.frames, digest))
        at += len(block.sha256)
    return found
