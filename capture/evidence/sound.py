"""Reads the samples of a take in pieces, by its timeline, without what the take says was lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from capture.evidence.errors import EvidenceError
from capture.journal.beside import beside
from capture.journal.record import Part, TakeRecord
from capture.take import Track

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Samples = Any  # NDArray[np.float64], shape (frames, tracks of one file), full scale ±1
PIECE = 1 << 16
RATES = (100, 1_000_000)


@dataclass(frozen=True)
class Span:
    """Frames `first` to `end` of the timeline that lie in one part, without a gap."""

    part: Part
    first: int
    end: int


def of_usable_rate(record: TakeRecord) -> TakeRecord:
    """The record itself; raises EvidenceError where its rate is none that sound can have."""
    if not RATES[0] <= record.rate <= RATES[1]:
        raise EvidenceError(f"{record.rate} Hz is no rate of samples", "try: takechain verify")
    return record


def spans(record: TakeRecord, first: int = 0, end: int | None = None) -> list[Span]:
    """The stretches of the timeline that were recorded, in order; gaps go with their uncertainty."""
    last = record.frames if end is None else min(end, record.frames)
    lost = sorted(
        (gap.first - gap.first_pm, gap.first + gap.frames + gap.first_pm + gap.frames_pm)
        for gap in record.gaps
    )
    found = []
    for part in record.parts:
        at, stop = max(first, part.first), min(last, part.first + record.part_frames(part))
        for gone, back in lost:
            if gone < stop and back > at:
                found += [Span(part, at, gone)] if gone > at else []
                at = max(at, back)
        found += [Span(part, at, stop)] if stop > at else []
    return found


def tracks_of(record: TakeRecord, file: int) -> list[Track]:
    """The tracks that lie in the file at this index, in the order of their samples' columns here."""
    return [track for track in record.tracks if track.file == file]


def files_of(record: TakeRecord) -> list[int]:
    """The indices of the audio files of each part."""
    return sorted({track.file for track in record.tracks})


def pieces(record: TakeRecord, span: Span, file: int, size: int = PIECE) -> Iterator[tuple[int, Samples]]:
    """The span's samples as (frame, float64 array of (frames, tracks)), in order.

    Raises EvidenceError where the file is not here, cannot be read, or is shorter than the take says.
    """
    import numpy as np
    import soundfile

    name = span.part.files[file] if 0 <= file < len(span.part.files) else ""
    path = beside(record, name)
    if path is None:
        raise EvidenceError(f"the audio file {name!r} is not here", "put it back from a copy")
    channels = [track.channel for track in tracks_of(record, file)]
    try:
        with soundfile.SoundFile(path) as sound:
            if not all(0 <= channel < sound.channels for channel in channels):
                raise EvidenceError(f"{name} has {sound.channels} channels, not those that the take names")
            if sound.samplerate != record.rate:
                raise EvidenceError(f"{name} has {sound.samplerate} Hz, not those that the take names")
            sound.seek(span.first - span.part.first)
            at = span.first
            while at < span.end:
                block = sound.read(min(size, span.end - at), dtype="float64", always_2d=True)
                if not len(block):
                    raise EvidenceError(f"{name} is shorter than its journal says", "try: takechain verify")
                if not np.isfinite(block).all():  # of 32-bit floats, as an interface gave them
                    block = np.nan_to_num(block, posinf=1.0, neginf=-1.0)
                yield at, block[:, channels]
                at += len(block)
    except (OSError, soundfile.SoundFileError) as error:
        raise EvidenceError(f"{name} cannot be read: {error}", "try: takechain verify") from error


def stretch(record: TakeRecord, track: Track, first: int, end: int) -> NDArray[np.float64]:
    """The samples of one track, shape (frames,); frames that were lost or not recorded are left out."""
    import numpy as np

    column = tracks_of(record, track.file).index(track)
    found = [
        block[:, column]
        for span in spans(record, first, end)
        for _, block in pieces(record, span, track.file)
    ]
    return np.concatenate(found) if found else np.zeros(0)
