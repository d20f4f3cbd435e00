"""docs/verify.md is true: its own commands, in a shell that has nothing but the tools it names.

Whatever the page says of a take, `verify_take` says as well: they are run on the same folders.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from capture.chain.snapshot import Snapshot
from capture.journal.finish import edit_after_end, write_file_lines
from capture.journal.stamps import request_for, seal_line, stamp_seal
from capture.journal.verify import verify_take
from capture.journal.writer import JournalWriter
from tests.support.takes import (
    KEY,
    OTHER_KEY,
    STARTED,
    Clock,
    build_take,
    end_take,
    journal_fields,
    rechained,
    samples,
    write_audio,
)
from tests.support.tsa import Authority

PAGE = Path(__file__).parents[2] / "docs" / "verify.md"
COREUTILS = ["base64", "basenc", "cat", "cut", "head", "mktemp", "rm", "sha256sum", "tail", "tr", "wc"]
TOOLS = ["sh", "jq", "openssl", *COREUTILS]
JOURNAL = "Aurora_T001.take.jsonl"
KICK = "Aurora_T001_01_Kick – “quoted” 猫.wav"
HOSTILE = 'said: "sig":{"keyid":"x"} \\ 猫 – done,"sig":{} $(exit 1) `exit 1` %s'


def script() -> str:
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert len(blocks) > 5
    return "".join(blocks)


def run(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """The page's commands in a take's folder; neither PATH nor variables have anything else."""
    tools = folder.parent / f"{folder.name}-tools"
    tools.mkdir(exist_ok=True)
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found, f"{tool} is not installed"
        if not (tools / tool).is_symlink():
            (tools / tool).symlink_to(os.path.realpath(found))
    check = tools / "check.sh"
    check.write_text(script(), encoding="utf-8")
    return subprocess.run(
        [str(tools / "sh"), str(check), "Aurora_T001", *more],
        cwd=folder,
        env={"PATH": str(tools), "TMPDIR": str(tools)},
        capture_output=True,
        text=True,
        check=False,
    )


@cache
def pristine() -> dict[str, bytes]:
    """One track in two parts with a hole between, hostile words, notes by two keys; made once."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        words = ("marker", 600, {"id": 1, "text": HOSTILE})
        path = build_take(
            Path(folder), lines=[words], frames=1201, tracks=("Kick – “quoted” 猫",), ended=False
        )
        clock = Clock(STARTED + timedelta(seconds=5))
        with JournalWriter.reopen(path) as writer:
            hole = {"first_pm": 3, "frames_pm": 3, "cause": "recorder died", "filled": False}
            writer.append("gap", 1201, first=1201, frames=99, **hole)
            files = [name.replace("T001_", "T001-2_") for name in writer.record.parts[0].files]
            part = {"first": 1300, "first_pm": 3, "files": files, "cause": "recorder died"}
            writer.append("part", 1300, part=2, time_reference=writer.record.time_reference + 1300, **part)
            audio = samples(700, 1, seed=2)
            write_audio(writer, audio, 500, clock)
            end_take(writer, audio, clock)
            writer.seal(KEY)
        assert not write_file_lines(path, KEY).problems
        edit_after_end(path, KEY, "note", HOSTILE, "anna")
        edit_after_end(path, OTHER_KEY, "verdict", "circled", "bo")
        return {entry.name: entry.read_bytes() for entry in path.parent.iterdir()}


def laid_out(folder: Path, changed: dict[str, bytes] | None = None) -> Path:
    folder.mkdir()
    for name, data in {**pristine(), **(changed or {})}.items():
        (folder / name).write_bytes(data)
    return folder


