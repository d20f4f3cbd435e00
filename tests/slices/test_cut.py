"""Slices as outside readers see them: samples, time, parent, chain, names; and what is refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from lxml import etree
from wavinfo import WavInfoReader

from capture.chain.snapshot import Snapshot
from capture.errors import UsageError
from capture.journal.errors import NameTaken
from capture.journal.finish import edit_after_end
from capture.journal.record import load
from capture.slices import (
    Handles,
    NothingToSlice,
    Order,
    Sliced,
    TakeNotSliceable,
    Takes,
    Ucs,
    slice_take,
    verify_slice,
)
from capture.slices.errors import TakeAltered
from tests.support import wav_files
from tests.support.slice_takes import marked, marker, pcm, stretch, two_parts
from tests.support.takes import KEY, build_take, journal_fields, rechained, samples

SCHEMA = etree.XMLSchema(etree.parse(Path(__file__).parents[1] / "support" / "schemas" / "aswg.xsd"))


def cut(journal: Path, out: Path, **how: Any) -> list[Sliced]:
    return slice_take(journal, KEY, Order(out, **how))


@pytest.mark.parametrize("format_", ["pcm24", "float32"])
@pytest.mark.parametrize("layout", ["track", "poly"])
def test_the_samples_are_those_of_the_take(tmp_path: Path, format_: str, layout: str) -> None:
    journal = marked(tmp_path, format=format_, layout=layout, tracks=("Kick", "Snare", "Room"))
    found = cut(journal, tmp_path / "out")
    files = 1 if layout == "poly" else 3
    assert [one.statement["first"] for one in found] == [700] * files + [1500] * files
    whole = samples(3000, 3)
    for at, one in enumerate(found):
        first, end = (700, 1500) if at < files else (1500, 2250)
        assert pcm(one.wav) == stretch(journal, at % files, first, end - first)
        audio, rate = soundfile.read(one.wav, dtype="float32", always_2d=True)
        columns = slice(None) if layout == "poly" else slice(at % files, at % files + 1)
        np.testing.assert_array_equal(audio, whole[first:end, columns])
        assert rate == 48000
        seen = wav_files.ffprobe(one.wav)
        assert (seen.frames, seen.channels) == (end - first, 3 if layout == "poly" else 1)


def test_a_header_of_its_own_with_time_and_parent(tmp_path: Path) -> None:
    journal = marked(tmp_path)
    record = load(journal)
    one = cut(journal, tmp_path / "out")[2]
    assert wav_files.ffprobe(one.wav).time_reference == record.time_reference + 1500
    info = WavInfoReader(str(one.wav))
    assert info.bext is not None
    assert info.bext.time_reference == record.time_reference + 1500
    parent = WavInfoReader(str(journal.parent / "Aurora_T001_01_Kick.wav"))
    assert parent.ixml is not None
    tree, parent_tree = info.ixml.parsed, parent.ixml.parsed  # type: ignore[union-attr]
    text = {
        name: tree.findtext(name) for name in ("HISTORY/PARENT_FILENAME", "HISTORY/PARENT_UID", "FILE_UID")
    }
    assert text["HISTORY/PARENT_FILENAME"] == "Aurora_T001_01_Kick.wav"
    assert text["HISTORY/PARENT_UID"] == parent_tree.findtext("FILE_UID")
    assert text["FILE_UID"] != parent_tree.findtext("FILE_UID")
    assert tree.findtext("TAKECHAIN/TAKE_UUID") == record.take
    assert wav_files.libsndfile_cues(one.wav) == [0]  # the marker that it begins at


def test_its_chain_is_the_takes_and_fields_can_be_withheld(tmp_path: Path) -> None:
    chain = {
        "input.1.microphone.model": "SM57",
        "input.1.microphone.serial": "A11423",
        "people.1.name": "Anna",
    }
    journal = marked(tmp_path, chain=chain)
    whole = cut(journal, tmp_path / "whole")[0]
    assert json.loads(whole.chain.read_bytes()) == json.loads(
        (journal.parent / load(journal).chain_file).read_bytes()
    )
    paths = ("input.1.microphone.serial", "people.1.name")
    less = cut(journal, tmp_path / "less", withhold=("serial", "names"))[0]
    snapshot = Snapshot.load(less.chain.read_bytes())
    assert (snapshot.problems(), snapshot.digest) == ([], load(journal).chain_digest)
    assert snapshot.withheld() == sorted(paths)
    for secret in (b"A11423", b"Anna"):
        assert secret not in b"".join(path.read_bytes() for path in less.wav.parent.iterdir())
    assert b"Anna" in whole.wav.read_bytes()
    assert less.still_said == ()


def test_the_calibrations_of_its_tracks_go_with_it(tmp_path: Path) -> None:
    told = [{"input": put, "take": "t", "level_db": 94, "spl_at_0dbfs_db": 130.25 + put} for put in (1, 2)]
    journal = marked(tmp_path, calibrations=told)
    one = cut(journal, tmp_path / "out", tracks=(2,))[0]
    assert one.statement["calibrations"] == told[1:]
    assert verify_slice(one.statement_path, Takes([journal])).ok


def test_what_became_of_its_chain_is_in_its_statement(tmp_path: Path) -> None:
    changes = [
        ("change", at, {"input": put, "path": f"input.{put}.{field}", "from": old, "to": new, "by": "anna"})
        for at, put, field, old, new in (
            (800, 1, "preamp.gain_db", 42, 43),
            (900, 2, "preamp.gain_db", 30, 31),
            (1600, 1, "microphone.serial", "SERIAL-1", "SERIAL-2"),
        )
    ]
    journal = marked(tmp_path, lines=[*changes, marker(1, 700, "A"), marker(2, 1500, "B")])
    edit_after_end(journal, KEY, "chain.input.1.microphone.serial", "SERIAL-3", "anna")
    edit_after_end(journal, KEY, "chain.input.2.microphone.serial", "SERIAL-4", "anna")
    first, second = cut(journal, tmp_path / "out", tracks=(1,))
    gain = {"path": "input.1.preamp.gain_db", "frame": 800, "from": 42, "to": 43}
    serial = {"path": "input.1.microphone.serial", "frame": 1600, "from": "SERIAL-1", "to": "SERIAL-2"}
    assert (first.statement["changes"], second.statement["changes"]) == ([gain], [gain, serial])
    assert [(c["path"], c["to"]) for c in first.statement["corrections"]] == [(serial["path"], "SERIAL-3")]
    report = verify_slice(second.statement_path, Takes([journal]))
    assert report.ok, report.words
    assert "signed notes correct its chain" in " ".join(report.words)
    _, less = cut(journal, tmp_path / "less", tracks=(1,), withhold=("serial",))
    assert less.statement["changes"] == [gain, {"path": serial["path"], "frame": 1600}]
    assert set(less.statement["corrections"][0]) == {"path", "utc"}
    assert verify_slice(less.statement_path, Takes([journal])).ok


def test_what_is_withheld_and_stands_in_a_note_is_told(tmp_path: Path) -> None:
    chain = {"input.1.microphone.serial": "A11423"}
    journal = marked(tmp_path, chain=chain)
    edit_after_end(journal, KEY, "note", "the one with A11423", "anna")
    found = cut(journal, tmp_path / "out", withhold=tuple(chain))
    assert found[0].still_said == ("A11423",)
    with pytest.raises(UsageError, match=r"declares no input\.9\.note"):
        cut(journal, tmp_path / "other", withhold=("input.9.note",))


@pytest.mark.parametrize(
    ("handles", "first", "end", "before", "after", "blocks"),
    [
        ("0", 700, 1500, 0, 0, [1000]),
        ("blocks", 500, 1500, 200, 0, [500, 1000]),
        ("0.005", 460, 1740, 240, 240, [500, 1000]),
        ("5 ms", 460, 1740, 240, 240, [500, 1000]),
        ("1", 0, 3000, 700, 1500, [0, 500, 1000, 1500, 2000, 2500]),
    ],
)
def test_handles(
    tmp_path: Path, handles: str, first: int, end: int, before: int, after: int, blocks: list[int]
) -> None:
    journal = marked(tmp_path)
    one = cut(journal, tmp_path / "out", handles=Handles.parse(handles, 48000))[0]
    said = one.statement
    assert (said["first"], said["frames"]) == (first, end - first)
    assert said["handles"] == {"before": before, "after": after}
    assert [block["first"] for block in said["blocks"]] == blocks
    assert pcm(one.wav) == stretch(journal, 0, first, end - first)


@pytest.mark.parametrize("text", ["-1", "x", "99999", "nan", "1e9", ""])
def test_handles_that_are_none(text: str) -> None:
    with pytest.raises(UsageError):
        Handles.parse(text, 48000)


def test_markers_at_borders(tmp_path: Path) -> None:
    marks = [
        marker(1, 0, "From the start"),
        marker(2, 500, "On a block"),
        marker(3, 500, "Same place"),
        marker(4, 2999, "Last frame"),
        marker(5, 3000, "Behind the end"),
    ]
    found = cut(marked(tmp_path, lines=marks), tmp_path / "out", tracks=(2,))
    said = [
        (one.statement["marker"]["text"], one.statement["first"], one.statement["frames"]) for one in found
    ]
    assert said == [("From the start", 0, 500), ("Same place", 500, 2499), ("Last frame", 2999, 1)]


@pytest.mark.parametrize("hole", [0, 300])
def test_a_slice_that_crosses_into_another_part(tmp_path: Path, hole: int) -> None:
    journal = two_parts(tmp_path, hole)
    found = cut(journal, tmp_path / "out", tracks=(1,))
    said = [
        (one.wav.stem, one.statement["part"], one.statement["first"], one.statement["frames"])
        for one in found
    ]
    assert said == [
        ("Aurora_T001_01_Across_Kick", 1, 900, 300),
        ("Aurora_T001_01_Across_Kick-2", 2, 1200 + hole, 400),
        ("Aurora_T001_02_Second_Kick", 2, 1600 + hole, 300),
    ]
    record = load(journal)
    for one in found:
        first, frames, part = one.statement["first"], one.statement["frames"], one.statement["part"]
        assert pcm(one.wav) == stretch(journal, 0, first, frames, part)
        assert wav_files.ffprobe(one.wav).time_reference == record.time_reference + first
    assert found[1].statement["parent"] == "Aurora_T001-2_01_Kick.wav"


def test_a_gap_in_a_slice_is_in_its_statement_and_header(tmp_path: Path) -> None:
    gap = {
        "first": 1400,
        "frames": 200,
        "first_pm": 0,
        "frames_pm": 0,
        "cause": "server stall",
        "filled": True,
    }
    journal = marked(tmp_path, lines=[*MARKS_AND(gap)])
    found = cut(journal, tmp_path / "out", tracks=(1,))
    assert [one.statement["gaps"] for one in found] == [
        [{"first": 1400, "frames": 100}],
        [{"first": 1500, "frames": 100}],
    ]
    assert b'<GAP first="0"' in found[1].wav.read_bytes()
    assert b'frames="100"' in found[1].wav.read_bytes()


def MARKS_AND(gap: dict[str, Any]) -> list[tuple[str, int, dict[str, Any]]]:
    return [marker(1, 700, "A"), ("gap", 1400, gap), marker(2, 1500, "B")]


def test_names_after_the_take_was_renamed(tmp_path: Path) -> None:
    journal = marked(tmp_path)
    edit_after_end(journal, KEY, "track_name.1", "Kick/in", "anna")
    edit_after_end(journal, KEY, "slate", "Boreal", "anna")
    found = cut(journal, tmp_path / "out", template="{slate} {number} {marker} {track}", tracks=(1,))
    assert [one.wav.name for one in found] == [
        "Boreal 001 Big Hit Kick_in.wav",
        "Boreal 001 Soft_Hit-2 Kick_in.wav",
    ]


def aswg(wav: Path) -> Any:
    """The ASWG block as wavinfo hands it out."""
    ixml = WavInfoReader(str(wav)).ixml
    assert ixml is not None
    return ixml.parsed.find("ASWG")


def test_ucs_fields_stand_in_the_header_and_the_statement(tmp_path: Path) -> None:
    ucs = Ucs("DRUMKick", "TKC", "Nordlys", vendor_category="Close")
    one = cut(marked(tmp_path), tmp_path / "out", ucs=ucs)[0]
    block = aswg(one.wav)
    SCHEMA.assertValid(etree.fromstring(etree.tostring(block)))
    tags = ("catId", "userCategory", "vendorCategory", "fxName", "creatorId", "sourceId")
    found = [block.findtext(tag) for tag in tags]
    assert found == ["DRUMKick", None, "Close", "Big Hit 01 Kick", "TKC", "Nordlys"]
    assert one.statement["ucs"]["fx_name"] == "Big Hit 01 Kick"
    plain = cut(marked(tmp_path / "b"), tmp_path / "plain")[0]
    assert aswg(plain.wav).find("catId") is None


def test_nothing_is_written_over(tmp_path: Path) -> None:
    journal, out = marked(tmp_path), tmp_path / "out"
    cut(journal, out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    with pytest.raises(NameTaken):
        cut(journal, out)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    cut(journal, out, template="other {n} {track}")  # the list of blocks is there, and the same
    (tmp_path / "third").mkdir()
    (tmp_path / "third" / "Aurora_T001.blocks.json").write_text("{}")
    with pytest.raises(NameTaken):
        cut(journal, tmp_path / "third")


def test_a_name_that_two_slices_would_have_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="two slices"):
        cut(marked(tmp_path), tmp_path / "out", template="{slate}")
    assert not (tmp_path / "out").exists()


def test_altered_audio_is_never_signed(tmp_path: Path) -> None:
    journal = marked(tmp_path)
    path = journal.parent / "Aurora_T001_01_Kick.wav"
    raw = bytearray(path.read_bytes())
    raw[45056 + 3 * 600] ^= 1  # in the first block that the slice touches, though not in the slice itself
    path.write_bytes(raw)
    with pytest.raises(TakeAltered, match="frames 500–999"):
        cut(journal, tmp_path / "out")
    assert not list((tmp_path / "out").glob("*.wav"))
    assert not list((tmp_path / "out").glob("*.slice.json"))


def test_a_journal_that_does_not_hold_is_refused(tmp_path: Path) -> None:
    journal = marked(tmp_path)
    journal.write_bytes(journal.read_bytes().replace(b"Big Hit", b"Bad Hit"))
    with pytest.raises(TakeAltered) as refused:
        cut(journal, tmp_path / "out")
    assert refused.value.exit_code == 5


def test_a_take_from_elsewhere_writes_nowhere_else(tmp_path: Path) -> None:
    """A journal may come from anywhere; the name that it says of its take is no path."""
    journal = marked(tmp_path / "library")
    fields = journal_fields(journal)
    fields[0]["name"] = "../../Aurora_T001"
    journal.write_bytes(rechained(fields))
    before = sorted(path for path in tmp_path.rglob("*"))
    with pytest.raises(TakeAltered, match="which no file can be"):
        cut(journal, tmp_path / "out" / "deep")
    assert sorted(path for path in tmp_path.rglob("*")) == before


def test_what_cannot_be_cut(tmp_path: Path) -> None:
    with pytest.raises(NothingToSlice):
        cut(build_take(tmp_path / "a"), tmp_path / "out")
    with pytest.raises(TakeNotSliceable):
        cut(marked(tmp_path / "b", sealed=False), tmp_path / "out")
    with pytest.raises(UsageError, match="track 9"):
        cut(marked(tmp_path / "c"), tmp_path / "out", tracks=(9,))
    missing = marked(tmp_path / "d")
    (missing.parent / "Aurora_T001_01_Kick.wav").unlink()
    with pytest.raises(TakeAltered, match="missing"):
        cut(missing, tmp_path / "out")
