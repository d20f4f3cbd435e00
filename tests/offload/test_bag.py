"""Bags: checked by the bagit package and by sha256sum, closed once, never written over."""

import subprocess
import sys
from pathlib import Path

import pytest

from capture.journal.verify import verify_take
from capture.offload import Outcome, copy, plan_session, plan_take
from tests.support.takes import build_take

SESSION = "Nordlys/2026-11-25"


def bagit(bag: Path) -> int:
    """The bagit package's own check, in a process of its own."""
    command = [sys.executable, "-W", "ignore", "-m", "bagit", "--validate", str(bag)]
    return subprocess.run(command, capture_output=True, check=False).returncode


def bagged(library: Path, place: Path) -> Outcome:
    return copy(plan_session(library / SESSION), [place], bagit=True)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    build_take(tmp_path / "library", slate="Ørken")
    return tmp_path / "library"


def test_a_bag_of_a_session(library: Path, tmp_path: Path) -> None:
    outcome = bagged(library, tmp_path / "disk")
    assert outcome.complete
    bag = tmp_path / "disk" / "Nordlys 2026-11-25"
    assert outcome.destinations[0].bag == bag
    assert bagit(bag) == 0
    for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        subprocess.run(["sha256sum", "--check", "--strict", "--quiet", manifest], cwd=bag, check=True)
    assert (bag / "bagit.txt").read_text() == "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    assert verify_take(bag / "data" / SESSION / "Ørken" / "Ørken_T001.take.jsonl").ok
    before = {path: path.stat().st_mtime_ns for path in bag.rglob("*") if path.is_file()}
    assert bagged(library, tmp_path / "disk").complete
    assert {path: path.stat().st_mtime_ns for path in bag.rglob("*") if path.is_file()} == before
    (bag / "tagmanifest-sha256.txt").unlink()  # what a crash leaves is finished
    assert bagged(library, tmp_path / "disk").complete
    assert bagit(bag) == 0


def test_the_package_finds_a_flipped_bit(library: Path, tmp_path: Path) -> None:
    bagged(library, tmp_path / "disk")
    bag = tmp_path / "disk" / "Nordlys 2026-11-25"
    path = next(bag.rglob("*.wav"))
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    assert bagit(bag) != 0
    again = bagged(library, tmp_path / "disk")
    assert again.bytes_differ
    assert "not every file is there" in again.destinations[0].why


def test_a_bag_is_never_written_over(library: Path, tmp_path: Path) -> None:
    bagged(library, tmp_path / "disk")
    bag = tmp_path / "disk" / "Nordlys 2026-11-25"
    build_take(library, slate="Ørken", number=2, counter=2)
    grown = bagged(library, tmp_path / "disk")
    assert "closed with another content" in grown.destinations[0].why
    assert not grown.complete
    other = tmp_path / "other" / "Nordlys 2026-11-25" / "data"
    other.mkdir(parents=True)
    (other / "mine.txt").write_text("mine")
    foreign = bagged(library, tmp_path / "other")
    assert "holds what is not of this copy (mine.txt)" in foreign.destinations[0].why
    assert bag.is_dir()


def test_a_take_in_a_bag_and_a_sign_that_manifests_escape(tmp_path: Path) -> None:
    journal = build_take(tmp_path / "library", slate="50% mix")
    assert copy(plan_take(journal), [tmp_path / "disk"], bagit=True).complete
    bag = tmp_path / "disk" / "50% mix_T001"
    lines = (bag / "manifest-sha256.txt").read_text().splitlines()
    assert all(
        "  data/Nordlys/2026-11-25/50%25 mix/50%25 mix_T001" in line for line in lines
    )  # RFC 8493, 2.1.3
    assert len(lines) == 4
