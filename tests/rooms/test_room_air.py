"""The air put together from readings: which source counts, what is assumed aloud, what stays unknown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.journal.record import load
from capture.rooms.air import FRESH_SECONDS, of_newest, of_take, of_values
from tests.support.sheet_takes import SENSOR, one_take
from tests.support.takes import build_take


def reading(quantity: str, value: float, unit: str, **more: Any) -> dict[str, Any]:
    plain = {"sensor": "a", "quantity": quantity, "value": value, "unit": unit, "quality": "ok", "raw": ""}
    return {**plain, "typed": False, "by": "", "instrument": "", "simulated": False, "age_s": 1.0, **more}


def test_whole_air_has_every_figure() -> None:
    figures = of_values(20, 50, 1013.25).figures()
    assert figures.speed == pytest.approx(343.987, abs=0.001)  # Cramer, 400 ppm
    assert figures.density == pytest.approx(1.199314, abs=1e-6)  # CIPM-2007
    assert figures.impedance == pytest.approx(412.55, abs=0.01)
    assert figures.dew_point == pytest.approx(9.272, abs=0.03)  # PsychroLib and CoolProp
    absorbed = dict(figures.absorption)
    assert absorbed[1000] == pytest.approx(4.66, rel=0.006)  # ISO 9613-1, Table 1
    assert absorbed[2000] == pytest.approx(9.86, rel=0.006)
    assert absorbed[8000] == pytest.approx(103.91, abs=0.01)  # at 7943.28 Hz
    assert (figures.assumed, figures.missing) == ((), ())
    assert figures.speed_pm_of == (
        "without that of temperature and relative humidity, whose accuracy is not known"
    )
    assert figures.speed_pm == pytest.approx(343.987 * 300e-6, rel=1e-4)


def test_a_pressure_that_is_not_known_is_said() -> None:
    figures = of_values(20, 50, None).figures()
    assert figures.speed == pytest.approx(343.987, abs=0.001)
    assert figures.assumed == ("1013.25 hPa for speed of sound and absorption: the pressure is not known",)
    assert dict(figures.missing)["density"] == "pressure is not known"
    assert figures.impedance is None
    assert figures.density is None
    assert (figures.speed_pm or 0) > 0.2  # 750 hPa may be meant: the formula alone has 0.1


@pytest.mark.parametrize(("t", "rh"), [(None, 50), (20, None), (None, None)])
def test_without_temperature_or_humidity_nothing_is_computed(t: float | None, rh: float | None) -> None:
    figures = of_values(t, rh, 1013.25).figures()
    assert figures.speed is None
    assert figures.density is None
    assert figures.dew_point is None
    assert figures.absorption == ()
    why = dict(figures.missing)["speed of sound"]
    assert ("temperature" in why, "relative humidity" in why) == (t is None, rh is None)


def test_what_the_formula_is_not_made_for() -> None:
    cold = of_values(-5, 50, 1000).figures()
    assert cold.speed is None
    assert "0 to 30 °C" in dict(cold.missing)["speed of sound"]
    assert cold.density is not None
    high = of_values(20, 50, 1035).figures()
    assert high.speed == of_values(20, 50, 1020).figures().speed
    assert high.assumed == ("1020 hPa for the speed of sound, the most its formula is made for",)
    assert high.density == pytest.approx(
        (of_values(20, 50, 1013.25).figures().density or 0) * 1.0215, rel=1e-3
    )


def test_a_sensor_counts_before_a_person_and_an_old_reading_not_at_all() -> None:
    room = of_newest(
        [
            reading("temperature", 25, "°C", typed=True, by="Ida", sensor="typed", age_s=4000),
            reading("temperature", 21, "°C", identity="x"),
            reading("relative_humidity", 40, "%RH", age_s=FRESH_SECONDS + 1),
            reading("pressure", 1000, "hPa", quality="suspect"),
        ],
        [{"id": "a", "identity": "239A:8153 DF6099"}],
    )
    assert room.known["temperature"].value == 21
    assert room.known["temperature"].accuracy == 0.2  # Sensirion, data sheet SHT4x
    assert list(room.known) == ["temperature"]
    assert room.others == ("temperature 25 °C (typed by Ida) not used",)


def test_the_air_of_a_take_with_its_uncertainty(tmp_path: Path) -> None:
    room = of_take(load(one_take(tmp_path)))
    known = room.known["temperature"]
    assert (known.low, known.high) == (21.4, 21.42)
    assert known.value == pytest.approx(21.41, abs=0.001)
    assert known.accuracy == 0.2
    figures = room.figures()
    # 0.2 °C at 0.6 m/s per degree, 1.8 % at 0.013 m/s per %, 300 ppm of the formula: in squares
    expected = ((0.2 * 0.604) ** 2 + (1.8 * 0.0138) ** 2 + (344.6 * 300e-6) ** 2) ** 0.5
    assert figures.speed_pm == pytest.approx(expected, rel=0.03)
    assert figures.speed_pm_of == ""
    assert SENSOR["identity"].startswith("239A:8153")


def test_a_take_without_readings_has_no_air(tmp_path: Path) -> None:
    room = of_take(load(build_take(tmp_path)))
    assert room.known == {}
    assert room.figures().speed is None


def test_broken_readings_are_not_air() -> None:
    for broken in (
        reading("temperature", float("nan"), "°C"),
        reading("temperature", 70, "°F"),
        {**reading("temperature", 20, "°C"), "value": True},
        {**reading("temperature", 20, "°C"), "value": None},
        {"quantity": "light"},
        {},
    ):
        assert of_newest([broken]).known == {}


anything = (
    st.none() | st.floats(-1e5, 1e5) | st.sampled_from([0.0, -273.15, 100.0, 30.0, 750.0, float("nan")])
)


@settings(deadline=None)
@given(anything, anything, anything)
def test_any_air_has_figures_or_reasons(t: float | None, rh: float | None, p: float | None) -> None:
    figures = of_values(t, rh, p).figures()
    missing = dict(figures.missing)
    assert (figures.speed is None) == ("speed of sound" in missing)
    assert (figures.speed_pm is None) == (figures.speed is None)
    assert (figures.density is None) == ("density" in missing)
    assert (figures.dew_point is None) == ("dew point" in missing)
    assert (figures.absorption == ()) == ("absorption" in missing)
    if figures.speed is not None:
        assert 330 < figures.speed < 360


@settings(deadline=None)
@given(st.floats(0, 30), st.floats(0, 100), st.none() | st.floats(750, 1020))
def test_within_its_range_there_is_always_a_speed(t: float, rh: float, p: float | None) -> None:
    assert of_values(t, rh, p).figures().speed is not None


def test_air_that_is_almost_dry_has_no_dew_point_that_is_known() -> None:
    for humidity in (5e-324, 1e-12, 0.001):
        figures = of_values(20, humidity, 1000).figures()
        assert figures.dew_point is None
        assert "dew point" in dict(figures.missing)
