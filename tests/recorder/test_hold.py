"""Silence put into held audio, and cuts, against a plain list of samples."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.recorder.hold import Chunk, Hold, PackerPool
from capture.recorder.levels import unpacked
from capture.recorder.meter import Measured, Meter

CHANNELS = 3
LEVELS = Measured(np.zeros(CHANNELS, np.float32), np.zeros(CHANNELS), None)


class Taken:
    """What left the hold, copied at once, as bytes may be used again behind it."""

    def __init__(self, pool: PackerPool, files: int) -> None:
        self.pool, self.samples, self.next = pool, [[] for _ in range(files)], 0

    def __call__(self, chunk: Chunk) -> None:
        assert chunk.first == self.next
        self.next = chunk.end
        for index, samples in enumerate(self.samples):
            width = len(self.pool.files[index])
            if chunk.data is None:
                samples.append(np.zeros((chunk.frames, width)))
            else:
                whole = unpacked(chunk.data[index], self.pool.format).reshape(-1, width)
                assert len(whole) == chunk.frames
                samples.append(whole.astype(np.float64))
        self.pool.free(chunk)

    def integers(self) -> np.ndarray:
        files = [
            np.concatenate([np.zeros((0, len(columns))), *samples])
            for columns, samples in zip(self.pool.files, self.samples, strict=True)
        ]
        return np.concatenate(files, axis=1) * (1 << 23)


@settings(max_examples=150, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 50), min_size=1, max_size=12),
    silences=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 400), st.integers(1, 80)), max_size=4),
    cut=st.integers(0, 600),
    held=st.integers(1, 150),
    files=st.sampled_from([[[0, 1, 2]], [[0], [1], [2]], [[0, 1], [2]]]),
    kind=st.sampled_from(["pcm24", "float32"]),
)
def test_what_leaves_is_what_came_with_silence_in_place(
    lengths: list[int],
    silences: list[tuple[int, int, int]],
    cut: int,
    held: int,
    files: list[list[int]],
    kind: str,
) -> None:
    pool = PackerPool(files, kind, 50)
    taken = Taken(pool, len(files))
    hold = Hold(held, taken)
    wanted: list[list[int]] = []
    value = 1
    for index, length in enumerate(lengths):
        integers = np.arange(value, value + length * CHANNELS).reshape(length, CHANNELS)
        value += length * CHANNELS
        samples = (integers / (1 << 23)).astype(np.float32)
        hold.add(pool.pack(samples, len(wanted), LEVELS))
        samples[:] = 0.5  # the ring is used again
        wanted += integers.tolist()
        for after, place, frames in silences:
            if after == index:
                first = hold.first
                assert first is not None
                inside = min(max(place, first), len(wanted))
                assert hold.insert_silence(place, frames) == inside
                wanted[inside:inside] = [[0] * CHANNELS] * frames
    gone = hold.first if hold.first is not None else len(wanted)
    end = max(cut, gone)
    hold.flush(end, lambda _: None)
    assert taken.integers().tolist() == wanted[:end]
    assert hold.held == 0


@settings(max_examples=100, deadline=None)
@given(
    values=st.lists(
        st.one_of(st.floats(-2, 2, width=32), st.sampled_from([float("nan"), float("inf"), 1.0, -1.0])),
        min_size=1,
        max_size=30,
    )
)
def test_what_is_too_loud_is_clipped_whatever_the_meter_says(values: list[float]) -> None:
    samples = np.array([[value] * CHANNELS for value in values], np.float32)
    pool = PackerPool([list(range(CHANNELS))], "pcm24", 50)
    chunk = pool.pack(samples, 0, Meter(CHANNELS).measure(samples))
    assert chunk.data is not None
    integers = unpacked(chunk.data[0], "pcm24").astype(np.float64) * (1 << 23)
    exact = np.nan_to_num(
        np.array(values, np.float32).astype(np.float64) * (1 << 23), posinf=1e30, neginf=-1e30
    )
    wanted = np.clip(np.round(exact), -(1 << 23), (1 << 23) - 1)
    assert integers[::CHANNELS].tolist() == wanted.tolist()
