"""What a library's own lines tell that its takes cannot."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from capture.journal.identities import Identity, KeyStatement, Revocation, SignerKind
from capture.journal.verify import verify_takes
from capture.library import Library
from capture.library.checking import check_library
from tests.support.takes import KEY, build_take


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """Three takes in their order, a key and its revocation."""
    found, before = Library.open(tmp_path / "library"), None
    for number in (1, 2, 3):
        path = found.path / "Nordlys" / "2026-11-25" / "Aurora" / f"Aurora_T{number:03}.take.jsonl"
        place = found.next_counter(path)
        assert (place.counter, place.previous_begin) == (number, before)
        made = build_take(found.path, number=number, counter=number, previous_begin=before, tracks=("Kick",))
        assert made == path
        before = hashlib.sha256(path.read_bytes().split(b"\n")[0]).hexdigest()
    found.append("key", **KeyStatement.make(Identity.new(SignerKind.STATION, "A"), KEY).as_fields())
    found.append("revoke", **Revocation.make(KEY.keyid, "2026-01-01T00:00:00.000000Z", "", KEY).as_fields())
    return found


def test_a_library_in_order_leaves_no_doubt(library: Library) -> None:
    assert check_library(library.path) == []


def test_the_newest_take_removed_whole_is_missed(library: Library) -> None:
    for file in library.path.rglob("Aurora_T003*"):
        file.unlink()
    assert all(not report.alone for report in verify_takes(library.journals()))
    (doubt,) = check_library(library.path)
    assert doubt.startswith(
        "library.jsonl reserved place 3 for Nordlys/2026-11-25/Aurora/Aurora_T003.take.jsonl"
    )


@pytest.mark.parametrize("kind", ["counter", "key"])
def test_lines_cut_out_or_changed_are_told_at_their_place(library: Library, kind: str) -> None:
    path = library.path / "library.jsonl"
    raw = path.read_bytes().splitlines(keepends=True)
    at = next(n for n, line in enumerate(raw) if f'"type":"{kind}"'.encode() in line)
    path.write_bytes(b"".join(raw[:at] + raw[at + 1 :]))
    assert f"library.jsonl, line {at + 1}: it does not follow" in check_library(library.path)[0]
    path.write_bytes(b"".join([*raw[:at], raw[at].replace(b"2026", b"2027", 1), *raw[at + 1 :]]))
    assert f"library.jsonl, line {at + 2}: it does not follow" in check_library(library.path)[0]


def test_a_library_without_its_lines_or_with_torn_ones_is_told(library: Library) -> None:
    path = library.path / "library.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"torn')  # a crash: the next line cuts it
    assert check_library(library.path) == []
    path.write_bytes(b"not a line\n" + whole)
    assert "library.jsonl: line 1 is not JSON" in check_library(library.path)
    path.unlink()
    assert "is missing" in check_library(library.path)[0]
