"""The members of a slice's statement that are checked, with their types made sure of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from capture.journal.lines import Json
from capture.slices.errors import SliceError
from capture.slices.regions import WholeBlock
from capture.wav.meta import SAMPLE_BYTES

_LARGEST = 2**53


@dataclass(frozen=True)
class Said:
    """What a statement says of its slice; frames are those of the take timeline, hashes hex SHA-256."""

    file: str
    utc: str
    take: str
    take_name: str
    begin: str
    end: str
    seal: str
    keyid: str
    origin: str
    rate: int
    format: str
    channels: int
    part: int
    parent: str
    first: int
    frames: int
    tracks: tuple[tuple[int, ...], ...]  # number, input, channel
    gaps: tuple[tuple[int, ...], ...]  # first, frames
    changes: tuple[tuple[str, int], ...]  # path, frame
    corrections: int
    calibrations: tuple[Any, ...]
    blocks: tuple[WholeBlock, ...]
    data_offset: int
    data_sha256: str
    header_sha256: str
    chain_digest: str

    @property
    def align(self) -> int:
        """Bytes of one frame."""
        return self.channels * (4 if self.format == "float32" else 3)


def said(statement: Json) -> Said:
    """The statement as it is checked; raises SliceError for one that lacks something or cannot be."""
    take, audio, data = (_mapping(statement, name) for name in ("take", "audio", "data"))
    found = Said(
        file=_text(statement, "file"),
        utc=_text(statement, "utc"),
        take=_text(take, "take"),
        take_name=_text(take, "name"),
        begin=_text(take, "begin_sha256"),
        end=_text(take, "end_sha256"),
        seal=_text(take, "seal_sha256"),
        keyid=_text(take, "keyid"),
        origin=_text(take, "origin"),
        rate=_whole(audio, "rate"),
        format=_text(audio, "format"),
        channels=_whole(audio, "channels"),
        part=_whole(statement, "part"),
        parent=_text(statement, "parent"),
        first=_whole(statement, "first"),
        frames=_whole(statement, "frames"),
        tracks=tuple(_numbers(entry, "number", "input", "channel") for entry in _list(statement, "tracks")),
        gaps=tuple(_numbers(entry, "first", "frames") for entry in _list(statement, "gaps")),
        changes=tuple(_change(entry) for entry in _list(statement, "changes")),
        corrections=len(_list(statement, "corrections")),
        calibrations=tuple(_list(statement, "calibrations")),
        blocks=tuple(_block(entry) for entry in _list(statement, "blocks")),
        data_offset=_whole(data, "offset"),
        data_sha256=_text(data, "sha256"),
        header_sha256=_text(data, "header_sha256"),
        chain_digest=_text(_mapping(statement, "chain"), "digest"),
    )
    if found.format not in SAMPLE_BYTES or not 1 <= found.channels <= 1024 or not found.rate:
        raise SliceError("the slice statement tells of audio that cannot be")
    at = found.first
    for number, block in enumerate(found.blocks):
        if (number and block.first != at) or block.first < at or not block.frames:
            raise SliceError("the blocks of the slice statement do not follow each other")
        at = block.first + block.frames
    if at > found.first + found.frames:
        raise SliceError("the blocks of the slice statement reach past its end")
    return found


def _block(entry: object) -> WholeBlock:
    if not isinstance(entry, dict):
        raise SliceError("the slice statement holds a block that is none")
    index, first, frames = (_whole(entry, name) for name in ("index", "first", "frames"))
    return WholeBlock(index, first, frames, _text(entry, "sha256"))


def _change(entry: object) -> tuple[str, int]:
    if not isinstance(entry, dict):
        raise SliceError("the slice statement holds a change that is none")
    return _text(entry, "path"), _whole(entry, "frame")


def _numbers(entry: object, *names: str) -> tuple[int, ...]:
    if not isinstance(entry, dict):
        raise SliceError("the slice statement holds a list of what is none")
    return tuple(_whole(entry, name) for name in names)


def _mapping(fields: Json, name: str) -> Json:
    value = fields.get(name)
    if not isinstance(value, dict):
        raise SliceError(f"the slice statement lacks {name!r}")
    return value


def _list(fields: Json, name: str) -> list[Any]:
    value = fields.get(name)
    if not isinstance(value, list):
        raise SliceError(f"the slice statement lacks {name!r}")
    return value


def _text(fields: Json, name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str):
        raise SliceError(f"the slice statement lacks {name!r}")
    return value


def _whole(fields: Json, name: str) -> int:
    value = fields.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _LARGEST:
        raise SliceError(f"the slice statement lacks {name!r}")
    return value
