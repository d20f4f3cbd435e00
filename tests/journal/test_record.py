"""The fold: what lines make of a take, however they end."""

from __future__ import annotations

import json
import time
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.journal.errors import NotATake
from capture.journal.finish import edit_after_end, edit_many
from capture.journal.lines import parse_fields, read_lines
from capture.journal.record import fold, load, summary
from capture.journal.writer import JournalWriter
from capture.take import Condition, Gap, Kind, Marker, Origin, Track, Verdict
from tests.support.takes import KEY, STARTED, build_take, journal_fields

READING = {
    "sensor": "s1",
    "quantity": "temperature",
    "value": 21.5,
    "unit": "°C",
    "quality": "ok",
    "raw": "21.5",
    "typed": False,
    "by": "",
    "instrument": "",
    "simulated": True,
}
GAP = {"first": 350, "frames": 50, "first_pm": 1, "frames_pm": 2, "cause": "clock", "filled": True}
LINES = (
    ("reading", 100, READING),
    ("marker", 200, {"id": 1, "text": "bar 12"}),
    ("marker", 300, {"id": 2, "text": "bar 30"}),
    ("marker", 310, {"id": 1, "text": "bar 13", "edit": True}),
    ("marker", 320, {"strike": 2}),
    (
        "gap",
        400,
        {"first": 350, "frames": 50, "first_pm": 1, "frames_pm": 2, "cause": "clock", "filled": True},
    ),
    ("change", 500, {"input": 1, "path": "input.1.preamp.gain_db", "from": 42, "to": 40, "by": "anna"}),
    ("device", 600, {"device": "sensor:s1", "state": "lost", "text": "unplugged"}),
    ("note", 700, {"field": "verdict", "value": "hold", "by": "anna"}),
    ("note", 710, {"field": "note", "value": "piano pedal", "by": "bo"}),
    ("heartbeat", 1000, {"frames": 1000, "lengths": [1, 2], "clock": {"boottime_ns": 5}}),
    ("something-new", 1000, {"of": "a later version"}),
)


@cache
def journal() -> bytes:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = build_take(Path(folder), lines=LINES, covers="bars 1–40")
        edit_after_end(path, KEY, "note", "best so far", "anna")
        return path.read_bytes()


def test_every_field_of_a_take_is_there(tmp_path: Path) -> None:
    path = build_take(tmp_path, lines=LINES, covers="bars 1–40", inputs=(3, 16))
    take = load(path)
    begin = journal_fields(path)[0]
    assert (take.project, take.session, take.slate, take.number) == ("Nordlys", "2026-11-25", "Aurora", 1)
    assert (take.name, take.take, take.library, take.counter) == (
        "Aurora_T001", begin["take"], begin["library"], 1,
    )  # fmt: skip
    assert (take.kind, take.verdict, take.condition) == (Kind.TAKE, Verdict.HOLD, Condition.GAP)
    assert (take.rate, take.format, take.layout, take.origin) == (48000, "pcm24", "track", Origin.PHYSICAL)
    assert take.started == STARTED
    assert take.utc_offset_minutes == 60
    assert take.time_reference == 2601240000  # 15:03:12.5 local: 54192.5 s × 48000
    assert take.tracks == [Track(1, 3, "Kick", 0, 0), Track(2, 16, "Snare", 1, 0)]
    assert (take.frames, take.seconds, take.lost_frames) == (1200, 0.025, 50)
    assert take.gaps == [Gap(350, 50, 1, 2, "clock", True)]
    assert take.markers == [Marker(1, 200, "bar 13")]
    assert take.last_marker == 2
    assert [(b.first, b.frames) for b in take.blocks] == [(0, 500), (500, 500), (1000, 200)]
    assert take.readings[0].value == 21.5
    assert take.readings[0].simulated
    assert [(c.frame, c.before, c.after) for c in take.changes] == [(500, 42, 40)]
    assert [(d.device, d.state) for d in take.devices] == [("sensor:s1", "lost")]
    assert [(n.by, n.text, n.after_end) for n in take.notes] == [("bo", "piano pedal", False)]
    assert take.covers == "bars 1–40"
    assert take.ended
    assert take.sealed
    assert take.keyid == KEY.keyid
    assert set(take.files) == set(take.parts[0].files) == set(begin["files"])
    assert not take.is_clean
    assert [level.track for level in take.levels] == [1, 2]


def test_a_quick_summary_says_the_same_without_blocks_and_readings(tmp_path: Path) -> None:
    path = build_take(tmp_path, lines=LINES)
    quick, whole = summary(path), load(path)
    assert quick.blocks == quick.readings == []
    quick.blocks, quick.readings = whole.blocks, whole.readings
    assert quick == whole


