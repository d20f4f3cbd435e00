"""The starter catalogue: every figure with its source, fit for a chain, and right by published arithmetic."""

import math
import re
from collections import Counter

import pytest
import yaml

from capture.chain.fields import SPECS
from capture.gear import Gear, UnknownGear, figures, picked, starter
from capture.gear.starter import entries

ENTRIES = list(entries().values())
PASSIVE_RIBBONS = ("Royer R-121", "Coles 4038", "Beyerdynamic M 160", "AEA R84", "RCA 44-BX")
WITH_SUPPLY = ("Neumann U 47", "Neumann U 67", "Neumann M 49", "AKG C 12", "Telefunken Ela M 251")
CONDENSERS = (
    "Neumann U 87 Ai",
    "Neumann TLM 103",
    "Schoeps CCM 4",
    "Shure SM81",
    "Royer R-122",
    "AKG C 451 B",
)
DYNAMICS = ("Shure SM57", "Shure SM7B", "Sennheiser MD 421-II", "Electro-Voice RE20", "AKG D 112")


def named(name: str) -> Gear:
    return next(gear for gear in ENTRIES if gear.name == name)


def test_it_holds_what_studios_have() -> None:
    kinds = Counter(gear.kind for gear in ENTRIES)
    assert len(ENTRIES) >= 60
    assert min(kinds["microphone"], 40) == 40
    assert all(kinds[kind] for kind in ("preamp", "interface", "converter"))
    assert len({gear.name for gear in ENTRIES}) == len(ENTRIES)
    assert not any(gear.serial or gear.owner or gear.calibrations for gear in ENTRIES)


@pytest.mark.parametrize("gear", ENTRIES, ids=lambda gear: gear.id)
def test_every_figure_names_a_document_and_fits_a_chain(gear: Gear) -> None:
    for spec in gear.specs.values():
        assert len(spec.source) > 10
        assert not re.search(r"unknown|memory|typical value|estimate", spec.source)
    part = "microphone" if gear.kind == "microphone" else "preamp" if gear.kind == "preamp" else "converter"
    for suffix, value in picked(gear, part).items():
        assert SPECS[suffix].clean(value) == value
    low, high = (gear.specs.get(f"frequency_{end}_hz") for end in ("low", "high"))
    assert low is None or high is None or float(low.value) < float(high.value)
    least, most = gear.specs.get("gain_min_db"), gear.specs.get("gain_max_db")
    assert least is None or most is None or float(least.value) < float(most.value)


def test_what_is_printed_in_db_is_kept_in_mv_by_arithmetic() -> None:
    checked = 0
    for gear in ENTRIES:
        for name, spec in gear.specs.items():
            printed = re.search(r"(-\d+(?:\.\d+)?) dBV/Pa", spec.condition)
            if name.startswith("sensitivity_mv_pa") and printed:
                assert 20 * math.log10(float(spec.value) / 1000) == pytest.approx(float(printed[1]), abs=0.06)
                checked += 1
    assert checked >= 8


def test_powering_is_what_the_type_needs() -> None:
    for names, powering in (
        (PASSIVE_RIBBONS, "harmful"), (WITH_SUPPLY, "own supply"), (CONDENSERS, "required"),
        (DYNAMICS, "none"),
    ):  # fmt: skip
        assert {name: named(name).powering for name in names} == dict.fromkeys(names, powering)


def test_a_microphone_of_several_patterns_says_for_which_its_sensitivity_is() -> None:
    for gear in ENTRIES:
        if any("@" in name for name in gear.specs):
            told = gear.specs["sensitivity_mv_pa"].condition.split(", ")
            assert [word for word in told if word in gear.patterns], gear.id


def test_published_levels_come_out_of_its_figures() -> None:
    """SPL of a full-scale sine with +13 dBu at 0 dBFS and no gain: 93.979 + FS - 20 lg(S / 0.774597 V)."""
    published = {
        "neumann-u-87-ai": 135.82,
        "neumann-tlm-193": 143.93,
        "dpa-4006er": 132.72,
        "crown-cm-150": 150.11,
    }
    for name, expected in published.items():
        sensitivity = float(figures(entries()[name])["sensitivity_mv_pa"].value) / 1000
        assert 93.979 + 13 - 20 * math.log10(sensitivity / 0.774597) == pytest.approx(expected, abs=0.01)
    assert figures(entries()["neumann-u-87-ai"], "omni")["sensitivity_mv_pa"].value == 20


def test_a_published_noise_budget_comes_out_of_its_figures() -> None:
    """A DPA 4006ER on a HAPI with 0.8 dB of gain: 16.9 dBA in all, as its worked example has it."""
    microphone, box = entries()["dpa-4006er"].specs, entries()["merging-hapi-ada8"].specs
    dbu_per_pa = 20 * math.log10(float(microphone["sensitivity_mv_pa"].value) / 774.597)
    of_the_microphone = float(microphone["self_noise_dba"].value) - 93.979 + dbu_per_pa + 0.8
    of_the_preamp = float(box["ein_dbu"].value) + 0.8
    of_the_converter = float(box["full_scale_dbu"].value) - float(box["dynamic_range_db"].value)
    power = sum(10 ** (level / 10) for level in (of_the_microphone, of_the_preamp, of_the_converter))
    as_spl = 10 * math.log10(power) - 0.8 - dbu_per_pa + 93.979
    assert as_spl == pytest.approx(16.9, abs=0.05)


def test_an_entry_is_found_and_copied_with_ones_own_id_and_serial() -> None:
    assert [gear.id for gear in starter.find(["u87"])] == ["neumann-u-87-ai"]
    assert {gear.make for gear in starter.find(["rode"])} == {"RØDE"}
    assert {gear.kind for gear in starter.find([], "converter")} == {"converter"}
    own = starter.copied(["neumann", "u 87"], "U87-1", "0123", "Anna")
    assert (own.id, own.serial, own.owner, own.name) == ("U87-1", "0123", "Anna", "Neumann U 87 Ai")
    assert own.specs == entries()["neumann-u-87-ai"].specs
    assert starter.copied(["shure-sm57"], "x").model == "SM57"
    with pytest.raises(UnknownGear, match="no entry"):
        starter.copied(["nothing", "such"], "x")
    with pytest.raises(UnknownGear, match="entries answer") as raised:
        starter.copied(["neumann"], "x")
    assert "neumann-u-87-ai" in raised.value.do


def test_the_file_is_one_that_import_reads_too() -> None:
    from importlib import resources

    found = yaml.safe_load(resources.files("capture.gear").joinpath(starter.FILE).read_bytes())
    assert found["format"] == "takechain-gear/1"
    assert len(found["gear"]) == len(ENTRIES)
