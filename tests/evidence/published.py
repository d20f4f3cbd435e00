"""Published figures of microphones and converters, and what they come to, with where they stand.

The formula is that of AES17 and of each maker's own worked figures: 93.98 + full scale − gain − sensitivity.
"""

from __future__ import annotations

from typing import NamedTuple


class Microphone(NamedTuple):
    model: str
    mv_pa: float
    dbu_per_pa: float
    self_noise_dba: float | None
    self_noise_dbu_a: float | None
    at_gain_0_20_40: tuple[float, float, float]  # dB SPL at 0 dBFS with a full scale of +13 dBu
    source: str


MICROPHONES = (
    Microphone(
        "Neumann U 87 Ai, cardioid", 28.0, -28.84, 12, -110.82, (135.82, 115.82, 95.82), "neumann.com"
    ),
    Microphone("Shure SM57", 1.88, -52.3, None, None, (159.28, 139.28, 119.28), "shure.com, as at thomann"),
    Microphone("Neumann TLM 193", 11.0, -36.95, 10, -120.93, (143.93, 123.93, 103.93), "manual, p. 4"),
    Microphone("DPA 4006ER", 40.0, -25.74, 15, -104.72, (132.72, 112.72, 92.72), "worked example of a HAPI"),
    Microphone(
        "Schoeps CMM 4", 13.0, -35.5, 15, -114.48, (142.48, 122.48, 102.48), "worked example of a HAPI"
    ),
    Microphone("Crown CM-150", 5.4, -43.13, 26.5, -110.61, (150.11, 130.11, 110.11), "crownaudio.com"),
    Microphone("Electro-Voice RE20", 1.5, -54.26, None, None, (161.24, 141.24, 121.24), "electrovoice.com"),
    Microphone(
        "Royer R-121", 4.467, -44.78, None, None, (151.76, 131.76, 111.76), "royerlabs.com: −47 dBV/Pa"
    ),
    Microphone("Røde NT1-A", 25.41, -29.68, None, None, (136.66, 116.66, 96.66), "rode.com: −31.9 dBV/Pa"),
)

HAPI = {"converter.full_scale_dbu": 13, "preamp.ein_dbu": -128, "converter.dynamic_range_db": 119.5}
"""Merging ADA8: 0 dBFS = +13 dBu, EIN −128 dBu(A), dynamic range 119.5 dB(A); a public worked example."""

THERMAL_DBU = {50: -135.69, 150: -130.92, 200: -129.67, 600: -124.9}
"""Thermal noise of these ohms at 20 °C, 20 Hz to 20 kHz: √(4 k T R B)."""

A_WEIGHTING = {
    10: -70.4, 12.5: -63.4, 16: -56.7, 20: -50.5, 25: -44.7, 31.5: -39.4, 40: -34.6, 50: -30.2, 63: -26.2,
    80: -22.5, 100: -19.1, 125: -16.1, 160: -13.4, 200: -10.9, 250: -8.6, 315: -6.6, 400: -4.8, 500: -3.2,
    630: -1.9, 800: -0.8, 1000: 0.0, 1250: 0.6, 1600: 1.0, 2000: 1.2, 2500: 1.3, 3150: 1.2, 4000: 1.0,
    5000: 0.5, 6300: -0.1, 8000: -1.1, 10000: -2.5, 12500: -4.3, 16000: -6.6, 20000: -9.3,
}  # fmt: skip
"""IEC 61672-1, table of design goals: the frequencies are nominal, the exact ones 1000 · 10^(k/10)."""
