"""The matrix: what was changed, cut, moved, repeated, lifted or signed anew is found, with word and place.

`test_verify.py` flips bits anywhere; here every chunk of a file and every type of line is named, and a
forger who mends the chain behind what was changed is told from an accident.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from capture.journal.finish import edit_after_end, write_file_lines
from capture.journal.identities import Identity, KeyStatement, SignerKind
from capture.journal.report import Report, State
from capture.journal.signers import Signers
from capture.journal.verify import verify_take, verify_takes
from capture.journal.writer import JournalWriter
from capture.library import Library
from capture.wav.read import read_wav
from tests.support.takes import (
    KEY,
    LIBRARY,
    OTHER_KEY,
    build_take,
    end_take,
    journal_fields,
    rechained,
    samples,
    write_audio,
)

JOURNAL = "Aurora_T001.take.jsonl"
KICK = "Aurora_T001_01_Kick.wav"
SILENCE = {"first": 200, "frames": 9, "first_pm": 1, "frames_pm": 2, "cause": "clock", "filled": True}
LINES: list[tuple[str, int, dict[str, Any]]] = [
    ("reading", 0, {"sensor": "s", "quantity": "temperature", "value": 21.5, "unit": "°C", "quality": "ok"}),
    ("marker", 600, {"id": 1, "text": "bar 12"}),
    ("gap", 200, SILENCE),
    ("change", 700, {"input": 1, "path": "preamp.gain_db", "from": 42, "to": 40, "by": "anna"}),
    ("device", 800, {"device": "sensor:s", "state": "stale", "text": "silent"}),
    ("signal", 0, {"input": 1, "kind": "zeros", "first": 0, "frames": 9, "value": None, "inputs": [],
                   "open": False, "stretches": 1}),
    ("heartbeat", 1000, {"frames": 1000, "lengths": [48056], "levels": [], "rate_ppm": None}),
    ("note", 0, {"field": "covers", "value": "bars 45–78", "by": "anna"}),
]  # fmt: skip
KINDS = [
    "begin", "block", "reading", "marker", "gap", "change", "device", "signal", "heartbeat", "note", "part",
    "end", "seal", "rewrite", "file",
]  # fmt: skip


@cache
def pristine() -> dict[str, bytes]:
    """A take with a line of every type, in two parts, edited after the end; made once."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = build_take(Path(folder), lines=LINES, tracks=("Kick",), ended=False)
        with JournalWriter.reopen(path) as writer:
            names = [name.replace("T001_", "T001-2_") for name in writer.record.parts[0].files]
            split = {"first": 1200, "first_pm": 0, "files": names, "cause": "split", "time_reference": 0}
            writer.append("part", 1200, part=2, **split)
            audio = samples(500, 1, seed=2)
            clock = _Now()
            write_audio(writer, audio, 500, clock)  # type: ignore[arg-type]
            end_take(writer, audio, clock)  # type: ignore[arg-type]
            writer.seal(KEY)
        assert not write_file_lines(path, KEY).problems
        edit_after_end(path, KEY, "verdict", "circled", "anna")
        edit_after_end(path, KEY, "note", "the lamp hums", "anna")
        return {entry.name: entry.read_bytes() for entry in path.parent.iterdir()}


class _Now:
    def __call__(self) -> str:
        from capture.clock import utc_text

        return utc_text()


