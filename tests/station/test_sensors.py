"""Air: a sensor on a real pty, the simulated one, and values typed by a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from capture.errors import TakechainError
from capture.library import Library
from tests.support.poll import until
from tests.support.pty_sensor import PtySensor
from tests.support.stations import Desk, assert_whole, lines


@pytest.fixture
def trinkey(tmp_path: Path) -> Iterator[PtySensor]:
    plugged = PtySensor(tmp_path / "ttyTRINKEY", period=0.1)
    plugged.plug()
    yield plugged
    if plugged.link.is_symlink():
        plugged.unplug()


def test_a_sensor_pulled_and_put_back_mid_take_is_said_and_the_take_is_clean(
    studio: Desk, trinkey: PtySensor
) -> None:
    studio.set_up(inputs="1")
    studio.call("sensor", port=str(trinkey.link), driver="text")
    until(lambda: studio.status()["air"])
    journal = studio.call("roll")["journal"]
    until(lambda: lines(journal, "reading"))
    trinkey.unplug()
    until(lambda: [d for d in lines(journal, "device") if d["state"] == "lost"])
    assert studio.status()["sensors"][0]["state"] in ("lost", "absent")
    assert any(str(trinkey.link) in warning["text"] for warning in studio.status()["warnings"])
    trinkey.plug()
    until(lambda: [d for d in lines(journal, "device") if d["state"] == "back"])
    count = len(lines(journal, "reading"))
    until(lambda: len(lines(journal, "reading")) > count)
    done = studio.call("stop")

    assert (done["condition"], done["lost_frames"]) == ("clean", 0)
    begin = lines(journal, "begin")[0]
    assert [sensor["driver"] for sensor in begin["sensors"]] == ["text"]
    assert {air["quantity"] for air in begin["air"]} == {"temperature", "relative_humidity"}
    sent = {value for pair in trinkey.sent for value in pair}
    assert {reading["value"] for reading in lines(journal, "reading")} <= sent
    lost, back = lines(journal, "device")
    readings = [reading["seq"] for reading in lines(journal, "reading")]
    assert [seq for seq in readings if lost["seq"] < seq < back["seq"]] == []  # it is back before it is read
    assert_whole(studio.client, journal)


def test_between_takes_the_room_log_keeps_the_air(studio: Desk, trinkey: PtySensor) -> None:
    studio.call("sensor", port=str(trinkey.link))
    library = Library.open(studio.library)
    until(lambda: len(library.room_lines(f"{datetime.now(UTC):%Y-%m-%d}", "reading")) == 2)
    logged = library.room_lines(f"{datetime.now(UTC):%Y-%m-%d}", "reading")
    assert {line["quantity"] for line in logged} == {"temperature", "relative_humidity"}
    studio.call("unsensor", port=str(trinkey.link))
    status = studio.status()
    assert (status["sensors"], status["air"]) == ([], [])


def test_the_simulated_sensor_is_marked_simulated_everywhere(studio: Desk) -> None:
    specs = {"accuracy_c": {"value": 0.3, "source": "a certificate", "tolerance": None}}
    Library.open(studio.library).put("gear", "S1", {"kind": "sensor", "serial": "sim", "specs": specs})
    studio.set_up(inputs="1")
    studio.call("sensor", port="sim")
    until(lambda: studio.status()["air"])
    journal = studio.call("roll")["journal"]
    until(lambda: lines(journal, "reading"))
    studio.call("stop")
    status = studio.status()
    assert all(air["simulated"] for air in status["air"])
    assert status["sensors"][0]["simulated"]
    assert all(reading["simulated"] for reading in lines(journal, "reading"))
    (sensor,) = lines(journal, "begin")[0]["sensors"]
    assert sensor["simulated"]
    assert sensor["accuracy"] == {"temperature": 0.3}  # as the locker knows it


def test_typed_air_says_who_read_it_off_what(studio: Desk) -> None:
    studio.set_up(inputs="1")
    studio.call("air", temperature=21.5, humidity=44, by="Kari", instrument="wall clock")
    journal = studio.call("roll")["journal"]
    studio.call("air", pressure=1009.3, by="Kari", instrument="barograph")
    studio.call("stop")
    begin = lines(journal, "begin")[0]
    assert {(a["quantity"], a["value"], a["unit"]) for a in begin["air"]} == {
        ("temperature", 21.5, "°C"),
        ("relative_humidity", 44, "%RH"),
    }
    (typed,) = lines(journal, "reading")
    assert (typed["typed"], typed["by"], typed["instrument"]) == (True, "Kari", "barograph")
    assert (typed["quantity"], typed["value"], typed["unit"]) == ("pressure", 1009.3, "hPa")
    with pytest.raises(TakechainError, match="humidity of 140"):
        studio.call("air", humidity=140)


def test_sensors_are_remembered(studio: Desk, trinkey: PtySensor) -> None:
    studio.call("sensor", port=str(trinkey.link), driver="trinkey")  # its rows need no header
    pid = studio.station_pid()
    studio.client.close()
    until(lambda: not Path(f"/proc/{pid}").exists())
    with studio.another() as again:
        until(lambda: [s for s in again.call("status")["sensors"] if s["state"] == "live"])


def test_an_unknown_driver_is_refused(studio: Desk, trinkey: PtySensor) -> None:
    with pytest.raises(TakechainError, match="no sensor driver 'magic'") as refused:
        studio.call("sensor", port=str(trinkey.link), driver="magic")
    assert refused.value.exit_code == 2
