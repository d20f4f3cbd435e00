"""What a crash leaves is finished; what is whole or held is left alone."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import tempfile
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capture.journal import finish
from capture.journal.errors import JournalError, JournalLocked, NotATake
from capture.journal.finish import edit_after_end, write_file_lines
from capture.journal.record import load
from capture.journal.recover import plan_take, recover_take
from capture.journal.report import State
from capture.journal.verify import verify_take
from capture.journal.writer import JournalWriter
from capture.take import Verdict
from capture.wav.read import read_wav
from tests.support.takes import KEY, STARTED, Clock, build_take, journal_fields, samples, write_audio


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in folder.iterdir()}


def test_a_whole_take_is_never_touched(tmp_path: Path) -> None:
    path = build_take(tmp_path)
    before = contents(path.parent)
    assert recover_take(path, KEY) == []
    assert contents(path.parent) == before


def test_a_held_take_is_never_touched(tmp_path: Path) -> None:
    path = build_take(tmp_path, ended=False)
    with path.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        before = contents(path.parent)
        with pytest.raises(JournalLocked):
            recover_take(path, KEY)
        assert contents(path.parent) == before


def test_a_dry_run_says_what_it_would_do_and_does_nothing(tmp_path: Path) -> None:
    path = build_take(tmp_path, ended=False, unwritten=1)
    before = contents(path.parent)
    words = plan_take(path)
    assert any("200 frames" in line for line in words)
    assert contents(path.parent) == before


def test_audio_past_the_last_block_is_kept_hashed_and_said(tmp_path: Path) -> None:
    path = build_take(tmp_path, ended=False, unwritten=1)
    audio = {p.name: p.read_bytes()[45056:] for p in path.parent.glob("*.wav")}
    recover_take(path, KEY)
    fields = journal_fields(path)
    block = next(line for line in fields if line.get("recovered"))
    assert (block["first"], block["frames"]) == (1000, 200)
    names = fields[0]["files"]
    assert block["sha256"] == [hashlib.sha256(audio[n][3000:3600]).hexdigest() for n in names]
    end = next(line for line in fields if line["type"] == "end")
    assert (end["reason"], end["condition"], end["frames"]) == ("recovered", "recovered", 1200)
    report = verify_take(path)
    assert report.ok
    assert report.state is State.RECOVERED
    assert {p.name: p.read_bytes()[45056:] for p in path.parent.glob("*.wav")} == audio


def test_files_of_unequal_length_keep_every_frame(tmp_path: Path) -> None:
    path = build_take(tmp_path, ended=False, unwritten=1)
    kick = path.parent / "Aurora_T001_01_Kick.wav"
    kick.write_bytes(kick.read_bytes()[:-301])  # 100 frames and a byte fewer: the last frame is torn
    recover_take(path, KEY)
    take = load(path)
    assert take.frames == 1099
    assert take.files["Aurora_T001_02_Snare.wav"].frames == 1200
    assert len(take.files[kick.name].rest) == 2
    assert read_wav(kick).frames == 1099
    report = verify_take(path)
    assert report.ok, report.words
    assert any("101 frames lie past the last block" in words for words in report.words)


@cache
def crashed() -> dict[str, bytes]:
    """A take that stopped in the middle, with headers still at zero, as a kill -9 leaves it."""
    with tempfile.TemporaryDirectory() as folder:
        path = build_take(Path(folder), ended=False, lines=[("marker", 5, {"id": 1, "text": "x"})])
        return {p.name: p.read_bytes() for p in path.parent.iterdir()}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_crash_at_any_byte_is_mended_and_verifies(tmp_path: Path, data: st.DataObject) -> None:
    journal = crashed()["Aurora_T001.take.jsonl"]
    begin = journal.index(b"\n") + 1
    with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
        for name, content in crashed().items():
            (Path(folder) / name).write_bytes(content)
        path = Path(folder) / "Aurora_T001.take.jsonl"
        path.write_bytes(journal[: data.draw(st.integers(begin, len(journal)))])
        told = load(path).frames
        for wav in Path(folder).glob("*.wav"):
            whole = wav.read_bytes()
            wav.write_bytes(whole[: data.draw(st.integers(45056 + told * 3, len(whole)))])
        recover_take(path, KEY)
        report = verify_take(path)
        assert report.ok, report.words
        assert report.record is not None
        assert report.record.frames >= told
        assert recover_take(path, KEY) == []


def test_a_journal_without_a_begin_line_beside_audio_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.take.jsonl"
    path.write_bytes(b'{"half a begin')
    (tmp_path / "a_01_Kick.wav").write_bytes(b"RIFF")
    with pytest.raises(NotATake):
        recover_take(path, KEY)
    assert path.read_bytes() == b'{"half a begin'


@pytest.mark.parametrize("content", [b"", b'{"half a begin'])
def test_a_take_that_was_never_begun_is_set_aside(tmp_path: Path, content: bytes) -> None:
    """Killed between making the files and the begin line: nothing was recorded, and nothing is deleted."""
    path = tmp_path / "Aurora_T001.take.jsonl"
    path.write_bytes(content)
    (tmp_path / "Aurora_T001_01_Kick.wav").write_bytes(b"")
    planned = plan_take(path)
    assert path.read_bytes() == content
    with path.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(JournalLocked):
            recover_take(path, KEY)
    assert recover_take(path, KEY) == planned
    assert not path.exists()
    assert (tmp_path / f"{path.name}.never-begun").exists()
    kept = [torn.read_bytes() for torn in tmp_path.glob("*.torn-*")]
    assert kept == ([content] if content else [])


@pytest.mark.parametrize("left", ["nothing", "half a header", "a header"])
def test_a_take_that_died_before_its_first_block_is_closed(tmp_path: Path, left: str) -> None:
    path = build_take(tmp_path, ended=False, frames=0)
    for wav in path.parent.glob("*.wav"):
        if left == "nothing":
            wav.unlink()
        elif left == "half a header":
            wav.write_bytes(wav.read_bytes()[:5000])
    recover_take(path, KEY)
    assert recover_take(path, KEY) == []
    report = verify_take(path)
    assert report.ok, report.words
    assert load(path).frames == 0


def test_files_are_not_finished_while_somebody_still_writes(tmp_path: Path) -> None:
    path = build_take(tmp_path, finished=False)
    with path.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(JournalLocked):
            write_file_lines(path, KEY)


def test_a_damaged_journal_is_not_mended_over(tmp_path: Path) -> None:
    path = build_take(tmp_path, ended=False)
    path.write_bytes(path.read_bytes().replace(b'"first":500', b'"first":501'))
    before = contents(path.parent)
    with pytest.raises(JournalError, match="damaged"):
        recover_take(path, KEY)
    assert contents(path.parent) == before


def test_an_ended_take_is_sealed_and_a_sealed_one_gets_its_file_lines(tmp_path: Path) -> None:
    for number, arguments in enumerate(({"sealed": False}, {"finished": False}), 1):
        path = build_take(tmp_path, number=number, **arguments)  # type: ignore[arg-type]
        assert recover_take(path, KEY)
        report = verify_take(path)
        assert report.ok
        assert report.state is State.WHOLE


@pytest.mark.parametrize("stop_at", ["before", "half", "after"])
def test_an_edit_that_a_crash_cut_short_reaches_the_header(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop_at: str
) -> None:
    path = build_take(tmp_path)
    real = finish.write_header

    def crash(wav: Path, data: bytes) -> None:
        if stop_at == "half":
            with wav.open("r+b") as file:
                os.pwrite(file.fileno(), data[:4096], 0)
        elif stop_at == "after":
            real(wav, data)
        raise KeyboardInterrupt

    monkeypatch.setattr(finish, "write_header", crash)
    with pytest.raises(KeyboardInterrupt):
        edit_after_end(path, KEY, "verdict", "circled", "anna")
    monkeypatch.setattr(finish, "write_header", real)
    assert any("takechain recover" in words for words in verify_take(path).words)
    assert recover_take(path, KEY)
    report = verify_take(path)
    assert report.ok, report.words
    assert load(path).verdict is Verdict.CIRCLED
    for wav in path.parent.glob("*.wav"):
        ixml = read_wav(wav).ixml
        assert ixml is not None
        assert b"<CIRCLED>TRUE</CIRCLED>" in wav.read_bytes()[:45056]


def test_a_take_in_two_parts(tmp_path: Path) -> None:
    """A recorder died, the hole is a gap between the parts, and the second part is hashed for itself."""
    path = build_take(tmp_path, ended=False, finished=False)
    clock = Clock(STARTED)
    with JournalWriter.reopen(path) as writer:
        gap = {"first": 1200, "frames": 300, "first_pm": 40, "frames_pm": 80, "cause": "recorder died"}
        writer.append("gap", 1200, **gap, filled=False)
        names = ["Aurora_T001-2_01_Kick.wav", "Aurora_T001-2_02_Snare.wav"]
        part = {"part": 2, "first": 1500, "first_pm": 80, "files": names, "cause": "recorder died"}
        writer.append("part", 1500, **part, time_reference=writer.record.time_reference + 1500)
        write_audio(writer, samples(700, 2, 9), 500, clock, unwritten=1)
    recover_take(path, KEY)
    take = load(path)
    assert (take.frames, take.lost_frames) == (2200, 300)
    assert [take.part_frames(part) for part in take.parts] == [1200, 700]
    report = verify_take(path)
    assert report.ok, report.words
    data = bytearray((path.parent / names[1]).read_bytes())
    data[45056 + 3 * 600] ^= 1
    (path.parent / names[1]).write_bytes(data)
    assert any(f"{names[1]}, frames 2000–2199" in str(fault) for fault in verify_take(path).faults)


def test_a_part_that_died_before_its_first_block_is_one_more_hole(tmp_path: Path) -> None:
    """Two recorders died one after the other: both holes are declared, and together they lead to part 3."""
    path = build_take(tmp_path, layout="poly", ended=False, finished=False)
    with JournalWriter.reopen(path) as writer:
        for number, at, first in ((2, 1200, 1500), (3, 1500, 1900)):
            hole = {"first": at, "frames": first - at, "first_pm": 0, "frames_pm": 80, "cause": "died"}
            writer.append("gap", at, **hole, filled=False)
            part = {"part": number, "first": first, "first_pm": 80, "files": [f"Aurora_T001-{number}.wav"]}
            reference = writer.record.time_reference + first
            writer.append("part", first, **part, cause="died", time_reference=reference)
        write_audio(writer, samples(700, 2, 9), 500, Clock(STARTED))
    recover_take(path, KEY)
    take = load(path)
    assert (take.frames, take.lost_frames) == (2600, 700)
    report = verify_take(path)
    assert report.ok, report.words


def test_a_hole_whose_part_was_never_begun_belongs_to_the_timeline(tmp_path: Path) -> None:
    path = build_take(tmp_path, ended=False, finished=False)
    with JournalWriter.reopen(path) as writer:
        hole = {"first": 1200, "frames": 300, "first_pm": 0, "frames_pm": 80, "cause": "the recorder died"}
        writer.append("gap", 1200, **hole, filled=False)
        assert writer.record.frames == 1500
    recover_take(path, KEY)
    assert (load(path).frames, load(path).lost_frames) == (1500, 300)
    report = verify_take(path)
    assert report.ok, report.words


def test_hashing_can_be_put_off_and_taken_up_again(tmp_path: Path) -> None:
    path = build_take(tmp_path, finished=False)
    answers = iter([False, True])
    outcome = write_file_lines(path, KEY, lambda: next(answers))
    assert outcome.cancelled
    assert outcome.done == ["Aurora_T001_01_Kick.wav"]
    assert write_file_lines(path, KEY).done == ["Aurora_T001_02_Snare.wav"]
    assert verify_take(path).ok
    assert write_file_lines(path, KEY).done == []


def test_a_file_shorter_than_its_journal_is_never_signed(tmp_path: Path) -> None:
    path = build_take(tmp_path, finished=False)
    kick = path.parent / "Aurora_T001_01_Kick.wav"
    kick.write_bytes(kick.read_bytes()[:-30])
    outcome = write_file_lines(path, KEY)
    assert outcome.done == ["Aurora_T001_02_Snare.wav"]
    assert any("10 frames" in problem for problem in outcome.problems)
    assert kick.name not in {line.get("file") for line in journal_fields(path)}


def test_an_edit_carries_the_hash_of_the_audio_and_only_writes_the_header(tmp_path: Path) -> None:
    path = build_take(tmp_path)
    kick = path.parent / "Aurora_T001_01_Kick.wav"
    before = kick.read_bytes()
    edit_after_end(path, KEY, "note", "a note for the DAW", "anna")
    after = kick.read_bytes()
    assert before[45056:] == after[45056:]
    assert b"a note for the DAW" in after[:45056]
    lines = [line for line in journal_fields(path) if line.get("file") == kick.name]
    assert [line["type"] for line in lines] == ["rewrite", "file", "rewrite", "file"]  # levels, then the edit
    lines = lines[1:]
    assert lines[1]["header_sha256"] == lines[2]["header_sha256"] == hashlib.sha256(after[:45056]).hexdigest()
    assert lines[0]["data_sha256"] == lines[2]["data_sha256"] == hashlib.sha256(before[45056:]).hexdigest()
    assert json.dumps(lines)  # plain JSON all through


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("verdict", "splendid"), ("kind", 3), ("number", 0), ("number", True), ("slate", ""), ("note", None),
        ("track_name.9", "x"), ("track_name.1", 4), ("undo", 3), ("levels", []),
    ],
)  # fmt: skip
def test_edits_that_make_no_sense_are_refused_and_leave_nothing(
    tmp_path: Path, field: str, value: object
) -> None:
    from capture.errors import UsageError

    path = build_take(tmp_path)
    before = contents(path.parent)
    with pytest.raises(UsageError):
        edit_after_end(path, KEY, field, value, "anna")
    assert contents(path.parent) == before
