"""docs/verify-slice.md is true: its own commands, in a shell that has nothing but the tools it names."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from capture.journal.discarding import discard_take
from capture.slices import Handles, Order, Sliced, Takes, slice_take, verify_slice
from tests.support.slice_takes import marked, two_parts
from tests.support.takes import KEY

PAGE = Path(__file__).parents[2] / "docs" / "verify-slice.md"
COREUTILS = ["base64", "basenc", "cat", "cut", "head", "mktemp", "rm", "sha256sum", "tail", "tr", "wc"]
TOOLS = ["sh", "jq", "openssl", *COREUTILS]


def check(one: Sliced, *more: Path) -> subprocess.CompletedProcess[str]:
    """The page's commands in the slice's folder."""
    tools = one.wav.parent.parent / f"{one.wav.parent.name}-tools"
    tools.mkdir(exist_ok=True)
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found, f"{tool} is not installed"
        if not (tools / tool).is_symlink():
            (tools / tool).symlink_to(os.path.realpath(found))
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert len(blocks) == 6
    (tools / "check-slice.sh").write_text("".join(blocks), encoding="utf-8")
    return subprocess.run(
        [str(tools / "sh"), str(tools / "check-slice.sh"), one.wav.stem, *map(str, more)],
        cwd=one.wav.parent,
        env={"PATH": str(tools), "TMPDIR": str(tools)},
        capture_output=True,
        text=True,
        check=False,
    )


def cut(journal: Path, out: Path, **how: Any) -> list[Sliced]:
    return slice_take(journal, KEY, Order(out, handles=Handles(blocks=True), **how))


def test_alone_and_beside_its_take(tmp_path: Path) -> None:
    journal = marked(tmp_path / "library", slate="Ørken 猫", tracks=("Kick “in”",))
    one = cut(journal, tmp_path / "out")[0]
    alone, beside = check(one), check(one, journal.parent)
    assert (alone.returncode, alone.stderr) == (0, ""), alone.stdout
    assert (beside.returncode, beside.stderr) == (0, ""), beside.stdout
    assert "proved by 2 whole blocks and the seal of its take" in alone.stdout
    assert "every sample is that of Ørken 猫_T001_01_Kick “in”.wav, frames 500 to 1499" in beside.stdout
    assert f"signed by the key {KEY.keyid[:16]}" in alone.stdout
    (tmp_path / "out" / "Ørken 猫_T001.blocks.json").unlink()
    assert "proved by the signature of whoever cut it alone" in check(one).stdout


def test_two_fields_withheld(tmp_path: Path) -> None:
    chain = {
        "input.1.microphone.serial": "A11423",
        "people.1.name": "Anna",
        "input.1.microphone.model": "SM57",
    }
    one = cut(marked(tmp_path / "library", chain=chain), tmp_path / "out", withhold=("serial", "names"))[0]
    done = check(one)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "the chain: 3 fields, 2 of them withheld" in done.stdout


def test_every_part_and_form(tmp_path: Path) -> None:
    parts = two_parts(tmp_path / "a", format="float32")
    poly = marked(tmp_path / "b", layout="poly", tracks=("L", "R", "C"))
    for journal in (parts, poly):
        for one in cut(journal, tmp_path / f"cut-{journal.parts[-5]}", tracks=(1,)):
            done = check(one, journal.parent)
            assert (done.returncode, done.stderr) == (0, ""), done.stdout
            assert "proved by its take" in done.stdout


@pytest.mark.parametrize(
    ("suffix", "at", "words"),
    [
        (".wav", 700, "the header"),
        (".wav", 45056 + 30, "the samples"),
        (".slice.json", 60, "FAILED"),
        (".chain.json", 60, "FAILED"),
    ],
)
def test_one_bit_anywhere_is_found_by_both(tmp_path: Path, suffix: str, at: int, words: str) -> None:
    one = cut(marked(tmp_path / "library"), tmp_path / "out")[0]
    path = one.wav.with_name(f"{one.wav.stem}{suffix}")
    raw = bytearray(path.read_bytes())
    raw[at] ^= 1
    path.write_bytes(raw)
    done = check(one)
    assert done.returncode == 1, done.stdout
    assert words in done.stdout
    assert not verify_slice(one.statement_path).ok


def test_another_take_proves_nothing(tmp_path: Path) -> None:
    one = cut(marked(tmp_path / "library"), tmp_path / "out")[0]
    other = marked(tmp_path / "other", seed=2)
    done = check(one, other.parent)
    assert done.returncode == 1  # times and names are the same, the samples are not
    assert not verify_slice(one.statement_path, Takes([other])).ok
    listed = cut(other, tmp_path / "other-out")[0].wav.with_name("Aurora_T001.blocks.json")
    shutil.copy(listed, one.wav.with_name("Aurora_T001.blocks.json"))
    assert "is not that of its take" in check(one).stdout


def test_a_take_whose_audio_was_thrown_away(tmp_path: Path) -> None:
    journal = marked(tmp_path / "library")
    one = cut(journal, tmp_path / "out")[0]
    discard_take(journal, KEY, "anna")
    report = verify_slice(one.statement_path, Takes([journal]))
    assert (report.ok, report.proof.value) == (True, "journal")
    assert "proved by 2 whole blocks and the seal of its take" in check(one).stdout
