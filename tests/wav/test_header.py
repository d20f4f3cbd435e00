"""The bytes of a header against the standards, with hostile text and more of it than there is room for."""

from __future__ import annotations

import io
import struct
import uuid
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture import wav
from capture.take import Kind, Verdict
from tests.support import wav_files

anything = st.text(st.characters(exclude_categories=()), max_size=60)


def _payload(data: bytes, name: bytes) -> bytes:
    return next(data[at : at + size] for found, at, size in wav_files.chunks(data) if found == name)


def _xml(data: bytes) -> ET.Element:
    return ET.fromstring(_payload(data, b"iXML").rstrip(b" "))


def _texts(data: bytes) -> dict[str, str]:
    return {element.tag: element.text or "" for element in _xml(data).iter() if len(element) == 0}


@pytest.mark.parametrize("format_", ["pcm24", "float32"])
@pytest.mark.parametrize("channels", [1, 2, 3, 24, 64, 128])
def test_chunks_stand_in_their_order_all_even_and_audio_on_4096(channels: int, format_: str) -> None:
    data = wav.header(wav_files.meta(channels, format_), 1000)
    names = [name for name, _, _ in wav_files.chunks(data)]
    fact = [] if (channels < 3 and format_ == "pcm24") else [b"fact"]
    expected = [b"JUNK", b"fmt ", *fact, b"bext", b"iXML", b"guan", b"cue ", b"LIST", b"PAD ", b"data"]
    assert names == expected
    sizes = {name: size for name, _, size in wav_files.chunks(data)}
    assert all(size % 2 == 0 for name, size in sizes.items() if name != b"data")
    assert sizes[b"JUNK"] == 28
    assert len(data) % 4096 == 0
    assert list(wav_files.chunks(data))[-1][1] == len(data)
    assert struct.unpack_from("<I", data, 4)[0] == len(data) - 8 + sizes[b"data"] + sizes[b"data"] % 2


def test_fmt_is_what_recorders_write() -> None:
    mono = _payload(wav.header(wav_files.meta(1)), b"fmt ")
    assert mono == struct.pack("<HHIIHH", 1, 1, 48000, 144000, 3, 24)
    poly = _payload(wav.header(wav_files.meta(8, "float32", 96000)), b"fmt ")
    guid = uuid.UUID("00000003-0000-0010-8000-00aa00389b71").bytes_le  # KSDATAFORMAT_SUBTYPE_IEEE_FLOAT
    assert poly == struct.pack("<HHIIHHHHI", 0xFFFE, 8, 96000, 96000 * 32, 32, 32, 22, 32, 0) + guid
    stereo = _payload(wav.header(wav_files.meta(2, "float32")), b"fmt ")
    assert stereo[:2] + stereo[-2:] == b"\x03\0\0\0"


def test_bext_stands_at_the_offsets_of_tech_3285() -> None:
    about = wav_files.meta(1, time_reference=2**33 + 5)
    raw = _payload(wav.header(about), b"bext")
    assert raw[:64].decode("ascii") == "Vers 2 take 007".ljust(62) + "\r\n"
    assert (
        raw[64:256].rstrip(b"\0")
        == b"sSCENE=Vers 2\r\nsTAKE=007\r\nsTAPE=Day 1\r\nsTRK1=Mic 3\r\nsNOTE=late entry\r\n"
    )
    assert raw[256:288].rstrip(b"\0") == b"Takechain"
    assert len(raw[288:320].rstrip(b"\0")) == 32
    assert raw[288:305] == b"NOTKC240123450000"
    assert raw[305:311] == b"140312"
    assert raw[320:338] == b"2026-11-2514:03:12"
    assert struct.unpack_from("<II", raw, 338) == (5, 2)
    assert struct.unpack_from("<H", raw, 346) == (2,)
    assert raw[348:380] == bytes.fromhex("060A2B340101010501010F2013000000") + uuid.UUID(about.file_uid).bytes
    assert raw[412:422] == b"\xff\x7f" * 5
    history = raw[602:].rstrip(b"\0").decode("ascii")
    assert history.startswith("A=ANALOGUE,M=mono,T=U87 SN123; 1073 +42dB\r\n")
    assert history.endswith("A=PCM,F=48000,W=24,M=mono,T=Babyface; A/D; Takechain 0.1\r\n")


def test_the_circle_is_everywhere_a_program_looks() -> None:
    data = wav.header(wav_files.meta(2, verdict=Verdict.CIRCLED))
    assert b"sCIRCLED=TRUE\r\n" in _payload(data, b"bext")
    assert _texts(data)["CIRCLED"] == "TRUE"
    assert _payload(data, b"bext").startswith(b"Vers 2 take 007 circled ")


