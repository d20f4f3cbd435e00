"""A machine without PortAudio: it says how to get it, exits 6, and the simulated interface still runs."""

import json

import pytest

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
