"""A take whose simulated interface has bad inputs: said at once, and told by everything that lies on disk."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from capture.station.notices import Notices
from capture.station.noticing import Noticing
from tests.support.cli import Cli
from tests.support.poll import until
from tests.support.stations import assert_whole, desk, kill, lines

BAD_INPUTS = """
import sys
if "capture.recorder" in sys.orig_argv:
    import numpy as np
    from hardware.virtual_sources import Sources
    band = Sources.render

    def render(self, first, out):
        band(self, first, out)
        out[:, 0] = 0
        out[:, 1] = 0.25
        out[:, 2] = np.rint(out[:, 2] * 2**15) / 2**15
        out[np.arange(first, first + len(out)) % 40000 < 5, 3] = 1 - 2**-23
        out[:, 5] = out[:, 4]

    Sources.render = render
"""


def test_bad_inputs_are_said_at_once_and_told_by_journal_catalogue_and_sheet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(BAD_INPUTS)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with desk(tmp_path / "library") as studio:
        studio.set_up(interface="sim:8", inputs="1-8")
        began = studio.call("roll")
        kinds = {"zeros", "stuck", "low bits", "clipping", "identical"}
        until(lambda: {s["kind"] for s in studio.status()["take"]["signals"]} == kinds, 60)
        live = studio.status()
        said = [warning["text"].partition(", ")[2] for warning in live["warnings"]]
        done = studio.call("stop")
        assert_whole(studio.client, began["journal"])
        until(lambda: studio.status()["catalog"] == {"state": "ok", "pending": 0, "text": ""})
        listed = studio.status()["takes"][-1]["signals"]

    assert done["condition"] == "clean"
    assert said[0].startswith("in 4: clipped")
    assert sorted(said[1:]) == [
        "in 1: only zeros since 0:00",
        "in 2: stuck at −12.0 dBFS since 0:00",
        "in 3: only 16 of 24 bits are used since 0:00",
        "in 5 and 6 carry the same samples since 0:00",
    ]
    written = 0
    for line in lines(began["journal"]):  # no line speaks of samples that are not on disk
        written = line["first"] + line["frames"] if line["type"] == "block" else written
        assert line["type"] != "signal" or line["first"] + line["frames"] <= written
    told = {(s["input"], s["kind"]): s for s in lines(began["journal"], "signal")}
    assert dict(told.keys()) == {
        1: "zeros", 2: "stuck", 3: "low bits", 4: "clipping", 5: "identical",
    }  # fmt: skip
    for place in [(1, "zeros"), (2, "stuck")]:
        assert (told[place]["first"], told[place]["frames"]) == (0, done["frames"])
    assert told[5, "identical"]["inputs"] == [6]
    assert told[3, "low bits"]["value"] == 16
    assert told[4, "clipping"]["value"] == pytest.approx(done["frames"] / 40000, abs=1)
    assert not any(signal["open"] for signal in told.values())

    with sqlite3.connect(tmp_path / "library" / "catalog.sqlite") as database:
        rows = database.execute("SELECT input, kind, first, frames, value, inputs FROM signal").fetchall()
    database.close()
    assert sorted(rows) == sorted(
        (s["input"], s["kind"], s["first"], s["frames"], s["value"], json.dumps(s["inputs"]))
        for s in told.values()
    )
    for part in ("only zeros in 1", "stuck in 2", "clipped in 4", "the same samples in 5-6"):
        assert part in listed

    cli = Cli(tmp_path, str(tmp_path))
    shown = cli.run("show", began["journal"])
    assert "  noticed in 1: only zeros 0:00" in shown.out
    sheet = cli.ok("sheet", "--take", began["journal"], "--to", "json", "-o", tmp_path / "sheet.json")
    rows = json.loads(Path(sheet["path"]).read_text())["signals"]
    assert {(row["inputs"], row["kind"]) for row in rows} == {
        ("1", "zeros"), ("2", "stuck"), ("3", "low bits"), ("4", "clipping"), ("5 and 6", "identical"),
    }  # fmt: skip


def test_what_was_said_of_an_input_is_not_said_again_in_the_same_take() -> None:
    notices = Notices()
    noticing = Noticing(notices)
    zeros = [{"input": n, "kind": "zeros", "first": 0, "frames": 48000, "open": True} for n in (3, 1, 2, 7)]
    noticing.look("a", "Aurora_T001", 48000, zeros)
    assert [n["text"] for n in notices.as_list()] == ["Aurora_T001, in 1-3,7: only zeros since 0:00"]
    notices.seen(None)
    noticing.look("a", "Aurora_T001", 48000, [{**zeros[0], "first": 96000}])
    assert notices.as_list() == []
    noticing.look("b", "Aurora_T002", 48000, [*zeros[:1], "no signal", {"kind": 3}])
    assert notices.as_list()[0]["text"] == "Aurora_T002, in 3: only zeros since 0:00"


def test_a_killed_recorder_leaves_what_it_noticed_and_the_next_one_watches_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(BAD_INPUTS)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with desk(tmp_path / "library") as studio:
        studio.set_up(interface="sim:8", inputs="1")
        journal = studio.call("roll")["journal"]
        until(lambda: lines(journal, "signal"), 30)
        kill(studio.recorder_pid())
        until(lambda: lines(journal, "part") and len(lines(journal, "signal")) == 2, 60)
        studio.call("stop")
        assert_whole(studio.client, journal)
    first, again, *_ = lines(journal, "signal")
    (part,) = lines(journal, "part")
    assert (first["kind"], first["first"], first["open"]) == ("zeros", 0, True)
    assert (again["kind"], again["first"]) == ("zeros", part["first"])
    shown = Cli(tmp_path, str(tmp_path)).run("show", journal).out
    assert "noticed in 1: only zeros 0:00" in shown
    assert "or longer" in shown
