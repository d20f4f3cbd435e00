"""An interface on another word clock: said, kept with the take, and no reason to call its sound lost."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path

from capture.clock import parse_utc
from tests.support.cli import Cli
from tests.support.poll import until
from tests.support.sim_faults import SimFaults, faults
from tests.support.stations import Json, assert_whole, desk, kill, lines

__all__ = ["faults"]
WORDS = "runs at 44.1 k, not 48 k"
PPM = round((44100 / 48000 - 1) * 1e6)


def in_catalogue(library: Path) -> list[tuple[float, str]]:
    """The rate of the one take, and what the catalogue tells of its interface."""
    database = sqlite3.connect(f"file:{library / 'catalog.sqlite'}?mode=ro", uri=True)
    try:
        query = "SELECT rate_ppm, text FROM take JOIN event ON take_id = take.id WHERE state = 'wrong rate'"
        return database.execute(query).fetchall()
    except sqlite3.OperationalError:
        return []  # it is being made
    finally:
        database.close()


def test_a_wrong_word_clock_is_said_and_stands_on_the_take(faults: SimFaults, tmp_path: Path) -> None:
    faults.now(ppm=PPM)
    cli = Cli(tmp_path, os.environ["TAKECHAIN_RUNTIME"])
    with desk(cli.library) as studio:
        studio.set_up(inputs="1")
        began = studio.call("roll")
        until(lambda: any(WORDS in w["text"] for w in studio.status()["warnings"]), seconds=60)
        kill(studio.recorder_pid())  # the next part is placed by the rate that was measured
        until(lambda: (studio.status()["take"] or {}).get("part") == 2)
        done = studio.call("stop")
        assert (done["condition"], done["gaps"]) == ("gap", 1)  # that of the killed recorder
        assert_whole(studio.client, began["journal"])
        (said,) = [w["text"] for w in studio.status()["warnings"] if WORDS in w["text"]]
        assert said.endswith("is its word clock right?")
        (line,) = lines(began["journal"], "device")
        assert (line["device"], line["state"], line["text"]) == ("interface", "wrong rate", WORDS)
        assert abs(line["rate_ppm"] - PPM) < 100
        _check_part(began)
        until(lambda: in_catalogue(studio.library))
        ((ppm, text),) = in_catalogue(studio.library)
    assert abs(ppm - PPM) < 100
    assert text == WORDS
    assert cli.ok("show", "Aurora_T001")["wrong_rate"] == WORDS
    cli.ok("sheet", "--take", "Aurora_T001", "--to", "json", "-o", tmp_path / "sheet.json")
    sheet = json.loads((tmp_path / "sheet.json").read_text())
    assert any(f"the interface {WORDS}" in warning for warning in sheet["warnings"])
    verified = cli.ok("verify", began["journal"])["takes"][0]
    assert any(WORDS in finding["what"] for finding in verified["findings"])


def _check_part(began: Json) -> None:
    zero = parse_utc(lines(began["journal"], "begin")[0]["clock"]["utc"])
    (part,) = lines(began["journal"], "part")
    at = (parse_utc(part["utc"]) - zero).total_seconds() * 44100
    assert -part["first_pm"] <= at - part["first"] <= 3 * 44100  # its line is written once sound has come
