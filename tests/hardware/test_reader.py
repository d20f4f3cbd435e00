"""The sensor reader on real pseudo-terminals: bytes, stamps, silence, unplugging and coming back."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware.clock import boottime_ns
from hardware.reading import Quantity, Reading
from hardware.sensors import reader as reader_module
from hardware.sensors.judgement import Decimator, LeapGate
from hardware.sensors.listening import listen, listen_all
from hardware.sensors.reader import SensorReader, SensorState
from hardware.sensors.registry import UnknownDriver
from tests.support.ptys import Device, until

HEADER = "# Serial number, Temperature in *C, Relative Humidity %, Touch\r\n"


class Watched:
    """A reader with what it said."""

    def __init__(self, port: str, driver: str | None = None) -> None:
        self.readings: list[Reading] = []
        self.states: list[SensorState] = []
        self.reader = SensorReader(
            port, driver, self.readings.append, lambda state, text: self.states.append(state), name="booth"
        )
        self.reader.start()

    def values(self, quantity: Quantity) -> list[float]:
        return [reading.value for reading in self.readings if reading.quantity is quantity]


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Device]:
    played = Device(tmp_path / "tty")
    yield played
    played.unplug()


@pytest.fixture
def watched(device: Device) -> Iterator[Watched]:
    watched = Watched(device.path)
    yield watched
    assert watched.reader.stop()


def test_trinkey_lines_become_stamped_readings(device: Device, watched: Watched) -> None:
    until(lambda: watched.reader.state is SensorState.WAITING)
    before = boottime_ns()
    device.say(HEADER + "272109480, 22.73, 44.52, 352\r\n")
    until(lambda: len(watched.readings) == 2)
    temperature, humidity = watched.readings
    assert (temperature.quantity, temperature.value, temperature.unit) == (Quantity.TEMPERATURE, 22.73, "°C")
    assert (humidity.quantity, humidity.value, humidity.unit) == (Quantity.RELATIVE_HUMIDITY, 44.52, "%RH")
    assert before <= temperature.at_boottime_ns <= boottime_ns()
    assert temperature.utc is not None
    assert temperature.sensor == "booth"
    assert temperature.raw == "272109480, 22.73, 44.52, 352"
    assert watched.reader.state is SensorState.LIVE
    assert device.heard() == b""  # listen only


def test_a_banner_said_before_we_opened_is_not_thrown_away(device: Device) -> None:
    device.say("# Adafruit SHT4x Trinkey Factory Test\r\n" + HEADER)
    watched = Watched(device.path)
    device.say("272109480, 22.73, 44.52, 352\r\n")
    until(lambda: len(watched.readings) == 2)
    assert watched.reader.stop()


def test_an_unplugged_sensor_is_lost_and_found_again(device: Device, watched: Watched) -> None:
    device.say(HEADER + "272109480, 22.73, 44.52, 352\r\n")
    until(lambda: watched.reader.state is SensorState.LIVE)
    device.unplug()
    until(lambda: watched.reader.state is SensorState.LOST)
    device.plug()
    until(lambda: watched.reader.state is SensorState.WAITING)
    device.say("9480, 22.73, 44.52, 352\r\n272109480, 22.75, 44.50, 352\r\n")  # a cut line, no header
    until(lambda: watched.reader.state is SensorState.LIVE)
    assert watched.states == [
        SensorState.OPENING,
        SensorState.WAITING,
        SensorState.LIVE,
        SensorState.LOST,
        SensorState.OPENING,
        SensorState.WAITING,
        SensorState.LIVE,
    ]
    assert [reason.reason for reason in watched.reader.rejected if "cut" in reason.reason]


def test_a_port_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    watched = Watched(str(tmp_path / "tty"))
    until(lambda: "not there" in watched.reader.text)
    assert watched.reader.state is SensorState.ABSENT
    device = Device(tmp_path / "tty")
    until(lambda: watched.reader.state is SensorState.WAITING)
    assert watched.reader.stop()
    device.unplug()


def test_silence_makes_a_sensor_stale(
    device: Device, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_module, "_SHORTEST_STALE", 0.2)
    device.say(HEADER + "272109480, 22.73, 44.52, 352\r\n")
    until(lambda: watched.reader.state is SensorState.LIVE)
    device.say("272109480, 22.74, 44.52, 352\r\n")
    until(lambda: watched.reader.state is SensorState.STALE)
    device.say("272109480, 22.74, 44.52, 352\r\n")
    until(lambda: watched.reader.state is SensorState.LIVE)


def test_many_open_files_do_not_stop_a_reader(device: Device) -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 1200:
        pytest.skip(f"this machine allows only {hard} open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 1200), hard))
    held = [os.open("/dev/null", os.O_RDONLY) for _ in range(1040)]
    try:
        watched = Watched(device.path)
        device.say(HEADER + "272109480, 22.73, 44.52, 352\r\n")
        until(lambda: len(watched.readings) == 2)
        assert watched.reader.stop()
    finally:
        for descriptor in held:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_sensor_of_ten_lines_a_second_gives_one_reading_a_second() -> None:
    decimator = Decimator()
    line = Reading(Quantity.TEMPERATURE, 22.0, "°C", "ok", "")
    passed = sum(
        decimator.passes(Reading(line.quantity, 22.0, "°C", "ok", "", at_boottime_ns=tenth * 100_000_000))
        for tenth in range(600)
    )
    assert 59 <= passed <= 61


def test_a_leap_is_rejected_unless_the_next_value_confirms_it() -> None:
    gate = LeapGate()

    def at(second: int, value: float) -> str | None:
        return gate.why_not(
            Reading(Quantity.TEMPERATURE, value, "°C", "ok", "", at_boottime_ns=second * 1_000_000_000)
        )

    assert at(0, 22.0) is None
    assert at(1, 1.0) == "leapt from 22 to 1 °C"
    assert at(2, 22.1) is None
    assert at(3, 30.0) is not None
    assert at(4, 30.1) is None  # it was true: the sensor was carried somewhere


def test_listening_says_what_was_read_and_what_was_not(device: Device) -> None:
    device.say(HEADER)
    lines = "272109480, 22.73, 44.52, 352\r\n352\r\n"
    device.say(lines + "272109480, nan, nan, 352\r\n")
    heard = listen(device.path, 1.0, "text")
    assert heard.driver == "text"
    assert heard.state == "live"
    assert [(r.quantity, r.value) for r in heard.readings] == [
        (Quantity.TEMPERATURE, 22.73),
        (Quantity.RELATIVE_HUMIDITY, 44.52),
    ]
    assert "352" in [rejected.raw for rejected in heard.rejected]


def test_one_line_alone_does_not_make_an_unnamed_port_a_sensor(device: Device) -> None:
    device.say("x\r\nTemperature: 22.31 C\r\n")
    assert listen(device.path, 0.7).driver is None


def test_ports_that_are_missing_or_silent_are_said_so(tmp_path: Path, device: Device) -> None:
    began = time.monotonic()
    missing, silent = listen_all([(str(tmp_path / "nothing"), None), (device.path, None)], 0.7)
    assert time.monotonic() - began < 3
    assert (missing.state, missing.driver) == ("absent", None)
    assert "not there" in missing.text
    assert (silent.state, silent.driver) == ("waiting", None)


def test_the_simulated_sensor_is_read_like_any_other_and_marked() -> None:
    watched = Watched("sim")
    until(lambda: {reading.quantity for reading in watched.readings} == set(Quantity))
    assert watched.reader.simulated
    assert watched.reader.driver_name == "sim"
    assert watched.reader.stop()


def test_an_unknown_driver_is_named_with_the_known_ones() -> None:
    with pytest.raises(UnknownDriver) as raised:
        SensorReader("sim", "barometer", lambda reading: None)
    assert "text" in raised.value.do
    assert raised.value.exit_code == 2
