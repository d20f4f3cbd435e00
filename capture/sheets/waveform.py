"""The waveform overview: the lowest and highest sample of each of a few hundred columns, per track.

Every sample is read where that is cheap. A longer take is looked at in strips, evenly spread over each
column, and the overview then says what share of it was read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from capture.journal.beside import beside
from capture.journal.record import Part, TakeRecord
from capture.sheets.model import Waveform, WaveTrack

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

COLUMNS = 400
WHOLE_SECONDS = 600
STRIP_FRAMES = 4096
STRIPS = 4  # per column, of a take that is not read whole
BLOCK_FRAMES = 1 << 16


@dataclass
class _Envelope:
    """What was seen so far: arrays (columns, tracks), NaN where nothing was read."""

    low: NDArray[np.float32]
    high: NDArray[np.float32]
    read: int = 0
    there: int = 0  # samples that the readable files hold

    def add(self, tracks: list[int], columns: NDArray[np.intp], block: NDArray[np.float32]) -> None:
        """Take in `block` (frames, tracks), whose frames lie in `columns` (frames,), ascending."""
        import numpy as np

        starts = np.flatnonzero(np.r_[True, columns[1:] != columns[:-1]])
        rows, cols = np.ix_(columns[starts], np.array(tracks))
        self.low[rows, cols] = np.fmin(self.low[rows, cols], np.minimum.reduceat(block, starts, axis=0))
        self.high[rows, cols] = np.fmax(self.high[rows, cols], np.maximum.reduceat(block, starts, axis=0))


def overview(record: TakeRecord) -> Waveform | None:
    """The overview of a take, or None where no file of it can be read here."""
    import numpy as np

    if record.frames <= 0 or not record.tracks or not record.rate:
        return None
    shape = (min(COLUMNS, record.frames), len(record.tracks))
    seen = _Envelope(np.full(shape, np.nan, np.float32), np.full(shape, np.nan, np.float32))
    whole = record.seconds <= WHOLE_SECONDS
    for part, index, name in record.media:
        tracks = [place for place, track in enumerate(record.tracks) if track.file == index]
        channels = [record.tracks[place].channel for place in tracks]
        path = beside(record, name)
        if tracks and path is not None:
            _read_file(record, part, path, tracks, channels, seen, whole)
    if not seen.read:
        return None
    low, high = np.nan_to_num(seen.low), np.nan_to_num(seen.high)
    return Waveform(
        record.seconds,
        min(1.0, round(seen.read / seen.there, 6)),
        tuple(
            WaveTrack(track.number, _rounded(low[:, place]), _rounded(high[:, place]))
            for place, track in enumerate(record.tracks)
        ),
    )


def _rounded(values: Any) -> tuple[float, ...]:
    return tuple(round(float(value), 5) for value in values)


def _read_file(
    record: TakeRecord,
    part: Part,
    path: Path,
    tracks: list[int],
    channels: list[int],
    seen: _Envelope,
    whole: bool,
) -> None:
    import numpy as np
    import soundfile

    try:
        with soundfile.SoundFile(path) as sound:
            if min(channels) < 0 or max(channels) >= sound.channels:
                return
            seen.there += sound.frames * len(tracks)
            for first, frames in _stretches(sound.frames, record.frames, len(seen.low), whole):
                sound.seek(first)
                block = sound.read(frames, dtype="float32", always_2d=True)[:, channels]
                places = part.first + first + np.arange(len(block))
                columns = np.minimum(places * len(seen.low) // record.frames, len(seen.low) - 1)
                if len(block):
                    seen.add(tracks, columns, np.nan_to_num(block))
                    seen.read += block.size
    except (OSError, soundfile.SoundFileError):
        return  # its stretch of the overview stays empty; the list of files says why


def _stretches(available: int, frames: int, columns: int, whole: bool) -> Iterator[tuple[int, int]]:
    """Which frames of a file to read: all of them, or evenly spread strips."""
    step = BLOCK_FRAMES if whole else max(STRIP_FRAMES, frames // (columns * STRIPS))
    for first in range(0, available, step):
        yield first, min(step if whole else STRIP_FRAMES, available - first)
