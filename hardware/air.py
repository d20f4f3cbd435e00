"""What air does: its density, its speed of sound, how it swallows sound, its dew point.

Temperatures are °C, relative humidity is % over water, pressures are hPa, and the air is taken to hold
400 ppm of carbon dioxide (IEC 61094-2:2009, Annex F). Nothing here guesses a quantity that is not given.

Sources: CIPM-2007 (Picard et al., Metrologia 45, 2008, 149) for vapour pressure, mole fraction and density;
Cramer, J. Acoust. Soc. Am. 93 (1993) 2510, Eq. 15, for the speed of sound; ISO 9613-1:1993 for absorption.
"""

from __future__ import annotations

import math

CO2 = 0.0004  # mole fraction
ZERO_CELSIUS = 273.15
REFERENCE_HPA = 1013.25
CRAMER_PPM = 300.0  # "estimated to be less than": Cramer 1993
SPEED_CELSIUS, SPEED_HPA = (0.0, 30.0), (750.0, 1020.0)
"""What Cramer's equation is made for."""
OCTAVES = (63, 125, 250, 500, 1000, 2000, 4000, 8000, 16000)
"""Nominal mid-bands in Hz."""


class OutOfRange(ValueError):
    """A formula was asked for air that it was not made for; the text says which and what its range is."""


def saturation_pressure_pa(temperature: float) -> float:
    """Vapour pressure over water at saturation (CIPM-2007, Appendix A1.1); raises OutOfRange."""
    _within("the vapour pressure", temperature, -45.0, 60.0, "°C")
    kelvin = temperature + ZERO_CELSIUS
    return math.exp(1.2378847e-5 * kelvin**2 - 1.9121316e-2 * kelvin + 33.93711047 - 6343.1645 / kelvin)


def vapour_fraction(temperature: float, humidity: float, pressure: float) -> float:
    """Mole fraction of water vapour (CIPM-2007, Appendix A1.2 and A1.3); raises OutOfRange."""
    _within("the humidity", humidity, 0.0, 100.0, "%RH")
    _within("the pressure", pressure, 300.0, 1100.0, "hPa")
    pascals = pressure * 100
    enhancement = 1.00062 + 3.14e-8 * pascals + 5.6e-7 * temperature**2
    return humidity / 100 * enhancement * saturation_pressure_pa(temperature) / pascals


def density_kg_m3(temperature: float, humidity: float, pressure: float) -> float:
    """Density of moist air (CIPM-2007, Eq. 1, compressibility of Appendix A1.4); raises OutOfRange.

    Its uncertainty is stated for 15 to 27 °C and 600 to 1100 hPa; beyond, it is less sure.
    """
    vapour = vapour_fraction(temperature, humidity, pressure)
    kelvin, pascals = temperature + ZERO_CELSIUS, pressure * 100
    ratio = pascals / kelvin
    second = 1.58123e-6 - 2.9331e-8 * temperature + 1.1043e-10 * temperature**2
    second += (5.707e-6 - 2.051e-8 * temperature) * vapour
    second += (1.9898e-4 - 2.376e-6 * temperature) * vapour**2
    compressibility = 1 - ratio * second + ratio**2 * (1.83e-11 - 0.765e-8 * vapour**2)
    dry_air, water = 28.96546e-3 + 12.011e-3 * (CO2 - 0.0004), 18.01528e-3  # kg/mol
    ideal = pascals * dry_air / (compressibility * 8.314472 * kelvin)
    return ideal * (1 - vapour * (1 - water / dry_air))


