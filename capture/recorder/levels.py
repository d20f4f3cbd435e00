"""Peak, RMS and overs of every track over a whole take, also when it went on in another recorder."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capture.journal.record import TakeRecord
from capture.recorder.meter import Measured, Meter
from capture.take import Track
from capture.wav.errors import WavError
from capture.wav.read import read_wav

_PIECE_FRAMES = 4800


class TakeLevels:
    """Adds up what was measured of the tracks' inputs, chunk by chunk."""

    def __init__(self, tracks: Sequence[Track]) -> None:
        self._tracks = tracks
        self._inputs = np.array([track.input - 1 for track in tracks])
        self.frames = 0
        self.peak = np.zeros(len(tracks))
        self.squares = np.zeros(len(tracks))
        self.overs = np.zeros(len(tracks), np.int64)

    def add(self, frames: int, levels: Measured | None) -> None:
        """One chunk of the whole interface; None is silence."""
        self.frames += frames
        if levels is None:
            return
        np.maximum(self.peak, levels.peak[self._inputs], out=self.peak)
        self.squares += levels.squares[self._inputs]
        if levels.overs is not None:
            self.overs += levels.overs[self._inputs]

    def as_fields(self) -> list[dict[str, Any]]:
        """What `end` and `heartbeat` lines say: dBFS against a full-scale value of 1.0, null for silence."""
        return [
            {
                "track": track.number,
                "peak": _dbfs(float(self.peak[i])),
                "rms": _dbfs(math.sqrt(max(0.0, self.squares[i]) / self.frames) if self.frames else 0.0),
                "overs": int(self.overs[i]),
            }
            for i, track in enumerate(self._tracks)
        ]

    def resume(self, record: TakeRecord) -> None:
        """Take up the levels of what other recorders wrote: from the last heartbeat, then from the audio."""
        beat = record.heartbeat
        told = {e.get("track"): e for e in beat.get("levels") or () if isinstance(e, dict)}
        known = int(beat.get("frames") or 0) if told else 0
        for i, track in enumerate(self._tracks):
            fields = told.get(track.number, {})
            self.peak[i] = max(self.peak[i], _linear(fields.get("peak")))
            self.squares[i] += _linear(fields.get("rms")) ** 2 * known
            self.overs[i] += int(fields.get("overs") or 0)
        self.frames += known
        for part in record.parts[:-1]:
            first = max(0, known - part.first)
            self._add_part(record, [record.folder / name for name in part.files], first)

    def _add_part(self, record: TakeRecord, paths: list[Path], first: int) -> None:
        tracks = [[t for t in self._tracks if t.file == index] for index in range(len(paths))]
        counted = 0
        for path, inside in zip(paths, tracks, strict=True):
            columns = [t.input - 1 for t in sorted(inside, key=lambda t: t.channel)]
            try:
                counted = max(counted, self._add_file(path, columns, record.format, first))
            except (OSError, WavError):
                continue  # what cannot be read is said by recover and verify
        self.frames += counted

    def _add_file(self, path: Path, columns: list[int], kind: str, first: int) -> int:
        info = read_wav(path)
        meter, width = Meter(len(columns)), int(self._inputs.max()) + 1
        before = self.frames
        with path.open("rb") as file:
            file.seek(info.data_offset + first * info.block_align)
            left = max(0, info.frames - first)
            count = left
            while left > 0:
                data = file.read(min(left, _PIECE_FRAMES) * info.block_align)
                samples = unpacked(memoryview(data), kind).reshape(-1, len(columns))
                if not len(samples):
                    break
                left -= len(samples)
                self.add(0, _spread(meter.measure(samples), columns, width))
        self.frames = before
        return count


def measured_again(data: Sequence[memoryview], columns: Sequence[Sequence[int]], kind: str) -> Measured:
    """The levels of packed bytes, one view per file, whose channels are those columns of the interface."""
    width = 1 + max(column for file in columns for column in file)
    parts = [unpacked(view, kind).reshape(-1, len(file)) for view, file in zip(data, columns, strict=True)]
    samples = np.zeros((len(parts[0]), width), np.float32)
    for part, file in zip(parts, columns, strict=True):
        samples[:, list(file)] = part
    return Meter(width).measure(samples)


def unpacked(view: memoryview, kind: str) -> NDArray[np.float32]:
    """Samples of packed bytes, 1.0 as full scale."""
    if kind == "float32":
        return np.frombuffer(view, "<f4").astype(np.float32)
    raw = np.frombuffer(view, np.uint8).reshape(-1, 3)
    whole = np.zeros((len(raw), 4), np.uint8)
    whole[:, 1:] = raw
    scaled: NDArray[np.float32] = (whole.view("<i4").ravel() >> 8).astype(np.float32) / np.float32(1 << 23)
    return scaled


def _spread(levels: Measured, columns: list[int], width: int) -> Measured:
    peak, squares = np.zeros(width, np.float32), np.zeros(width)
    peak[columns], squares[columns] = levels.peak, levels.squares
    overs = None
    if levels.overs is not None:
        overs = np.zeros(width, np.int64)
        overs[columns] = levels.overs
    return Measured(peak, squares, overs)


def _dbfs(linear: float) -> float | None:
    return round(20 * math.log10(linear), 2) if linear > 0 and math.isfinite(linear) else None


def _linear(dbfs: object) -> float:
    return float(10 ** (dbfs / 20)) if isinstance(dbfs, (int, float)) else 0.0
