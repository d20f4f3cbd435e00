"""The fixture of all tests of the screen."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.support.fake_station import FakeStation
from tests.support.screen_rig import Rig, RigMaker
from tests.support.screens import until


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Textual's pilot looks for idleness every 20 ms; our tests wait for facts."""
    monkeypatch.setattr("textual._wait.SLEEP_GRANULARITY", 0.004)


@pytest.fixture
def rig(tmp_path: Path) -> RigMaker:
    @asynccontextmanager
    async def make(
        channels: int = 8,
        size: tuple[int, int] = (80, 24),
        prepare: Callable[[FakeStation], None] | None = None,
    ) -> AsyncIterator[Rig]:
        made = Rig(tmp_path, channels)
        if prepare:
            prepare(made.station)
        async with made.app.run_test(size=size) as pilot:
            made.pilot = pilot
            await until(pilot, lambda: made.app.view.connected or made.app.gone, "an answer of the station")
            if made.app.view.connected:
                await made.settle()
            yield made

    return make
