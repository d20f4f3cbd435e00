"""copy at the command line: one object, a bar at a terminal, exit codes, a copy killed on the way."""

import os
import pty
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.cli import SECONDS, TAKECHAIN, Cli
from tests.support.poll import until
from tests.support.takes import build_take

SESSION = "Nordlys/2026-11-25"


@pytest.fixture(scope="module", autouse=True)
def library(cli: Cli) -> Path:
    cli.library.mkdir()
    (cli.library / "takechain.toml").write_text(
        'format = "takechain-library/1"\nuuid = "67853496-e5f5-5c23-93ed-4ef34da8a246"\n'
    )
    build_take(cli.library)
    return cli.library


def test_a_session_and_a_take(cli: Cli, library: Path, tmp_path: Path) -> None:
    told = cli.ok("copy", "2026-11-25", tmp_path / "one", tmp_path / "two")
    assert (told["ok"], told["files"], told["takes"]) == (True, 4, ["Aurora_T001"])
    for place in told["destinations"]:
        assert place["complete"] is True
        assert Path(place["report"]).is_file()
        assert cli.ok("verify", place["destination"])["ok"]
    said = cli.run("copy", "Aurora/1", tmp_path / "one")
    assert said.code == 0
    assert "4 of 4 files verified, 4 of them were there" in said.out
    assert said.err == ""
    journal = library / SESSION / "Aurora" / "Aurora_T001.take.jsonl"
    assert cli.ok("copy", str(journal), tmp_path / "three", "--bagit", "--rename")["destinations"][0]["bag"]


def test_exit_codes(cli: Cli, library: Path, tmp_path: Path) -> None:
    assert cli.run("copy", "nowhere", tmp_path / "x").code == 2
    assert cli.run("copy", SESSION, library / "x").code == 2
    folder = tmp_path / "disk" / SESSION / "Aurora"
    folder.mkdir(parents=True)
    (folder / "Aurora_T001_01_Kick.wav").write_bytes(b"mine")
    result = cli.run("copy", SESSION, tmp_path / "disk")
    assert result.code == 5
    assert "another file of that name is there" in result.err
    assert (folder / "Aurora_T001_01_Kick.wav").read_bytes() == b"mine"


def test_a_bar_at_a_terminal(cli: Cli, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    words = [TAKECHAIN, "copy", SESSION, str(tmp_path / "disk")]
    process = subprocess.Popen(words, env=cli.env, stderr=theirs, stdout=subprocess.DEVNULL)
    os.close(theirs)
    said = b""
    try:
        while piece := os.read(ours, 4096):
            said += piece
    except OSError:
        pass  # the terminal's other side is closed: the command has ended
    os.close(ours)
    assert process.wait(timeout=SECONDS) == 0
    assert "100 %" in said.decode()
    assert "█" in said.decode()


def test_a_copy_that_was_killed_goes_on(cli: Cli, library: Path, tmp_path: Path) -> None:
    (library / SESSION / "notes.bin").write_bytes(os.urandom(1 << 20) * 64)
    place = tmp_path / "disk"
    process = cli.start("copy", SESSION, place)
    part = place / SESSION / ".notes.bin.takechain-copy"
    until(lambda: part.exists() or process.poll() is not None)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    told = cli.ok("copy", SESSION, place)
    assert told["ok"]
    assert not part.exists()
    assert (place / SESSION / "notes.bin").read_bytes() == (library / SESSION / "notes.bin").read_bytes()
    assert {file["verdict"] for file in told["destinations"][0]["files"]} <= {"copied", "was there"}
    (library / SESSION / "notes.bin").unlink()
