"""The audio files of one part of a take while they grow: written, hashed, synced, their sizes kept true."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

from capture.journal.errors import NameTaken, in_words
from capture.recorder.errors import CannotWrite, WriteFailed
from capture.recorder.hold import Chunk
from capture.wav.header import Layout, header
from capture.wav.meta import FileMeta, Format
from capture.wav.sizes import size_patches, tail

_SILENCE = memoryview(bytes(1 << 20))
_MOST_VECTORS = 512  # below every system's IOV_MAX
_MOST_BYTES = 1 << 20  # Linux 6.18 takes ten megabytes in one call at a fifth of the speed of ten calls
_SYNC_THREADS = 4
RESERVE_BYTES = 8 << 20
"""Never filled with audio: the end of a take, its seal and its hashes need room on a disk that runs full."""


class AudioFile:
    """One growing WAV file; `frames` of it are written, `safe` of them durable and told in the header."""

    def __init__(self, path: Path, fd: int, layout: Layout) -> None:
        self.path, self.layout, self._fd = path, layout, fd
        self.frames = 0
        self.safe = 0
        self._sha256 = hashlib.sha256()

    def free_bytes(self) -> int:
        """What its disk has left, asked of the open file: the folder may be renamed; raises OSError."""
        found = os.fstatvfs(self._fd)
        return found.f_bavail * found.f_frsize

    def write_header(self, meta: FileMeta, frames: int) -> None:
        """The whole header, with sizes true for `frames`; raises OSError."""
        _write_at(self._fd, header(meta, frames, self.layout), 0)

    def append(self, chunks: Sequence[tuple[int, memoryview | None]]) -> None:
        """Write stretches of (frames, bytes or None for silence) and hash them; raises OSError."""
        align = self.layout.block_align
        vectors: list[memoryview] = []
        for frames, data in chunks:
            vectors += [data] if data is not None else _zeros(frames * align)
        start = self.layout.data_offset + self.frames * align
        written = _write_all(self._fd, vectors, start)
        for vector in vectors:
            self._sha256.update(vector)
        self.frames += written // align

    def digest(self) -> str:
        """Hex SHA-256 of what was appended since the last call."""
        done, self._sha256 = self._sha256.hexdigest(), hashlib.sha256()
        return done

    def sync(self) -> None:
        """Make the audio durable, then its sizes true; raises OSError."""
        if self.safe == self.frames:
            return
        os.fdatasync(self._fd)
        for offset, patch in size_patches(self.layout, self.safe, self.frames):
            _write_at(self._fd, patch, offset)
        self.safe = self.frames

    def flush(self) -> None:
        """Make what was written durable, sizes left alone; raises OSError."""
        os.fdatasync(self._fd)

    def finish(self, meta: FileMeta) -> None:
        """The final header and what the format wants behind the last frame, durable; raises OSError."""
        end = self.layout.data_offset + self.frames * self.layout.block_align
        pad = tail(self.layout, self.frames)
        if pad:
            _write_at(self._fd, pad, end)
        self.write_header(meta, self.frames)
        os.fdatasync(self._fd)

    def cut(self, frames: int, hash_from: int) -> None:
        """Take back what lies past `frames` after a failed write, and hash again from `hash_from` on."""
        align, start = self.layout.block_align, self.layout.data_offset
        os.ftruncate(self._fd, start + frames * align)
        self.frames, self.safe = frames, min(self.safe, frames)
        self._sha256 = hashlib.sha256()
        place, end = start + hash_from * align, start + frames * align
        while place < end:
            piece = os.pread(self._fd, min(1 << 20, end - place), place)
            if not piece:
                raise OSError(5, "audio written before cannot be read back")
            self._sha256.update(piece)
            place += len(piece)

    def close(self) -> None:
        """Close the file; safe to call twice."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class PartFiles:
    """All files of one part, of equal length."""

    def __init__(
        self,
        folder: Path,
        names: Sequence[str],
        channels: Sequence[int],
        format: Format,  # noqa: A002
        beside: PartFiles | None = None,
    ) -> None:
        """Create the files, none of which may exist; raises NameTaken or CannotWrite and leaves nothing.

        They lie beside those of another part where one is given, even if that folder was renamed since.
        """
        self.files: list[AudioFile] = []
        self._entries_due = False  # whether the folder still has to be synced
        self._doubtful = False  # a sync failed: what is not `safe` may never have reached the disk
        self.folder, self.folder_fd = folder, -1
        self._helpers = ThreadPoolExecutor(_SYNC_THREADS, "sync") if len(names) > 1 else None
        path = folder
        try:
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
            self.folder_fd = os.open(folder, flags) if beside is None else os.dup(beside.folder_fd)
            for name, count in zip(names, channels, strict=True):
                path, layout = folder / name, Layout.plan(count, format)
                flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC
                fd = os.open(name, flags, 0o644, dir_fd=self.folder_fd)
                self.files.append(AudioFile(path, fd, layout))
        except FileExistsError:
            self.discard()
            raise NameTaken(f"{path} exists already", "choose another slate or number") from None
        except OSError as error:
            self.discard()
            what, do = in_words(error)
            raise CannotWrite(f"{path} cannot be created: {what}", do) from error

    @property
    def frames(self) -> int:
        """Frames that every file has."""
        return min(file.frames for file in self.files)

    @property
    def paths(self) -> list[Path]:
        """Where the files are."""
        return [file.path for file in self.files]

    @property
    def lengths(self) -> list[int]:
        """The bytes written of each file."""
        return [f.layout.data_offset + f.frames * f.layout.block_align for f in self.files]

    def frames_within(self, size: int) -> int:
        """How many frames a part may have so that none of its files exceeds `size` bytes; 0 for not one."""
        return max(0, min(_frames_within(file.layout, size) for file in self.files))

    def refuse_without_room(self) -> None:
        """Raise CannotWrite, nothing left behind, unless their headers fit above the reserve."""
        try:
            free = self.files[0].free_bytes() - sum(file.layout.data_offset for file in self.files)
            if free < RESERVE_BYTES:
                raise OSError(errno.ENOSPC, "no room above the reserve")
        except OSError as error:
            self.discard()
            raise CannotWrite(*in_words(error)) from error

    def begin(self, metas: Sequence[FileMeta]) -> None:
        """Write the first headers and make them and the folder's entries durable; raises CannotWrite."""
        self.start(metas)
        try:
            self._each(AudioFile.flush)
            self._sync_entries()
        except OSError as error:
            what, do = in_words(error)
            raise CannotWrite(f"{self.folder} cannot be written: {what}", do) from error

    def start(self, metas: Sequence[FileMeta]) -> None:
        """Write the first headers, made durable with the first audio alone; raises CannotWrite."""
        self._entries_due = True
        try:
            for file, meta in zip(self.files, metas, strict=True):
                file.write_header(meta, 0)
        except OSError as error:
            what, do = in_words(error)
            raise CannotWrite(f"{self.folder} cannot be written: {what}", do) from error

    def _sync_entries(self) -> None:
        if self._entries_due:
            os.fsync(self.folder_fd)
            self._entries_due = False

    def append(self, chunks: Sequence[Chunk]) -> None:
        """Write chunks, in order; raises WriteFailed, after which only `cut` makes the files equal again.

        Nothing is written of what would reach into the last `RESERVE_BYTES` of the disk.
        """
        self._keep_reserve(sum(chunk.frames for chunk in chunks))
        for index, file in enumerate(self.files):
            try:
                file.append([(c.frames, None if c.data is None else c.data[index]) for c in chunks])
            except OSError as error:
                raise WriteFailed(*in_words(error)) from error

    def _keep_reserve(self, frames: int) -> None:
        needed = frames * sum(file.layout.block_align for file in self.files)
        try:
            free = self.files[0].free_bytes()
        except OSError as error:
            raise WriteFailed(*in_words(error)) from error
        if free - needed < RESERVE_BYTES:
            raise WriteFailed(*in_words(OSError(errno.ENOSPC, "no room above the reserve")))

    def sync(self) -> None:
        """Make all audio durable and the sizes true; raises WriteFailed."""
        try:
            self._each(AudioFile.sync)
            self._sync_entries()
        except OSError as error:
            self._doubtful = True
            raise WriteFailed(*in_words(error)) from error

    def digests(self) -> list[str]:
        """One hex SHA-256 per file of what was appended since the last call."""
        return [file.digest() for file in self.files]

    def cut(self, hash_from: int) -> None:
        """After a failed write: back to the frames that every file has; raises WriteFailed.

        After a failed sync back to those that an earlier one made durable: the system forgets what it could
        not write, and the next sync would call it durable.
        """
        frames = min(file.safe for file in self.files) if self._doubtful else self.frames
        try:
            for file in self.files:
                file.cut(frames, hash_from)
        except OSError as error:
            raise WriteFailed(*in_words(error)) from error

    def finish(self, metas: Iterable[FileMeta]) -> None:
        """Write the final headers; raises WriteFailed."""
        try:
            self._each(AudioFile.finish, metas)
        except OSError as error:
            raise WriteFailed(*in_words(error)) from error

    def close(self) -> None:
        """Close every file."""
        for file in self.files:
            file.close()
        if self.folder_fd >= 0:
            os.close(self.folder_fd)
            self.folder_fd = -1
        if self._helpers is not None:
            self._helpers.shutdown(wait=False)

    def discard(self) -> None:
        """Remove and close every file: only for a take, or a part, that never began."""
        for file in self.files:
            with contextlib.suppress(OSError):
                os.unlink(file.path.name, dir_fd=self.folder_fd)
        self.close()

    def _each(self, act: Callable[..., None], *more: Iterable[FileMeta]) -> None:
        """Do something that waits for the disk to every file, several at a time; all are done on return."""
        if self._helpers is None:
            for arguments in zip(self.files, *more, strict=True):
                act(*arguments)
            return
        done = [self._helpers.submit(act, *arguments) for arguments in zip(self.files, *more, strict=True)]
        wait(done)
        for one in done:
            one.result()


