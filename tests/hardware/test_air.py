"""The physics of air against printed tables of the standards and against other implementations.

`air_reference.json` holds one row per value with the standard and table, or the other program, it is from.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware import air

REFERENCE = json.loads((Path(__file__).parent / "air_reference.json").read_text())


def computed(row: dict[str, Any]) -> float:
    t, rh, p = row["t_c"], row.get("rh_pct"), row.get("p_hpa")
    quantity = row["quantity"]
    if quantity == "saturation_vapour_pressure":
        return air.saturation_pressure_pa(t)
    if quantity == "dew_point":
        return air.dew_point(t, rh)
    if quantity == "atmospheric_absorption":
        frequency = air.mid_band_hz(row["mid_band_hz"]) if "mid_band_hz" in row else row["frequency_hz"]
        return air.absorption_db_km(frequency, t, rh, p)
    by_name = {
        "air_density": air.density_kg_m3,
        "speed_of_sound": air.speed_of_sound_m_s,
        "characteristic_impedance": air.impedance_pa_s_m,
    }
    return by_name[quantity](t, rh, p)


def test_every_reference_value() -> None:
    wrong = [
        (row, computed(row))
        for row in REFERENCE["rows"]
        if abs(computed(row) - row["value"]) > row["tolerance"]
    ]
    assert len(REFERENCE["rows"]) == 170
    assert wrong == []


def test_bands_are_the_exact_ones_of_the_standard() -> None:
    assert air.mid_band_hz(8000) == pytest.approx(7943.28, abs=0.005)
    assert air.mid_band_hz(63) == pytest.approx(63.0957, abs=0.0001)
    # 20 °C, 50 %: the nominal 8 kHz would read 1.4 dB/km high
    assert air.absorption_db_km(air.mid_band_hz(8000), 20, 50, 1013.25) == pytest.approx(103.91, abs=0.01)
    assert air.absorption_db_km(8000, 20, 50, 1013.25) == pytest.approx(105.29, abs=0.01)


@pytest.mark.parametrize(
    ("t", "rh", "p"),
    [(-0.1, 50, 1000), (30.1, 50, 1000), (20, 50, 749), (20, 50, 1021), (20, 101, 1000), (20, -1, 1000)],
)
def test_speed_of_sound_is_refused_outside_its_range(t: float, rh: float, p: float) -> None:
    with pytest.raises(air.OutOfRange):
        air.speed_of_sound_m_s(t, rh, p)


def test_what_has_no_answer_is_refused() -> None:
    for broken in (
        lambda: air.dew_point(20, 0),
        lambda: air.saturation_pressure_pa(float("nan")),
        lambda: air.absorption_db_km(1000, 51, 50, 1000),
        lambda: air.absorption_db_km(2e6, 20, 50, 1000),
        lambda: air.density_kg_m3(20, 50, 200),
    ):
        with pytest.raises(air.OutOfRange):
            broken()


def test_temperature_dominates() -> None:
    here = air.speed_of_sound_m_s(20, 50, 1013.25)
    assert air.speed_of_sound_m_s(21, 50, 1013.25) - here == pytest.approx(0.625, abs=0.03)
    assert air.speed_of_sound_m_s(20, 60, 1013.25) - here == pytest.approx(0.125, abs=0.01)
    assert air.speed_of_sound_m_s(20, 50, 963.25) - here == pytest.approx(0.03, abs=0.01)


@settings(deadline=None)
@given(st.floats(0, 45), st.floats(5, 100))
def test_air_at_its_dew_point_is_saturated(temperature: float, humidity: float) -> None:
    dew = air.dew_point(temperature, humidity)
    assert dew <= temperature + 1e-9
    wanted = humidity / 100 * air.saturation_pressure_pa(temperature)
    assert air.saturation_pressure_pa(dew) == pytest.approx(wanted, rel=1e-8)
