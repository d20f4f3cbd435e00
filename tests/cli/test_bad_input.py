"""Bad input: one clear line, what to do, the right exit code, nothing lost, no traceback."""

import fcntl
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cli import Cli, Result

RIG = ("--interface", "sim:4", "--rate", "48000")


def refused(result: Result, code: int, *said: str) -> None:
    """The command ended with this code, one line what, at most one what to do, and nothing on stdout."""
    assert result.code == code, result
    assert 1 <= len(result.said) <= 2, result.err
    assert result.out == ""
    for word in said:
        assert word in result.err


def takes(cli: Cli) -> list[str]:
    result = cli.run("takes", "--json")
    return [take["name"] for take in result.json.get("takes", [])]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--interface", "alsa:nope"), 4, "alsa:nope"),
        (("--interface", "sim:none"), 4, "sim:none"),
        ((*RIG, "--rate", "12345"), 4, "12345"),
        ((*RIG, "--inputs", "1-9"), 2, "input 9"),
        ((*RIG, "--inputs", "0"), 2, "'0'"),
        ((*RIG, "--inputs", "3-1"), 2, "3-1"),
        ((*RIG, "--inputs", "kick"), 2, "kick"),
        ((*RIG, "--seconds", "0"), 2, "--seconds"),
        ((*RIG, "--seconds", "-1"), 2, "--seconds"),
        ((*RIG, "--seconds", "nan"), 2, "--seconds"),
        ((*RIG, "--seconds", "soon"), 2, "--seconds"),
        ((*RIG, "--format", "mp3"), 2, "mp3"),
        ((*RIG, "--layout", "stereo"), 2, "stereo"),
        ((*RIG, "--kind", "encore"), 2, "encore"),
        ((*RIG, "--rate", "fast"), 2, "--rate"),
        ((*RIG, "--links", "1-1"), 2, "1"),
        ((*RIG, "--slate", "é" * 301), 2, "301"),
        ((*RIG, "--sensor", "/dev/ttyNONE"), 4, "/dev/ttyNONE"),
        ((*RIG, "--sensor", "sim=none"), 2, "none"),
        ((*RIG, "--nonsense",), 2, "--nonsense"),
    ],
)  # fmt: skip
def test_a_take_that_cannot_be(cli: Cli, words: tuple[str, ...], code: int, said: str) -> None:
    before = takes(cli)
    refused(cli.run("record", "--seconds", "1", *words), code, said)
    assert takes(cli) == before


def test_a_port_that_somebody_else_holds(cli: Cli) -> None:
    leader, follower = os.openpty()
    port = os.ttyname(follower)
    try:
        fcntl.flock(follower, fcntl.LOCK_EX | fcntl.LOCK_NB)
        refused(cli.run("record", *RIG, "--seconds", "1", "--sensor", port), 4, port, "busy")
        result = cli.run("sensors", "--port", port, "--listen", "1")
        assert result.code == 1
        assert "busy" in result.said[0]
    finally:
        os.close(leader)
        os.close(follower)


@pytest.mark.parametrize(
    "name", ["a/b:c*?", "emoji 🎸 <|>", "x" * 300, "CON", "..", "trailing. ", "ÅØ — Ωμέγα", "-- dashes"]
)
def test_any_name_makes_a_take_with_its_true_text(cli: Cli, name: str) -> None:
    taken = cli.ok("record", *RIG, "--inputs", "1", "--seconds", "0.2", f"--slate={name}", "--project", name)
    shown = cli.ok("show", str(taken["take"]))
    assert shown["slate"] == " ".join(name.split())
    folders = Path(str(taken["journal"])).relative_to(cli.library).parts
    for folder in folders[:3]:
        assert len(folder.encode()) <= 60
        assert not set('<>:"/\\|?*') & set(folder)


@pytest.fixture
def without_root_rights(cli: Cli) -> Iterator[None]:
    """The kernel checks rights for this command as it does for anybody."""
    if os.getuid() == 0:
        cli.prefix = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
    yield
    cli.prefix = ()


@pytest.mark.usefixtures("without_root_rights")
def test_a_library_that_cannot_be_written(cli: Cli, tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    refused(cli.run("record", *RIG, "--seconds", "1", "--library", locked / "library"), 4, str(locked))
    assert list(locked.iterdir()) == []


def test_a_library_that_is_none(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    refused(cli.run("record", *RIG, "--seconds", "1", "--library", file), 2, "not a library")
    refused(cli.run("record", *RIG, "--seconds", "1", "--library", "/proc/library"), 4, "/proc/library")
    for command in (
        ("takes",),
        ("show", "x"),
        ("recover",),
        ("rebuild",),
        ("db", "current"),
        ("stop",),
        ("roll",),
    ):
        refused(cli.run(*command, "--library", tmp_path / "none"), 2, "no library")
    assert not (tmp_path / "none").exists()


def test_takes_sessions_and_forms_that_do_not_exist(cli: Cli, tmp_path: Path) -> None:
    cli.ok(
        "record",
        *RIG,
        "--inputs",
        "1",
        "--seconds",
        "0.2",
        "--project",
        "P",
        "--session",
        "S",
        "--slate",
        "Known",
    )
    refused(cli.run("sheet", "--take", "Unknown_T009"), 2, "Unknown_T009")
    refused(cli.run("sheet", "--session", "Unknown"), 2, "Unknown")
    refused(cli.run("sheet"), 2, "--session")
    refused(cli.run("sheet", "--take", "Known_T001", "--session", "S"), 2, "one")
    refused(cli.run("sheet", "--take", "Known_T001", "--to", "docx"), 2, "docx")
    refused(cli.run("sheet", "--take", "Known_T001", "--to", "md", "-o", tmp_path / "no" / "x.md"), 1, "x.md")
    refused(cli.run("show", "Unknown"), 2, "Unknown")
    refused(cli.run("show", "\0"[:0] or "''"), 2, "no take")
    refused(cli.run("note", "x", "--take", "Unknown"), 2, "Unknown")
    refused(cli.run("verify", tmp_path / "nowhere"), 2, "nowhere")
    refused(cli.run("verify", tmp_path), 2, "no take")
    refused(cli.run("chain", "diff", "Known_T001", "Unknown"), 2, "Unknown")
    refused(cli.run("takes", "--verdict", "superb"), 2, "superb")


def test_wrong_usage_exits_2_and_says_where_help_is(cli: Cli) -> None:
    refused(cli.run("rewind"), 2, "rewind", "takechain --help")
    refused(cli.run("show"), 2, "take", "takechain show --help")
    refused(cli.run("chain", "weld"), 2, "weld")
    for later in ("copy", "slice", "discard", "serve"):
        refused(cli.run(later), 2, later)


def test_an_error_with_json_is_one_object_too(cli: Cli) -> None:
    result = cli.run("show", "Unknown", "--json")
    assert result.code == 2
    assert set(result.json["error"]) == {"what", "do", "code", "exit"}
    assert result.json["error"]["exit"] == 2
    assert cli.run("record", "--json", "--seconds", "soon").json["error"]["exit"] == 2


def test_a_full_disk_is_said_before_anything_is_written(cli: Cli, tmp_path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root may mount a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], check=False)
    if mounted.returncode:
        pytest.skip("this machine does not let us mount a small disk")
    try:
        refused(cli.run("record", *RIG, "--seconds", "1", "--library", disk / "library"), 4, "full")
        cli.run("station", "stop", "--library", disk / "library")
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_the_screen_needs_a_terminal(cli: Cli) -> None:
    refused(cli.run(), 6, "terminal")
