"""What goes between a recorder and its mirror process: a header, a JSON object, bytes of audio behind it.

    8 bytes   length of the JSON and of the bytes, two big-endian 32-bit numbers
    JSON      `do` says what it is; audio also has `lens`, the bytes of each file, and what was measured of it
    bytes     levels (float32 peaks, float64 squares, int64 overs where there are some), then the files' bytes

Both ends are of one version: the recorder starts the process.
"""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np

from capture.recorder.hold import Chunk
from capture.recorder.meter import Measured
from capture.wire import Json

_HEAD = struct.Struct(">II")
_MOST_VECTORS = 512  # below every system's IOV_MAX


def send(sock: socket.socket, fields: Json, chunk: Chunk | None = None) -> None:
    """Send one message, waiting as long as it takes; raises OSError when the other end is gone."""
    views: list[memoryview] = []
    if chunk is not None:
        fields = {**fields, "first": chunk.first, "frames": chunk.frames}
        data = chunk.picked()
        fields["lens"] = None if data is None else [view.nbytes for view in data]
        if chunk.levels is not None:
            views = _levels(chunk.levels)
            fields["inputs"], fields["overs"] = len(chunk.levels.peak), chunk.levels.overs is not None
        views += [view.cast("B") for view in data or ()]
    text = json.dumps(fields).encode()
    head = _HEAD.pack(len(text), sum(view.nbytes for view in views))
    _send_all(sock, [memoryview(head + text), *views])


def receive(sock: socket.socket) -> tuple[Json, memoryview] | None:
    """The next message and its bytes, waiting for it; None when the other end is gone."""
    head = _read(sock, _HEAD.size)
    if head is None:
        return None
    text_length, length = _HEAD.unpack(head)
    text, raw = _read(sock, text_length), _read(sock, length)
    if text is None or raw is None:
        return None
    fields: Json = json.loads(bytes(text))
    return fields, raw


def chunk_of(fields: Json, raw: memoryview) -> Chunk:
    """The chunk of a message with audio, or with silence."""
    levels, at = _measured(fields, raw)
    first, frames = int(fields["first"]), int(fields["frames"])
    if fields["lens"] is None:
        return Chunk(first, frames, None, levels)
    data: list[memoryview] = []
    for length in fields["lens"]:
        data.append(raw[at : at + length])
        at += length
    return Chunk(first, frames, data, levels)


def _levels(levels: Measured) -> list[memoryview]:
    arrays: list[Any] = [levels.peak.astype(np.float32), levels.squares.astype(np.float64)]
    if levels.overs is not None:
        arrays.append(levels.overs.astype(np.int64))
    return [memoryview(array.tobytes()) for array in arrays]


def _measured(fields: Json, raw: memoryview) -> tuple[Measured | None, int]:
    count = fields.get("inputs")
    if count is None:
        return None, 0
    peak = np.frombuffer(raw, np.float32, count)
    squares = np.frombuffer(raw, np.float64, count, 4 * count)
    overs = np.frombuffer(raw, np.int64, count, 12 * count) if fields["overs"] else None
    return Measured(peak, squares, overs), (20 if fields["overs"] else 12) * count


def _send_all(sock: socket.socket, views: Sequence[memoryview]) -> None:
    waiting = [view for view in views if view.nbytes]
    while waiting:
        count = sock.sendmsg(waiting[:_MOST_VECTORS])
        while waiting and count >= waiting[0].nbytes:
            count -= waiting.pop(0).nbytes
        if count:
            waiting[0] = waiting[0][count:]


def _read(sock: socket.socket, length: int) -> memoryview | None:
    whole = memoryview(bytearray(length))
    at = 0
    while at < length:
        count = sock.recv_into(whole[at:])
        if not count:
            return None
        at += count
    return whole
