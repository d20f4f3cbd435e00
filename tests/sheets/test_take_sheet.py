"""What the model of a take says, against the samples, the files and the journal it was made from."""

from __future__ import annotations

import hashlib
import json
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from capture.sheets import NoSuchTake, TakeSheet, build_take
from capture.sheets.document import Facts
from capture.sheets.take_layout import lay_out
from tests.support import sheet_takes
from tests.support.takes import STARTED, journal_fields, samples
from tests.support.takes import build_take as make_take


def claims(part: tuple[Any, ...]) -> dict[str, str]:
    return {claim.what: f"{claim.value} | {claim.source}" for claim in part}


def test_head_says_what_the_begin_line_says(take_sheet: TakeSheet, take_journal: Path) -> None:
    begin = journal_fields(take_journal)[0]
    head = take_sheet.head
    assert (head.project, head.session, head.slate, head.number) == ("Nordlys", "2026-11-25", "Aurora", 77)
    assert head.take == begin["take"]
    assert head.chain_digest == begin["chain"]["digest"]
    assert (head.frames, head.rate, head.seconds) == (80_000, 8000, 10.0)
    assert head.started.isoformat() == "2026-11-25T15:03:12.500000+01:00"
    assert head.verdict == "circled"
    assert head.inputs == "1-8"


def test_levels_are_those_of_the_samples(take_sheet: TakeSheet) -> None:
    audio = samples(80_000, 8).astype(float)
    for row in take_sheet.tracks:
        column = audio[:, row.number - 1]
        assert row.peak_dbfs == pytest.approx(20 * np.log10(np.abs(column).max()), abs=0.01)
        assert row.rms_dbfs == pytest.approx(10 * np.log10(np.mean(column**2)), abs=0.01)


def test_floor_is_the_room_tones_rms(take_sheet: TakeSheet) -> None:
    """The session fixture records 32 000 frames of seed 1 as room tone, on inputs 1 to 8."""
    tone = samples(32_000, 8).astype(float)
    for row in take_sheet.tracks:
        assert row.floor is not None
        assert row.floor.rms_dbfs == pytest.approx(
            10 * np.log10(np.mean(tone[:, row.input - 1] ** 2)), abs=0.01
        )
        assert row.floor.take == "Room tone_T001"
    # input 8 has a chain in the room tone take and none in this one
    assert [row.floor.same_chain for row in take_sheet.tracks if row.floor] == [True] * 7 + [False]


def test_whole_files_hash_as_sha256sum_says(take_sheet: TakeSheet, take_journal: Path) -> None:
    names = [row.name for row in take_sheet.head.files]
    said = subprocess.run(
        ["sha256sum", "--", *names], cwd=take_journal.parent, capture_output=True, text=True, check=True
    )
    assert [row.sha256 for row in take_sheet.head.files] == [
        line.split()[0] for line in said.stdout.splitlines()
    ]
    assert [row.size for row in take_sheet.head.files] == [
        (take_journal.parent / n).stat().st_size for n in names
    ]


def test_signed_digests_come_from_the_file_lines(take_sheet: TakeSheet, take_journal: Path) -> None:
    lines = {f["file"]: f for f in journal_fields(take_journal) if f["type"] == "file"}
    assert {row.name: (row.header_sha256, row.data_sha256) for row in take_sheet.head.files} == {
        name: (line["header_sha256"], line["data_sha256"]) for name, line in lines.items()
    }


def test_audio_digest_is_the_end_lines(take_sheet: TakeSheet, take_journal: Path) -> None:
    end = next(f for f in journal_fields(take_journal) if f["type"] == "end")
    assert take_sheet.head.audio_digest == end["blocks"]


def test_air_start_end_and_range(take_sheet: TakeSheet) -> None:
    curves = {curve.quantity: curve for curve in take_sheet.head.air}
    assert list(curves) == ["temperature", "relative_humidity", "pressure"]
    warm = curves["temperature"]
    assert (warm.start, warm.end) == (21.4, 21.42)  # 21.4 °C and 1/400 °C per second, read at 0, 2, … 8 s
    assert [point.seconds for point in warm.points] == [0.0, 2.0, 4.0, 6.0, 8.0]
    assert "239A:8153" in warm.source


