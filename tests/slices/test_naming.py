"""Names by a template and by the Universal Category System."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.errors import UsageError
from capture.journal.record import load
from capture.slices import Handles, Ucs
from capture.slices.naming import FIELDS, name_of
from capture.slices.regions import cuts, regions
from tests.support.slice_takes import marked

# Of the list of UCS 8.2.1, the odd ones among them.
CAT_IDS = ("WATRSplsh", "DRUMKick", "MUSCPerc", "IR", "AIRBrst", "LPGRP", "UIClick", "CRWDCheer")


@pytest.mark.parametrize("cat_id", CAT_IDS)
def test_ucs_names(cat_id: str) -> None:
    assert Ucs(cat_id, "TKC", "Nordlys").name("Big Hit 01") == f"{cat_id}_Big Hit 01_TKC_Nordlys"
    whole = Ucs(cat_id, "TKC", "Nordlys", "KIT", "Close")
    name = whole.name("Big-Hit_01")
    assert name == f"{cat_id}-KIT_Close-Big Hit 01_TKC_Nordlys"
    assert whole.fields(name)["fx_name"] == "Big Hit 01"
    whole.check()


@pytest.mark.parametrize(
    "cat_id", ["", "watrsplsh", "Water", "WATR_Splsh", "WATR-Splsh", "W", "WATR Splsh", "ÅWATR"]
)
def test_cat_ids_that_cannot_be(cat_id: str) -> None:
    with pytest.raises(UsageError, match="CatID"):
        Ucs(cat_id, "TKC", "Nordlys").check()


@pytest.mark.parametrize(
    "fields",
    [("", "S"), ("A_B", "S"), ("A-B", "S"), ("A", ""), ("A", "S", "x_y"), ("A", "S", "", "v-w"), ("A", " S")],
)
def test_fields_that_would_break_the_name(fields: tuple[str, ...]) -> None:
    with pytest.raises(UsageError):
        Ucs("WATRSplsh", *fields).check()


@given(st.text(max_size=40))
def test_any_fx_name_leaves_four_fields(text: str) -> None:
    ucs = Ucs("WATRSplsh", "TKC", "Nordlys", vendor_category="Close")
    try:
        name = ucs.name(text)
    except UsageError:
        assert not re.sub(r"[_\-\s]", "", text)
        return
    assert len(name.split("_")) == 4
    assert name.split("_")[1].count("-") == 1


def test_names_by_a_template(tmp_path: Path) -> None:
    record = load(marked(tmp_path, slate="Ør/ken"))
    first = next(cuts(record, regions(record)[0], Handles()))
    every = "+".join("{" + name + "}" for name in FIELDS)
    assert name_of(record, first, every, None) == (
        "Nordlys+2026-11-25+Ør_ken+001+Ør_ken_T001+take++01+Big Hit+Kick+01"
    )
    assert name_of(record, first, "", None) == "Ør_ken_T001_01_Big Hit_Kick"
    assert name_of(record, first, "", Ucs("DRUMKick", "TKC", "N")) == "DRUMKick_Big Hit 01 Kick_TKC_N"
    assert name_of(record, first, "../{marker}", None) == "_Big Hit"
    for bad in ("{nope}", "{take.__class__}", "{", "}", "{take!r}", "{" + "take" * 9 + "}", "x" * 300):
        with pytest.raises(UsageError):
            name_of(record, first, bad, None)
