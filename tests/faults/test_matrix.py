"""The short matrix: these cells once, at the moments of one seed, all of which lie in the middle of the take.

`python3 dev.py faults` plays every cell at many moments, those before the take and behind it too.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.faults.matrix import play

SEED = int(os.environ.get("TAKECHAIN_FAULTS_SEED", "257"))


SHORT = [
    "kill -9 recorder",
    "kill -9 all",
    "power cut",
    "disk full",
    "write error",
    "frozen disk",
    "kill -9 mirror",
    "database corrupt",
    "PostgreSQL unreachable",
    "clock stepped",
    "terminal stopped",
    "station busy",
]


@pytest.mark.parametrize("cell", SHORT)
def test_a_take_outlives(cell: str, tmp_path: Path) -> None:
    print(f"seed {SEED}")
    play(cell, tmp_path, SEED)
