"""The sizes of a growing file: exact at the border, and never a state that cannot be mended."""

from __future__ import annotations

import itertools
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture import wav
from tests.support import wav_files

FOUR_GIB = 4 << 30
LAYOUTS = [wav.Layout.plan(channels, fmt) for channels in (1, 2, 3, 64) for fmt in ("pcm24", "float32")]


def _apply(data: bytes, patches: list[tuple[int, bytes]]) -> bytes:
    out = bytearray(data)
    for offset, patch in patches:
        out[offset : offset + len(patch)] = patch
    return bytes(out)


def _sizes(header: bytes) -> tuple[bytes, int, int, int]:
    """Form, RIFF size, data size and frames, by the standard's offsets (EBU Tech 3306)."""
    riff, data = struct.unpack_from("<I", header, 4)[0], struct.unpack_from("<I", header, len(header) - 4)[0]
    assert header[-8:-4] == b"data"
    if header[:4] == b"RIFF":
        assert header[12:16] == b"JUNK"
        return b"RIFF", riff, data, -1
    assert (header[:4], riff, data, header[8:16]) == (b"RF64", 0xFFFFFFFF, 0xFFFFFFFF, b"WAVEds64")
    size, riff, data, frames, table = struct.unpack_from("<IQQQI", header, 16)
    assert (size, table) == (28, 0)
    return b"RF64", riff, data, frames


@given(st.sampled_from(LAYOUTS), st.integers(0, 3 << 32), st.integers(0, 3 << 32))
def test_a_file_grown_in_steps_says_what_a_file_made_whole_says(
    layout: wav.Layout, one: int, other: int
) -> None:
    first, last = sorted((one, other))
    header = _bare(layout)
    grown = _apply(_apply(header, wav.all_sizes(layout, first)), wav.size_patches(layout, first, last))
    assert grown == _apply(header, wav.all_sizes(layout, last))
    form, riff, data, frames = _sizes(grown)
    assert data == last * layout.channels * (3 if layout.format == "pcm24" else 4)
    assert riff == layout.data_offset - 8 + data + data % 2
    assert (form == b"RF64") == (riff + 8 > FOUR_GIB - 65536)
    assert form == b"RIFF" or frames == last


def _bare(layout: wav.Layout) -> bytes:
    header = bytearray(layout.data_offset)
    header[:16] = b"RIFF\0\0\0\0WAVEJUNK"
    header[16:20] = struct.pack("<I", 28)
    header[-8:-4] = b"data"
    return bytes(header)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda x: f"{x.channels}{x.format}")
def test_the_border_is_exact_to_the_frame(layout: wav.Layout) -> None:
    room = FOUR_GIB - 65536 - layout.data_offset
    longest = room // layout.block_align
    if layout.block_align % 2 and (longest * layout.block_align) % 2 and longest * layout.block_align == room:
        longest -= 1  # its pad byte would stand past the border
    assert not wav.needs_rf64(layout, longest)
    assert wav.needs_rf64(layout, longest + 1)


def test_only_odd_data_has_a_tail() -> None:
    mono, stereo = wav.Layout.plan(1, "pcm24"), wav.Layout.plan(2, "pcm24")
    assert [wav.tail(mono, n) for n in (0, 1, 2)] == [b"", b"\0", b""]
    assert [wav.tail(stereo, n) for n in (0, 1, 2)] == [b"", b"", b""]


def _border_file(path: Path) -> tuple[wav.Layout, int, int]:
    """A file whose sizes are those of the second before the border, and whose audio is past it."""
    about = wav_files.meta(8)
    layout = wav.Layout.plan(8, "pcm24")
    now = FOUR_GIB // layout.block_align + 100
    before = now - 48000
    wav_files.write(path, about, now)
    with path.open("r+b") as file:
        file.write(wav.header(about, before))
    return layout, before, now


def test_each_state_of_the_switch_is_mended(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    layout, before, now = _border_file(path)
    assert not wav.needs_rf64(layout, before)
    header = wav_files.start(path, layout.data_offset)
    patches = wav.size_patches(layout, before, now)
    assert len(patches) >= 3
    subsets = itertools.chain.from_iterable(
        itertools.combinations(patches, k) for k in range(len(patches) + 1)
    )
    for subset in subsets:  # any of the writes may have reached the disk when the power went
        with path.open("r+b") as file:
            file.write(_apply(header, list(subset)))
        assert wav.read_wav(path).frames == now
        assert wav.repair_sizes(path).frames == now
        info = wav.read_wav(path)
        assert (info.frames, info.sizes_true, info.rf64) == (now, True, True)
        assert info.data_offset == layout.data_offset


def test_programs_open_each_state_of_the_switch(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    layout, before, now = _border_file(path)
    patches = wav.size_patches(layout, before, now)
    for done in range(len(patches) + 1):
        for reader in (wav_files.ffprobe, wav_files.soundfile):
            seen = reader(path)
            assert (seen.channels, seen.rate) == (8, 48000)
            assert before <= seen.frames <= now
        if done < len(patches):
            offset, data = patches[done]
            with path.open("r+b") as file:
                file.seek(offset)
                file.write(data)
    for reader in wav_files.READERS:
        assert reader(path).frames == now


def test_sizes_are_found_where_a_file_that_grows_by_the_second_leaves_them(tmp_path: Path) -> None:
    path = tmp_path / "short.wav"
    about = wav_files.meta(3, "float32")
    layout = wav_files.write(path, about, 0)
    frames = 0
    with path.open("r+b") as file:
        for step in (48000, 1, 47999):
            file.seek(0, 2)
            file.write(bytes(step * layout.block_align))
            for offset, data in wav.size_patches(layout, frames, frames + step):
                file.seek(offset)
                file.write(data)
            file.flush()
            frames += step
            for reader in (wav_files.ffprobe, wav_files.soundfile, wav_files.soxi):
                assert reader(path).frames == frames
