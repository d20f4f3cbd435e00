"""Every field of a header, in text that no reader likes, comes back through programs that are not ours."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from capture import wav
from capture.take import Kind, Origin, Verdict
from tests.support import wav_files

HOSTILE = 'Søn & "x" <y> 日本 \t\x00\x07\x1b]]> &amp; é'
KEPT = 'Søn & "x" <y> 日本 \t]]> &amp; é'  # XML 1.0 has no place for control characters
LONG = "ß日<&>" * 60  # 300 characters
SCHEMA = etree.XMLSchema(etree.parse(Path(__file__).parents[1] / "support" / "schemas" / "aswg.xsd"))
FAR = 3 * 2**32 + 7

PATH = wav.PathMeta(
    input=3,
    line=f"{HOSTILE}: Neumann U 87 #1 > Neve 1073 +42 dB > adc ADI-2 in 3",
    analogue=f"Neumann U 87 SN1 cardioid; Neve, 1073 +42dB {HOSTILE}",
    converter="RME ADI-2 SN24",
    source=f"Violin {HOSTILE}",
    microphone="Neumann, U 87",
    distance_m=1.25,
    array="XY",
)


def full(channels: int, **changes: Any) -> wav.FileMeta:
    """A header with something in every field."""
    paths = tuple(replace(PATH, input=i + 3) for i in range(channels))
    tracks = tuple(wav.TrackMeta(i + 3, i + 1, f"{i} {HOSTILE}", "LEFT") for i in range(channels))
    texts = dict.fromkeys(("project", "scene", "tape", "covers", "note", "family_name"), HOSTILE)
    more = {
        "paths": paths, "linked": channels == 2, "people": (("player", HOSTILE), ("engineer", "Ann & Bo")),
        "title": f"title {HOSTILE}", "artist": f"artist {HOSTILE}", "producer": f"producer {HOSTILE}",
        "engineer": f"engineer {HOSTILE}", "studio": f"studio {HOSTILE}", "location": LONG,
        "recorder_model": f"model {HOSTILE}", "recorder_serial": "SN <1>", "chain_digest": "ab" * 32,
        "loudness": wav.Loudness(-23.04, 7.5, -1.25, -18.6, -20.0), "peak_dbfs": -1.5, "pre_roll": 96000,
        "temperature_c": -3.25, "humidity_percent": 28.5, "pressure_hpa": 1013.25, "air": "measured",
        "kind": Kind.PICK_UP, "verdict": Verdict.CIRCLED, "part": 2, "total_files": 3,
        "markers": (wav.MarkerMeta(100, HOSTILE), wav.MarkerMeta(FAR, "far")),
        "gaps": (wav.GapMeta(2000, 480, HOSTILE, 5, 9),),
    }  # fmt: skip
    about = wav_files.meta(channels, **{**texts, **more, **changes})
    return replace(about, tracks=tracks)


def _ixml(path: Path) -> ET.Element:
    data = path.read_bytes()
    payload = next(data[at : at + size] for name, at, size in wav_files.chunks(data) if name == b"iXML")
    return ET.fromstring(payload.rstrip(b" "))


def _texts(block: ET.Element | None) -> dict[str, str]:
    assert block is not None
    return {element.tag: element.text or "" for element in block if len(element) == 0}


@pytest.fixture(params=[1, 2, 8])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, wav.FileMeta]:
    about = full(request.param)
    wav_files.write(tmp_path / "take.wav", about, 9601)
    return tmp_path / "take.wav", about


def test_every_field_of_ixml_comes_back_through_an_xml_parser(file: tuple[Path, wav.FileMeta]) -> None:
    path, about = file
    root = _ixml(path)
    top = _texts(root)
    assert [top[tag] for tag in ("PROJECT", "SCENE", "TAPE", "NOTE")] == [KEPT] * 4
    assert (top["TAKE"], top["CIRCLED"], top["TAKE_TYPE"]) == ("007", "TRUE", "PICKUP")
    assert top["FILE_UID"] == about.file_uid
    assert _texts(root.find("SPEED")) == {
        "FILE_SAMPLE_RATE": "48000",
        "AUDIO_BIT_DEPTH": "24",
        "DIGITIZER_SAMPLE_RATE": "48000",
        "TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_HI": "0",
        "TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO": str(wav_files.TIME_REFERENCE),
        "TIMESTAMP_SAMPLE_RATE": "48000",
    }
    names = ("FUNCTION", "COMMENT", "LOW", "HIGH")
    points = [
        tuple(p.findtext(f"SYNC_POINT_{name}") for name in names)
        for p in root.findall("SYNC_POINT_LIST/SYNC_POINT")
    ]
    assert points == [
        ("PRE_RECORD_SAMPLECOUNT", None, "96000", "0"),
        ("MARKER_GENERIC", KEPT, "100", "0"),
        ("MARKER_GENERIC", f"gap: {KEPT}", "2000", "0"),
        ("MARKER_GENERIC", "far", "7", "3"),
    ]
    assert _texts(root.find("HISTORY")) == {"ORIGINAL_FILENAME": "Vers 2_T007.wav"}
    family = {"TOTAL_FILES": "3", "FAMILY_UID": wav_files.TAKE, "FAMILY_NAME": KEPT, "FILE_SET_INDEX": "A"}
    assert _texts(root.find("FILE_SET")) == family
    tracks = [_texts(track) for track in root.findall("TRACK_LIST/TRACK")]
    assert tracks == [
        {
            "CHANNEL_INDEX": str(i + 3),
            "INTERLEAVE_INDEX": str(i + 1),
            "NAME": f"{i} {KEPT}",
            "FUNCTION": "LEFT",
        }
        for i in range(about.channels)
    ]
    assert _texts(root.find("USER")) == {
        "FULL_TITLE": f"title {KEPT}",
        "SOUND_MIXER_NAME": f"engineer {KEPT}",
        "AUDIO_RECORDER_MODEL": f"model {KEPT}",
        "AUDIO_RECORDER_SERIAL_NUMBER": "SN <1>",
        "AUDIO_RECORDER_FIRMWARE": "Takechain 0.1",
    }
    assert _texts(root.find("LOCATION")) == {"LOCATION_NAME": LONG}
    _own_block(root, about)


def _own_block(root: ET.Element, about: wav.FileMeta) -> None:
    own = root.find("TAKECHAIN")
    assert own is not None
    said = _texts(own)
    assert {tag: said[tag] for tag in ("TAKE_UUID", "PART", "KIND", "VERDICT", "COVERS", "CHAIN_DIGEST")} == {
        "TAKE_UUID": wav_files.TAKE,
        "PART": "2",
        "KIND": "pick-up",
        "VERDICT": "circled",
        "COVERS": KEPT,
        "CHAIN_DIGEST": "ab" * 32,
    }
    line = f"{KEPT}: Neumann U 87 #1 > Neve 1073 +42 dB > adc ADI-2 in 3"
    found = [(p.get("input"), p.text) for p in own.findall("PATH")]
    assert found == [(str(i + 3), line) for i in range(about.channels)]
    people = [(p.get("role"), p.text) for p in own.findall("PERSON")]
    assert people == [("player", KEPT), ("engineer", "Ann & Bo")]
    air = own.find("AIR")
    assert air is not None
    assert air.attrib == {
        "temperature_c": "-3.25", "humidity_percent": "28.5", "pressure_hpa": "1013.25", "known": "measured",
    }  # fmt: skip
    gap = own.find("GAP")
    assert gap is not None
    assert gap.attrib == {  # an XML parser makes a blank of a tab in an attribute
        "first": "2000", "first_pm": "5", "frames": "480", "frames_pm": "9", "filled": "yes",
        "cause": KEPT.replace("\t", " "),
    }  # fmt: skip


def test_the_aswg_block_is_valid_and_says_what_is_known(file: tuple[Path, wav.FileMeta]) -> None:
    path, about = file
    block = _ixml(path).find("ASWG")
    assert block is not None
    SCHEMA.assertValid(etree.fromstring(ET.tostring(block)))
    microphones = ", ".join(f"{i + 1}-Neumann; U 87" for i in range(about.channels))
    assert _texts(block) == {
        "project": KEPT, "notes": KEPT, "session": KEPT, "state": "raw", "isGenerated": "false",
        "micType": microphones, "micConfig": "Mono" if about.channels == 1 else "XY",
        "micDistance": ", ".join(["1.25"] * about.channels), "recordingLoc": LONG, "isDesigned": "false",
        "recEngineer": f"engineer {KEPT}", "recStudio": f"studio {KEPT}", "loudness": "-23.04",
        "loudnessRange": "7.50", "maxPeak": "-1.50", "artist": f"artist {KEPT}",
        "songTitle": f"title {KEPT}", "producer": f"producer {KEPT}", "instrument": f"Violin {KEPT}",
        "schemaVersion": "1.1",
        **{1: {"channelConfig": "Mono"}, 2: {"channelConfig": "Stereo"}}.get(about.channels, {}),
    }  # fmt: skip


@pytest.mark.parametrize("origin", [o for o in Origin if o is not Origin.PHYSICAL])
def test_only_physical_sound_is_said_to_be_neither_generated_nor_designed(origin: Origin) -> None:
    data = wav.header(full(1, origin=origin, coding_history=()))
    assert b"isGenerated" not in data
    assert b"isDesigned" not in data
    assert b"A/D" not in data
    assert (b"A=ANALOGUE" in data) == (origin is Origin.UNKNOWN)
    assert f"<ORIGIN>{origin.value}</ORIGIN>".encode() in data


def test_a_poly_of_two_microphones_is_not_called_stereo(tmp_path: Path) -> None:
    apart = (PATH, replace(PATH, input=4, array="", distance_m=None))
    wav_files.write(tmp_path / "a.wav", full(2, linked=False, paths=apart), 10)
    said = _texts(_ixml(tmp_path / "a.wav").find("ASWG"))
    assert "channelConfig" not in said
    assert "micConfig" not in said
    assert said["micDistance"] == "1.25, N/A"


@pytest.mark.parametrize(
    ("array", "said"),
    [("X/Y", "XY"), ("ORTF", "ORTF"), ("AB", "AB"), ("M/S", "MS"), ("ms", "MS"), ("Decca tree", "other")],
)
def test_an_array_is_named_as_the_standard_names_it(array: str, said: str) -> None:
    data = wav.header(full(2, paths=tuple(replace(PATH, array=array) for _ in range(2))))
    assert f"<micConfig>{said}</micConfig>".encode() in data


def test_the_coding_history_has_a_line_for_each_distinct_chain_and_ours_last(tmp_path: Path) -> None:
    from wavinfo import WavInfoReader

    other = replace(PATH, input=5, analogue="DPA 4006")
    about = full(3, coding_history=(), paths=(PATH, replace(PATH, input=4), other))
    wav_files.write(tmp_path / "a.wav", about, 10)
    told = WavInfoReader(str(tmp_path / "a.wav")).bext
    assert told is not None
    lines = told.coding_history.split("\r\n")
    assert lines[0].startswith("A=ANALOGUE,M=mono,T=Neumann U 87 SN1 cardioid; Neve; 1073 +42dB Son & ")
    assert lines[1:3] == [
        "A=ANALOGUE,M=mono,T=DPA 4006",
        "A=PCM,F=48000,W=24,T=RME ADI-2 SN24; Babyface; A/D; 3 channels; Takechain 0.1",
    ]


def test_a_digital_input_has_no_analogue_step(tmp_path: Path) -> None:
    path = replace(PATH, digital=True, analogue="", converter="")
    data = wav.header(full(1, coding_history=(), paths=(path,)))
    assert b"ANALOGUE" not in data
    assert b"T=Babyface; digital input; Takechain 0.1" in data


def test_bext_comes_back_through_four_readers(file: tuple[Path, wav.FileMeta]) -> None:
    from wavinfo import WavInfoReader

    path, about = file
    told = WavInfoReader(str(path)).bext
    assert told is not None
    scene = 'Son & "x" <y> ??     ]]> &amp; e'
    assert told.description.startswith(f"{scene} take 007 circled")
    assert f"sSCENE={scene}\r\nsTAKE=007\r\n" in told.description
    assert (told.originator, told.originator_ref) == ("Takechain", about.originator_reference)
    assert (told.originator_date, told.originator_time) == ("2026-11-25", "14:03:12")
    assert (told.time_reference, told.version) == (wav_files.TIME_REFERENCE, 2)
    loud = (told.loudness_value, told.loudness_range, told.max_true_peak)
    assert loud == (-23.04, 7.5, -1.25)
    assert (told.max_momentary_loudness, told.max_shortterm_loudness) == (-18.6, -20.0)
    tags = json.loads(wav_files._run("ffprobe", "-v", "error", "-show_format", "-of", "json", str(path)))
    tags = tags["format"]["tags"]
    assert tags["umid"].upper().removeprefix("0X").startswith(about.umid.hex().upper())
    assert tags["originator_reference"] == about.originator_reference
    named = {key.split(":")[-1]: value for key, value in wav_files.exiftool(path).items()}
    assert named["BwfxmlScene"] == KEPT
    assert named["BwfxmlAswgInstrument"] == f"Violin {KEPT}"
    assert named["BwfxmlTakechainChainDigest"] == "ab" * 32
    tracks = json.loads(wav_files._run("mediainfo", "--Output=JSON", str(path)))["media"]["track"]
    general = next(track for track in tracks if track["@type"] == "General")
    assert general["Producer"] == "Takechain"
    assert general["extra"]["Producer_Reference"] == about.originator_reference


def test_air_and_pressure_come_back_through_guano(tmp_path: Path) -> None:
    import guano

    path = tmp_path / "take.wav"
    wav_files.write(path, full(2), 9601)
    seen = guano.GuanoFile(str(path))
    assert (seen["Temperature Ext"], seen["Humidity"]) == ("-3.25", "28.5")
    assert [seen["TKC", key] for key in ("Pressure hPa", "Air", "Take", "Chain")] == [
        "1013.25", "measured", wav_files.TAKE, "ab" * 32,
    ]  # fmt: skip
    assert seen["Note"] == HOSTILE.translate({0: None, 7: None, 9: None, 27: None}).strip()


def test_every_chunk_says_the_same_as_the_others(file: tuple[Path, wav.FileMeta]) -> None:
    """Whoever reads one chunk finds what the reader of another finds: all are made of one record."""
    from wavinfo import WavInfoReader

    path, _ = file
    told, root, guano = WavInfoReader(str(path)), _ixml(path), wav.read_wav(path).guano
    assert told.bext is not None
    mirror = _texts(root.find("BEXT"))
    assert mirror["BWF_DESCRIPTION"] == told.bext.description.replace("\r\n", "\n")
    assert mirror["BWF_CODING_HISTORY"] == told.bext.coding_history.replace("\r\n", "\n")
    assert mirror["BWF_UMID"] == bytes(told.bext.umid).hex().upper()
    single = {
        "BWF_ORIGINATOR": told.bext.originator,
        "BWF_ORIGINATOR_REFERENCE": told.bext.originator_ref,
        "BWF_ORIGINATION_DATE": told.bext.originator_date,
        "BWF_ORIGINATION_TIME": told.bext.originator_time,
        "BWF_VERSION": str(told.bext.version),
    }
    assert {tag: mirror[tag] for tag in single} == single
    for high, low in (
        (mirror["BWF_TIME_REFERENCE_HIGH"], mirror["BWF_TIME_REFERENCE_LOW"]),
        tuple(root.findtext(f"SPEED/TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_{end}") or "" for end in ("HI", "LO")),
    ):
        assert (int(high) << 32) + int(low) == told.bext.time_reference
    assert guano["Timestamp"].startswith(f"{told.bext.originator_date}T{told.bext.originator_time}")
    assert guano["TKC|Chain"] == root.findtext("TAKECHAIN/CHAIN_DIGEST")
    assert guano["TKC|Take"] == root.findtext("TAKECHAIN/TAKE_UUID") == root.findtext("FILE_SET/FAMILY_UID")
    assert guano["Model"] == root.findtext("USER/AUDIO_RECORDER_MODEL").replace("\t", "")  # type: ignore[union-attr]
    assert root.findtext("ASWG/project") == root.findtext("PROJECT")
    assert root.findtext("ASWG/loudness") == f"{told.bext.loudness_value:.2f}"
    cues = [point["frame"] for point in told.cues.to_dict().values()]
    points = root.findall("SYNC_POINT_LIST/SYNC_POINT")
    near = [p for p in points if p.findtext("SYNC_POINT_FUNCTION") == "MARKER_GENERIC"]
    assert cues == [
        int(p.findtext("SYNC_POINT_LOW") or "") for p in near if p.findtext("SYNC_POINT_HIGH") == "0"
    ]


def test_our_own_reader_agrees(file: tuple[Path, wav.FileMeta]) -> None:
    path, about = file
    info = wav.read_wav(path)
    assert info.problems == ()
    assert info.bext is not None
    assert info.bext.loudness == about.loudness
    assert info.ixml is not None
    assert [t.function for t in info.ixml.tracks] == ["LEFT"] * about.channels
    assert info.ixml.fields["ASWG/state"] == "raw"
    assert info.guano["TKC|Air"] == "measured"


def test_the_same_stands_in_an_rf64_file(tmp_path: Path) -> None:
    about = full(8, markers=())
    path = tmp_path / "long.wav"
    frames = (4 << 30) // 24 + 1001
    layout = wav_files.write(path, about, frames)
    short = wav.header(about, 9601)
    head = wav_files.start(path, layout.data_offset)
    assert head[:4] == b"RF64"
    both = [
        {name: data[at : at + size] for name, at, size in wav_files.chunks(data) if name != b"data"}
        for data in (short, head)
    ]
    for name in (b"bext", b"iXML", b"cue ", b"LIST"):
        assert both[0][name] == both[1][name]
    named = {key.split(":")[-1]: value for key, value in wav_files.exiftool(path).items()}
    assert named["BwfxmlAswgIsGenerated"] in (False, "false")
    assert named["BwfxmlAswgRecStudio"] == f"studio {KEPT}"


def test_a_chain_of_sixty_four_inputs_with_all_that_is_known_fits(tmp_path: Path) -> None:
    line = (
        "Violin 1 (Anna Berg) @ Live: Neumann KM 184 #123456 cardioid 1.2 m > Neve 1073 #55 ch 1 +42 dB 48V"
    )
    paths = tuple(
        wav.PathMeta(i + 1, f"{line} > adc RME ADI-2 ch {i}", f"Neumann KM 184 SN{i:06}; Neve 1073 +42dB",
                     "RME ADI-2", False, f"Violin {i}", "Neumann KM 184", 1.2)
        for i in range(64)
    )  # fmt: skip
    about = wav_files.meta(64, paths=paths, coding_history=(), note="a line of a note")
    info_path = tmp_path / "a.wav"
    wav_files.write(info_path, about, 10)
    info = wav.read_wav(info_path)
    assert info.ixml is not None
    assert info.ixml.truncated.startswith("description s")
    assert info.ixml.truncated.count(";") == 0
    assert info.bext is not None
    assert info.bext.coding_history.count("A=ANALOGUE") == 64


def _long(name: str) -> str:
    return f"{name} Søn & <日本> ".ljust(300, "ß")


LONG_TEXTS = {
    "project": "PROJECT", "scene": "SCENE", "tape": "TAPE", "note": "NOTE", "covers": "TAKECHAIN/COVERS",
    "family_name": "FILE_SET/FAMILY_NAME", "title": "USER/FULL_TITLE", "engineer": "USER/SOUND_MIXER_NAME",
    "recorder_model": "USER/AUDIO_RECORDER_MODEL", "location": "LOCATION/LOCATION_NAME",
    "artist": "ASWG/artist", "producer": "ASWG/producer", "studio": "ASWG/recStudio",
    "interface": "TAKECHAIN/INTERFACE",
}  # fmt: skip


@pytest.mark.parametrize("channels", [1, 2, 8, 64])
def test_texts_of_300_characters_stand_whole_or_are_named_as_left_out(tmp_path: Path, channels: int) -> None:
    texts = {name: _long(name) for name in LONG_TEXTS}
    tracks = tuple(wav.TrackMeta(i + 1, i + 1, _long(f"track {i}")) for i in range(channels))
    paths = tuple(wav.PathMeta(i + 1, _long(f"path {i}"), _long(f"chain {i}")) for i in range(channels))
    about = full(channels, **texts, paths=paths, people=(("player", _long("player")),), coding_history=())
    about = replace(about, tracks=tracks)
    path = tmp_path / "take.wav"
    wav_files.write(path, about, 100)
    root = _ixml(path)
    own = root.find("TAKECHAIN")
    assert own is not None
    left_out = own.get("truncated") or ""
    for name, place in LONG_TEXTS.items():
        block, _, tag = place.rpartition("/")
        label = f"ASWG {tag}" if block == "ASWG" else tag.lower()
        found = root.findtext(place)
        assert found == texts[name] or (found is None and label in left_out), (name, left_out)
    for tag, label, wanted in (
        ("TRACK_LIST/TRACK/NAME", "tracks", [track.name for track in tracks]),
        ("TAKECHAIN/PATH", "paths", [p.line for p in paths]),
    ):
        kept = [element.text for element in root.findall(tag)]
        assert kept == wanted[: len(kept)]
        missing = channels - len(kept)
        assert (f"{label} {missing} of {channels}" in left_out) if channels > 1 and missing else True
        assert missing == 0 or label in left_out
    info = wav.read_wav(path)
    assert info.bext is not None
    lines = info.bext.coding_history.count("A=ANALOGUE")
    assert lines == channels or f"coding history {channels - lines} lines" in left_out
