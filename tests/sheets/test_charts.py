"""Charts: round axes, honest breaks, well-formed SVG."""

from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.sheets import charts, words
from capture.sheets.model import AirCurve, AirPoint


def curve(*points: tuple[float, float], quantity: str = "temperature", unit: str = "°C") -> AirCurve:
    return AirCurve(quantity, unit, "sensor", False, False, 0, tuple(AirPoint(*point) for point in points))


@given(st.floats(-1000, 2000), st.floats(0, 500))
def test_axes_enclose_the_values_on_round_steps(low: float, span: float) -> None:
    bottom, top, step = charts.nice(low, low + span, 3)
    assert bottom <= low + 1e-6
    assert top >= low + span - 1e-6
    assert 1 <= round((top - bottom) / step) <= 6
    mantissa = f"{step:e}"[0]
    assert mantissa in "125"


@given(st.floats(0.01, 1e6))
def test_time_steps_are_round_and_large_enough(seconds: float) -> None:
    step = charts.time_step(seconds)
    assert step >= seconds
    assert step in {1, 2, 5, 10, 15, 30} or step % 60 == 0


def test_a_silent_sensor_breaks_the_line() -> None:
    points = [AirPoint(t, 20.0) for t in (0, 2, 4, 6, 400, 402)]
    assert [[p.seconds for p in run] for run in charts.runs(points)] == [[0, 2, 4, 6], [400, 402]]


@given(st.lists(st.tuples(st.floats(0, 3600), st.floats(-40, 60)), min_size=1, max_size=50))
def test_the_chart_is_well_formed_and_inside_its_frame(points: list[tuple[float, float]]) -> None:
    svg = charts.air_chart([curve(*sorted(points))], 0, 3600, words.length, [charts.Span("<&3", 10, 20)])
    root = ET.fromstring(svg)
    height = float(root.attrib["height"])
    for line in root.iter("{http://www.w3.org/2000/svg}polyline"):
        for pair in line.attrib["points"].split():
            x, y = (float(part) for part in pair.split(","))
            assert 40 <= x <= 480
            assert 0 <= y <= height


def test_axis_labels_carry_units_and_local_times() -> None:
    both = [curve((0, 20), (10, 21)), curve((0, 40), (10, 41), quantity="relative_humidity", unit="%RH")]
    svg = charts.air_chart(both, 0, 60, words.length)
    texts = [element.text for element in ET.fromstring(svg).iter() if element.text]
    assert "temperature, °C" in texts
    assert "relative humidity, %RH" in texts
    assert texts[-7:] == [f"0:00:{s:02}" for s in (0, 10, 20, 30, 40, 50)] + ["0:01:00"]


def test_take_numbers_do_not_overlap() -> None:
    spans = [charts.Span(str(n), n, n + 0.5) for n in range(400)]
    svg = charts.air_chart([curve((0, 20), (400, 21))], 0, 400, words.length, spans)
    root = ET.fromstring(svg)
    labels = [
        e for e in root.iter("{http://www.w3.org/2000/svg}text") if float(e.attrib["y"]) < charts.NUMBERS
    ]
    places = [(float(e.attrib["x"]), len(e.text or "")) for e in labels]
    assert len(places) > 10
    assert all(b[0] - a[0] > 3.2 * b[1] for a, b in pairwise(places))


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0:00:00"), (59.999, "0:00:59"), (3600, "1:00:00"), (36_061, "10:01:01")]
)
def test_lengths(seconds: float, said: str) -> None:
    assert words.length(seconds) == said


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["A_T001", "A_T002", "A_T003", "A_T005"], ["A_T001–T003", "A_T005"]),
        (["A_T009", "A_T010", "B_T011"], ["A_T009–T010", "B_T011"]),
        (["A_T999", "A_T1000", "odd"], ["A_T999–T1000", "odd"]),
        ([], []),
    ],
)
def test_runs_of_take_names(names: list[str], said: list[str]) -> None:
    assert words.runs(names) == said
