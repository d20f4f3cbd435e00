"""One library, run-time folder and station for all tests of a module."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

import pytest

from tests.support.cli import Cli


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cli]:
    with tempfile.TemporaryDirectory(prefix="tc-", dir="/tmp") as runtime:
        command = Cli(tmp_path_factory.mktemp("cli"), runtime)
        yield command
        command.close()
