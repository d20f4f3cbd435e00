"""What is done to a file on disk: sizes made true after a crash, a header made again after an edit.

Neither moves or shortens audio, and neither follows a symbolic link. A frame that was being written when the
machine stopped stays in the file; it is told, and not counted.
"""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from capture.wav.errors import WavError
from capture.wav.header import Layout, header
from capture.wav.meta import FileMeta, Format
from capture.wav.read import WavInfo, parse, read_wav
from capture.wav.sizes import all_sizes, tail


@dataclass(frozen=True)
class Repair:
    """What a repair found: whole frames, bytes of a last frame cut short, whether anything was written."""

    frames: int
    partial_bytes: int
    changed: bool


def layout_of(info: WavInfo) -> Layout:
    """The layout of a file written by Takechain; raises WavError for any other."""
    formats: dict[tuple[str, int], Format] = {("pcm", 24): "pcm24", ("float", 32): "float32"}
    format_ = formats.get((info.fmt.coding, info.fmt.bits))
    chunks = [info.chunk(name) for name in ("bext", "iXML", "guan")]
    if format_ is not None and all(chunks):
        sizes = [chunk.size for chunk in chunks if chunk]
        layout = Layout(info.fmt.channels, format_, sizes[0], sizes[1], sizes[2], info.data_offset)
        room = layout.data_offset - 8 - layout.room_offset
        guan = chunks[2]
        if guan and guan.offset + guan.size == layout.room_offset and room >= 8 and _grows(info):
            return layout
    raise WavError("this file was not written by Takechain: its header cannot be made again")


def _grows(info: WavInfo) -> bool:
    first = info.chunks[0]
    return first.name in ("JUNK", "ds64") and (first.offset, first.size) == (20, 28)


def repair_sizes(path: Path, *, dry_run: bool = False) -> Repair:
    """Makes the sizes in a file's header true from its length alone, and syncs it; with `dry_run` only looks.

    Raises WavError when it is no WAV file, has no room for 64-bit sizes or has chunks behind its audio.
    """
    try:
        with _opened(path, os.O_RDONLY if dry_run else os.O_RDWR) as file:
            info = parse(file)
            if not _grows(info):
                raise WavError(f"{path.name} was not written by Takechain: its sizes are left alone")
            _nothing_behind(path, info)
            frames, partial = _true_frames(info)
            wanted = all_sizes(info, frames)
            end = info.data_offset + frames * info.block_align
            if partial == 0 and info.file_bytes == end:
                wanted += [(end, tail(info, frames))] if tail(info, frames) else []
            patches = [patch for patch in wanted if not _stands(file.fileno(), patch)]
            _write(file.fileno(), [] if dry_run else patches)
    except OSError as error:
        raise WavError(f"{path.name} cannot be mended: {_reason(error)}") from None
    return Repair(frames, partial, bool(patches))


def _true_frames(info: WavInfo) -> tuple[int, int]:
    frames, rest = divmod(info.file_bytes - info.data_offset, info.block_align)
    pad = len(tail(info, frames))
    return frames, 0 if rest == pad and info.sizes_true else rest


def _nothing_behind(path: Path, info: WavInfo) -> None:
    """Raises WavError when chunks stand behind the audio: counted by length, they would become sound."""
    names = [chunk.name for chunk in info.chunks]
    behind = names[names.index("data") + 1 :]
    if behind:
        raise WavError(
            f"{path.name} has chunks of other software behind its audio ({', '.join(behind)[:40]}): "
            "its header is left alone"
        )


def rewrite_header(path: Path, meta: FileMeta) -> bytes:
    """The header of an existing file made again from `meta`, of exactly the same length; nothing is written.

    Raises WavError when the file is not ours or `meta` describes another format.
    """
    info = read_wav(path)
    _nothing_behind(path, info)
    if info.fmt.rate != meta.sample_rate:
        raise WavError(f"{path.name} runs at {info.fmt.rate} Hz, not at {meta.sample_rate} Hz")
    return header(meta, _true_frames(info)[0], layout_of(info))


def write_header(path: Path, data: bytes) -> None:
    """Writes and syncs a header from `rewrite_header`, and reads it back.

    Raises WavError if it would touch the audio, or does not come back as it was written.
    """
    try:
        with _opened(path, os.O_RDWR) as file:
            info = parse(file)
            if len(data) != info.data_offset or data[-8:-4] != b"data":
                raise WavError(f"{path.name}: the new header does not have the length of the old one")
            _write(file.fileno(), [(0, data)])
            if not _stands(file.fileno(), (0, data)):
                raise WavError(f"{path.name}: its header does not come back as it was written")
    except OSError as error:
        raise WavError(f"{path.name} cannot be written: {_reason(error)}") from None


def replace_header(path: Path, data: bytes) -> None:
    """Writes and syncs a whole header over one that cannot be read; the caller knows where the audio begins.

    Raises WavError when the file cannot be written, or is no file of its own.
    """
    try:
        with _opened(path, os.O_RDWR) as file:
            _write(file.fileno(), [(0, data)])
    except OSError as error:
        raise WavError(f"{path.name} cannot be written: {_reason(error)}") from None


def _opened(path: Path, how: int) -> BinaryIO:
    """A regular file, never through a symbolic link; raises OSError."""
    handle = os.open(path, how | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "it is not a file")
    return os.fdopen(handle, "rb" if how == os.O_RDONLY else "r+b")


def _reason(error: OSError) -> str:
    return "it is a symbolic link" if error.errno == errno.ELOOP else error.strerror or str(error)


def _stands(handle: int, patch: tuple[int, bytes]) -> bool:
    return os.pread(handle, len(patch[1]), patch[0]) == patch[1]


def _write(handle: int, patches: list[tuple[int, bytes]]) -> None:
    for offset, data in patches:
        done = 0
        while done < len(data):
            count = os.pwrite(handle, data[done:], offset + done)
            if not count:
                raise OSError(errno.EIO, "the disk takes nothing")
            done += count
    if patches:
        os.fsync(handle)
