"""Fields that a file holds and no chain can: damaged, made by hand, or of a newer Takechain."""

from __future__ import annotations

import json

import pytest

from capture.chain.errors import ChainError
from capture.chain.fields import is_fit
from capture.chain.patch import Patch
from capture.chain.snapshot import Snapshot, snapshot
from capture.chain.yaml_form import from_yaml, to_yaml

UNFIT = [
    ("input.1.preamp.gain_db", "4 cm"),
    ("input.1.preamp.gain_db", 1e300),
    ("input.1.preamp.gain_db", True),
    ("input.1.distance_m", "far"),
    ("input.1.kind", "spoon"),
    ("input.1.microphone.pad_db", "off"),
    ("input.1.preamp", "Neve"),
    ("input.1.colour", "red"),
    ("people.x.role", "engineer"),
    ("", "nothing"),
    ("input.1.note", "two\nlines"),
    ("input.1.note", ""),
]


@pytest.mark.parametrize(("path", "value"), UNFIT)
def test_a_kept_patch_with_an_unfit_field_is_refused(path: str, value: object) -> None:
    assert not is_fit(path, value)
    kept = {"value": value, "how": "declared", "by": "Ida", "at": "", "carried_from": None}
    with pytest.raises(ChainError):
        Patch.from_fields({path: kept})


@pytest.mark.parametrize(("path", "value"), UNFIT)
def test_a_snapshot_with_an_unfit_field_still_shows_the_others(path: str, value: object) -> None:
    patch = Patch()
    patch.set_line("SM57 > 1073 +40 dB > in 1", None, "Ida")
    whole = json.loads(snapshot(patch, [1]).to_json())
    whole["fields"][path] = {**next(iter(whole["fields"].values())), "value": value}
    shown = Snapshot.load(json.dumps(whole).encode()).patch()
    assert shown.line(1).startswith("SM57 > 1073")
    assert from_yaml(to_yaml(shown)).inputs() == [1]


def test_whole_numbers_may_be_written_with_a_point() -> None:
    assert is_fit("input.1.preamp.gain_db", 42.0)
    assert is_fit("input.1.preamp.phantom", False)
    assert not is_fit("input.1.preamp.phantom", 0)


def test_people_of_whom_nothing_is_said_are_not_counted() -> None:
    patch = from_yaml("people:\n- {role: }\n- {role: engineer, name: Anna}\n- {role: producer, name: Ida}\n")
    assert patch.get("people.1.name") == "Anna"
    assert from_yaml(to_yaml(patch)).values() == patch.values()
