"""Sheets of real small takes, built once for all tests of the room."""

from __future__ import annotations

from pathlib import Path

import pytest

from capture.sheets import SessionSheet, TakeSheet, build_session, build_take
from tests.support import sheet_takes


@pytest.fixture(scope="session")
def session_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sheet_takes.session(tmp_path_factory.mktemp("library"), takes=6)


@pytest.fixture(scope="session")
def session_sheet(session_folder: Path) -> SessionSheet:
    return build_session(session_folder)


@pytest.fixture(scope="session")
def take_journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    library = tmp_path_factory.mktemp("library")
    sheet_takes.session(library, takes=1)
    return sheet_takes.one_take(library, number=77, counter=90)


@pytest.fixture(scope="session")
def take_sheet(take_journal: Path) -> TakeSheet:
    return build_take(take_journal)
