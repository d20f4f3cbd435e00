"""Level arithmetic against published figures, to 0.01 dB, and what it says where a figure is missing."""

from __future__ import annotations

from typing import Any

import pytest

from capture.evidence.arithmetic import (
    DBU_VOLTS,
    NAMES,
    PASCAL_DB,
    noise_floor,
    power_sum,
    sensitivity_dbu,
    spl_at_full_scale,
    thermal_dbu,
)
from tests.evidence.published import HAPI, MICROPHONES, THERMAL_DBU, Microphone

PADS = {"microphone.pad_db": 0, "preamp.pad_db": 0}
U87 = {
    "microphone.sensitivity_mv_pa": 28,
    "microphone.self_noise_dba": 12,
    "converter.full_scale_dbu": 13,
    **PADS,
}


def test_the_units() -> None:
    assert pytest.approx(93.9794, abs=5e-5) == PASCAL_DB  # 1 Pa re 20 µPa
    assert pytest.approx(0.774597, abs=5e-7) == DBU_VOLTS


@pytest.mark.parametrize("mic", MICROPHONES, ids=[m.model for m in MICROPHONES])
def test_published_microphones(mic: Microphone) -> None:
    assert sensitivity_dbu(mic.mv_pa) == pytest.approx(mic.dbu_per_pa, abs=0.01)
    for gain, expected in zip((0, 20, 40), mic.at_gain_0_20_40, strict=True):
        chain = {
            "microphone.sensitivity_mv_pa": mic.mv_pa, "preamp.gain_db": gain, "converter.full_scale_dbu": 13,
            **PADS,
        }  # fmt: skip
        found = spl_at_full_scale(chain)
        assert found.db == pytest.approx(expected, abs=0.01)
        assert found.holds_if == found.missing == ()
        assert sum(step.db for step in found.steps) == pytest.approx(found.db)
        if mic.self_noise_dba is not None:
            noise = noise_floor({**chain, "microphone.self_noise_dba": mic.self_noise_dba}).parts[0].dbfs_a
            assert noise == pytest.approx(mic.self_noise_dbu_a + gain - 13, abs=0.01)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("mv_pa", "gain", "dbfs", "dba"), [(40, 0.8, -115.0, 16.92), (13, 10.5, -114.93, 17.05)]
)
def test_the_worked_noise_floors(mv_pa: float, gain: float, dbfs: float, dba: float) -> None:
    chain = {"microphone.sensitivity_mv_pa": mv_pa, "microphone.self_noise_dba": 15, "preamp.gain_db": gain}
    floor = noise_floor({**chain, **HAPI})
    assert floor.dbfs_a == pytest.approx(dbfs, abs=0.01)
    assert floor.dba == pytest.approx(dba, abs=0.01)
    assert floor.least_dbfs_a == floor.dbfs_a
    assert [part.what for part in floor.parts] == ["microphone", "preamp", "converter"]
    assert power_sum([part.dbfs_a for part in floor.parts if part.dbfs_a is not None]) == floor.dbfs_a


def test_a_u_87_at_40_db() -> None:
    floor = noise_floor({**U87, "preamp.gain_db": 40})
    assert floor.parts[0].dbfs_a == pytest.approx(-83.82, abs=0.01)
    assert (floor.dbfs_a, floor.dba) == (None, None)  # preamp and converter are not known
    assert floor.least_dbfs_a == pytest.approx(-83.82, abs=0.01)


def test_a_calibrator_of_94_db_on_a_u_87_at_35_db() -> None:
    found = spl_at_full_scale({**U87, "preamp.gain_db": 35})
    assert found.db == pytest.approx(100.82, abs=0.01)
    assert 94 - (found.db or 0) == pytest.approx(-6.82, abs=0.01)


@pytest.mark.parametrize(("ohm", "dbu"), THERMAL_DBU.items())
def test_thermal_noise(ohm: float, dbu: float) -> None:
    assert thermal_dbu(ohm) == pytest.approx(dbu, abs=0.01)
    floor = noise_floor({**U87, "preamp.gain_db": 40, "microphone.impedance_ohm": ohm})
    assert floor.thermal_dbfs == pytest.approx(dbu + 40 - 13, abs=0.01)


def test_equal_noises_add_up_to_3_db_more() -> None:
    assert power_sum([-100.0, -100.0]) == pytest.approx(-96.9897, abs=1e-4)


@pytest.mark.parametrize(
    ("pad", "more"), [("microphone.pad_db", 10), ("preamp.pad_db", 20)], ids=["microphone", "preamp"]
)
def test_a_pad_raises_full_scale(pad: str, more: int) -> None:
    plain, padded = ({**U87, "preamp.gain_db": 20, pad: db} for db in (0, -more))
    assert spl_at_full_scale(padded).db == pytest.approx((spl_at_full_scale(plain).db or 0) + more)


def test_what_a_pad_does_to_noise() -> None:
    chain = {**U87, **HAPI, "preamp.gain_db": 40}
    plain, preamp = noise_floor(chain), noise_floor({**chain, "preamp.pad_db": -20})
    assert (preamp.parts[0].dbfs_a or 0) == pytest.approx((plain.parts[0].dbfs_a or 0) - 20)
    assert preamp.parts[1] == plain.parts[1]  # the amplifier behind the pad is as noisy as before
    assert noise_floor({**chain, "microphone.pad_db": -10}).parts[0].dbfs_a is None  # makers do not state it


@pytest.mark.parametrize(
    "name", ["microphone.sensitivity_mv_pa", "preamp.gain_db", "converter.full_scale_dbu"]
)
def test_what_is_missing_is_named(name: str) -> None:
    chain = {key: value for key, value in {**U87, "preamp.gain_db": 20}.items() if key != name}
    found = spl_at_full_scale(chain)
    assert (found.db, found.missing) == (None, (NAMES[name],))
    assert NAMES[name] in noise_floor(chain).parts[0].why


def test_a_pad_that_nobody_spoke_of_is_a_condition() -> None:
    chain = {key: value for key, value in U87.items() if not key.endswith("pad_db")} | {"preamp.gain_db": 35}
    found = spl_at_full_scale(chain)
    assert found.db == pytest.approx(100.82, abs=0.01)
    assert found.holds_if == (
        "no microphone pad is on (not declared)",
        "no preamp pad is on (not declared)",
    )


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"kind": "di"}, "a microphone"),
        ({"insert.1.model": "1176"}, "insert"),
        ({"microphone.sensitivity_mv_pa": 0}, "sensitivity"),
        ({"preamp.gain_db": True}, "gain"),
        ({"preamp.gain_db": "red 45"}, "gain"),
        ({"converter.full_scale_dbu": float("nan")}, "full scale"),
    ],
)
def test_what_cannot_be_worked_out_is_not(more: dict[str, Any], word: str) -> None:
    found = spl_at_full_scale({**U87, "preamp.gain_db": 20, **more})
    assert found.db is None
    assert word in " ".join(found.missing)


def test_nothing_is_known_of_an_empty_chain() -> None:
    floor = noise_floor({})
    assert (floor.dbfs_a, floor.least_dbfs_a, floor.dba, floor.thermal_dbu) == (None, None, None, None)
    assert all(part.why for part in floor.parts)
