"""What a hostile or a very long journal may cost: memory that does not grow with it, time that is linear."""

from __future__ import annotations

import json
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from capture.journal.lines import LINE_BYTES
from capture.journal.record import TakeRecord, fold, load, summary
from tests.support.takes import build_take

HOLE_BYTES = 64 * 2**20
MANY = 4000


def test_a_hole_in_a_journal_is_not_read_into_memory(tmp_path: Path) -> None:
    path = build_take(tmp_path)
    whole = summary(path)
    with path.open("ab") as file:
        file.truncate(HOLE_BYTES)
    tracemalloc.start()
    try:
        found = summary(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * LINE_BYTES
    assert (found.take, found.frames, found.sealed) == (whole.take, whole.frames, whole.sealed)


def test_the_summary_passes_over_blocks_before_the_begin_line_as_the_fold_does(tmp_path: Path) -> None:
    path = build_take(tmp_path, ended=False, sealed=False)
    begin, first, *others = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*others, begin, first]))
    assert summary(path).frames == load(path).frames == 500


def _lines(begin: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    makers: dict[str, Any] = {
        "gap": lambda n: {
            "type": "gap",
            "first": 100 + 3 * n,
            "frames": 1,
            "cause": "overrun",
            "filled": n % 2,
        },
        "note": lambda n: {"type": "note", "seq": n, "field": "note", "value": str(n), "by": "anna"},
        "undo": lambda n: {"type": "note", "seq": n, "field": "undo", "value": n - 1, "by": "anna"},
        "marker": lambda n: {"type": "marker", "id": n, "frame": n, "text": "x"},
        "signal": lambda n: {"type": "signal", "input": n % 64, "kind": "zeros", "first": n, "frames": 9},
    }
    return [begin, *(makers[kind](n) for n in range(1, MANY + 1))]


@pytest.mark.parametrize("kind", ["gap", "note", "undo", "marker", "signal"])
def test_thousands_of_lines_are_folded_at_once(tmp_path: Path, kind: str) -> None:
    """Half an hour of one overrun a second is a journal that somebody will want to see."""
    path = build_take(tmp_path, tracks=[f"Track {n}" for n in range(1, 65)], layout="poly", frames=40)
    lines = _lines(json.loads(path.read_bytes().splitlines()[0]), kind)
    started = time.process_time()
    record = fold(lines)
    assert time.process_time() - started < 5  # was 15 to 22 s for gaps and notes
    counted = {"gap": len(record.gaps), "note": len(record.notes), "marker": len(record.markers)}
    counted["signal"] = len(record.signals)
    assert counted.get(kind, MANY) == MANY
    if kind == "gap":
        assert record.lost_frames == MANY


def test_folding_all_at_once_is_folding_one_by_one(tmp_path: Path) -> None:
    path = build_take(tmp_path, frames=40)
    begin = json.loads(path.read_bytes().splitlines()[0])
    lines = [
        begin,
        {"type": "gap", "first": 10, "frames": 20, "cause": "a", "filled": False},
        {"type": "gap", "first": 15, "frames": 0, "cause": "b", "filled": True},
        {"type": "part", "part": 2, "first": 15, "files": ["b.wav"]},
        {"type": "note", "seq": 4, "field": "slate", "value": "Borealis"},
        {"type": "note", "seq": 5, "field": "number", "value": 9},
        {"type": "note", "seq": 6, "field": "undo", "value": 5},
        {"type": "gap", "first": 40, "frames": 5, "cause": "a", "filled": False},
        {"type": "heartbeat", "frames": 60},
    ]
    one_by_one = TakeRecord()
    for line in lines:
        one_by_one.apply(line)
    assert fold(lines) == one_by_one
    assert [(gap.first, gap.frames) for gap in one_by_one.gaps] == [(10, 5), (40, 5)]
    assert (one_by_one.lost_frames, one_by_one.slate, one_by_one.number) == (10, "Borealis", 1)