def test_a_whole_take_holds_from_line_to_snapshot(tmp_path: Path) -> None:
    folder = laid_out(tmp_path / "t")
    done = run(folder)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    assert verify_take(folder / JOURNAL).ok
    for words in (
        f"{len(journal_fields(folder / JOURNAL))} lines, each names the one before it",
        f"signed by the key {KEY.keyid[:16]}",
        f"signed by another key: {OTHER_KEY.keyid[:16]}",
        "add up to the 2000 frames of the end line",
        f"{KICK}: header, 3 blocks, all of its audio",
        f"{KICK.replace('T001_', 'T001-2_')}: header, 2 blocks, all of its audio",
        "the chain: 5 fields, 0 of them withheld",
        "nothing: it is the first",
    ):
        assert words in done.stdout, words


@pytest.mark.parametrize(
    "arguments", [{"layout": "poly"}, {"format": "float32", "frames": 999}, {"frames": 0}, {"chain": {}}]
)
def test_other_forms_of_takes_hold(tmp_path: Path, arguments: dict[str, Any]) -> None:
    path = build_take(tmp_path, **arguments)
    done = run(path.parent)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_withheld_fields_cost_the_rest_nothing(tmp_path: Path) -> None:
    folder = laid_out(tmp_path / "t")
    chain = folder / "Aurora_T001.chain.json"
    paths = ["input.1.microphone.model", "input.1.preamp.gain_db"]
    chain.write_bytes(Snapshot.load(chain.read_bytes()).without(paths).to_json())
    done = run(folder)
    assert done.returncode == 0, done.stdout
    assert "5 fields, 2 of them withheld" in done.stdout


def test_audio_thrown_away_on_purpose_is_no_fault_and_audio_that_is_only_gone_is(tmp_path: Path) -> None:
    from capture.journal.discarding import discard_take

    folder = laid_out(tmp_path / "t")
    assert not discard_take(folder / JOURNAL, KEY, "anna", "out of tune").problems
    done = run(folder)
    assert done.returncode == 0, done.stdout
    assert f"{KICK}: thrown away on purpose, as a signed note says" in done.stdout


def test_a_time_stamp_is_checked_with_the_roots_that_are_given(tmp_path: Path) -> None:
    authority, other = Authority(tmp_path / "tsa"), Authority(tmp_path / "other", "Another")
    folder = laid_out(tmp_path / "t")
    response = authority.answer(request_for(seal_line(folder / JOURNAL)).raw)
    when = stamp_seal(folder / JOURNAL, KEY, response, "http://tsa.example").utc
    assert "without roots it is not checked" in run(folder).stdout
    done = run(folder, str(authority.root))
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert f"{when[11:19]} {when[:4]} GMT" in done.stdout
    assert "FAILED: the time stamp of" in run(folder, str(other.root)).stdout


def lines() -> list[dict[str, Any]]:
    return [json.loads(line) for line in pristine()[JOURNAL].splitlines()]


def flipped(name: str, byte: int) -> dict[str, bytes]:
    data = bytearray(pristine()[name])
    data[byte] ^= 4
    return {name: bytes(data)}


def line_of_bytes(old: bytes, new: bytes) -> dict[str, bytes]:
    assert old in pristine()[JOURNAL]
    return {JOURNAL: pristine()[JOURNAL].replace(old, new, 1)}


def field(path: str, **members: object) -> dict[str, bytes]:
    chain = json.loads(pristine()["Aurora_T001.chain.json"])
    chain["fields"][path] |= members
    return {"Aurora_T001.chain.json": rfc8785.dumps(chain)}


def line(kind: str, **members: object) -> dict[str, bytes]:
    """The first line of a type with other members, and every `prev` made to fit."""
    found = lines()
    next(fields for fields in found if fields["type"] == kind).update(members)
    return {JOURNAL: rechained(found)}


