"""A sensor speaks on a real pty while a take rolls: its readings reach journal, database and sheet."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from tests.support.poll import until
from tests.support.pty_sensor import PtySensor

RATE = 48000
TAKECHAIN = [sys.executable, "-m", "tui.cli"]


@pytest.fixture
def sensor(tmp_path: Path) -> Iterator[PtySensor]:
    plugged = PtySensor(tmp_path / "ttyTRINKEY")
    plugged.plug()
    yield plugged
    if plugged.link.is_symlink():
        plugged.unplug()


def _lines(journal: Path, kind: str) -> list[dict[str, object]]:
    fields = [json.loads(line) for line in journal.read_text().splitlines()]
    return [f for f in fields if f["type"] == kind]


def _record(sensor: PtySensor, seconds: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            *TAKECHAIN,
            "record",
            "--interface",
            "sim:2",
            "--inputs",
            "1-2",
            "--rate",
            str(RATE),
            "--format",
            "pcm24",
            "--seconds",
            str(seconds),
            "--project",
            "Air",
            "--session",
            "S",
            "--slate",
            "Room",
            "--sensor",
            f"{sensor.link}=text",
            "--json",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _utc(line: dict[str, object]) -> datetime:
    return datetime.fromisoformat(str(line["utc"]))


def test_readings_stand_at_their_frames_in_journal_database_and_sheet(
    sensor: PtySensor, tmp_path: Path
) -> None:
    process = _record(sensor, 6)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    take = json.loads(out)
    journal = Path(take["journal"])
    readings = _lines(journal, "reading")
    temperatures = [r for r in readings if r["quantity"] == "temperature"]
    assert len(temperatures) >= 3
    sent = {celsius for celsius, _ in sensor.sent}
    assert {r["value"] for r in temperatures} <= sent
    # Where a reading stands is arithmetic: the time since frame 0 at the nominal rate, ± a drain period.
    start = _utc(_lines(journal, "begin")[0])
    for line in readings:
        owed = (_utc(line) - start).total_seconds() * RATE
        assert abs(int(str(line["frame"])) - owed) < 0.5 * RATE
    library = Path(os.environ["TAKECHAIN_LIBRARY"])

    def rows() -> list[tuple[int, float]]:
        with sqlite3.connect(library / "catalog.sqlite") as database:
            found = database.execute(
                "SELECT frame, value FROM reading WHERE quantity = 'temperature' ORDER BY frame"
            ).fetchall()
        database.close()
        return found

    until(lambda: rows() == [(r["frame"], r["value"]) for r in temperatures])
    sheet = tmp_path / "sheet.json"
    subprocess.run(
        [*TAKECHAIN, "sheet", "--take", take["take"], "--to", "json", "-o", str(sheet)], check=True
    )
    assert str(temperatures[0]["value"]) in sheet.read_text()


def test_a_pulled_sensor_is_said_and_the_take_stays_clean(sensor: PtySensor) -> None:
    library = Path(os.environ["TAKECHAIN_LIBRARY"])
    process = _record(sensor, 12)
    until(lambda: any(_lines(j, "reading") for j in library.rglob("*.take.jsonl")), process=process)
    sensor.unplug()
    journal = next(library.rglob("*.take.jsonl"))
    until(lambda: any(d["state"] == "lost" for d in _lines(journal, "device")), process=process)
    sensor.plug()
    until(lambda: any(d["state"] in ("back", "live") for d in _lines(journal, "device")), process=process)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    take = json.loads(out)
    assert take["condition"] == "clean"
    assert take["lost_frames"] == 0
    lost, *_ = [d for d in _lines(journal, "device") if d["state"] == "lost"]
    back, *_ = [
        d for d in _lines(journal, "device") if d["state"] in ("back", "live") and _utc(d) > _utc(lost)
    ]
    during = [r for r in _lines(journal, "reading") if _utc(lost) < _utc(r) < _utc(back)]
    assert during == []  # nothing is repeated or made up while the sensor is away
