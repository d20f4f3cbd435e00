"""Arrays: names in any spelling, roles by order, and a definition that is offered but never declared."""

from __future__ import annotations

import pytest

from capture.chain.arrays import array_fields, known_array, offer
from capture.chain.errors import ChainError


@pytest.mark.parametrize(
    ("name", "kind"),
    [("ortf", "ORTF"), ("ms", "M/S"), ("x/y", "XY"), ("Decca tree", "Decca"), ("Jecklin", "Jecklin")],
)
def test_names(name: str, kind: str) -> None:
    assert known_array(name).kind == kind


def test_a_definition_is_declared_only_when_asked_for() -> None:
    ortf = known_array("ORTF")
    assert "17 cm and 110°" in offer(ortf)
    plain = array_fields(ortf, "5-6", "", "", standard=False)
    assert plain["input.5.array.role"] == "left"
    assert plain["input.6.array.role"] == "right"
    assert plain["input.5.array.spacing_m"] is None
    assert plain["input.5.array.angle_deg"] is None
    full = array_fields(ortf, "5-6", "", "", standard=True)
    assert (full["input.6.array.spacing_m"], full["input.6.array.angle_deg"]) == (0.17, 110)
    set_by_hand = array_fields(ortf, "5,6", "18 cm", "105°", standard=True)
    assert (set_by_hand["input.6.array.spacing_m"], set_by_hand["input.6.array.angle_deg"]) == (0.18, 105)


def test_an_imperial_tree() -> None:
    fields = array_fields(known_array("decca"), "1-3", "6 ft 6 in", "", standard=False)
    assert [fields[f"input.{n}.array.role"] for n in (1, 2, 3)] == ["left", "centre", "right"]
    assert fields["input.2.array.spacing_m"] == pytest.approx(1.9812, abs=1e-6)


@pytest.mark.parametrize(
    "case",
    [
        ("ORTF", "1-3", "", "", False),
        ("Decca", "1-2", "", "", False),
        ("AB", "1-2", "wide", "", False),
        ("AB", "1-2", "30°", "", False),
        ("AB", "1-2", "", "acute", False),
        ("AB", "1-2", "", "", True),
    ],
)
def test_what_is_refused(case: tuple[str, str, str, str, bool]) -> None:
    kind, *rest = case
    with pytest.raises(ChainError):
        array_fields(known_array(kind), *rest)  # type: ignore[arg-type]
    with pytest.raises(ChainError):
        known_array(" ")
