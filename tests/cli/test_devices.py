"""A machine without PortAudio: it says how to get it, exits 6, and the simulated interface still runs."""

import json
from pathlib import Path

import pytest

from capture.library import Library
from hardware import interfaces
from hardware.virtual import simulated_interface
from tui.commands.plugged import devices


def test_without_portaudio(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    listing = interfaces.Listing((simulated_interface(),), interfaces.portaudio_missing())
    monkeypatch.setattr(interfaces, "survey", lambda: listing)
    assert devices(as_json=True) == 6
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert [interface["id"] for interface in told["interfaces"]] == ["sim:8"]
    assert told["error"]["exit"] == 6
    assert "PortAudio" in err.splitlines()[0]
    assert len(err.splitlines()) == 2
    assert devices() == 6
    assert capsys.readouterr().out.splitlines()[-1].startswith("sim:8")


@pytest.mark.parametrize(("chosen", "absent"), [("alsa:hw:UFX,0", True), ("sim:16", False), (None, False)])
def test_the_chosen_interface_that_is_not_there_is_shown_as_absent(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    chosen: str | None,
    absent: bool,
) -> None:
    listing = interfaces.Listing((simulated_interface(),))
    monkeypatch.setattr(interfaces, "survey", lambda: listing)
    if chosen is not None:
        Library.open(tmp_path / "library").set_setting("interface", chosen)
    assert devices(as_json=True, library=tmp_path / "library") == 0
    told = json.loads(capsys.readouterr().out)
    assert told.get("absent", []) == ([{"id": chosen}] if absent else [])
    assert devices(library=tmp_path / "library") == 0
    assert ("absent" in capsys.readouterr().out) is absent
    assert (tmp_path / "library").exists() is (chosen is not None)