def test_readings_that_are_not_good_are_left_out_and_counted(tmp_path: Path) -> None:
    good = {"sensor": "s", "quantity": "temperature", "unit": "°C", "value": 20.0, "quality": "ok"}
    lines = [
        ("reading", 0, good),
        ("reading", 100, good | {"value": 85.0, "quality": "suspect"}),
        ("reading", 200, good | {"value": None}),
        ("reading", 300, good | {"value": 68.0, "unit": "°F"}),
    ]
    sheet = build_take(make_take(tmp_path, lines=lines))
    assert [(c.low, c.high, c.suspect) for c in sheet.head.air] == [(20.0, 20.0, 3)]


def test_a_sensors_old_reading_is_not_the_start(tmp_path: Path) -> None:
    old = {
        "sensor": "s",
        "quantity": "temperature",
        "unit": "°C",
        "value": 19.0,
        "quality": "ok",
        "age_s": 3600,
    }
    typed = old | {
        "sensor": "",
        "quantity": "pressure",
        "unit": "hPa",
        "value": 1001.0,
        "typed": True,
        "by": "Anna",
    }
    sheet = build_take(make_take(tmp_path, air=[old, typed | {"instrument": "wall barometer"}]))
    assert [(c.quantity, c.start, c.source) for c in sheet.head.air] == [
        ("pressure", 1001.0, "typed by Anna, read off wall barometer")
    ]
    assert "pressure" in claims(sheet.evidence.declared)
    assert "temperature" in claims(sheet.evidence.not_known)


def test_a_gap_is_never_clean_even_when_the_end_line_says_so(tmp_path: Path) -> None:
    lost = {"first": 100, "frames": 50, "first_pm": 8, "frames_pm": 1, "cause": "ring full", "filled": True}
    journal = make_take(tmp_path, lines=[("gap", 100, lost)], sealed=False)
    text = journal.read_text().replace('"condition":"gap"', '"condition":"clean"')
    journal.write_text(text)
    sheet = build_take(journal)
    assert not sheet.head.clean
    assert sheet.head.condition == "gap"
    assert any(w.startswith("GAP") and "50 frames" in w for w in sheet.warnings)
    assert claims(sheet.evidence.measured)["lost frames"].startswith("50 in 1 gap")
    assert "their exact place and length" in claims(sheet.evidence.not_known)["gaps"]


def test_an_unfinished_take_is_said_and_not_hashed(tmp_path: Path) -> None:
    sheet = build_take(make_take(tmp_path, ended=False))
    assert sheet.head.condition == "not finished"
    assert not sheet.head.clean
    assert {row.state for row in sheet.head.files} == {"still being written"}
    assert {row.sha256 for row in sheet.head.files} == {None}
    assert any(w.startswith("NOT FINISHED") for w in sheet.warnings)


def test_an_unsealed_take_is_said(tmp_path: Path) -> None:
    sheet = build_take(make_take(tmp_path, sealed=False))
    assert any(w.startswith("NOT SEALED") for w in sheet.warnings)
    assert "seal" in claims(sheet.evidence.not_known)


@pytest.mark.parametrize(
    ("origin", "said"),
    [
        ("simulated", "SIMULATED – not a physical recording"),
        ("software", "SOFTWARE – the sound of another program, not a physical recording"),
        ("physical", None),
        ("unknown", "ORIGIN UNKNOWN – nothing says that its inputs were physical"),
    ],
)
def test_origin_is_said_first(tmp_path: Path, origin: str, said: str | None) -> None:
    sheet = build_take(make_take(tmp_path, origin=origin))
    assert sheet.warnings[:1] == ((said,) if said else ())
    assert ("origin" in claims(sheet.evidence.not_known)) == (origin == "unknown")


def test_a_simulated_sensor_is_said(tmp_path: Path) -> None:
    reading = {"sensor": "sim", "quantity": "temperature", "unit": "°C", "value": 20.0, "quality": "ok"}
    sheet = build_take(make_take(tmp_path, lines=[("reading", 0, reading | {"simulated": True})]))
    assert any(w.startswith("SIMULATED AIR") for w in sheet.warnings)


