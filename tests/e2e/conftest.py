"""The rig of the end-to-end tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import rig


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rig's C programs, compiled once."""
    return rig.build(tmp_path_factory.mktemp("rig"))
