"""How far off a sensor may be: from the locker by its serial number, from its data sheet, else unknown."""

from __future__ import annotations

from typing import Any

import pytest

from capture.rooms.accuracy import accuracies, plus_minus, with_accuracy
from capture.rooms.air import of_newest

TRINKEY = "239A:8153 DF6099"


def piece(serial: str, **figures: object) -> dict[str, Any]:
    specs = {name: {"value": value, "source": "certificate 4711"} for name, value in figures.items()}
    return {"id": serial, "kind": "sensor", "serial": serial, "specs": specs}


def test_the_locker_counts_before_the_data_sheet() -> None:
    assert accuracies(TRINKEY, {}) == {"temperature": 0.2, "relative_humidity": 1.8}  # Sensirion, SHT4x
    locker = {
        "hall": piece("df6099", accuracy_c=0.05, accuracy_hpa=0.3),
        "mic": {**piece("x"), "kind": "microphone"},
    }
    assert accuracies(TRINKEY, locker) == {"temperature": 0.05, "relative_humidity": 1.8, "pressure": 0.3}
    assert accuracies("1A86:7523 9", {"a": piece("1a86:7523 9", accuracy_c=1)}) == {"temperature": 1}


def test_what_is_not_certain_is_not_known() -> None:
    twice = {"a": piece("9", accuracy_c=1), "b": piece("9", accuracy_c=0.1)}
    assert accuracies("1A86:7523 9", twice) == {}
    assert accuracies("1A86:7523 9", {"a": piece("", accuracy_c=1)}) == {}
    assert accuracies("", {"a": piece("", accuracy_c=1)}) == {}
    assert accuracies("x 9", {"a": {**piece("9"), "specs": [1]}, "b": {"kind": "sensor"}}) == {}
    assert accuracies("x 9", {"a": piece("9", accuracy_c="small", accuracy_hpa=True)}) == {}


@pytest.mark.parametrize("value", [None, "0.2", True, -0.1, float("nan"), float("inf"), 1e9, [0.2]])
def test_what_is_no_plus_minus(value: object) -> None:
    assert plus_minus(value) is None


def test_it_reaches_the_air() -> None:
    sensors = with_accuracy([{"id": "a", "identity": TRINKEY}, {"id": "b", "identity": ""}], {})
    assert "accuracy" not in sensors[1]
    reading = {
        "sensor": "a",
        "quantity": "temperature",
        "value": 20,
        "unit": "°C",
        "quality": "ok",
        "age_s": 1,
    }
    assert of_newest([reading], sensors).known["temperature"].accuracy == 0.2
    broken = [{"id": "a", "identity": TRINKEY, "accuracy": {"temperature": "good"}}]
    assert of_newest([reading], broken).known["temperature"].accuracy is None