def test_not_declared_is_not_off(tmp_path: Path) -> None:
    """Input 1 says 48 V off, input 2 says nothing: only the second is unknown."""
    chain = {"input.1.preamp.phantom": False, "input.2.preamp.gain_db": 0}
    sheet = build_take(make_take(tmp_path, chain=chain))
    unknown = claims(sheet.evidence.not_known)
    assert "48 V" in unknown["input 2"]
    assert "48 V" not in unknown.get("input 1", "")
    assert "preamp gain" in unknown["input 1"]
    assert "preamp gain" not in unknown.get("input 2", "")
    rows = {field.path: field.value for field in sheet.chain}
    assert rows == {"input.1.preamp.phantom": "off", "input.2.preamp.gain_db": "+0 dB"}


def test_a_di_lacks_no_pattern(tmp_path: Path) -> None:
    chain = {"input.1.kind": "di", "input.2.kind": "microphone"}
    unknown = claims(build_take(make_take(tmp_path, chain=chain)).evidence.not_known)
    assert "pattern" in unknown["input 2"]
    assert "pattern" not in unknown.get("input 1", "")


def test_carried_over_fields_are_said(tmp_path: Path) -> None:
    journal = make_take(tmp_path)
    path = next(journal.parent.glob("*.chain.json"))
    chain = json.loads(path.read_text())
    chain["fields"]["input.1.preamp.gain_db"]["carried_from"] = "2026-11-24"
    path.write_text(json.dumps(chain))
    sheet = build_take(journal)
    assert any("carried over from 2026-11-24" in claim.source for claim in sheet.evidence.declared)
    assert (
        "altered" in claims(sheet.evidence.not_known)["chain"]
    )  # a carried_from edited later breaks the digest


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"format":"takechain-chain/1"}'])
def test_a_broken_chain_is_said(tmp_path: Path, damage: bytes) -> None:
    journal = make_take(tmp_path)
    next(journal.parent.glob("*.chain.json")).write_bytes(damage)
    assert "cannot be read" in claims(build_take(journal).evidence.not_known)["chain"]


def test_a_missing_chain_and_missing_files_are_said(tmp_path: Path) -> None:
    journal = make_take(tmp_path)
    for path in [*journal.parent.glob("*.chain.json"), *journal.parent.glob("*.wav")]:
        path.unlink()
    sheet = build_take(journal)
    unknown = claims(sheet.evidence.not_known)
    assert "is not here" in unknown["chain"]
    assert "2 files not read" in unknown["files"]
    assert sheet.waveform is None
    assert {row.state for row in sheet.head.files} == {"not here"}
    assert all(row.data_sha256 for row in sheet.head.files)


def test_a_file_name_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    secret = tmp_path / "secret.wav"
    secret.write_bytes(b"x" * 100)
    journal = make_take(tmp_path / "library", sealed=False)
    raw = journal.read_text().replace("Aurora_T001_01_Kick.wav", str(secret))
    journal.write_text(raw)
    row = build_take(journal).head.files[0]
    assert (row.size, row.sha256) == (None, None)


def test_a_renamed_take_shows_both_names(tmp_path: Path) -> None:
    sheet = build_take(
        make_take(tmp_path, lines=[("note", 0, {"field": "slate", "value": "Borealis", "by": "a"})])
    )
    assert sheet.head.name == "Borealis_T001"
    assert sheet.head.recorded_as == "Aurora_T001"


def test_markers_changes_devices_and_notes(take_sheet: TakeSheet) -> None:
    assert [(m.frame, m.at, m.text) for m in take_sheet.markers] == [(16_000, "0:00:02.000", "verse 2")]
    change = take_sheet.changes[0]
    assert (change.at, change.words, change.before, change.after) == (
        "0:00:04.000",
        "input 2 gain",
        "+42 dB",
        "+45 dB",
    )
    assert [(d.what, d.value, d.source) for d in take_sheet.devices] == [
        ("sensor:sht4x", "stale: no line for 5 s", "0:00:05.000")
    ]
    assert [(n.text, n.by, n.after_end) for n in take_sheet.notes] == [("bow noise in bar 50", "anna", False)]