@pytest.mark.parametrize(
    ("kind", "verdict", "expected"),
    [
        (Kind.TAKE, Verdict.NONE, "DEFAULT"),
        (Kind.TAKE, Verdict.HOLD, "DEFAULT"),
        (Kind.TAKE, Verdict.NO_GOOD, "NO_GOOD"),
        (Kind.PICK_UP, Verdict.NO_GOOD, "PICKUP,NO_GOOD"),
        (Kind.WILD, Verdict.CIRCLED, "WILD_TRACK"),
        (Kind.ROOM_TONE, Verdict.NONE, "WILD_TRACK"),
        (Kind.FALSE_START, Verdict.NONE, "FALSE_START"),
        (Kind.LINE_UP, Verdict.NONE, "DEFAULT"),
    ],
)
def test_take_type_follows_the_dictionary(kind: Kind, verdict: Verdict, expected: str) -> None:
    texts = _texts(wav.header(wav_files.meta(1, kind=kind, verdict=verdict)))
    assert texts["TAKE_TYPE"] == expected
    assert (texts["KIND"], texts["VERDICT"]) == (kind.value, verdict.value)
    assert texts["NO_GOOD"] == ("TRUE" if verdict is Verdict.NO_GOOD else "FALSE")


def test_sync_points_beyond_32_bits_stay_in_ixml_and_leave_cue_with_a_word() -> None:
    far = 3 * 2**32 + 7
    data = wav.header(wav_files.meta(1, markers=(wav.MarkerMeta(5, "a"), wav.MarkerMeta(far, "b")), gaps=()))
    points = _xml(data).findall("SYNC_POINT_LIST/SYNC_POINT")
    assert [p.findtext("SYNC_POINT_HIGH") for p in points] == ["0", "3"]
    assert [p.findtext("SYNC_POINT_LOW") for p in points] == ["5", "7"]
    assert _payload(data, b"cue ")[:4] == struct.pack("<I", 1)
    assert _xml(data).find("TAKECHAIN").get("truncated") == "cue points 1 of 2"  # type: ignore[union-attr]


def test_pre_roll_is_the_sync_point_that_ixml_has_for_it() -> None:
    data = wav.header(wav_files.meta(1, pre_roll=2**32 + 96000, markers=(wav.MarkerMeta(5, "a"),), gaps=()))
    points = _xml(data).findall("SYNC_POINT_LIST/SYNC_POINT")
    found = [
        tuple(p.findtext(f"SYNC_POINT_{name}") for name in ("FUNCTION", "TYPE", "LOW", "HIGH"))
        for p in points
    ]
    assert found == [
        ("PRE_RECORD_SAMPLECOUNT", "RELATIVE", "96000", "1"),
        ("MARKER_GENERIC", "RELATIVE", "5", "0"),
    ]
    assert _xml(data).findtext("SYNC_POINT_LIST/SYNC_POINT_COUNT") == "2"


def test_what_does_not_fit_is_left_out_whole_and_said() -> None:
    markers = tuple(wav.MarkerMeta(i * 100, f"marker {i}") for i in range(2000))
    about = wav_files.meta(2, markers=markers, note="n" * 30000)
    data = wav.header(about, 10**6)
    assert len(data) == len(wav.header(wav_files.meta(2)))
    info = wav.parse(io.BytesIO(data))
    assert info.ixml is not None
    assert "NOTE" not in info.ixml.fields
    points = [p for p in info.ixml.sync_points if not p.frames]
    assert 40 <= len(points) < 2000
    assert [p.comment for p in points] == [f"marker {i}" for i in range(len(points))]
    assert [p.frame for p in info.ixml.sync_points if p.frames] == [2000]
    words = info.ixml.truncated.split("; ")
    assert words[:2] == ["note", f"markers {2000 - len(points)} of 2000"]
    left = 2001 - len(info.cues)
    assert f"cue points {left} of 2001" in words
    assert "guano Note" in words
    assert [c.frames for c in info.cues if c.frames] == [480]
    assert info.ixml.fields["SCENE"] == "Vers 2"


def test_sixty_four_tracks_with_long_names_and_a_hundred_markers_fit() -> None:
    tracks = tuple(wav.TrackMeta(i + 1, i + 1, f"Violin {i:02} " + "ø" * 25) for i in range(64))
    markers = tuple(wav.MarkerMeta(i * 48000, f"bar {i}") for i in range(60))
    history = tuple(f"A=ANALOGUE,M=mono,T=Neumann KM184 SN{i:06}; Micstasy ch {i}; +42dB" for i in range(64))
    about = wav_files.meta(64, markers=markers, coding_history=history)
    about = wav.FileMeta(**{**vars(about), "tracks": tracks})
    info = wav.parse(io.BytesIO(wav.header(about)))
    assert info.ixml is not None
    assert info.ixml.tracks == tracks
    assert len(info.ixml.sync_points) == 61
    assert info.bext is not None
    assert info.bext.coding_history.count("\r\n") == 65
    assert info.ixml.truncated.startswith(
        "description"
    )  # 256 characters hold no 64 track names: by the standard
    assert info.ixml.truncated.count(";") == 0


FIELDS = "project scene take tape note covers description originator interface software filename"
FIELDS += " family_name location engineer recorder_model recorder_serial chain_digest file_set_index"


