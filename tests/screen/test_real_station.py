"""The screen on a real station and recorder, simulated interface: the fake's face is the real one's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import OptionList

from capture.errors import TakechainError
from capture.journal.record import load
from capture.station.client import StationClient, connect
from tests.support.fake_station import FakeStation
from tests.support.screens import rows, until
from tui.app import TakechainApp
from tui.screens.recording import RecordingScreen
from tui.screens.setup import SetupScreen
from tui.widgets.bottom import Bottom


@pytest.fixture
def station(tmp_path: Path) -> Iterator[StationClient]:
    client = connect(tmp_path / "library")
    yield client
    for order in ("stop", "quit"):
        try:
            client.call(order)
        except TakechainError:
            continue
    client.close()


def fields(value: Any) -> Any:
    """The names of a status, down to those of the first entry of each list."""
    if isinstance(value, dict):
        return {name: fields(inner) for name, inner in value.items()}
    return [fields(value[0])] if isinstance(value, list) and value else None


def missing(fake: Any, real: Any, where: str = "") -> list[str]:
    """What the fake says and the real one does not."""
    if isinstance(fake, dict) and isinstance(real, dict):
        gone = [f"{where}.{name}" for name in fake if name not in real]
        return gone + [m for n in fake if n in real for m in missing(fake[n], real[n], f"{where}.{n}")]
    if isinstance(fake, list) and isinstance(real, list):
        return missing(fake[0], real[0], f"{where}[]")
    return []


async def press(pilot: Any, *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.pause()


async def test_a_session_by_keys(station: StationClient, tmp_path: Path) -> None:
    app = TakechainApp(tmp_path / "library")
    async with app.run_test(size=(100, 30)) as pilot:

        def status() -> dict[str, Any]:
            return station.call("status")

        def trouble() -> str:
            return app.screen.trouble if isinstance(app.screen, RecordingScreen) else ""

        await until(pilot, lambda: isinstance(app.screen, SetupScreen), "the Set-up page opens by itself")
        box = app.screen.query_one(OptionList)
        await until(pilot, lambda: box.option_count, "interfaces are listed")
        box.highlighted = next(i for i, option in enumerate(box.options) if option.id == "sim:8")
        app.screen.query_one("#project").value = "Winter Songs"  # type: ignore[attr-defined]
        app.screen.query_one("#slate").value = "Aurora"  # type: ignore[attr-defined]
        app.screen.query_one("#people").value = "engineer Kari"  # type: ignore[attr-defined]
        app.screen.query_one("#temperature").value = "21.4"  # type: ignore[attr-defined]
        await press(pilot, "ctrl+s")
        await until(pilot, lambda: app.view.state == "armed", "armed")
        await until(pilot, lambda: "█" in "\n".join(rows(app)), "the meters move before anything rolls")

        await press(pilot, "e", *"SM57 > 1073 ch 2 +42 dB > in 1", "enter")
        await until(pilot, lambda: "SM57" in str((app.view.track or {}).get("line")), "the chain is declared")
        await press(pilot, "+")
        await until(pilot, lambda: "+43" in str((app.view.track or {}).get("line")), "one dB more")
        await press(pilot, "g", *"Kick,Snare T", "enter")
        await until(pilot, lambda: app.view.tracks[1]["name"] == "Snare T", "names")
        await press(pilot, "r")
        await until(pilot, lambda: app.view.rolling, "rolling")
        began = fields(status())
        await press(pilot, "m")
        await until(pilot, lambda: app.view.markers, "a mark")
        await press(pilot, "enter", *"RR3", "enter")
        await until(pilot, lambda: app.view.markers and app.view.markers[0]["text"] == "RR3", "its name")
        await press(pilot, "c", "v", *"verse 2", "enter")
        await until(pilot, lambda: (app.view.take or {}).get("covers") == "verse 2", "covers")
        await press(pilot, "-", "w")
        await until(
            pilot, lambda: "+42" in str((app.view.track or {}).get("line")), "one dB less from now on"
        )
        assert trouble() == ""
        await press(pilot, "s")
        await until(pilot, lambda: app.view.takes and not app.view.take, "the take is done")
        await press(pilot, "t", *"keeper", "enter")
        await until(pilot, lambda: "keeper" in str(app.view.takes[0]["note"]), "a note after the end")
        await press(pilot, "n", *"Borealis", "enter")
        await until(pilot, lambda: app.view.setup["slate"] == "Borealis", "another slate")
        assert trouble() == ""

        fake = FakeStation()
        fake._roll()
        fake_rolling = fields(fake.facts)
        fake._stop()
        assert missing(fake_rolling, began) == []
        await press(pilot, "n", *"Aurora", "enter")
        await until(pilot, lambda: app.view.takes, "the first slate's takes")
        assert missing(fields(fake.facts)["takes"], fields(status())["takes"]) == []
        await press(pilot, "q")
        assert not app.screen_stack[-1].query_one(Bottom).busy

    journal = next((tmp_path / "library").rglob("*.take.jsonl"))
    record = load(journal)
    assert (record.verdict, record.covers) == ("circled", "verse 2")
    assert [marker.text for marker in record.markers] == ["RR3"]
    assert [note.text for note in record.notes] == ["keeper"]
    assert [change.path for change in record.changes] == ["input.1.preamp.gain_db"]
    assert record.sealed
    assert not record.gaps
