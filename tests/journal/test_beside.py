"""A journal may name any file: only plain files of its own folder are ever opened or written."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from capture.chain.errors import ChainError
from capture.journal.beside import beside, chain_of, is_plain
from capture.journal.record import load
from capture.journal.recover import plan_take, recover_take
from capture.journal.verify import verify_take
from capture.wav.read import read_wav
from tests.support.takes import KEY, build_take, rechained

HARD_NAMES = ("../x.wav", "/etc/hostname", "..", ".", "", "a\0b.wav", "\ud800.wav", "x" * 300, "sub/x.wav")


def naming(path: Path, name: str) -> None:
    """Make a journal name another file as its first audio file."""
    fields = [json.loads(line) for line in path.read_bytes().splitlines()]
    fields[0]["files"][0] = name
    path.write_bytes(rechained(fields))


def broken_sizes(path: Path, target: Path) -> bytes:
    """A copy of a take's file as a crash leaves it, at another place; a recovery that reaches it mends it."""
    raw = bytearray(next(iter(sorted(path.parent.glob("*.wav")))).read_bytes())
    raw[4:8] = bytes(4)
    struct.pack_into("<I", raw, read_wav(next(path.parent.glob("*.wav"))).data_offset - 4, 0)
    target.write_bytes(raw)
    return bytes(raw)


@pytest.mark.parametrize("absolute", [False, True])
def test_a_recovery_never_leaves_the_folder(tmp_path: Path, absolute: bool) -> None:
    path = build_take(tmp_path, ended=False, sealed=False)
    other = path.parent.parent / "x.wav"
    was = broken_sizes(path, other)
    naming(path, str(other) if absolute else "../x.wav")
    told = recover_take(path, KEY)
    assert other.read_bytes() == was
    assert any("outside the take's folder" in words for words in told)


def test_a_recovery_never_makes_a_header_of_a_small_file_elsewhere(tmp_path: Path) -> None:
    path = build_take(tmp_path, frames=0, ended=False, sealed=False)
    other = path.parent.parent / "profile"
    other.write_text("something of the user's own\n")
    naming(path, "../profile")
    recover_take(path, KEY)
    assert other.read_text() == "something of the user's own\n"


def test_a_recovery_follows_no_link(tmp_path: Path) -> None:
    path = build_take(tmp_path, ended=False, sealed=False)
    first = path.parent / load(path).parts[0].files[0]
    other = path.parent.parent / "x.wav"
    was = broken_sizes(path, other)
    first.unlink()
    first.symlink_to(other)
    told = recover_take(path, KEY)
    assert other.read_bytes() == was
    assert any("link" in words for words in told)


@pytest.mark.parametrize("name", HARD_NAMES)
def test_no_name_stops_verification_or_recovery(tmp_path: Path, name: str) -> None:
    sealed, torn = build_take(tmp_path / "a"), build_take(tmp_path / "b", ended=False, sealed=False)
    for path in (sealed, torn):
        naming(path, name)
    report = verify_take(sealed)
    assert any("outside the take's folder" in fault.what for fault in report.faults)
    assert plan_take(torn)
    assert recover_take(torn, KEY)


@pytest.mark.parametrize("name", HARD_NAMES)
def test_only_plain_names_count(tmp_path: Path, name: str) -> None:
    record = load(build_take(tmp_path))
    assert not is_plain(name)
    assert beside(record, name) is None


def test_a_chain_is_read_beside_its_journal_only(tmp_path: Path) -> None:
    path = build_take(tmp_path)
    record = load(path)
    assert "input.1.microphone.model" in chain_of(record).fields
    snapshot = path.parent / record.chain_file
    moved = snapshot.rename(tmp_path / "elsewhere.json")
    snapshot.symlink_to(moved)
    with pytest.raises(ChainError):
        chain_of(record)
    record.chain_file = str(moved)
    with pytest.raises(ChainError):
        chain_of(record)