def speed_of_sound_m_s(temperature: float, humidity: float, pressure: float) -> float:
    """Speed of sound (Cramer 1993, Eq. 15), to 300 ppm; raises OutOfRange outside 0–30 °C, 750–1020 hPa.

    Barometers at sea level read up to 1050 hPa, where the paper does not vouch for its fit: such a pressure
    is refused as the others are. The vapour is that of CIPM-2007, as IEC 61094-2 has it.
    """
    _within("the speed of sound", temperature, *SPEED_CELSIUS, "°C")
    _within("the speed of sound", pressure, *SPEED_HPA, "hPa")
    vapour = vapour_fraction(temperature, humidity, pressure)
    _within("the speed of sound", vapour, 0.0, 0.06, "of vapour")
    t, p, x, c = temperature, pressure * 100, vapour, CO2
    return (
        331.5024 + 0.603055 * t - 0.000528 * t**2
        + (51.471935 + 0.1495874 * t - 0.000782 * t**2) * x
        + (-1.82e-7 + 3.73e-8 * t - 2.93e-10 * t**2) * p
        + (-85.20931 - 0.228525 * t + 5.91e-5 * t**2) * c
        - 2.835149 * x**2 - 2.15e-13 * p**2 + 29.179762 * c**2 + 0.000486 * x * p * c
    )  # fmt: skip


def impedance_pa_s_m(temperature: float, humidity: float, pressure: float) -> float:
    """Characteristic impedance: density times speed of sound; raises OutOfRange."""
    return density_kg_m3(temperature, humidity, pressure) * speed_of_sound_m_s(
        temperature, humidity, pressure
    )


def mid_band_hz(nominal: float) -> float:
    """The exact mid-band of a nominal third-octave: 1000·10^(k/10) (ISO 9613-1, 6.4): 8000 is 7943.28."""
    return float(1000 * 10 ** (round(10 * math.log10(nominal / 1000)) / 10))


def absorption_db_km(frequency: float, temperature: float, humidity: float, pressure: float) -> float:
    """Absorption of a pure tone in dB/km (ISO 9613-1, Eqs. 3 to 5 and B.1 to B.3); raises OutOfRange.

    `frequency` is taken as it is; pass `mid_band_hz(nominal)` for a band. Within ±10 % for 0.05 to 5 % of
    vapour (clause 7); in drier or wetter air, which the standard tabulates too, it is less sure.
    """
    _within("the absorption", temperature, -20.0, 50.0, "°C")
    _within("the absorption", pressure, 300.0, 1100.0, "hPa")
    _within("the humidity", humidity, 0.0, 100.0, "%RH")
    _within("the absorption", frequency / (pressure * 100), 4e-4, 10.0, "Hz/Pa")
    kelvin, relative = temperature + ZERO_CELSIUS, pressure / REFERENCE_HPA
    warm = kelvin / 293.15
    saturation = 10 ** (-6.8346 * (273.16 / kelvin) ** 1.261 + 4.6151)
    vapour = humidity * saturation / relative  # %
    _within("the absorption", vapour, 0.005, 100.0, "% of vapour")
    oxygen = relative * (24 + 4.04e4 * vapour * (0.02 + vapour) / (0.391 + vapour))
    nitrogen = relative * warm**-0.5 * (9 + 280 * vapour * math.exp(-4.170 * (warm ** (-1 / 3) - 1)))
    square = frequency**2
    relaxing = 0.01275 * math.exp(-2239.1 / kelvin) / (oxygen + square / oxygen)
    relaxing += 0.1068 * math.exp(-3352.0 / kelvin) / (nitrogen + square / nitrogen)
    return float(1000 * 8.686 * square * (1.84e-11 / relative * warm**0.5 + warm**-2.5 * relaxing))


def dew_point(temperature: float, humidity: float) -> float:
    """The temperature at which this air would be saturated over water (below 0 °C too); raises OutOfRange.

    Newton's method on `saturation_pressure_pa`.
    """
    _within("the humidity", humidity, 0.0, 100.0, "%RH")
    if humidity == 0:
        raise OutOfRange("air without any vapour has no dew point")
    wanted = math.log(humidity) - math.log(100) + math.log(saturation_pressure_pa(temperature))
    dew = temperature
    for _ in range(50):
        kelvin = dew + ZERO_CELSIUS
        slope = 2 * 1.2378847e-5 * kelvin - 1.9121316e-2 + 6343.1645 / kelvin**2
        step = (math.log(saturation_pressure_pa(dew)) - wanted) / slope
        dew -= step
        if abs(step) < 1e-9:
            break
    return dew


def _within(what: str, value: float, low: float, high: float, unit: str) -> None:
    if not low <= value <= high:
        raise OutOfRange(f"{what} is known for {low:g} to {high:g} {unit}, not for {value:.6g}")
