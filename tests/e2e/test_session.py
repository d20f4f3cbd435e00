"""A session from the command line, its files then judged by readers that are not ours."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support import wav_files
from tests.support.cli import Cli
from tests.support.poll import until

MARK = "brass enters"
NAMES = ("Kick", "Snare T", "Overhead Ø")


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cli]:
    with tempfile.TemporaryDirectory(prefix="tc-", dir="/tmp") as runtime:
        command = Cli(tmp_path_factory.mktemp("session"), runtime)
        yield command
        command.close()


def _take(cli: Cli, layout: str) -> dict[str, Any]:
    """One take with names, chain, a marker in it, a circle and a note after it."""
    setup = [
        "--interface",
        "sim:3",
        "--inputs",
        "1-3",
        "--rate",
        "48000",
        "--format",
        "pcm24",
        "--project",
        "P",
        "--session",
        "S",
    ]
    cli.ok("record", *setup, "--layout", layout, "--seconds", "0.2", "--slate", "Warm-up")
    cli.ok("chain", "names", ", ".join(NAMES))
    cli.ok("chain", "set", "SM57 #A1142 4 cm > Neve 1073 ch 2 +42 dB 48V off > in 2")
    cli.ok("slate", f"Aurora {layout}")
    rolling = cli.ok("roll")
    began = time.monotonic()
    until(lambda: time.monotonic() - began > 1.0)
    cli.ok("mark", MARK)
    cli.ok("stop")
    cli.ok("circle")
    cli.ok("note", "the one to keep")
    journal = Path(rolling["journal"])
    until(lambda: b'"field":"note"' in journal.read_bytes())
    until(lambda: cli.run("verify", journal).code == 0)
    return cli.ok("show", journal)


@pytest.fixture(scope="module", params=["poly", "track"])
def take(cli: Cli, request: pytest.FixtureRequest) -> dict[str, Any]:
    return _take(cli, request.param)


def _lines(take: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in Path(take["journal"]).read_text().splitlines()]
    return [line for line in lines if line["type"] == kind]


def test_readers_agree_on_the_files_of_a_real_take(take: dict[str, Any]) -> None:
    [begin], [end] = _lines(take, "begin"), _lines(take, "end")
    local = (
        datetime.fromisoformat(begin["clock"]["utc"]).timestamp() + 60 * begin["clock"]["utc_offset_minutes"]
    )
    since_midnight = local % 86400 * 48000
    poly = begin["audio"]["layout"] == "poly"
    for number, name in enumerate(begin["files"]):
        path = Path(take["journal"]).with_name(name)
        for reader in wav_files.READERS:
            seen = reader(path)
            assert (seen.frames, seen.channels, seen.rate, seen.bits) == (
                end["frames"],
                3 if poly else 1,
                48000,
                24,
            ), reader.__name__
            if seen.time_reference is not None:
                assert abs(seen.time_reference - since_midnight) < 48  # mediainfo rounds to a millisecond
            if seen.scene is not None:
                assert (seen.scene, seen.take) == (begin["slate"], "001")
            if seen.tracks is not None:
                assert seen.tracks == (NAMES if poly else (NAMES[number],))


def test_the_marker_stands_at_its_frame_for_everybody(take: dict[str, Any]) -> None:
    [marker], [begin] = _lines(take, "marker"), _lines(take, "begin")
    assert marker["text"] == MARK
    assert 48000 * 0.9 < marker["frame"] < 48000 * 3
    path = Path(take["journal"]).with_name(begin["files"][0])
    assert wav_files.libsndfile_cues(path) == [marker["frame"]]
    assert MARK in json.dumps(wav_files.exiftool(path))


def test_edits_after_stop_reach_the_daw(take: dict[str, Any]) -> None:
    [begin] = _lines(take, "begin")
    for name in begin["files"]:
        found = wav_files.exiftool(Path(take["journal"]).with_name(name))
        tags = {key.rsplit(":", 1)[-1]: value for key, value in found.items()}
        assert str(tags["BwfxmlCircled"]).upper() == "TRUE"
        assert "the one to keep" in str(tags["BwfxmlNote"])
        assert "sCIRCLED=TRUE" in str(tags["Description"])


def test_the_chain_is_in_the_take(cli: Cli, take: dict[str, Any]) -> None:
    shown = cli.run("show", take["journal"]).out
    assert "SM57 #A1142 4 cm" in shown
    [begin] = _lines(take, "begin")
    snapshot = json.loads(Path(take["journal"]).with_name(begin["chain"]["file"]).read_text())
    said = {path: field["value"] for path, field in snapshot["fields"].items()}
    assert said["input.2.microphone.model"] == "SM57"
    assert said["input.2.preamp.gain_db"] == 42
    assert said["input.2.preamp.phantom"] is False  # off, which is not the same as not declared
    assert "input.1.preamp.phantom" not in said


def test_a_take_copied_away_alone_is_whole_and_a_changed_one_is_not(
    cli: Cli, take: dict[str, Any], tmp_path: Path
) -> None:
    source = Path(take["journal"])
    name = source.name.removesuffix(".take.jsonl")
    for file in source.parent.glob(f"{name}[._]*"):
        shutil.copy(file, tmp_path)
    alone = cli.run("verify", tmp_path)
    assert alone.code == 0, alone
    assert "whole" in alone.out
    [begin] = _lines(take, "begin")
    wav = tmp_path / begin["files"][0]
    data = bytearray(wav.read_bytes())
    data[-1000] ^= 1
    wav.write_bytes(data)
    changed = cli.run("verify", tmp_path)
    assert changed.code == 5
    assert wav.name in changed.out
