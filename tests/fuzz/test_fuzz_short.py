"""A short run of every fuzz target, and proof that the harness sees what it is there to see."""

from __future__ import annotations

import os
import time
from pathlib import Path
from random import Random

import pytest

from tests.fuzz.harness import Job, Result, Target, run, seeded, table
from tests.fuzz.run import TARGETS

INPUTS = {"wav": 2000, "journal": 1200, "settings": 2000, "socket": 1500}


def _run(target: type[Target], name: str, inputs: int, keep: Path, limit: float = 20.0) -> Result:
    return run(Job(target, name, 20261125, 0, inputs, limit, keep))


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_damaged_input_is_read_or_refused_by_the_rooms_own_errors(name: str, tmp_path: Path) -> None:
    result = _run(TARGETS[name], name, INPUTS[name], tmp_path)
    assert result.findings == []
    assert result.accepted + result.refused == result.inputs == INPUTS[name]
    assert min(result.accepted, result.refused) > INPUTS[name] // 50, "one side of the readers is hardly met"


class Faulty(Target):
    """Goes wrong in the way that the number of the input says."""

    def make(self, random: Random) -> tuple[str, bytes]:
        return "any", random.randbytes(8)

    def feed(self, kind: str, data: bytes) -> bool:
        raise KeyError("not of the room's own")


class Standing(Faulty):
    def feed(self, kind: str, data: bytes) -> bool:
        while True:
            time.sleep(0.01)


class Greedy(Faulty):
    def feed(self, kind: str, data: bytes) -> bool:
        return bool(bytearray(2 << 30))


class Dying(Faulty):
    def feed(self, kind: str, data: bytes) -> bool:
        os.abort()


@pytest.mark.parametrize(
    ("target", "words"),
    [(Faulty, "KeyError"), (Standing, "Hang"), (Greedy, "MemoryError"), (Dying, "died of input 0")],
)
def test_a_fault_of_every_kind_is_found(target: type[Target], words: str, tmp_path: Path) -> None:
    result = _run(target, "odd", 1, tmp_path, limit=0.5)
    (finding,) = result.findings
    assert words in finding


def test_an_input_that_found_a_fault_is_kept_and_can_be_made_again(tmp_path: Path) -> None:
    (finding,) = run(Job(Faulty, "odd", 7, 40, 3, 5.0, tmp_path)).findings
    (kept,) = tmp_path.iterdir()
    assert "--seed 7 --first 40 --inputs 1" in finding
    assert kept.read_bytes() == seeded(7, "odd", 40).randbytes(8)


def test_the_same_seed_makes_the_same_inputs(tmp_path: Path) -> None:
    for name, target in TARGETS.items():
        places = [tmp_path / name / side for side in ("one", "other")]
        made = []
        for place in places:
            place.mkdir(parents=True)
            subject = target(place)
            made.append([subject.make(seeded(3, name, number)) for number in range(50)])
            subject.close()
        assert made[0] == made[1]


def test_the_table_has_a_row_for_each_target() -> None:
    head, row = table([Result("wav", 10, 4, 6, 1.25, 40.0, 2.0)]).splitlines()
    assert head.split()[:4] == ["target", "inputs", "accepted", "refused"]
    assert row.split() == ["wav", "10", "4", "6", "1.2", "40", "2", "0"]
