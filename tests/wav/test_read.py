"""The reader on files of every kind: broken, hostile, or made by others."""

from __future__ import annotations

import contextlib
import io
import struct
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture import wav
from tests.support import wav_files

FMT = struct.pack("<HHIIHH", 1, 1, 48000, 144000, 3, 24)
WHOLE = wav.header(wav_files.meta(2), 100) + b"\x11\x22\x33" * 200


def _chunk(name: bytes, payload: bytes, size: int | None = None) -> bytes:
    claimed = len(payload) if size is None else size
    return name + struct.pack("<I", claimed) + payload + b"\0" * (len(payload) % 2)


def _riff(*parts: bytes, form: bytes = b"RIFF") -> bytes:
    body = b"WAVE" + b"".join(parts)
    return form + struct.pack("<I", len(body)) + body


def _parse(data: bytes) -> wav.WavInfo:
    return wav.parse(io.BytesIO(data))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300), st.booleans())
def test_noise_is_refused_or_read_but_never_breaks_the_reader(noise: bytes, dressed: bool) -> None:
    data = _riff(_chunk(b"fmt ", FMT), noise) if dressed else noise
    with contextlib.suppress(wav.WavError):
        _parse(data)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.binary(min_size=1, max_size=8)), max_size=6),
    st.data(),
)
def test_a_damaged_file_never_breaks_the_reader(damage: list[tuple[int, bytes]], data: st.DataObject) -> None:
    broken = bytearray(WHOLE)
    for at, bytes_ in damage:
        broken[at : at + len(bytes_)] = bytes_
    cut = data.draw(st.integers(0, len(broken)))
    with contextlib.suppress(wav.WavError):
        info = _parse(bytes(broken[:cut]))
        assert info.frames * info.block_align <= cut


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([b"bext", b"iXML", b"guan", b"cue ", b"LIST", b"ds64", b"fact"]), st.binary(max_size=700)
)
def test_hostile_chunks_never_break_the_reader(name: bytes, payload: bytes) -> None:
    for form in (b"RIFF", b"RF64"):
        prefix = b"adtl" if name == b"LIST" else b""
        cue = _chunk(b"cue ", struct.pack("<II", 1, 1) + bytes(20))
        data = _riff(
            _chunk(name, prefix + payload), _chunk(b"fmt ", FMT), cue, _chunk(b"data", bytes(6)), form=form
        )
        assert _parse(data).frames == 2


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not a WAV"),
        (b"RIFF\0\0\0\0AVI ", "not a WAV"),
        (_riff(), "no fmt"),
        (_riff(_chunk(b"fmt ", FMT)), "no data"),
        (_riff(_chunk(b"data", bytes(6))), "no fmt"),
        (_riff(_chunk(b"fmt ", FMT[:8]), _chunk(b"data", b"")), "too short"),
        (_riff(_chunk(b"fmt ", bytes(16)), _chunk(b"data", b"")), "no channels"),
    ],
)
def test_what_is_no_wav_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(wav.WavError, match=reason):
        _parse(data)


def test_a_missing_file_is_a_line_not_a_traceback(tmp_path: Path) -> None:
    with pytest.raises(wav.WavError, match="cannot be read"):
        wav.read_wav(tmp_path / "none.wav")
    with pytest.raises(wav.WavError, match="cannot be read"):
        wav.read_wav(tmp_path)


@pytest.mark.parametrize("claimed", [0, 3, 0xFFFFFFFF, 0x7FFFFFFF, 2997, 3003])
def test_sizes_that_cannot_be_true_give_way_to_the_file(claimed: int) -> None:
    for noise in (bytes(3000), bytes(range(1, 251)) * 12, b"dataLIST" * 375):
        info = _parse(_riff(_chunk(b"fmt ", FMT), _chunk(b"data", noise, claimed)))
        assert info.frames == 1000
        assert not info.sizes_true


def test_chunks_behind_the_audio_are_no_audio() -> None:
    behind = _chunk(b"LIST", b"INFOISFT\x04\0\0\0test")
    info = _parse(_riff(_chunk(b"fmt ", FMT), _chunk(b"data", bytes(9)), behind))
    assert (info.frames, info.sizes_true) == (3, True)


def test_a_size_is_taken_from_ds64_only_where_the_32_bit_one_says_so() -> None:
    ds64 = _chunk(b"ds64", struct.pack("<QQQI", 0, 999, 0, 0))
    small = _riff(ds64, _chunk(b"fmt ", FMT), _chunk(b"data", bytes(6)), form=b"RF64")
    assert _parse(small).frames == 2


