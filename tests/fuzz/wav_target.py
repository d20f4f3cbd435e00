"""WAV files: the header reader on bytes, and the repairs of sizes and headers on files."""

from __future__ import annotations

import io
import struct
from dataclasses import replace
from pathlib import Path
from random import Random

from capture import wav
from capture.wav import sizes
from capture.wav.cue import Cue
from capture.wav.errors import WavError
from capture.wav.header import Layout, header
from capture.wav.read import WavInfo, parse, read_wav
from capture.wav.repair import Repair, repair_sizes, rewrite_header, write_header
from tests.fuzz.harness import Target
from tests.fuzz.mutate import damage, noise
from tests.support import wav_files

_TOKENS = (
    b"RIFF", b"RF64", b"BW64", b"WAVE", b"ds64", b"JUNK", b"fmt ", b"fact", b"data", b"bext", b"iXML",
    b"guan", b"cue ", b"LIST", b"adtl", b"labl", b"ltxt", b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"<TRACK>",
    b"</TRACK>", b"<SYNC_POINT>", b"<a>", b"&amp;", b"\xff\xfe", b"<?xml version='1.0' encoding='UTF-16'?>",
    struct.pack("<I", sizes.UNKNOWN), struct.pack("<HHIIHH", 1, 1, 48000, 144000, 3, 24),
)  # fmt: skip


class WavTarget(Target):
    """Whole files of our own writer, and a plain one as other programs write them."""

    def __init__(self, place: Path) -> None:
        super().__init__(place)
        self._file = place / "one.wav"
        self._about = wav_files.meta(2)
        self._corpus = [*_ours(place), _plain()]

    def make(self, random: Random) -> tuple[str, bytes]:
        kind = "repair" if random.random() < 0.4 else "read"
        if random.random() < 0.04:
            return kind, noise(random)
        return kind, damage(random, random.choice(self._corpus), self._corpus, _TOKENS)

    def feed(self, kind: str, data: bytes) -> bool:
        return self._repair(data) if kind == "repair" else self._read(data)

    def _read(self, data: bytes) -> bool:
        try:
            info = parse(io.BytesIO(data))
        except WavError:
            return False
        _check(info, data)
        return True

    def _repair(self, data: bytes) -> bool:
        self._file.write_bytes(data)
        repaired = self._sizes(data)
        return self._header() or repaired

    def _sizes(self, data: bytes) -> bool:
        try:
            before = read_wav(self._file)
            found = repair_sizes(self._file)
        except WavError:
            assert self._file.read_bytes() == data, "a refused file was changed"
            return False
        after = self._file.read_bytes()
        old, new = data[before.data_offset :], after[before.data_offset :]
        assert new[: len(old)] == old, "a repair touched or shortened audio"
        assert len(new) - len(old) in (0, 1), "a repair added more than a pad byte"
        whole = read_wav(self._file)
        assert whole.frames == found.frames, "the sizes are not those that the repair told of"
        assert whole.sizes_true or found.partial_bytes, "the sizes are not true after a repair"
        assert not self._changes_again(found), "a second repair changes again what the first one did"
        return True

    def _changes_again(self, first: Repair) -> bool:
        try:
            return repair_sizes(self._file).changed
        except WavError:  # what is left of half a frame can look like a chunk, which nothing is done about
            return first.partial_bytes < 8

    def _header(self) -> bool:
        """An edit's new header, on whatever lies there."""
        was = self._file.read_bytes()
        try:
            info = read_wav(self._file)
            made = rewrite_header(self._file, replace(self._about, note="another note"))
            write_header(self._file, made)
        except WavError:
            assert self._file.read_bytes() == was, "a refused file was changed"
            return False
        now = self._file.read_bytes()
        assert now[info.data_offset :] == was[info.data_offset :], "a new header touched the audio"
        return True


def _check(info: WavInfo, data: bytes) -> None:
    assert info.file_bytes == len(data)
    assert 0 <= info.data_offset <= len(data), "audio begins outside the file"
    assert info.data_offset + info.frames * info.block_align <= len(data), "audio ends outside the file"
    assert all(0 <= cue.frame < 2**32 for cue in info.cues)
    assert all(isinstance(cue, Cue) for cue in info.cues)


def _ours(place: Path) -> list[bytes]:
    """Files as the recorder leaves them: both formats, odd audio, RF64, sizes of a crash."""
    made: list[bytes] = []
    shapes: tuple[tuple[int, wav.Format, int], ...] = ((2, "pcm24", 30), (1, "pcm24", 31), (2, "float32", 20))
    for channels, format_, frames in (*shapes, (3, "pcm24", 0)):
        about, path = wav_files.meta(channels, format_), place / "made.wav"
        wav_files.write(path, about, frames, bytes(range(1, 200)) * 9)
        data = path.read_bytes()[: Layout.plan(channels, format_).data_offset + frames * 12]
        made.append(data)
    about = wav_files.meta(2)
    layout, audio = Layout.plan(2, "pcm24"), bytes(600)
    big = bytearray(header(about, 2**31) + audio)  # RF64 that claims more than is there: a cut file
    made.append(bytes(big))
    true = len(audio) // layout.block_align
    struct.pack_into("<QQQ", big, sizes.DS64_PAYLOAD, len(big) - 8, len(audio), true)
    made.append(bytes(big))
    crashed = bytearray(header(about, 0) + audio)
    struct.pack_into("<I", crashed, layout.data_offset - 4, sizes.UNKNOWN)
    made.append(bytes(crashed))
    return made


def _plain() -> bytes:
    fmt = struct.pack("<HHIIHH", 1, 1, 44100, 88200, 2, 16)
    chunks = b"fmt " + struct.pack("<I", 16) + fmt + b"data" + struct.pack("<I", 100) + bytes(100)
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks
