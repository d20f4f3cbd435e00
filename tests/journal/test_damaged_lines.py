"""Lines that say what cannot be: found by fuzzing, each told and none believed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from capture.journal.errors import JournalError
from capture.journal.record import load
from capture.journal.recover import recover_take
from capture.journal.verify import verify_take
from tests.support.takes import KEY, build_take, journal_fields, rechained

OFFSET = 45056  # where the audio of a mono 24-bit file begins (docs/format.md, section 9)


def changed(path: Path, kind: str, change: Callable[[dict[str, Any]], None], keep: int | None = None) -> None:
    """Change every line of a type, and leave out what stands behind the first `keep` lines."""
    lines = journal_fields(path)[:keep]
    for line in lines:
        if line["type"] == kind:
            change(line)
    path.write_bytes(rechained(lines))


def test_a_begin_line_that_asks_for_a_longer_header_costs_no_audio(tmp_path: Path) -> None:
    path = build_take(tmp_path, tracks=("Kick",), ended=False, frames=100)
    many = [{"number": n, "input": n, "name": "Kick", "file": 0, "channel": n - 1} for n in range(1, 65)]
    changed(path, "begin", lambda line: line.update(tracks=many), keep=1)
    (name,) = load(path).parts[0].files
    before = (path.parent / name).read_bytes()
    told = recover_take(path, KEY)
    assert (path.parent / name).read_bytes() == before
    assert len(before) == OFFSET + 300  # the audio is there: 100 frames of 3 bytes
    assert any("left alone" in words for words in told), told


def test_a_number_in_the_place_of_digests_is_damage(tmp_path: Path) -> None:
    path = build_take(tmp_path, ended=False)
    changed(path, "block", lambda line: line.update(sha256=7))
    before = path.read_bytes()
    with pytest.raises(JournalError):
        recover_take(path, KEY)
    assert path.read_bytes() == before


@pytest.mark.parametrize("frames", [-970, 2**62])
def test_frames_that_no_header_can_say_are_a_fault_and_no_traceback(tmp_path: Path, frames: int) -> None:
    path = build_take(tmp_path)
    for wav in path.parent.glob("*.wav"):
        raw = bytearray(wav.read_bytes())
        raw[100] ^= 1
        wav.write_bytes(raw)
    changed(path, "file", lambda line: line.update(frames=frames))
    assert not verify_take(path).ok
