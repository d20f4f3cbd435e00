"""Verification finds whatever was changed, says where, and lets everything honest pass."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capture.journal.errors import NotATake
from capture.journal.finish import edit_after_end
from capture.journal.report import State
from capture.journal.verify import verify_take, verify_takes
from tests.support.takes import KEY, OTHER_KEY, build_take, journal_fields

LINES = (
    (
        "reading",
        100,
        {"sensor": "s1", "quantity": "temperature", "value": 21.5, "unit": "°C", "quality": "ok"},
    ),
    ("marker", 600, {"id": 1, "text": "bar 12 – piano too loud"}),
)
MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@cache
def pristine() -> dict[str, bytes]:
    """The files of one take with lines of many types and an edit after the end, made once."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = build_take(Path(folder), lines=LINES, frames=1201, tracks=("Kick", "Overhead"))
        edit_after_end(path, KEY, "verdict", "circled", "anna")
        return {entry.name: entry.read_bytes() for entry in path.parent.iterdir()}


def laid_out(folder: Path, changed: dict[str, bytes] | None = None) -> Path:
    """The pristine take in an empty folder, with some files changed; returns the journal."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, data in {**pristine(), **(changed or {})}.items():
        (folder / name).write_bytes(data)
    return folder / JOURNAL


JOURNAL = "Aurora_T001.take.jsonl"
KICK = "Aurora_T001_01_Kick.wav"


def flipped(data: bytes, bit: int) -> bytes:
    out = bytearray(data)
    out[bit // 8] ^= 1 << (bit % 8)
    return bytes(out)


def test_an_untouched_take_is_whole_wherever_it_is_copied(tmp_path: Path) -> None:
    path = build_take(tmp_path / "library", counter=7, previous_begin="ab" * 32)
    alone = tmp_path / "buyer"
    shutil.copytree(path.parent, alone)
    report = verify_take(alone / path.name)
    assert report.ok
    assert report.state is State.WHOLE
    assert any("predecessor is not here and was not checked" in words for words in report.words)


def test_an_edit_after_the_end_is_said_and_no_fault(tmp_path: Path) -> None:
    report = verify_take(laid_out(tmp_path / "t"))
    assert report.ok
    assert report.state is State.EDITED
    assert any("verdict = 'circled'" in words and "anna" in words for words in report.words)


@MANY
@given(st.data())
def test_any_flipped_bit_in_the_journal_is_found_at_its_line(tmp_path: Path, data: st.DataObject) -> None:
    raw = pristine()[JOURNAL]
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    report = verify_take(laid_out(tmp_path / "t", {JOURNAL: flipped(raw, bit)}))
    assert not report.ok
    line = raw[: bit // 8].count(b"\n") + 1
    named = {int(n) for fault in report.faults for n in re.findall(r"line (\d+)", str(fault))}
    torn = bit // 8 == len(raw) - 1  # the last newline itself
    assert torn or named & {line, line + 1}, (line, report.words)


@MANY
@given(st.data())
def test_any_flipped_bit_in_a_file_is_found_at_its_place(tmp_path: Path, data: st.DataObject) -> None:
    raw = pristine()[KICK]
    offset = next(
        line["data_offset"]
        for line in map(json.loads, pristine()[JOURNAL].splitlines())
        if line["type"] == "file"
    )
    in_header = data.draw(st.booleans())
    bit = data.draw(
        st.integers(0, offset * 8 - 1) if in_header else st.integers(offset * 8, len(raw) * 8 - 1)
    )
    report = verify_take(laid_out(tmp_path / "t", {KICK: flipped(raw, bit)}))
    assert not report.ok
    assert report.state is State.ALTERED
    places = [str(fault) for fault in report.faults if KICK in str(fault)]
    assert places
    byte = bit // 8
    spans = [re.search(r"bytes? (\d+)(?:–(\d+))?", place) for place in places]
    found = [(int(s[1]), int(s[2] or s[1])) for s in spans if s]
    assert any(first <= byte <= last for first, last in found), (byte, places)
    assert min(last - first for first, last in found) <= (0 if in_header else 500 * 3)


@MANY
@given(st.data())
def test_any_flipped_bit_in_the_chain_snapshot_is_found(tmp_path: Path, data: st.DataObject) -> None:
    name = "Aurora_T001.chain.json"
    raw = pristine()[name]
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    report = verify_take(laid_out(tmp_path / "t", {name: flipped(raw, bit)}))
    assert not report.ok
    assert any(name in str(fault) for fault in report.faults)


@MANY
@given(st.data())
def test_lines_cut_reordered_or_repeated_are_found(tmp_path: Path, data: st.DataObject) -> None:
    lines = pristine()[JOURNAL].splitlines(keepends=True)
    one = data.draw(st.integers(0, len(lines) - 2))
    other = data.draw(st.integers(0, len(lines) - 1).filter(lambda n: n != one))
    how = data.draw(st.sampled_from(["cut", "swap", "repeat"]))
    changed = list(lines)
    if how == "cut":
        del changed[one]
    elif how == "swap":
        changed[one], changed[other] = changed[other], changed[one]
    else:
        changed.insert(other, lines[one])
    report = verify_take(laid_out(tmp_path / "t", {JOURNAL: b"".join(changed)}))
    assert not report.ok
    assert any(re.search(r"line \d+", str(fault)) for fault in report.faults)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_arbitrary_journals_never_raise(tmp_path: Path, data: st.DataObject) -> None:
    """Fields of any kind, with the chain made to hold: a hostile journal gives faults, not a traceback."""
    values = st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=6,
    )
    fields = [json.loads(line) for line in pristine()[JOURNAL].splitlines()]
    for _ in range(data.draw(st.integers(1, 4))):
        line = data.draw(st.sampled_from(fields))
        line[data.draw(st.sampled_from(sorted(line)))] = data.draw(values)
    report = verify_take(laid_out(tmp_path / "t", {JOURNAL: rechained(fields)}))
    assert report.words


def rechained(fields: list[dict[str, object]]) -> bytes:
    """Lines with `seq` and `prev` made to fit, as a forger would."""
    out, prev = b"", "0" * 64
    for seq, line in enumerate(fields):
        try:
            raw = rfc8785.dumps({**line, "seq": seq, "prev": prev})
        except rfc8785.CanonicalizationError:
            raw = json.dumps({**line, "seq": seq, "prev": prev}).encode()
        out += raw + b"\n"
        prev = hashlib.sha256(raw).hexdigest()
    return out


def test_a_rewritten_chain_does_not_help_without_the_key(tmp_path: Path) -> None:
    fields = [json.loads(line) for line in pristine()[JOURNAL].splitlines()]
    marker = next(line for line in fields if line["type"] == "marker")
    marker["text"] = "all is well"
    report = verify_take(laid_out(tmp_path / "t", {JOURNAL: rechained(fields)}))
    assert report.state is State.FORGED
    assert any("not the one that was sealed" in str(fault) for fault in report.faults)


def test_a_forged_note_is_named_by_its_line(tmp_path: Path) -> None:
    fields = [json.loads(line) for line in pristine()[JOURNAL].splitlines()]
    at = next(i for i, line in enumerate(fields) if line["type"] == "note")
    fields[at]["value"] = "no good"
    report = verify_take(laid_out(tmp_path / "t", {JOURNAL: rechained(fields)}))
    assert any(f"line {at + 1} (note) was altered" in str(fault) for fault in report.faults)


def test_bytes_appended_to_a_file_are_found(tmp_path: Path) -> None:
    size = len(pristine()[KICK])
    report = verify_take(laid_out(tmp_path / "t", {KICK: pristine()[KICK] + b"\0" * 9}))
    assert [str(f) for f in report.faults] == [f"{KICK}, from byte {size}: 9 bytes were appended"]


def test_a_cut_file_says_from_which_frame_on(tmp_path: Path) -> None:
    # 1201 frames of mono 24-bit end with a pad byte: 4 bytes less are the pad and the last frame
    report = verify_take(laid_out(tmp_path / "t", {KICK: pristine()[KICK][:-4]}))
    assert any(str(f).startswith(f"{KICK}: 3 bytes are missing") for f in report.faults)
    assert any("frames from 1200 on" in str(f) for f in report.faults)


def test_a_missing_file_and_a_missing_snapshot_are_incomplete(tmp_path: Path) -> None:
    for name in (KICK, "Aurora_T001.chain.json"):
        path = laid_out(tmp_path / "t")
        (path.parent / name).unlink()
        report = verify_take(path)
        assert not report.ok
        assert report.state is State.INCOMPLETE
        assert name in str(report.faults[0])


@pytest.mark.parametrize("how", ["link", "folder"])
def test_a_thing_in_place_of_a_file_is_not_followed(tmp_path: Path, how: str) -> None:
    path = laid_out(tmp_path / "t")
    real = path.parent / KICK
    real.rename(tmp_path / "elsewhere.wav")
    if how == "link":
        real.symlink_to(tmp_path / "elsewhere.wav")
    else:
        real.mkdir()
    assert not verify_take(path).ok


def test_pipes_in_place_of_journal_or_snapshot_do_not_hang(tmp_path: Path) -> None:
    path = laid_out(tmp_path / "t")
    chain = path.parent / "Aurora_T001.chain.json"
    chain.unlink()
    os.mkfifo(chain)
    assert any("not a chain snapshot" in str(fault) for fault in verify_take(path).faults)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(NotATake):
        verify_take(path)


def test_a_journal_may_not_name_files_elsewhere(tmp_path: Path) -> None:
    fields = [json.loads(line) for line in pristine()[JOURNAL].splitlines()]
    fields[0]["files"][0] = "../secret.wav"
    fields[0]["chain"]["file"] = "../secret.json"
    report = verify_take(laid_out(tmp_path / "t", {JOURNAL: rechained(fields)}))
    assert sum("outside the take's folder" in str(fault) for fault in report.faults) == 2


def test_unsealed_unended_and_unfinished_takes_are_incomplete(tmp_path: Path) -> None:
    states = {"ended": State.INCOMPLETE, "sealed": State.WAITING, "finished": State.INCOMPLETE}
    for n, (lacking, state) in enumerate(states.items(), 1):
        report = verify_take(build_take(tmp_path, number=n, **{lacking: False}))  # type: ignore[arg-type]
        assert report.state is state
        assert any("takechain recover" in words for words in report.words)


def test_a_sealed_take_whose_files_are_being_hashed_is_said_to_be_on_its_way(tmp_path: Path) -> None:
    report = verify_take(build_take(tmp_path, finished=False))
    assert any("the station does it by itself" in words for words in report.words)
    report = verify_take(build_take(tmp_path, number=2, sealed=False))
    assert not any("the station does it by itself" in words for words in report.words)


def test_what_a_crash_left_is_never_called_altered(tmp_path: Path) -> None:
    """Mono 24-bit with an odd number of frames told: a pad byte may stand there, or the next frames."""
    path = build_take(tmp_path, frames=1201, block=401, unwritten=2, ended=False)
    report = verify_take(path)
    assert report.state is State.INCOMPLETE
    left = (1201 - 401) * 3 + 1  # two blocks of 24-bit samples, and the pad byte of 3603 bytes
    assert any(f"{left} bytes lie past the last frame" in words for words in report.words)


def test_a_take_that_rolls_is_said_to_roll(tmp_path: Path) -> None:
    path = build_take(tmp_path, ended=False)
    with path.open("r+b") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert any("being recorded just now" in words for words in verify_take(path).words)


def test_gaps_recovery_simulation_and_foreign_keys_are_said(tmp_path: Path) -> None:
    gap = {"first": 200, "frames": 50, "first_pm": 1, "frames_pm": 2, "cause": "clock", "filled": True}
    path = build_take(tmp_path, origin="simulated", lines=[("gap", 200, gap)])
    edit_after_end(path, OTHER_KEY, "note", "nice", "bo")
    report = verify_take(path)
    assert report.ok
    words = "\n".join(report.words)
    assert "simulated" in words
    assert "50 frames were lost in 1 gap" in words
    assert "another key" in words


def test_own_key_is_known(tmp_path: Path) -> None:
    path = build_take(tmp_path)
    assert "signer unknown" in "\n".join(verify_take(path).words)
    assert "signer unknown" not in "\n".join(verify_take(path, own_keyid=KEY.keyid).words)


def test_the_take_before_it_is_checked_where_it_is_here(tmp_path: Path) -> None:
    (tmp_path / "takechain.toml").write_text("")
    first = build_take(tmp_path, number=1, counter=1)
    begin = hashlib.sha256(first.read_bytes().split(b"\n")[0]).hexdigest()
    second = build_take(tmp_path, number=2, counter=2, previous_begin=begin)
    one, two = verify_takes([first, second])
    assert one.ok
    assert two.ok
    assert "is the one it names" in "\n".join(two.words)
    shutil.rmtree(tmp_path / "Nordlys")
    build_take(tmp_path, number=1, counter=1, kind="rehearsal")
    second = build_take(tmp_path, number=2, counter=2, previous_begin=begin)
    report = verify_take(second)
    assert report.state is State.ORDER
    assert "is not the one it names" in "\n".join(report.words)


def test_a_take_taken_out_of_a_whole_library_is_a_hole(tmp_path: Path) -> None:
    (tmp_path / "takechain.toml").write_text("")
    before, paths = None, []
    for number in (1, 2, 3):
        paths.append(build_take(tmp_path, number=number, counter=number, previous_begin=before))
        before = hashlib.sha256(paths[-1].read_bytes().split(b"\n")[0]).hexdigest()
    assert all(report.ok for report in verify_takes(paths))
    assert all(report.ok for report in verify_takes(paths[2:]))
    for file in paths[1].parent.glob("Aurora_T002*"):
        file.unlink()
    one, three = verify_takes([paths[0], paths[2]])
    assert one.ok
    assert three.state is State.ORDER
    assert "missing from this library" in "\n".join(three.words)
    assert verify_take(paths[2]).ok  # by itself it is whole


def test_fields_left_out_of_a_copy_of_the_chain_are_no_fault(tmp_path: Path) -> None:
    name = "Aurora_T001.chain.json"
    chain = json.loads(pristine()[name])
    entry = chain["fields"]["input.1.microphone.model"]
    chain["fields"]["input.1.microphone.model"] = {"digest": entry["digest"]}
    report = verify_take(laid_out(tmp_path / "t", {name: rfc8785.dumps(chain)}))
    assert report.ok
    assert "1 fields of the chain were left out" in "\n".join(report.words)


@pytest.mark.parametrize(
    "change",
    [
        lambda fields: fields[4].update(frames=1400),
        lambda fields: fields[4].update(lost_frames=3),
        lambda fields: fields[2].update(first=501),
    ],
)
def test_sums_that_do_not_add_up_are_found_even_when_signed(
    tmp_path: Path, change: Callable[[list[dict[str, object]]], None]
) -> None:
    from capture.journal.writer import JournalWriter

    path = build_take(tmp_path, finished=False)
    fields = journal_fields(path)
    change(fields)
    path.unlink()
    with JournalWriter.create(path) as writer:
        for line in fields[:-1]:
            rest = {k: v for k, v in line.items() if k not in {"seq", "prev", "type", "frame"}}
            writer.append(line["type"], line["frame"], **rest)
        writer.seal(KEY)
    assert [f for f in verify_take(path).faults if not f.incomplete]


def test_no_journal_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(NotATake):
        verify_take(tmp_path / "none.take.jsonl")
    empty = tmp_path / "empty.take.jsonl"
    empty.write_bytes(b"")
    report = verify_take(empty)
    assert not report.ok


def test_a_report_travels_as_json(tmp_path: Path) -> None:
    report = verify_take(build_take(tmp_path))
    found = json.loads(json.dumps(report.as_dict()))
    assert found["ok"] is True
    assert found["state"] == "whole"