def test_room_tone_after_the_take_serves_too(tmp_path: Path) -> None:
    first = make_take(tmp_path)
    make_take(tmp_path, number=2, counter=2, kind="room tone", started=STARTED + timedelta(hours=1), seed=4)
    floor = build_take(first).tracks[0].floor
    assert floor is not None
    assert floor.take == "Aurora_T002"


def test_a_take_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(NoSuchTake) as raised:
        build_take(tmp_path / "none.take.jsonl")
    assert raised.value.exit_code == 2
    empty = tmp_path / "empty.take.jsonl"
    empty.write_bytes(b"")
    with pytest.raises(NoSuchTake):
        build_take(empty)


def test_building_a_sheet_changes_nothing(tmp_path: Path) -> None:
    journal = sheet_takes.one_take(tmp_path)
    before = {p: hashlib.sha256(p.read_bytes()).hexdigest() for p in tmp_path.rglob("*") if p.is_file()}
    build_take(journal)
    assert before == {
        p: hashlib.sha256(p.read_bytes()).hexdigest() for p in tmp_path.rglob("*") if p.is_file()
    }


def test_what_instruments_say_of_the_chain_is_measured(tmp_path: Path) -> None:
    """A gain read off a remote preamp is no declaration; days are those of the local calendar."""
    journal = make_take(tmp_path, chain={"input.1.preamp.gain_db": 42, "input.2.preamp.gain_db": 40})
    path = next(journal.parent.glob("*.chain.json"))
    chain = json.loads(path.read_text())
    chain["fields"]["input.1.preamp.gain_db"] |= {"how": "read", "by": "remote preamp"}
    chain["fields"]["input.2.preamp.gain_db"]["at"] = "2026-11-24T23:30:00.000000Z"
    path.write_text(json.dumps(chain))
    box = build_take(journal).evidence
    assert claims(box.measured)["chain"] == "input 1: gain | read by remote preamp, 2026-11-25"
    assert claims(box.declared)["chain"] == "input 2: gain | declared by anna, 2026-11-25"


def test_what_lies_before_record_and_behind_stop_is_said_where_there_is_any(take_sheet: TakeSheet) -> None:
    def facts(sheet: TakeSheet) -> dict[str, str]:
        return dict(next(b for s in lay_out(sheet).sections for b in s.blocks if isinstance(b, Facts)).items)

    assert not {"Pre-roll", "Post-roll"} & set(facts(take_sheet))
    rolled = replace(take_sheet, head=replace(take_sheet.head, pre_roll=20_000, post_roll=12_000))  # at 8 kHz
    assert facts(rolled)["Pre-roll"] == "2.5 s before Record"
    assert facts(rolled)["Post-roll"] == "1.5 s behind Stop"


def test_distances_and_arrival_times_stand_on_the_sheet(tmp_path: Path) -> None:
    fields = sheet_takes.chain_of(range(1, 8))
    fields |= {"input.1.place.state": "dry", "input.1.place.settings": "curtain drawn"}
    sheet = build_take(sheet_takes.one_take(tmp_path, chain=fields))
    first = sheet.sound.distances[0]
    assert (first.where, first.metres, first.how) == ("in 1", 0.04, "declared")
    assert first.ms == pytest.approx(0.04 / 344.6 * 1000, rel=1e-3)  # 21.4 °C, 38 %: 344.6 m/s
    assert first.ms_pm == pytest.approx((first.ms or 0) * 0.16 / 344.6, rel=0.1)  # ±0.2 °C of the sensor
    assert "speed of sound" in {claim.what for claim in sheet.sound.figures}
    assert "Live Room (dry: curtain drawn)" in sheet.rooms
    assert "Distances and arrival times" in [section.title for section in lay_out(sheet).sections]


def test_without_air_the_sheet_has_no_times(tmp_path: Path) -> None:
    sheet = build_take(sheet_takes.one_take(tmp_path, chain=sheet_takes.chain_of(range(1, 3)), lines=[]))
    assert {row.ms for row in sheet.sound.distances} == {None}
    assert sheet.sound.figures == ()