BOMB = b'<!DOCTYPE b [<!ENTITY a "aaaa"><!ENTITY c "&a;&a;">]><BWFXML><SCENE>&c;</SCENE></BWFXML>'


@pytest.mark.parametrize(
    "xml",
    [
        BOMB,
        b'<!DOCTYPE b [<!ENTITY x SYSTEM "file:///etc/passwd">]><BWFXML><NOTE>&x;</NOTE></BWFXML>',
        b"<BWFXML><SCENE>a & b</SCENE></BWFXML>",
        b"<a>" * 5000,
        b"<BWFXML>" + b"<a/>" * 200_000 + b"</BWFXML>",
        b"<BWFXML><SCENE>\x01</SCENE></BWFXML>",
        b"\xff\xfe<\0B\0",
        b'<?xml version="1.0" encoding="made-up"?><BWFXML/>',
        b"",
    ],
    ids=range(9),
)
def test_bad_xml_is_a_problem_of_the_file_not_of_ours(xml: bytes) -> None:
    info = _parse(_riff(_chunk(b"iXML", xml), _chunk(b"fmt ", FMT), _chunk(b"data", bytes(3))))
    assert info.frames == 1
    assert info.ixml is None
    assert len(info.problems) == 1
    assert "iXML" in info.problems[0]


def test_ixml_of_other_recorders_is_read() -> None:
    xml = (
        b"""<?xml version="1.0" encoding="UTF-8"?>\r\n<BWFXML>\r\n\t<SCENE>12A</SCENE><TAKE>06</TAKE>
    <BEXT><BWF_TIME_REFERENCE_LOW>-1944591466</BWF_TIME_REFERENCE_LOW></BEXT>
    <SYNC_POINT_LIST><SYNC_POINT><SYNC_POINT_LOW>-2</SYNC_POINT_LOW><SYNC_POINT_HIGH>1</SYNC_POINT_HIGH>
    </SYNC_POINT></SYNC_POINT_LIST>
    <TRACK_LIST><TRACK><NAME>Boom</NAME></TRACK><TRACK><CHANNEL_INDEX>x</CHANNEL_INDEX></TRACK></TRACK_LIST>
    <NEW><THING>odd</THING></NEW></BWFXML>\r\n"""
        + b"\0" * 100
    )
    info = _parse(_riff(_chunk(b"iXML", xml), _chunk(b"fmt ", FMT), _chunk(b"data", bytes(3))))
    assert info.ixml is not None
    assert (info.ixml.fields["SCENE"], info.ixml.fields["TAKE"]) == ("12A", "06")
    assert info.ixml.fields["NEW/THING"] == "odd"
    assert [t.name for t in info.ixml.tracks] == ["Boom", ""]
    assert info.ixml.sync_points[0].frame == 0x1_FFFF_FFFE


def test_bext_text_ends_at_its_first_nul() -> None:
    raw = b"scene 5\0left over".ljust(602, b"\0") + b"A=PCM\r\n\0memory of another file"
    info = _parse(_riff(_chunk(b"bext", raw), _chunk(b"fmt ", FMT), _chunk(b"data", bytes(3))))
    assert info.bext is not None
    assert (info.bext.description, info.bext.coding_history) == ("scene 5", "A=PCM\r\n")
    assert info.bext.loudness == wav.Loudness()


def test_a_file_of_a_thousand_chunks_and_a_huge_chunk_cost_little(tmp_path: Path) -> None:
    path = tmp_path / "big.wav"
    with path.open("wb") as file:
        file.write(b"RIFF\xff\xff\xff\xffWAVE" + _chunk(b"fmt ", FMT) + b"iXML" + struct.pack("<I", 1 << 30))
        file.seek(1 << 30, 1)
        file.write(_chunk(b"LIST", b"adtl" * 1000) * 2000)
    tracemalloc.start()
    with pytest.raises(wav.WavError, match="no data"):
        wav.read_wav(path)
    assert tracemalloc.get_traced_memory()[1] < 16 << 20
    tracemalloc.stop()


def test_libsndfile_writes_what_we_read(tmp_path: Path) -> None:
    import numpy as np
    import soundfile

    for form, subtype in (("WAV", "PCM_24"), ("RF64", "FLOAT"), ("WAVEX", "PCM_16")):
        path = tmp_path / f"{form}.wav"
        soundfile.write(str(path), np.zeros((777, 3), np.float32), 44100, subtype, format=form)
        info = wav.read_wav(path)
        assert (info.frames, info.fmt.channels, info.fmt.rate) == (777, 3, 44100)
        assert info.fmt.coding == ("float" if subtype == "FLOAT" else "pcm")
