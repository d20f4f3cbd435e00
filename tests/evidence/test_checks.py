"""Each contradiction check on sound that fits its chain and on sound that does not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from capture.evidence.check import CONSISTENT, CONTRADICTS, NOT_TESTABLE, Check, counts
from capture.evidence.checks import check_take
from capture.evidence.tracks import values_of
from capture.journal.record import load
from tests.evidence.sounds import CHAIN, RATE, noise, sine, take_of
from tests.support.takes import STARTED, journal_fields, rechained

OF_A_TRACK = ("noise floor", "thermal noise", "peak level", "stillness", "repetition", "bandwidth", "hum")


@pytest.fixture
def checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    def run(sound: np.ndarray, mains: int | None = None, **more: Any) -> dict[str, Check]:
        journal = take_of(tmp_path, monkeypatch, sound, **more)
        record = load(journal)
        found = check_take(record, values_of(record), mains=mains)
        assert len({(check.what, check.tracks) for check in found}) == len(found)
        return {check.what: check for check in found if check.tracks[:1] in ((), (1,))}

    return run


def with_chain(**more: Any) -> dict[str, Any]:
    return {**CHAIN, **{f"input.1.{name}": value for name, value in more.items()}}


def test_sound_that_fits_its_chain(checked: Any) -> None:
    """A U 87 in a quiet room: noise of 14 dBA, and a voice of 94 dB SPL."""
    room = noise(14 - 100.82 + 2, 9, seed=1)
    room[3 * RATE : 5 * RATE] += noise(-6.82, 2, seed=2) / 4
    found = checked(room, chain=with_chain(**{"microphone.impedance_ohm": 200}))
    assert {name: found[name].verdict for name in OF_A_TRACK} == {
        **dict.fromkeys(OF_A_TRACK, CONSISTENT),
        "hum": NOT_TESTABLE,
    }
    assert counts(found.values())[CONTRADICTS] == 0


@pytest.mark.parametrize(("dbfs", "verdict"), [(-90, CONSISTENT), (-99, CONTRADICTS)])
def test_a_floor_below_the_microphones_own(checked: Any, dbfs: float, verdict: str) -> None:
    """The U 87 makes −88.82 dBFS(A); A-weighted, white noise reads 2.85 dB less than in all of the band."""
    found = checked(noise(dbfs, 3))["noise floor"]
    assert found.verdict == verdict
    assert found.numbers["predicted_dbfs_a"] == pytest.approx(-88.82, abs=0.01)
    assert found.numbers["quietest_dbfs_a"] == pytest.approx(dbfs - 2.85, abs=0.3)
    assert ("gate" in found.words) is (verdict == CONTRADICTS)


@pytest.mark.parametrize(("dbfs", "verdict"), [(-104, CONSISTENT), (-115, CONTRADICTS)])
def test_a_floor_below_thermal_noise(checked: Any, dbfs: float, verdict: str) -> None:
    """200 Ω make −129.67 dBu, with 35 dB into +13 dBu −107.67 dBFS."""
    chain = {
        "input.1.microphone.impedance_ohm": 200, "input.1.preamp.gain_db": 35,
        "input.1.converter.full_scale_dbu": 13,
    }  # fmt: skip
    found = checked(noise(dbfs, 3), chain=chain)["thermal noise"]
    assert found.verdict == verdict
    assert found.numbers["thermal_dbfs"] == pytest.approx(-107.67, abs=0.01)


@pytest.mark.parametrize(("gain", "verdict"), [(35, CONSISTENT), (15, CONSISTENT), (0, CONTRADICTS)])
def test_a_peak_above_what_the_microphone_takes(checked: Any, gain: int, verdict: str) -> None:
    """−1 dBFS at 0, 15 and 35 dB of gain: 134.8, 119.8 and 99.8 dB SPL; the U 87 takes 117."""
    found = checked(sine(-1, 997), chain=with_chain(**{"preamp.gain_db": gain}))["peak level"]
    assert found.verdict == verdict
    assert found.numbers["peak_spl_db"] == pytest.approx(134.82 - gain, abs=0.02)


def test_a_pad_lets_the_microphone_take_more(checked: Any) -> None:
    chain = with_chain(**{"preamp.gain_db": 0, "microphone.pad_db": -10})
    found = checked(sine(-8, 997), chain=chain)["peak level"]
    assert (found.verdict, found.numbers["maximum_db"]) == (CONTRADICTS, 127)


def test_digital_silence_in_an_analogue_channel(checked: Any) -> None:
    sound = noise(-60, 3)
    sound[RATE : RATE + 9600] = 0
    found = checked(sound)["stillness"]
    assert found.verdict == CONTRADICTS
    assert found.numbers["longest_s"] == pytest.approx(0.2, abs=1e-3)
    assert "digital silence" in found.words
    assert "0:01.000" in found.words


def test_silence_that_the_take_itself_says_was_lost_is_none(checked: Any) -> None:
    sound = noise(-60, 3)
    sound[RATE : RATE + 9600] = 0
    gap = {"first": RATE, "frames": 9600, "first_pm": 0, "frames_pm": 0, "cause": "lost", "filled": True}
    assert checked(sound, lines=[("gap", RATE, gap)])["stillness"].verdict == CONSISTENT


def test_a_value_that_is_stuck_over_the_edge_of_two_pieces(checked: Any) -> None:
    sound = noise(-60, 3)
    sound[60_000:72_000] = 0.25
    found = checked(sound)["stillness"]
    assert found.numbers["longest_s"] == pytest.approx(0.25, abs=1e-3)
    assert "one value (0.2500000)" in found.words


def test_a_loop(checked: Any) -> None:
    loop = noise(-30, 0.7)
    found = checked(np.concatenate([noise(-30, 1, seed=8), *[loop] * 2, noise(-30, 0.5, seed=9)]))[
        "repetition"
    ]
    assert found.verdict == CONTRADICTS
    assert found.numbers["again_s"] - found.numbers["first_s"] == pytest.approx(0.7, abs=1e-4)
    assert found.numbers["first_s"] == pytest.approx(1.0, abs=0.05)


def test_a_copy_at_another_gain_is_none_to_the_last_bit(checked: Any) -> None:
    one = noise(-30, 1)
    assert checked(np.concatenate([one, one * 0.7]))["repetition"].verdict == CONSISTENT


def test_a_digital_input_may_do_all_that(checked: Any) -> None:
    found = checked(np.zeros(2 * RATE), chain=with_chain(kind="digital"))
    assert {found[name].verdict for name in ("stillness", "repetition", "bandwidth")} == {NOT_TESTABLE}


def converted(factor: int, seconds: float = 3.0) -> np.ndarray:
    """Noise that was recorded at a fraction of the rate: nothing stands above that band."""
    spectrum = np.fft.rfft(noise(-40, seconds))
    spectrum[len(spectrum) // factor :] = 0
    return np.fft.irfft(spectrum, round(seconds * RATE))


def test_a_band_that_ends_early(checked: Any) -> None:
    found = checked(converted(2))["bandwidth"]
    assert found.verdict == CONTRADICTS
    assert found.numbers["over_rounding_db"] == pytest.approx(0, abs=0.5)  # rounding to 24 bits, and no more
    assert "16.8 to 21.1 kHz" in found.words


def test_digital_silence_is_no_narrow_band(checked: Any) -> None:
    sound = noise(-60, 4)
    sound[RATE : 3 * RATE] = 0
    found = checked(sound)
    assert found["bandwidth"].verdict == CONSISTENT
    assert "has digital silence" in found["noise floor"].words
    assert checked(np.zeros(2 * RATE), number=2, counter=2)["bandwidth"].verdict == NOT_TESTABLE


def test_what_was_not_compared_is_said(checked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("capture.evidence.checks.MOST", 400)
    found = checked(noise(-60, 6))["repetition"]
    assert found.verdict == CONSISTENT
    assert found.words == "no samples come again to the last bit in the first 0:02.731"  # two pieces of 2^16


def test_a_whole_band(checked: Any) -> None:
    found = checked(noise(-110, 3))["bandwidth"]
    assert found.verdict == CONSISTENT
    rounding = 20 * np.log10(2.0**-23 / np.sqrt(12)) + 3.01
    assert found.numbers["over_rounding_db"] == pytest.approx(-110 - rounding, abs=0.5)


@pytest.mark.parametrize(("mains", "verdict"), [(50, CONSISTENT), (60, CONTRADICTS), (None, NOT_TESTABLE)])
@pytest.mark.parametrize("shift", [0.0, 0.13])
def test_hum(checked: Any, mains: int | None, verdict: str, shift: float) -> None:
    sound = noise(-60, 10)
    for harmonic, level in enumerate((-50, -58, -55, -63, -60, -68), 1):
        sound += sine(level, harmonic * (50 + shift), 10)
    found = checked(sound, mains=mains)["hum"]
    assert found.verdict == verdict
    if mains:
        assert found.numbers["of_50_db"] > 100


def test_a_bass_is_no_hum(checked: Any) -> None:
    sound = noise(-60, 10) + sum(sine(-30 - 3 * n, n * 49.0, 10) for n in range(1, 7))
    assert checked(sound, mains=60)["hum"].verdict == NOT_TESTABLE


PLACES = {
    "input.1.x_m": 0, "input.1.y_m": 0, "input.1.z_m": 1.5,
    "input.2.x_m": 3.0, "input.2.y_m": 4.0, "input.2.z_m": 1.5,
    **{f"input.{n}.array.kind": "AB" for n in (1, 2)},
    **{f"input.{n}.preamp.polarity": "normal" for n in (1, 2)},
}  # fmt: skip
"""5 m apart: sound is 14.6 ms (20 °C) to 15.1 ms (0 °C) on its way between them."""


def two(delay_s: float, sign: float = 1.0) -> np.ndarray:
    source, late = noise(-20, 4, seed=3), round(delay_s * RATE)
    other = np.concatenate([np.zeros(late), source[: len(source) - late]])
    return np.stack([source + noise(-40, 4, seed=4), sign * other + noise(-40, 4, seed=5)], axis=1)


@pytest.mark.parametrize(("ms", "verdict"), [(0.0, CONSISTENT), (14.0, CONSISTENT), (17.0, CONTRADICTS)])
def test_arrival(checked: Any, ms: float, verdict: str) -> None:
    found = checked(two(ms / 1000), chain=PLACES)["arrival"]
    assert found.verdict == verdict
    assert found.numbers["later_s"] == pytest.approx(ms / 1000, abs=1 / RATE)
    assert found.numbers["apart_m"] == 5.0


@pytest.mark.parametrize(("ms", "verdict"), [(0.5, CONSISTENT), (2.0, CONTRADICTS)])
def test_arrival_in_a_pair_with_a_spacing(checked: Any, ms: float, verdict: str) -> None:
    """ORTF: 17 cm apart, 0.51 ms, and what 10 cm on either side allow."""
    chain = {f"input.{n}.array.spacing_m": 0.17 for n in (1, 2)} | {
        "input.1.pair.input": 2,
        "input.2.pair.input": 1,
    }
    found = checked(two(ms / 1000), chain=chain)["arrival"]
    assert (found.verdict, found.numbers["apart_m"]) == (verdict, 0.17)


@pytest.mark.parametrize(
    ("sign", "declared", "verdict"),
    [
        (1, "normal", CONSISTENT),
        (-1, "normal", CONTRADICTS),
        (-1, "inverted", CONSISTENT),
        (1, "inverted", CONTRADICTS),
    ],
)
def test_polarity(checked: Any, sign: float, declared: str, verdict: str) -> None:
    chain = {**PLACES, "input.2.preamp.polarity": declared}
    assert checked(two(0.004, sign), chain=chain)["polarity"].verdict == verdict


def test_sound_that_is_not_in_both_tells_nothing(checked: Any) -> None:
    apart = np.stack([noise(-20, 4, seed=1), noise(-20, 4, seed=2)], axis=1)
    found = checked(apart, chain=PLACES)
    assert (found["arrival"].verdict, found["polarity"].verdict) == (NOT_TESTABLE, NOT_TESTABLE)


def test_other_rooms_and_no_places_are_not_compared(checked: Any) -> None:
    rooms = {"input.1.place.room": "Live", "input.2.place.room": "Booth"}
    assert checked(two(0.02), chain={**PLACES, **rooms})["arrival"].verdict == NOT_TESTABLE


def measured(journal: Path, ppm: float) -> Path:
    """The same take with a measured rate in its end line."""
    lines = journal_fields(journal)
    for line in lines:
        if line["type"] == "end":
            line["rate_ppm"] = ppm
    journal.write_bytes(rechained(lines))
    return journal


@pytest.mark.parametrize(("ppm", "verdict"), [(12.0, CONSISTENT), (90.0, CONTRADICTS)])
def test_the_sample_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ppm: float, verdict: str) -> None:
    for number in (1, 2):
        more: dict[str, Any] = {
            "number": number,
            "counter": number,
            "started": STARTED + timedelta(minutes=number),
        }
        measured(take_of(tmp_path, monkeypatch, noise(-60, 0.1), **more), 10.0)
    record = load(measured(take_of(tmp_path, monkeypatch, noise(-60, 0.1), number=3, counter=3), ppm))
    found = {check.what: check for check in check_take(record, values_of(record))}["sample clock"]
    assert found.verdict == verdict
    assert found.numbers["usual_ppm"] == 10.0


@pytest.mark.parametrize("more", [{"origin": "simulated"}, {"origin": "loopback"}])
def test_sound_of_no_physical_origin_is_not_tested(checked: Any, more: dict[str, Any]) -> None:
    found = checked(np.zeros(RATE), **more)
    assert [(check.what, check.verdict) for check in found.values()] == [("all", NOT_TESTABLE)]


def test_a_gain_that_changed_while_rolling(checked: Any) -> None:
    change = {"input": 1, "path": "input.1.preamp.gain_db", "from": 35, "to": 20, "by": "anna"}
    found = checked(noise(-120, 3), lines=[("change", RATE, change)])
    assert {found[name].verdict for name in ("noise floor", "thermal noise", "peak level")} == {NOT_TESTABLE}
    assert "changed while it rolled" in found["noise floor"].words


def test_nothing_declared_leaves_what_needs_no_declaration(checked: Any) -> None:
    found = checked(noise(-60, 3), chain={})
    assert {found[name].verdict for name in ("noise floor", "thermal noise", "peak level")} == {NOT_TESTABLE}
    assert {found[name].verdict for name in ("stillness", "repetition", "bandwidth")} == {CONSISTENT}


def test_a_file_that_is_gone_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = take_of(tmp_path, monkeypatch, two(0.004), chain=PLACES)
    next(journal.parent.glob("*_01_*.wav")).unlink()
    record = load(journal)
    found = check_take(record, values_of(record))
    gone = [check for check in found if check.what == "all"]
    assert [(check.tracks, check.verdict) for check in gone] == [((1,), NOT_TESTABLE)]
    assert any(check.tracks == (2,) and check.verdict == CONSISTENT for check in found)