def _frames_within(layout: Layout, size: int) -> int:
    frames = (size - layout.data_offset) // layout.block_align
    end = layout.data_offset + frames * layout.block_align
    return frames if end + len(tail(layout, frames)) <= size else frames - 1


def _zeros(count: int) -> list[memoryview]:
    whole, rest = divmod(count, len(_SILENCE))
    return [_SILENCE] * whole + ([_SILENCE[:rest]] if rest else [])


def _write_all(fd: int, vectors: Sequence[memoryview], offset: int) -> int:
    """Write every byte at `offset`, however often the system takes only a part; returns how many."""
    total = 0
    waiting = [vector for vector in vectors if len(vector)]
    while waiting:
        count = os.pwritev(fd, waiting[: _at_once(waiting)], offset + total)
        if not count:
            raise OSError(errno.EIO, "the system took nothing")
        total += count
        while waiting and count >= len(waiting[0]):
            count -= len(waiting.pop(0))
        if waiting and count:
            waiting[0] = waiting[0][count:]
    return total


def _at_once(vectors: Sequence[memoryview]) -> int:
    """How many vectors to hand over in one call: at least one, else up to `_MOST_BYTES`."""
    size = 0
    for count, vector in enumerate(vectors[:_MOST_VECTORS]):
        size += len(vector)
        if size > _MOST_BYTES:
            return max(1, count)
    return min(len(vectors), _MOST_VECTORS)


def _write_at(fd: int, data: bytes, offset: int) -> None:
    _write_all(fd, [memoryview(data)], offset)