def test_the_fold_needs_no_files() -> None:
    assert fold([parse_fields(raw) for raw in journal().splitlines()]).name == "Aurora_T001"


def test_any_truncation_loses_only_the_torn_line(tmp_path: Path) -> None:
    raw = journal()
    path = tmp_path / "cut.take.jsonl"
    ends = [at for at, byte in enumerate(raw) if byte == 10]
    for at in sorted({*range(0, len(raw), 61), *ends, *(at + 1 for at in ends)}):
        path.write_bytes(raw[:at])
        found = read_lines(path)
        assert not found.problems
        assert [line.raw for line in found.lines] == raw[:at].split(b"\n")[:-1]
        assert found.torn == raw[:at].split(b"\n")[-1]
        take = fold(found.lines)
        assert take.lines == raw[:at].count(b"\n")
        assert fold(found.lines, light=True).frames == take.frames
        if found.lines:
            assert load(path).frames == summary(path).frames == take.frames
        else:
            with pytest.raises(NotATake):
                load(path)


@given(
    st.lists(
        st.dictionaries(st.text(max_size=8), st.none() | st.integers() | st.text() | st.lists(st.integers()))
    )
)
def test_lines_of_any_kind_fold(lines: list[dict[str, object]]) -> None:
    types = ["begin", "block", "marker", "note", "end", "file", "part", "gap", "seal", "reading", "rewrite"]
    fold([{**line, "type": types[n % len(types)]} for n, line in enumerate(lines)])


def test_the_live_record_is_that_of_the_file(tmp_path: Path) -> None:
    path = build_take(tmp_path, lines=LINES)
    with JournalWriter.reopen(path) as writer:
        writer.append_signed("note", 1200, KEY, field="kind", value="wild", by="bo")
        live = writer.record
    assert live == load(path)
    assert live.kind is Kind.WILD


def test_edits_can_be_undone_one_by_one(tmp_path: Path) -> None:
    path = build_take(tmp_path)
    first = edit_after_end(path, KEY, "verdict", "circled", "anna").record.edits[-1].seq
    second = edit_after_end(path, KEY, "verdict", "no good", "bo").record.edits[-1].seq
    assert load(path).verdict is Verdict.NO_GOOD
    edit_after_end(path, KEY, "undo", second, "bo")
    assert load(path).verdict is Verdict.CIRCLED
    edit_after_end(path, KEY, "undo", first, "bo")
    assert load(path).verdict is Verdict.NONE
    assert [e.undone for e in load(path).edits if e.field == "verdict"] == [True, True]


def test_a_moved_take_has_two_names(tmp_path: Path) -> None:
    path = build_take(tmp_path, prefix="Studio A", number=3)
    edit_many(path, KEY, [("slate", "Borealis"), ("number", 7)], "anna")
    take = load(path)
    assert (take.slate, take.number, take.name) == ("Borealis", 7, "Studio A_Borealis_T007")
    assert (take.recorded_slate, take.recorded_number, take.recorded_name) == (
        "Aurora", 3, "Studio A_Aurora_T003",
    )  # fmt: skip
    assert take.moved
    edit_after_end(path, KEY, "name", "The one", "anna")
    assert load(path).name == "The one"


def test_track_names_can_be_edited(tmp_path: Path) -> None:
    path = build_take(tmp_path)
    edit_after_end(path, KEY, "track_name.2", "Snare top", "anna")
    assert [track.name for track in load(path).tracks] == ["Kick", "Snare top"]


def test_an_hour_of_lines_is_summarised_in_a_blink(tmp_path: Path) -> None:
    path = tmp_path / "long.take.jsonl"
    begin = build_take(tmp_path / "l").read_bytes().split(b"\n")[0]
    digests = ",".join(['"' + "ab" * 32 + '"'] * 64)
    with path.open("wb") as out:
        out.write(begin + b"\n")
        for second in range(3600):
            first = second * 48000
            out.write(
                f'{{"first":{first},"frame":{first},"frames":48000,"prev":"{"0" * 64}","seq":{second},'
                f'"sha256":[{digests}],"type":"block","utc":"2026-11-25T14:03:12.500000Z"}}\n'.encode()
            )
            out.write(
                json.dumps({"type": "reading", "frame": first, "value": 1, "raw": "x" * 80}).encode() + b"\n"
            )
    started = time.perf_counter()
    take = summary(path)
    passed = time.perf_counter() - started
    assert take.frames == 3600 * 48000
    assert passed < 1.0  # about 0.1 s on a quiet machine; the limit only catches reading it all