@settings(max_examples=40, deadline=None)
@given(
    st.fixed_dictionaries(dict.fromkeys(FIELDS.split(), anything)),
    st.lists(anything, min_size=1, max_size=3),
    st.lists(st.tuples(st.integers(0, 2**40), anything), max_size=5),
    st.sampled_from(["pcm24", "float32"]),
    st.integers(0, 2**34),
)
def test_any_text_gives_a_sound_header(
    texts: dict[str, str], names: list[str], marks: list[tuple[int, str]], format_: str, frames: int
) -> None:
    markers = tuple(wav.MarkerMeta(*mark) for mark in marks)
    about = wav_files.meta(len(names), format_, markers=markers, coding_history=tuple(names), **texts)
    tracks = tuple(wav.TrackMeta(i, i, name) for i, name in enumerate(names, 1))
    about = wav.FileMeta(**{**vars(about), "tracks": tracks})
    data = wav.header(about, frames)
    assert len(data) == wav.Layout.plan(len(names), about.format).data_offset
    assert all(size % 2 == 0 for name, _, size in wav_files.chunks(data) if name != b"data")
    raw = _payload(data, b"bext")
    assert (raw[:338] + raw[602:]).isascii()
    assert b"\0" not in raw[602:].rstrip(b"\0")
    seen = _texts(data)  # parsed by ElementTree
    for field, tag in (("scene", "SCENE"), ("take", "TAKE"), ("project", "PROJECT"), ("note", "NOTE")):
        assert seen.get(tag, "") == _kept(texts[field])
    assert [t.findtext("NAME") or "" for t in _xml(data).findall("TRACK_LIST/TRACK")] == [
        _kept(n) for n in names
    ]
    guano = _payload(data, b"guan").decode("utf-8")
    assert guano.startswith("GUANO|Version: 1.0\n")
    assert all(":" in line for line in guano.strip(" ").strip("\n").split("\n"))


def _kept(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        c
        for c in text
        if c in "\t\n" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c >= "\U00010000"
    )


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=30), min_size=1, max_size=6),
    st.lists(
        st.tuples(st.integers(0, 2**32 - 1), st.text(st.characters(codec="utf-8"), max_size=30)), max_size=8
    ),
)
def test_our_reader_reads_back_what_we_wrote(names: list[str], marks: list[tuple[int, str]]) -> None:
    names = [name for name in map(_plain, names) if name]
    if not names:
        return
    marks = [(frame, _plain(text)) for frame, text in marks]
    markers = tuple(wav.MarkerMeta(*mark) for mark in marks)
    about = wav_files.meta(len(names), markers=markers, gaps=())
    tracks = tuple(wav.TrackMeta(i + 2, i, name) for i, name in enumerate(names, 1))
    info = wav.parse(io.BytesIO(wav.header(wav.FileMeta(**{**vars(about), "tracks": tracks}))))
    assert info.problems == ()
    assert info.ixml is not None
    assert info.ixml.tracks == tracks
    expected = sorted(marks, key=lambda mark: mark[0])
    assert [(c.frame, c.text) for c in info.cues] == expected
    assert [(p.frame, p.comment) for p in info.ixml.sync_points] == expected
    assert info.bext is not None
    assert info.bext.time_reference == wav_files.TIME_REFERENCE


def _plain(text: str) -> str:
    return _kept(text).strip()


def test_names_of_three_hundred_letters_stand_whole_in_ixml() -> None:
    long = "Søn & " * 50
    info = wav.parse(io.BytesIO(wav.header(wav_files.meta(1, scene=long, project=long, tape=long))))
    assert info.ixml is not None
    assert info.bext is not None
    assert info.ixml.fields["SCENE"] == long.strip()
    assert "sSCENE" not in info.bext.description
    assert "sTAKE=007\r\n" in info.bext.description
    assert info.ixml.truncated == "description sSCENE, sTAPE"


def test_a_format_that_does_not_fit_is_refused() -> None:
    about = wav_files.meta(2)
    refused: list[dict[str, Any]] = [
        {"layout": wav.Layout.plan(3, "pcm24")},
        {"layout": wav.Layout.plan(2, "float32")},
    ]
    for given_ in refused:
        with pytest.raises(wav.WavError, match="does not fit"):
            wav.header(about, 0, **given_)
    with pytest.raises(wav.WavError, match="0 channels"):
        wav.Layout.plan(0, "pcm24")
    with pytest.raises(wav.WavError, match="time reference"):
        wav.header(wav_files.meta(1, time_reference=-1))
    with pytest.raises(wav.WavError, match="Hz"):
        wav.header(wav_files.meta(1, rate=0))


def test_a_usid_is_32_characters_whatever_goes_in() -> None:
    uid = wav.file_uid(wav_files.TAKE, 1, 0)
    for serial in ("", "SN 24-01 2345 678901", "ø日", "a" * 99):
        found = wav.usid("no", "tkc", serial, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), uid)
        assert len(found) == 32
        assert found.isascii()
        assert found.isalnum()
        assert found[17:23] == "030405"
    assert wav.file_uid(wav_files.TAKE, 1, 0) == uid != wav.file_uid(wav_files.TAKE, 1, 1)
