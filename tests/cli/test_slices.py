"""slice and the verification of slices at the command line, on files that were made without a station."""

import shutil
from pathlib import Path

import pytest

from tests.support.cli import Cli
from tests.support.slice_takes import marked


@pytest.fixture(scope="module")
def journal(cli: Cli) -> Path:
    cli.library.mkdir()
    (cli.library / "takechain.toml").write_text(
        'format = "takechain-library/1"\nuuid = "67853496-e5f5-5c23-93ed-4ef34da8a246"\n'
    )
    return marked(cli.library, origin="simulated")


def test_slices_alone_and_beside_their_take(cli: Cli, journal: Path, tmp_path: Path) -> None:
    made = cli.ok("slice", "Aurora/1", "--by", "markers", "--out", tmp_path / "cut", "--handles", "blocks")
    assert [one["marker"] for one in made["slices"]] == ["Big Hit", "Big Hit", "Soft_Hit-2", "Soft_Hit-2"]
    assert {one["frames"] for one in made["slices"]} == {1000}
    alone = cli.ok("verify", tmp_path / "cut")
    assert [one["proof"] for one in alone["slices"]] == ["blocks"] * 4
    assert alone["takes"] == []
    both = cli.ok("verify", tmp_path / "cut", journal)
    assert [one["proof"] for one in both["slices"]] == ["take"] * 4
    said = cli.run("verify", made["slices"][0]["path"], journal)
    assert said.code == 0
    assert "1 take and 1 slice: all bytes match what was signed" in said.out
    assert "simulated, not recorded" in cli.run("slice", str(journal), "--out", tmp_path / "more").out


def test_they_lie_beside_their_take_if_nobody_says_where(cli: Cli, journal: Path) -> None:
    made = cli.ok("slice", str(journal), "--tracks", "2")
    folder = journal.parent / "Aurora_T001 slices"
    assert made["out"] == str(folder)
    assert [one["proof"] for one in cli.ok("verify", cli.library)["slices"]] == ["take", "take"]
    assert len(cli.ok("takes")["takes"]) == 1
    assert cli.ok("recover")["problems"] == []
    shutil.rmtree(folder)


def test_ucs_names(cli: Cli, journal: Path, tmp_path: Path) -> None:
    words = ("--ucs", "DRUMKick", "--creator", "TKC", "--source", "Nordlys", "--vendor-category", "Close")
    made = cli.ok("slice", str(journal), "--out", tmp_path, "--tracks", "1", *words)
    assert [Path(one["path"]).name for one in made["slices"]] == [
        "DRUMKick_Close-Big Hit 01 Kick_TKC_Nordlys.wav",
        "DRUMKick_Close-Soft Hit 2 02 Kick_TKC_Nordlys.wav",
    ]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--by", "silence"), 2),
        (("--handles", "much"), 2),
        (("--creator", "A"), 2),
        (("--withhold", "input.7.note"), 2),
    ],
)
def test_what_is_wrong_is_said(
    cli: Cli, journal: Path, tmp_path: Path, words: tuple[str, ...], code: int
) -> None:
    result = cli.run("slice", str(journal), "--out", tmp_path / "cut", *words)
    assert result.code == code
    assert 1 <= len(result.said) <= 2
    assert not (tmp_path / "cut").exists()


def test_one_flipped_bit_of_a_slice(cli: Cli, journal: Path, tmp_path: Path) -> None:
    made = cli.ok("slice", str(journal), "--out", tmp_path)
    path = Path(made["slices"][0]["path"])
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    result = cli.run("verify", tmp_path)
    assert result.code == 5
    assert "4 slices: 1 not what was signed" in result.out
    assert cli.run("verify", tmp_path / "nothing").code == 2


def test_a_name_that_is_taken(cli: Cli, journal: Path, tmp_path: Path) -> None:
    cli.ok("slice", str(journal), "--out", tmp_path)
    result = cli.run("slice", str(journal), "--out", tmp_path)
    assert result.code == 4
    assert "nothing was written over it" in result.err