def found(folder: Path, **changed: bytes) -> Report:
    """What verify says of the take with its journal or its first file replaced."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    names = {"journal": JOURNAL, "kick": KICK}
    for name, data in {**pristine(), **{names[key]: data for key, data in changed.items()}}.items():
        (folder / name).write_bytes(data)
    return verify_take(folder / JOURNAL)


def lines() -> list[dict[str, Any]]:
    return [json.loads(line) for line in pristine()[JOURNAL].splitlines()]


def at(kind: str, last: bool = False) -> int:
    """Where a line of a type stands, from 0; the last one of it, or the first."""
    places = [index for index, line in enumerate(lines()) if line["type"] == kind]
    return places[-1 if last else 0]


def words(report: Report) -> str:
    return "\n".join(str(fault) for fault in report.faults)


def test_the_take_is_whole_to_begin_with(tmp_path: Path) -> None:
    report = found(tmp_path / "t")
    assert (report.state, report.faults) == (State.EDITED, [])
    assert set(KINDS) == {line["type"] for line in lines()}


CHUNKS = ["JUNK", "fmt", "bext", "iXML", "guan", "cue", "LIST", "PAD"]


@pytest.mark.parametrize("name", CHUNKS)
def test_one_bit_of_any_chunk_is_found_with_its_byte_and_its_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / KICK
    path.write_bytes(pristine()[KICK])
    chunk = next(chunk for chunk in read_wav(path).chunks if chunk.name.strip() == name)
    for byte in (chunk.offset, chunk.offset + chunk.size - 1):
        data = bytearray(pristine()[KICK])
        data[byte] ^= 1
        report = found(tmp_path / "t", kick=bytes(data))
        assert report.state is State.ALTERED
        assert words(report) == f"{KICK}, bytes {byte}–{byte} ({name} chunk): the header was altered"


@pytest.mark.parametrize("frame", [0, 499, 500, 1199])
def test_one_bit_of_audio_is_found_in_its_block_and_at_its_time(tmp_path: Path, frame: int) -> None:
    offset = next(line["data_offset"] for line in lines() if line["type"] == "file")
    data = bytearray(pristine()[KICK])
    data[offset + 3 * frame] ^= 128
    report = found(tmp_path / "t", kick=bytes(data))
    first, end = frame // 500 * 500, min(1200, frame // 500 * 500 + 500)
    place = f"{KICK}, frames {first}–{end - 1} (bytes {offset + 3 * first}–{offset + 3 * end - 1})"
    assert report.state is State.ALTERED
    assert words(report) == f"{place}: the audio was altered at 0:{first / 48000:06.3f}"


@pytest.mark.parametrize("kind", KINDS)
def test_one_bit_of_any_line_is_found_at_that_line_and_is_no_forgery(tmp_path: Path, kind: str) -> None:
    raw = pristine()[JOURNAL].splitlines(keepends=True)
    here = at(kind)
    changed = bytearray(raw[here])
    byte = changed.index(b'"utc":"2026') + 10  # the last digit of the year
    changed[byte] ^= 1
    report = found(tmp_path / "t", journal=b"".join([*raw[:here], bytes(changed), *raw[here + 1 :]]))
    assert report.state is State.ALTERED
    assert f"line {here + 1} or {here + 2} was altered: the hash that joins them does not hold" in words(
        report
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_changed_line_with_the_chain_made_to_fit_is_a_forgery(tmp_path: Path, kind: str) -> None:
    fields = lines()
    here = at(kind)
    fields[here]["utc"] = "2026-01-01T00:00:00.000000Z"
    report = found(tmp_path / "t", journal=rechained(fields))
    assert report.state is State.FORGED
    seal = at("seal") + 1
    said = {
        "seal": f"line {seal} .*the seal is that of another line",
        "rewrite": rf"line {here + 1} \(rewrite\) was altered: its signature does not hold",
        "file": rf"line {here + 1} \(file\) was altered: its signature does not hold",
        "begin": "the begin line .line 1. is not the one that was sealed",
    }
    assert re.search(
        said.get(kind, rf"the end line \(line {seal - 1}\) is not the one that was sealed"), words(report)
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_line_cut_out_is_missed_at_its_place(tmp_path: Path, kind: str) -> None:
    raw = pristine()[JOURNAL].splitlines(keepends=True)
    here = at(kind)
    report = found(tmp_path / "t", journal=b"".join(raw[:here] + raw[here + 1 :]))
    assert not report.ok
    where = "at the beginning" if kind == "begin" else f"after line {here}"
    assert f"lines {here} to {here} (by seq) were cut out {where}" in words(report)


@pytest.mark.parametrize("kind", KINDS)
def test_a_line_cut_out_with_the_chain_made_to_fit_is_missed_as_well(tmp_path: Path, kind: str) -> None:
    fields = lines()
    del fields[at(kind)]
    report = found(tmp_path / "t", journal=rechained(fields))
    assert not report.ok
    assert report.state in ({State.INCOMPLETE, State.ALTERED} if kind in ("begin", "end") else {State.FORGED})


@pytest.mark.parametrize(
    ("one", "other"), [("reading", "marker"), ("block", "end"), ("file", "note"), ("end", "seal")]
)
def test_lines_in_another_order_are_found(tmp_path: Path, one: str, other: str) -> None:
    fields, raw = lines(), pristine()[JOURNAL].splitlines(keepends=True)
    first, second = at(one), at(other, last=True)
    for kept in (fields, raw):
        kept[first], kept[second] = kept[second], kept[first]  # type: ignore[index]
    report = found(tmp_path / "t", journal=b"".join(raw))
    assert f"line {first + 1} carries seq" in words(report) or "were cut out" in words(report)
    assert not found(tmp_path / "t", journal=rechained(fields)).ok


@pytest.mark.parametrize("kind", ["marker", "note", "file", "seal"])
def test_a_line_replayed_is_found(tmp_path: Path, kind: str) -> None:
    """A signed line stands for its place alone: once more at the end it is none."""
    fields, raw = lines(), pristine()[JOURNAL].splitlines(keepends=True)
    here = at(kind)
    report = found(tmp_path / "t", journal=b"".join([*raw, raw[here]]))
    assert f"line {len(raw) + 1} carries seq {here} where {len(raw)} belongs: reordered" in words(report)
    report = found(tmp_path / "t", journal=rechained([*fields, fields[here]]))
    assert f"line {len(raw) + 1}" in words(report)


def another(tmp_path: Path) -> list[dict[str, Any]]:
    """The lines of another take by the same key."""
    path = build_take(tmp_path / "other", number=2, counter=2, tracks=("Kick",))
    edit_after_end(path, KEY, "verdict", "circled", "anna")
    return journal_fields(path)


def test_a_seal_lifted_from_another_take_is_said_to_be_its(tmp_path: Path) -> None:
    fields = lines()
    fields[at("seal")] = next(line for line in another(tmp_path) if line["type"] == "seal")
    report = found(tmp_path / "t", journal=rechained(fields))
    assert report.state is State.FORGED
    assert f"line {at('seal') + 1} (byte" in words(report)
    assert "the seal is that of another take" in words(report)


def test_a_signed_note_lifted_from_another_take_does_not_hold_here(tmp_path: Path) -> None:
    fields = lines()
    fields.append(next(line for line in another(tmp_path) if line["type"] == "note"))
    report = found(tmp_path / "t", journal=rechained(fields))
    assert f"line {len(fields)} (note) was altered: its signature does not hold" in words(report)


def test_a_key_put_in_place_of_the_signers_does_not_hold(tmp_path: Path) -> None:
    from base64 import b64encode

    fields = lines()
    fields[at("seal")] |= {"keyid": OTHER_KEY.keyid, "public_key": b64encode(OTHER_KEY.public).decode()}
    report = found(tmp_path / "t", journal=rechained(fields))
    assert report.state is State.FORGED
    assert "the seal's signature does not hold" in words(report)


def library(tmp_path: Path, takes: int = 3) -> list[Path]:
    (tmp_path / "takechain.toml").write_text(f'format = "takechain-library/1"\nuuid = "{LIBRARY}"\n')
    before, paths = None, []
    for number in range(1, takes + 1):
        paths.append(
            build_take(tmp_path, number=number, counter=number, previous_begin=before, tracks=("Kick",))
        )
        before = hashlib.sha256(paths[-1].read_bytes().split(b"\n")[0]).hexdigest()
    return paths


def test_a_take_put_into_a_library_a_second_time_is_found(tmp_path: Path) -> None:
    paths = library(tmp_path)
    again = tmp_path / "Nordlys" / "2026-11-26" / "Aurora"
    shutil.copytree(paths[0].parent, again)
    for file in again.glob("Aurora_T00[13]*"):
        file.unlink()
    reports = verify_takes([*paths, again / paths[1].name])
    assert [report.state for report in reports] == [State.WHOLE] * 3 + [State.ORDER]
    assert words(reports[3]).startswith(f"{paths[1]}: the same take lies in this library twice")


def test_a_take_of_another_line_of_time_in_a_place_that_is_taken_is_found(tmp_path: Path) -> None:
    paths = library(tmp_path)
    begin = journal_fields(paths[2])[0]["previous_begin"]
    paths.append(build_take(tmp_path, number=4, counter=3, previous_begin=begin))
    reports = verify_takes(paths)
    assert "another take has the same place in the library's order (number 3)" in words(reports[3])


def test_a_take_sealed_anew_by_another_key_is_whole_and_its_signer_is_not_the_librarys(
    tmp_path: Path,
) -> None:
    """Nobody can keep a thief from signing what they changed; but not as somebody else."""
    paths = library(tmp_path)
    statement = KeyStatement.make(Identity.new(SignerKind.STATION, "Studio A"), KEY)
    Library.open(tmp_path, adopt=True).append("key", **statement.as_fields())
    begin = journal_fields(paths[1])[0]["previous_begin"]
    for file in paths[1].parent.glob("Aurora_T002*"):
        file.unlink()
    build_take(
        tmp_path, number=2, counter=2, previous_begin=begin, tracks=("Kick",), seed=7, key=OTHER_KEY
    )  # with other audio
    own, anew, _ = verify_takes(paths, signers=Signers({KEY.keyid: "Studio A"}))
    assert "signed by Studio A (station)" in "\n".join(own.words)
    said = "\n".join(anew.words)
    assert "signer unknown" in said
    assert "its key is none of those that its library names" in said


def test_takes_that_were_given_each_others_names_are_said_to_be_renamed(tmp_path: Path) -> None:
    one, two, _ = library(tmp_path)
    aside = one.with_suffix(".aside")
    one.rename(aside), two.rename(one), aside.rename(two)
    reports = verify_takes([one, two])
    assert all("its journal was renamed: it was Aurora_T00" in "\n".join(report.words) for report in reports)
