"""What was noticed of inputs: folded from its lines, checked by verify, said in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from capture.journal.record import Signal, load, summary
from capture.journal.signals import brief, grouped, signal_words
from capture.journal.verify import verify_take
from tests.support.takes import build_take

ZEROS: dict[str, Any] = {
    "input": 1, "kind": "zeros", "first": 100, "frames": 400, "value": None, "inputs": [], "open": True,
    "stretches": 1,
}  # fmt: skip


def take(library: Path, *signals: dict[str, Any]) -> Path:
    return build_take(library, lines=[("signal", fields["first"], fields) for fields in signals])


def test_a_newer_line_of_the_same_stretch_takes_the_place_of_the_older(tmp_path: Path) -> None:
    journal = take(
        tmp_path,
        ZEROS,
        {**ZEROS, "input": 2, "kind": "identical", "inputs": [1], "first": 0},
        {**ZEROS, "frames": 900, "open": False},
    )
    for read in (load, summary):
        assert read(journal).signals == [
            Signal(2, "identical", 0, 400, None, (1,), open=True),
            Signal(1, "zeros", 100, 900),
        ]
    assert load(journal).is_clean
    report = verify_take(journal)
    assert report.ok, report.findings


@pytest.mark.parametrize("wrong", [{"input": 3}, {"frames": 1101}, {"inputs": [1, 9]}])
def test_what_is_not_of_the_take_is_a_fault(tmp_path: Path, wrong: dict[str, Any]) -> None:
    report = verify_take(take(tmp_path, {**ZEROS, **wrong}))
    assert not report.ok
    assert "is not of this take" in str(report.findings)


def test_members_of_the_wrong_type_count_as_absent(tmp_path: Path) -> None:
    odd = {"input": "3", "kind": 5, "frames": -4, "value": "x", "inputs": 7, "open": 1, "stretches": None}
    journal = build_take(tmp_path, lines=[("signal", 0, odd)], sealed=False)
    assert load(journal).signals == [Signal(0, "", 0, 0)]


@pytest.mark.parametrize(
    ("signal", "words"),
    [
        (Signal(3, "zeros", 42 * 48000, 48000, open=True), "in 3: only zeros since 0:42"),
        (Signal(3, "zeros", 42 * 48000, 28 * 48000), "in 3: only zeros 0:42–1:10"),
        (Signal(12, "stuck", 0, 48000 * 3600, -0.5), "in 12: stuck at −6.0 dBFS 0:00–1:00:00"),
        (Signal(4, "clipping", 48000, 100, 1), "in 4: clipped at 0:01"),
        (Signal(4, "clipping", 48000, 100, 2, open=True), "in 4: clipped 2 times at 0:01"),
        (Signal(4, "clipping", 48000, 480000, 12, stretches=3), "in 4: clipped 12 times 0:01–0:11, 3 times"),
        (Signal(1, "low bits", 0, 480000, 16, open=True), "in 1: only 16 of 24 bits are used since 0:00"),
        (Signal(1, "dc", 0, 480000, -0.0123, open=True), "in 1: DC of −1.2 % of full scale since 0:00"),
        (Signal(5, "identical", 0, 1, None, (6,), open=True), "in 5 and 6 carry the same samples since 0:00"),
        (Signal(5, "identical", 0, 1, None, (6, 7), open=True), "in 5-7 carry the same samples since 0:00"),
        (Signal(2, "dead", 0, 1, -78.2, open=True), "in 2: no signal, only a floor of −78 dBFS since 0:00"),
        (Signal(2, "of a later version", 0, 1, 3.0), "in 2: of a later version at 0:00"),
    ],
)
def test_words(signal: Signal, words: str) -> None:
    assert signal_words([signal], 48000, live=True) == words


def test_where_the_recorder_died_nobody_saw_the_end() -> None:
    signal = Signal(3, "zeros", 42 * 48000, 9 * 48000, open=True)
    assert signal_words([signal], 48000) == "in 3: only zeros 0:42–0:51 or longer"


def test_inputs_that_share_it_are_said_together() -> None:
    signals = [Signal(n, "zeros", 0, 48000) for n in (1, 2, 3, 8)] + [Signal(9, "zeros", 5, 48000)]
    signals += [Signal(4, "identical", 0, 9, None, (5,)), Signal(6, "identical", 0, 9, None, (7,))]
    said = [signal_words(group, 48000) for group in grouped(signals)]
    assert said == [
        "in 4 and 5 carry the same samples at 0:00",
        "in 6 and 7 carry the same samples at 0:00",
        "in 1-3,8: only zeros 0:00–0:01",
        "in 9: only zeros 0:00–0:01",
    ]
    assert brief(signals) == "only zeros in 1-3,8-9, the same samples in 4-7"
    assert brief([]) == ""
