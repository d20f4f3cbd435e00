"""The text driver against lines as published firmware prints them, and against anything at all.

`serial_lines.jsonl` holds one line per record: `raw` as Latin-1 code points of the wire bytes, `expect`
(readings) or `reject` (why not); `foreign` lines belong to protocols this driver does not speak.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.reading import UNITS, Quantity, Reading, Rejected
from hardware.sensors.text_lines import LONGEST_LINE, TextLines

LINES = [json.loads(line) for line in (Path(__file__).parent / "serial_lines.jsonl").read_text().splitlines()]


def opened(*, trinkey: bool = False) -> TextLines:
    parser = TextLines(trinkey=trinkey)
    assert parser.feed(b"cut off\r\n") == [
        Rejected("cut off", "first line after opening: it may be cut"),
    ]
    return parser


def said(*lines: str | bytes, trinkey: bool = False) -> list[tuple[Quantity, float]]:
    """What a freshly synchronised parser believes of these lines."""
    parser = opened(trinkey=trinkey)
    events = [
        event for line in lines for event in parser.feed(line if isinstance(line, bytes) else line.encode())
    ]
    return [(event.quantity, event.value) for event in events if isinstance(event, Reading)]


def reasons(*lines: str, trinkey: bool = False) -> list[str]:
    parser = opened(trinkey=trinkey)
    events = [event for line in lines for event in parser.feed(line.encode())]
    return [event.reason for event in events if isinstance(event, Rejected)]


T, H, P = Quantity.TEMPERATURE, Quantity.RELATIVE_HUMIDITY, Quantity.PRESSURE


@pytest.mark.parametrize("record", LINES, ids=lambda record: record["id"])
def test_published_lines_are_read_or_rejected_as_their_firmware_means_them(record: dict[str, object]) -> None:
    parser = TextLines(trinkey=bool(record.get("trinkey")))
    if record.get("idle"):
        parser.feed(b"x")
        parser.idle()
    elif not record.get("first"):
        parser.feed(b"\r\n" + str(record.get("after", "")).encode("latin-1"))
    events = parser.feed(str(record["raw"]).encode("latin-1"))
    if record.get("idle"):
        events = parser.idle()
    readings = [event for event in events if isinstance(event, Reading)]
    wanted = record.get("expect", [])
    assert isinstance(wanted, list)
    assert sorted((r.quantity, r.unit, r.channel) for r in readings) == sorted(
        (want["quantity"], want["unit"], want.get("channel", "")) for want in wanted
    )
    for reading in readings:
        value = next(
            w["value"]
            for w in wanted
            if (w["quantity"], w.get("channel", "")) == (reading.quantity, reading.channel)
        )
        assert reading.value == pytest.approx(value, abs=1e-4)
    if "reject" in record:
        assert any(isinstance(event, Rejected) for event in events)


def test_lines_are_whole_whatever_the_pieces_they_arrive_in() -> None:
    wire = b"Temp: 22.31\xc2\xb0C\t\tHumidity: 44.10% RH\r\nTemp: 22.32\xc2\xb0C\t\tHumidity: 44.20% RH\r\n"
    for size in range(1, len(wire)):
        parser = opened()
        events = [e for at in range(0, len(wire), size) for e in parser.feed(wire[at : at + size])]
        assert [e.value for e in events if isinstance(e, Reading)] == [22.31, 44.1, 22.32, 44.2]


def test_the_first_line_after_opening_gives_no_reading_but_teaches_a_header() -> None:
    parser = TextLines()
    events = parser.feed(b"Temperature in *C, Relative Humidity %\r\n22.71, 44.49\r\n")
    assert [(e.quantity, e.value) for e in events if isinstance(e, Reading)] == [(T, 22.71), (H, 44.49)]
    parser.reopened()
    events = parser.feed(b"2.72, 44.49\r\n22.73, 44.50\r\n")
    assert [(e.quantity, e.value) for e in events if isinstance(e, Reading)] == [(T, 22.73), (H, 44.5)]


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("Temperature: 72.5 °F\r\n", [(T, 22.5)]),  # (72.5 - 32) · 5/9
        ("Temperature: 295.65 K\r\n", [(T, 22.5)]),
        ("Pressure: 760 mmHg\r\n", [(P, 1013.25)]),  # one standard atmosphere
        ("Pressure: 29.9213 inHg\r\n", [(P, 1013.25)]),
        ("Pressure: 101.325 kPa\r\n", [(P, 1013.25)]),
        ("Pressure: 1.01325 bar\r\n", [(P, 1013.25)]),
        ("Pressure: 101325 Pa\r\n", [(P, 1013.25)]),
        ("Pressure: 1013.25 mbar\r\n", [(P, 1013.25)]),
        ("Temp: 72.1 F / 22.3 C    Humidity: 44.8% \r\n", [(T, 22.3), (H, 44.8)]),
        ("RH 43.0 %RH T 21.0 'C Tdp 8.0 'C\r\n", [(H, 43.0), (T, 21.0)]),
        ("Temp: 22,5 °C; Hum: 44,1 %\r\n", [(T, 22.5), (H, 44.1)]),
        ("[12:00:01] Temperature: 22.5 C\r\n", [(T, 22.5)]),
        ("temperature_c=22.5 humidity_pct=44.1\r\n", [(T, 22.5), (H, 44.1)]),
        ('{"temp": "22.5", "hum": {"value": 44.1, "unit": "%"}}\r\n', [(T, 22.5), (H, 44.1)]),
        ("Temperature: ---  Humidity: 44 %\r\n", [(H, 44.0)]),
        ("R:039.2RH 023.3C\r\n", [(H, 39.2), (T, 23.3)]),
    ],
)
def test_units_and_spellings(line: str, wanted: list[tuple[Quantity, float]]) -> None:
    got = said(line)
    assert [quantity for quantity, _ in got] == [quantity for quantity, _ in wanted]
    assert [value for _, value in got] == pytest.approx([value for _, value in wanted], abs=0.01)


@pytest.mark.parametrize(
    "line",
    [
        "22.3\r\n",
        "22.3, 44.1\r\n",
        "22,5;44,1\r\n",
        "Temperature: 22,5 C\r\n",  # a comma may part two numbers here
        "Temperature: 72.16\r\n",  # Fahrenheit fits better than Celsius
        "Temperature: 22.3V\r\n",
        "Temperature: 22.3 volts\r\n",
        "Temperature: 44 %\r\n",
        "Humidity: 0.44\r\n",
        "Dew point: 9.1 C\r\n",
        "CPU temperature: 51.0 C\r\n",
        "Absolute humidity: 8.7 g/m3\r\n",
        "Sea level pressure: 1013 hPa\r\n",
        "Pressure: 1013.25 hPa/s\r\n",
        "H:14 M:05 S:33\r\n",
        "Temperature: nan C\r\n",
        "Temperature: inf C\r\n",
        "Temperature = 85.00 *C\r\n",
        "Temperature = -127.00 *C\r\n",
        "CHECKSUM error T:22.1 H:44.0\r\n",
        '{"temperature": NaN, "humidity": null, "pressure": true}\r\n',
        '{"temperature": 1e999}\r\n',
        '{"ESP32": {"Temperature": 53.3}, "TempUnit": "C"}\r\n',
        '{"temperature": 22.5\r\n',
        "Humidity: - Pressure: none Alt: 108.7 Temp: 40.16\r\n",  # a sketch that prints Fahrenheit
    ],
)
def test_what_is_not_said_is_not_read(line: str) -> None:
    assert said(line) == []
    assert reasons(line)


def test_one_absurd_value_casts_doubt_on_its_whole_block() -> None:
    block = "Temperature = -144.70 *C\r\nPressure = 1002 hPa\r\nHumidity = 55 %\r\n\r\n"
    assert said(block, "Temperature = 24 *C\r\nPressure = 1003 hPa\r\n") == [(T, 24), (P, 1003)]
    assert said("Temperature = 24 *C\tHumidity = 3309.1 %\r\n") == []


def test_a_bsec_block_gives_the_air_and_not_the_chip() -> None:
    lines = "BSEC outputs:\r\n\tTemperature = 26.20\r\n\tCompensated temperature = 23.10\r\n"
    assert said(lines) == [(T, 23.1)]


def test_values_measured_while_the_sensor_heats_itself_are_suspect() -> None:
    parser = opened()
    parser.feed(b"Heater Enabled State: ENABLED\r\n")
    heated = parser.feed(b"Temp *C = 22.31\t\tHum. % = 44.10\r\n")
    parser.feed(b"Heater Enabled State: DISABLED\r\n")
    cool = parser.feed(b"Temp *C = 22.31\t\tHum. % = 44.10\r\n")
    assert [e.quality for e in heated if isinstance(e, Reading)] == ["suspect", "suspect"]
    assert "suspect" not in [e.quality for e in cool if isinstance(e, Reading)]


def test_an_inferred_unit_is_marked() -> None:
    parser = opened()
    (reading,) = parser.feed(b"Temperature: 22.31\r\n")
    assert isinstance(reading, Reading)
    assert reading.quality == "unit assumed"


def test_humidity_a_little_past_saturation_is_clipped_and_marked() -> None:
    parser = opened()
    (reading,) = parser.feed(b"Humidity: 103.2 %\r\n")
    assert isinstance(reading, Reading)
    assert (reading.value, reading.quality) == (100.0, "suspect")
    assert said("Humidity: 105.1 %\r\n") == []


def test_a_known_trinkey_needs_no_header_and_nothing_else_passes_for_one() -> None:
    assert said("272109480, 22.73, 44.52, 352\r\n", trinkey=True) == [(T, 22.73), (H, 44.52)]
    assert said("272109480, 22.73, 44.52, 352\r\n") == []
    for other in ("22,5,44,1\r\n", "352\r\n", "1.33\r\n", "272109480, nan, nan, 352\r\n"):
        assert said(other, trinkey=True) == []


def test_a_line_without_end_is_dropped_and_the_next_one_read() -> None:
    parser = opened()
    endless = parser.feed(b"Temperature: 22.3 " * (LONGEST_LINE // 10))
    assert [type(event) for event in endless] == [Rejected]
    assert parser.feed(b"C\r\n") == []
    assert [e.value for e in parser.feed(b"Temperature: 22.4 C\r\n") if isinstance(e, Reading)] == [22.4]


HEADERS = st.sampled_from(
    ["", "T(deg C),T(deg F),P(Pa),%RH\r\n", "Temperature;Humidity\r\n", "BSEC outputs:\r\n"]
)
WORDS = 'Temp Humidity Pressure T H P : = , ; 22.5 1013 -40 1e9 nan *C °F % hPa Pa { } " [ ] null # $ * ( )'
PIECES = st.sampled_from([*WORDS.split(" "), " ", "\t", "\r\n", "\n", "\x00", "'"])


def _sound(events: list[object]) -> None:
    limits = {T: (-40, 85), H: (0, 100), P: (300, 1100)}
    for event in events:
        if isinstance(event, Reading):
            low, high = limits[event.quantity]
            assert low <= event.value <= high
            assert event.unit == UNITS[event.quantity]
        else:
            assert isinstance(event, Rejected)
            assert event.reason


@given(st.lists(st.binary(max_size=200), max_size=8))
def test_any_bytes_give_values_within_the_gates_or_none(chunks: list[bytes]) -> None:
    parser = TextLines(trinkey=True)
    for chunk in chunks:
        _sound([*parser.feed(chunk), *parser.idle()])


@given(HEADERS, st.lists(PIECES, max_size=40))
def test_any_mixture_of_known_words_gives_values_within_the_gates_or_none(
    header: str, pieces: list[str]
) -> None:
    parser = opened(trinkey=True)
    _sound(parser.feed(header.encode()))
    _sound([*parser.feed("".join(pieces).encode() + b"\r\n"), *parser.idle()])
