"""The sound before the Record key: the last seconds of every input, packed, while nothing rolls.

All inputs are kept as one stretch of packed frames, so that arming a further track loses nothing; which of
them a take's files hold is picked when its writer takes them. How much is kept is bounded by memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from capture.recorder.hold import Chunk, Hold, Pick, chunk_frames
from capture.recorder.levels import measured_again
from capture.recorder.meter import Measured
from capture.recorder.timeline import Step
from capture.take import Gap
from capture.wav.meta import SAMPLE_BYTES, Format
from capture.wav.pack import Packer

BUDGET_BYTES = 512 << 20
_SLACK_SECONDS = 1.0  # kept beyond what is granted: an order comes a moment after its key


class PreRoll:
    """What one stream gave lately, on its timeline; fed by the thread that empties the ring."""

    def __init__(
        self,
        rate: int,
        channels: int,
        format: Format = "pcm24",  # noqa: A002
        budget: int = BUDGET_BYTES,
    ) -> None:
        self.rate, self.channels, self.format = rate, channels, format
        self.asked = self.granted = 0  # frames
        self._slack = round(_SLACK_SECONDS * rate)
        self._most = max(0, budget // (channels * SAMPLE_BYTES[format]) - self._slack)
        self._packer: Packer | None = None
        self._hold = Hold(0, lambda _: None)
        self._gaps: list[Gap] = []

    @property
    def held(self) -> int:
        """Frames that a take beginning now would start with."""
        return min(self._hold.held, self.granted)

    def ask(self, seconds: float) -> None:
        """Keep so many seconds from now on, or as many as the memory holds; what is held already stays."""
        self.asked = round(seconds * self.rate)
        self.granted = min(self.asked, self._most)
        self._hold.resize(self.granted + self._slack)
        if not self.granted:
            self.clear()
        elif self._packer is None:
            self._packer = Packer([range(self.channels)], self.format, chunk_frames(self.rate, self.channels))

    def feed(self, first: int, samples: NDArray[np.float32], levels: Measured) -> None:
        """The next chunk of the whole interface, beginning at frame `first` of the stream's timeline."""
        if self._packer is None or not self.granted:
            return
        packed = bytes(self._packer.pack(samples, within=levels.within)[0])
        self._hold.add(Chunk(first, len(samples), [memoryview(packed)], levels))

    def lose(self, step: Step) -> None:
        """Put silence where the clock says that frames of the stream are missing."""
        held = self._hold.first
        if held is None or step.first <= held:
            self._hold.move(step.frames)  # lost before anything that is held
            return
        place = self._hold.insert_silence(step.first, step.frames)
        first_pm = step.first_pm + abs(place - step.first)
        kept = [gap for gap in self._gaps if gap.first + gap.frames > held]
        self._gaps = [*kept, Gap(place, step.frames, first_pm, step.frames_pm, "clock", filled=True)]

    def since(self, first: int) -> tuple[list[Chunk], list[Gap]]:
        """Chunks and gaps from frame `first` of the stream on, as far as there are; all of it stays held."""
        chunks = self._hold.since(first, self._measured_again)
        return chunks, [_from(gap, first) for gap in self._gaps if gap.first + gap.frames > first]

    def clear(self) -> None:
        """Forget everything."""
        self._hold.clear()
        self._gaps = []

    def picker(self, columns: Sequence[Sequence[int]]) -> Pick:
        """What takes the columns of each file out of a stretch of all inputs."""
        return picker(columns, self.channels, SAMPLE_BYTES[self.format])

    def _measured_again(self, chunk: Chunk) -> Measured | None:
        if chunk.data is None:
            return None
        return measured_again(chunk.data, [range(self.channels)], self.format)


def picker(columns: Sequence[Sequence[int]], channels: int, sample_bytes: int) -> Pick:
    """Takes the bytes of each file, made of those columns (from 0), out of packed frames of all channels."""
    if [list(file) for file in columns] == [list(range(channels))]:
        return lambda packed: [packed]
    chosen = [_span(file) for file in columns]

    def pick(packed: memoryview) -> list[memoryview]:
        frames = np.frombuffer(packed, f"V{sample_bytes}").reshape(-1, channels)
        return [np.ascontiguousarray(frames[:, file]).view(np.uint8).reshape(-1).data for file in chosen]

    return pick


def _span(file: Sequence[int]) -> slice | list[int]:
    """Columns as a slice when they count up by one: that copies without looking each one up."""
    span = list(range(file[0], file[0] + len(file)))
    return slice(file[0], file[0] + len(file)) if list(file) == span else list(file)


def _from(gap: Gap, first: int) -> Gap:
    """What of a gap lies behind `first`."""
    early = max(0, first - gap.first)
    return replace(gap, first=gap.first + early, frames=gap.frames - early)