def with_seal_of_another() -> dict[str, bytes]:
    """The seal line of another take by the same key, in the place of this one's."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        other = journal_fields(build_take(Path(folder), number=2, counter=2))
    seal = next(fields for fields in other if fields["type"] == "seal")
    return {JOURNAL: rechained([seal if fields["type"] == "seal" else fields for fields in lines()])}


CHANGES: dict[str, tuple[Callable[[], dict[str, bytes]], str]] = {
    "a bit of audio": (
        lambda: flipped(KICK, len(pristine()[KICK]) - 8),
        f"the audio of {KICK} from frame 1000",
    ),
    "a bit of a header": (lambda: flipped(KICK, 700), f"the header of {KICK}"),
    "bytes behind": (lambda: {KICK: pristine()[KICK] + b"\0"}, f"the size of {KICK}"),
    "another pad byte": (lambda: flipped(KICK, len(pristine()[KICK]) - 1), "stands behind the audio"),
    "a bit of a line": (lambda: line_of_bytes(b"Anna", b"Aona"), "does not follow the one before it"),
    "a zero byte": (lambda: {JOURNAL: pristine()[JOURNAL].replace(b"{", b"{\0", 1)}, "zero bytes"),
    "a torn line": (lambda: {JOURNAL: pristine()[JOURNAL][:-1]}, "torn"),
    "a marker, the chain mended": (lambda: line("marker", text="all is well"), "another take or another end"),
    "a note, the chain mended": (lambda: line("note", value="nice"), "the signature of line"),
    "a note twice signed": (
        lambda: line("note", sig={"keyid": KEY.keyid, "sig": "A" * 86 + "=="}),
        "the signature of line",
    ),
    "a key id": (lambda: line("seal", keyid="0" * 64), "the key id in the seal"),
    "the key": (
        lambda: line("seal", keyid=OTHER_KEY.keyid, public_key=_base64(OTHER_KEY.public)),
        "the signature of the seal",
    ),
    "the seal of another take": (with_seal_of_another, "another take or another end"),
    "no seal": (
        lambda: {JOURNAL: rechained([fields for fields in lines() if fields["type"] != "seal"])},
        "not one begin",
    ),
    "a value of the chain": (lambda: field("input.1.preamp.gain_db", value=43), "a field of the chain"),
    "who declared it": (lambda: field("input.1.microphone.model", by="bo"), "input.1.microphone.model"),
    "a digest of the chain": (
        lambda: field("input.1.microphone.model", digest="0" * 64),
        "input.1.microphone.model",
    ),
    "a number that jq writes otherwise": (
        lambda: field("input.1.preamp.gain_db", value=0.00001),
        "jq writes in another way",
    ),
}


def _base64(raw: bytes) -> str:
    import base64

    return base64.b64encode(raw).decode()


@pytest.mark.parametrize("what", CHANGES)
def test_what_was_changed_is_found_as_verify_finds_it(tmp_path: Path, what: str) -> None:
    change, words = CHANGES[what]
    folder = laid_out(tmp_path / "t", change())
    done = run(folder)
    assert done.returncode == 1, done.stdout
    assert re.search(rf"^FAILED: .*{re.escape(words)}", done.stdout, re.MULTILINE), done.stdout + done.stderr
    assert not verify_take(folder / JOURNAL).ok


@pytest.mark.parametrize("name", [KICK, "Aurora_T001.chain.json", JOURNAL])
def test_what_is_missing_or_a_link_is_said(tmp_path: Path, name: str) -> None:
    folder = laid_out(tmp_path / "t")
    (folder / name).rename(tmp_path / "elsewhere")
    assert "FAILED" in run(folder).stdout
    (folder / name).symlink_to(tmp_path / "elsewhere")
    assert "FAILED" in run(folder).stdout


def test_the_worked_example_of_the_format_holds_up_to_its_files(tmp_path: Path) -> None:
    """The page and docs/format.md speak of one format: the lines shown there pass all that needs no file."""
    text = (PAGE.parent / "format.md").read_text(encoding="utf-8")
    shown = re.search(r"<!-- journal -->\n```\w*\n(.*?)```", text, re.DOTALL)
    assert shown
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / JOURNAL).write_text(shown[1], encoding="utf-8")
    done = run(tmp_path / "t")
    assert "add up to the 8 frames of the end line" in done.stdout
    assert done.stdout.endswith("FAILED: Aurora_T001_01_Kick.wav is not there\n")
