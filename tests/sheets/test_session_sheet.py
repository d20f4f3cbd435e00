"""What the log of a session says, against how its takes were made."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from capture.sheets import NoSuchTake, SessionSheet, build_session
from tests.support.sheet_takes import PEOPLE, chain_of
from tests.support.takes import STARTED, build_take, samples


def test_every_take_is_a_line_in_the_order_of_recording(session_sheet: SessionSheet) -> None:
    assert [take.name for take in session_sheet.takes] == [
        "Room tone_T001",
        *(f"Aurora_T00{number}" for number in range(1, 6)),
    ]
    assert [take.verdict for take in session_sheet.takes] == ["", "hold", "no good", "circled", "", "hold"]
    assert [take.clean for take in session_sheet.takes] == [True, True, False, True, True, True]
    assert [take.started - session_sheet.started for take in session_sheet.takes] == [
        timedelta(minutes=7 * n) for n in range(6)
    ]
    assert session_sheet.seconds == 6 * 4.0
    assert session_sheet.ended - session_sheet.started == timedelta(minutes=35, seconds=4)


def test_people_and_rooms(session_sheet: SessionSheet) -> None:
    assert [(p.role, p.name) for p in session_sheet.people] == [
        *((p["role"], p["name"]) for p in PEOPLE),
        ("client", "Nordlys AS"),
    ]
    assert session_sheet.rooms == ("Studio Bryggen", "Live Room", "Booth")


def test_each_distinct_chain_once_with_what_changed(session_sheet: SessionSheet) -> None:
    """Gains are 42 dB for the room tone and takes 1 and 2, then 45 dB."""
    first, second = session_sheet.chains
    assert first.takes == ("Room tone_T001", "Aurora_T001", "Aurora_T002")
    assert second.takes == ("Aurora_T003", "Aurora_T004", "Aurora_T005")
    assert first.changes == ()
    assert second.changes == ("inputs 1-8: gain +42 dB → +45 dB",)
    assert [take.chain for take in session_sheet.takes] == ["A", "A", "A", "B", "B", "B"]
    assert first.lines[0] == (
        1,
        "Source 1 @ Live Room: Shure SM57 #A1101 4 cm > Neve 1073 ch 1 +42 dB 48V off",
    )


def test_a_chain_that_comes_back_is_not_listed_again(tmp_path: Path) -> None:
    for number, gain in enumerate((40, 50, 40), 1):
        build_take(
            tmp_path, number=number, counter=number, chain=chain_of([1, 2], gain), started=_later(number)
        )
    sheet = build_session(tmp_path / "Nordlys" / "2026-11-25")
    assert [chain.takes for chain in sheet.chains] == [("Aurora_T001", "Aurora_T003"), ("Aurora_T002",)]
    assert [take.chain for take in sheet.takes] == ["A", "B", "A"]


def test_inputs_that_come_and_go_are_a_change(tmp_path: Path) -> None:
    build_take(tmp_path, inputs=[1, 2], chain={}, started=_later(1))
    build_take(tmp_path, number=2, counter=2, inputs=[2, 5], chain={}, started=_later(2))
    sheet = build_session(tmp_path / "Nordlys" / "2026-11-25")
    assert sheet.chains[1].changes == ("input 1 no longer recorded", "input 5 recorded from here on")


def test_floors_are_the_room_tones_rms(session_sheet: SessionSheet) -> None:
    tone = samples(32_000, 8).astype(float)
    assert [floor.input for floor in session_sheet.floors] == list(range(1, 9))
    for floor in session_sheet.floors:
        assert floor.rms_dbfs == pytest.approx(
            10 * np.log10(np.mean(tone[:, floor.input - 1] ** 2)), abs=0.01
        )


def test_air_is_one_curve_over_the_session(session_sheet: SessionSheet) -> None:
    warm = next(curve for curve in session_sheet.air if curve.quantity == "temperature")
    starts = [point.seconds for point in warm.points][::2]
    assert starts == [0.0, 420.0, 840.0, 1260.0, 1680.0, 2100.0]
    assert (warm.low, warm.high) == (21.4, 22.405)  # 21.4 °C + 5/5 °C in the last take, read at 0 and 2 s


def test_warnings_name_the_takes(session_sheet: SessionSheet) -> None:
    assert session_sheet.warnings == ("GAP: Aurora_T002",)


def test_a_simulated_session_is_shouted(tmp_path: Path) -> None:
    build_take(tmp_path, origin="simulated")
    build_take(tmp_path, number=2, counter=2, origin="simulated", started=_later(1))
    sheet = build_session(tmp_path / "Nordlys" / "2026-11-25")
    assert sheet.warnings == ("SIMULATED – not a physical recording: all takes",)


def test_a_journal_that_cannot_be_read_hides_no_other(tmp_path: Path) -> None:
    journal = build_take(tmp_path)
    (journal.parent / "Aurora_T009.take.jsonl").write_bytes(b"\x00\xff\n{}\n")
    sheet = build_session(journal.parent.parent)
    assert len(sheet.takes) == 1
    assert len(sheet.unreadable) == 1
    assert any("Aurora_T009" in warning for warning in sheet.warnings)


def test_two_takes_of_one_name_keep_their_own_chains(tmp_path: Path) -> None:
    build_take(tmp_path, chain=chain_of([1, 2], 30))
    rename = ("note", 0, {"field": "name", "value": "Aurora_T001", "by": "a"})
    build_take(tmp_path, number=2, counter=2, chain=chain_of([1, 2], 60), lines=[rename], started=_later(1))
    sheet = build_session(tmp_path / "Nordlys" / "2026-11-25")
    assert [(take.name, take.chain) for take in sheet.takes] == [("Aurora_T001", "A"), ("Aurora_T001", "B")]


@pytest.mark.parametrize("folder", ["nowhere", "."])
def test_no_take_is_said(tmp_path: Path, folder: str) -> None:
    with pytest.raises(NoSuchTake) as raised:
        build_session(tmp_path / folder)
    assert raised.value.exit_code == 2


def test_journals_may_be_named_one_by_one(session_folder: Path) -> None:
    journals = sorted(session_folder.glob("Aurora/*.take.jsonl"))[:2]
    assert [take.number for take in build_session(journals).takes] == [1, 2]


def _later(minutes: int) -> datetime:
    return STARTED + timedelta(minutes=minutes)
