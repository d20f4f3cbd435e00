"""Hashes of audio files, read in pieces; as fast as SHA-256 itself where there are two cores."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import BinaryIO

PIECE = 4 * 1024 * 1024
_RUN_BYTES = 4 * 1024 * 1024


class Cancelled(Exception):
    """Hashing was given up because the caller asked for it."""


@dataclass
class Digests:
    """What was found: hex SHA-256 of all the bytes, and of each stretch."""

    whole: str = ""
    stretches: list[str] = field(default_factory=list)
    length: int = 0


def sha256_range(
    file: BinaryIO,
    offset: int,
    length: int,
    cancelled: Callable[[], bool] | None = None,
    also: Callable[[memoryview], None] | None = None,
) -> str:
    """Hex SHA-256 of `length` bytes from `offset` (fewer at the end of the file); raises Cancelled.

    `also` is given each piece as well, and must not keep it.
    """
    found = hashlib.sha256()
    for piece in _pieces(file, offset, length):
        if cancelled is not None and cancelled():
            raise Cancelled
        found.update(piece)
        if also is not None:
            also(piece)
    return found.hexdigest()


def sha256_stretches(
    file: BinaryIO, offset: int, stretches: Sequence[int], length: int, pool: ThreadPoolExecutor | None
) -> Digests:
    """Hashes of `length` bytes from `offset` as a whole, and of consecutive stretches of them.

    `stretches` are lengths in bytes; those past the end of the file come out as the hash of what is there.
    With a pool, both are computed at the same time, while the next piece is read.
    """
    whole, cutter = hashlib.sha256(), _Cutter(stretches)
    read = 0
    running: list[Future[None]] = []
    for piece in _pieces(file, offset, length):
        read += len(piece)
        for one in running:
            one.result()
        if pool is None:
            whole.update(piece)
            cutter.update(piece)
        else:
            running = [pool.submit(whole.update, piece), pool.submit(cutter.update, piece)]
    for one in running:
        one.result()
    return Digests(whole.hexdigest(), cutter.finish(), read)


def sha256_blocks(file: BinaryIO, offset: int, lengths: Sequence[int], pool: ThreadPoolExecutor) -> list[str]:
    """Hex SHA-256 of consecutive stretches from `offset` on, by the threads of a pool.

    They work side by side through the file, as disks read best. Stretches past its end come out as the hash
    of what is there.
    """
    running: list[Future[list[str]]] = []
    run: list[int] = []
    for at, length in enumerate(lengths):
        run.append(length)
        if sum(run) >= _RUN_BYTES or at == len(lengths) - 1:
            running.append(pool.submit(_hash_run, file, offset, run))
            offset, run = offset + sum(run), []
    return [digest for one in running for digest in one.result()]


def _hash_run(file: BinaryIO, offset: int, lengths: list[int]) -> list[str]:
    found = []
    for length in lengths:
        found.append(sha256_range(file, offset, length))
        offset += length
    return found


class _Cutter:
    """One hash after the other over consecutive stretches of what it is fed."""

    def __init__(self, stretches: Sequence[int]) -> None:
        self._lengths = list(stretches)
        self._done: list[str] = []
        self._hash = hashlib.sha256()
        self._left = self._lengths[0] if self._lengths else 0

    def update(self, piece: memoryview) -> None:
        while len(piece) and len(self._done) < len(self._lengths):
            now = piece[: self._left]
            self._hash.update(now)
            piece = piece[len(now) :]
            self._left -= len(now)
            if self._left == 0:
                self._next()

    def _next(self) -> None:
        self._done.append(self._hash.hexdigest())
        self._hash = hashlib.sha256()
        at = len(self._done)
        self._left = self._lengths[at] if at < len(self._lengths) else 0

    def finish(self) -> list[str]:
        while len(self._done) < len(self._lengths):
            self._next()
        return self._done


def _pieces(file: BinaryIO, offset: int, length: int) -> Iterator[memoryview]:
    """The bytes in pieces; three buffers in turn, so that one may still be hashed while the next is read."""
    buffers = [bytearray(min(PIECE, max(1, length))) for _ in range(3 if length > PIECE else 1)]
    turn = 0
    while length > 0:
        view = memoryview(buffers[turn % len(buffers)])[: min(PIECE, length)]
        count = os.preadv(file.fileno(), [view], offset)
        if count == 0:
            return
        yield view[:count]
        turn += 1
        offset += count
        length -= count
