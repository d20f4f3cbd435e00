"""A desk per test: a fresh library, its station, and no process left behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.stations import Desk, desk


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Desk]:
    with desk(tmp_path / "library") as found:
        yield found
