"""Samples into bytes: bit-exact, clipped, rounded, in the right file."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.wav.pack import Packer


def _pcm24(values: list[int]) -> bytes:
    return b"".join(struct.pack("<i", value)[:3] for value in values)


def _integers(shape: tuple[int, int], seed: int = 7) -> np.ndarray:
    return np.random.default_rng(seed).integers(-(2**23), 2**23, shape)


def _block(integers: np.ndarray) -> np.ndarray:
    return (integers / 2**23).astype(np.float32)


def test_every_24_bit_integer_comes_back_as_itself() -> None:
    packer = Packer([[0]], "pcm24", 1 << 20)
    for first in range(-(2**23), 2**23, 1 << 20):
        values = np.arange(first, first + (1 << 20), dtype=np.int32)
        (raw,) = packer.pack(_block(values)[:, None])
        expected = values.astype("<i4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
        assert bytes(raw) == expected


@pytest.mark.parametrize(
    "files",
    [
        [[0, 1, 2, 3, 4, 5, 6, 7]],  # poly
        [[0], [1], [2], [3], [4], [5], [6], [7]],  # tracks
        [[2], [4], [7]],  # chosen inputs, one file each
        [[2, 4, 7]],  # chosen inputs, poly
        [[0], [1, 2], [3], [6, 7]],  # linked pairs between mono files
        [[7], [0], [5, 3]],  # out of order
        [[6, 5]],
        [[5, 6, 7], [1, 0, 2], [4]],
        [[3]],
    ],
)
@pytest.mark.parametrize("frames", [0, 1, 2, 777, 9601])
def test_inputs_land_in_their_files(files: list[list[int]], frames: int) -> None:
    integers = _integers((frames, 8))
    block = _block(integers)
    packed = Packer(files, "pcm24", 9601).pack(block)
    assert [bytes(p) for p in packed] == [
        _pcm24(integers[:, columns].reshape(-1).tolist()) for columns in files
    ]
    floats = Packer(files, "float32", 9601).pack(block)
    assert [bytes(p) for p in floats] == [block[:, columns].astype("<f4").tobytes() for columns in files]


def test_blocks_of_any_length_follow_each_other_without_traces() -> None:
    packer = Packer([[0, 1], [2]], "pcm24", 5000)
    for frames in (5000, 1, 4999, 13):
        integers = _integers((frames, 3), seed=frames)
        pair, mono = packer.pack(_block(integers))
        assert bytes(pair) == _pcm24(integers[:, :2].reshape(-1).tolist())
        assert bytes(mono) == _pcm24(integers[:, 2].tolist())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1.0, 2**23 - 1),
        (1.0 - 2**-24, 2**23 - 1),  # 8388607.5: the nearest integer is one too large for 24 bits
        (-1.0, -(2**23)),
        (5.0, 2**23 - 1),
        (-5.0, -(2**23)),
        (float("inf"), 2**23 - 1),
        (float("-inf"), -(2**23)),
        (float("nan"), 0),
        (-0.0, 0),
        (1e-45, 0),
        (0.5 * 2**-23, 0),  # ties go to the even neighbour
        (1.5 * 2**-23, 2),
        (-0.5 * 2**-23, 0),
        (-1.5 * 2**-23, -2),
        (0.75 * 2**-23, 1),
        (-0.75 * 2**-23, -1),
    ],
)
def test_values_between_and_beyond(value: float, expected: int) -> None:
    block = np.full((37, 3), value, np.float32)
    for files in ([[0, 1, 2]], [[0], [1], [2]], [[2, 0]]):
        for raw in Packer(files, "pcm24", 37).pack(block):
            assert bytes(raw) == _pcm24([expected] * (len(raw) // 3))


@settings(max_examples=50)
@given(st.lists(st.floats(width=32), min_size=1, max_size=200))
def test_rounding_is_to_the_nearest(values: list[float]) -> None:
    (raw,) = Packer([[0]], "pcm24", 200).pack(np.array(values, np.float32)[:, None])
    got = [int.from_bytes(raw[i : i + 3], "little", signed=True) for i in range(0, len(raw), 3)]
    for value, integer in zip(values, got, strict=True):
        exact = 0.0 if value != value else min(max(float(np.float32(value)) * 2**23, -(2**23)), 2**23 - 1)
        assert abs(integer - exact) <= 0.5


def test_float_keeps_every_bit() -> None:
    raw = np.array([0x7FC00001, 0x80000000, 0x00000001, 0xFF800000], np.uint32)
    block = np.stack([raw.view(np.float32)] * 2, axis=1)
    assert bytes(Packer([[0, 1]], "float32", 4).pack(block)[0]) == np.repeat(raw, 2).tobytes()
    assert bytes(Packer([[0], [1]], "float32", 4).pack(block)[1]) == raw.tobytes()


def test_a_float_poly_of_all_inputs_is_not_copied() -> None:
    block = np.zeros((100, 4), np.float32)
    (raw,) = Packer([[0, 1, 2, 3]], "float32", 100).pack(block)
    block[99, 3] = 1.0
    assert bytes(raw[-4:]) == struct.pack("<f", 1.0)


def test_views_into_a_wider_block_pack_the_same() -> None:
    integers = _integers((1000, 12))
    wide = _block(integers)
    for view, numbers in ((wide[::2, 3:11], integers[::2, 3:11]), (wide.T[:8].T, integers[:, :8])):
        for files in ([[0, 1, 2, 3, 4, 5, 6, 7]], [[5], [1]], [[0], [1, 2]]):
            packed = Packer(files, "pcm24", 1000).pack(view)
            assert [bytes(p) for p in packed] == [_pcm24(numbers[:, c].reshape(-1).tolist()) for c in files]
            floats = Packer(files, "float32", 1000).pack(view)
            assert [bytes(p) for p in floats] == [view[:, c].tobytes() for c in files]


@pytest.mark.parametrize(
    "block",
    [
        np.zeros((11, 4), np.float32),  # too long
        np.zeros((5, 3), np.float32),  # lacks an input
        np.zeros((5, 4), np.float64),
        np.zeros(5, np.float32),
    ],
)
def test_a_block_that_does_not_fit_is_refused(block: np.ndarray) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        Packer([[3]], "pcm24", 10).pack(block)
