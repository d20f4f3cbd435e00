"""A catalogue that cannot be reached or written never touches a take; it is filled later."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.support.poll import until
from tests.support.stations import Desk, assert_whole


def _names(library: Path) -> list[str]:
    try:
        database = sqlite3.connect(f"file:{library / 'catalog.sqlite'}?mode=ro", uri=True)
    except sqlite3.OperationalError:
        return []  # not made yet
    try:
        return [name for (name,) in database.execute("SELECT name FROM take ORDER BY name")]
    except sqlite3.OperationalError:
        return []  # no tables yet
    finally:
        database.close()


def test_a_finished_take_is_in_the_catalogue_soon_and_edits_follow(studio: Desk) -> None:
    studio.set_up(inputs="1")
    studio.take()
    until(lambda: _names(studio.library) == ["Aurora_T001"])
    studio.call("edit", field="name", value="Keeper")
    until(lambda: _names(studio.library) == ["Keeper"])
    until(lambda: studio.status()["catalog"] == {"state": "ok", "pending": 0, "text": ""})


def test_a_locked_catalogue_disturbs_no_take_and_catches_up(studio: Desk) -> None:
    studio.set_up(inputs="1")
    studio.take()
    until(lambda: _names(studio.library) == ["Aurora_T001"])
    holder = sqlite3.connect(studio.library / "catalog.sqlite", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    done = studio.take()
    assert done["condition"] == "clean"
    assert_whole(studio.client, done["journal"])
    until(lambda: studio.status()["catalog"]["state"] == "behind")
    assert studio.status()["catalog"]["pending"] >= 1
    assert any("catalogue" in warning["text"] for warning in studio.status()["warnings"])
    holder.execute("ROLLBACK")
    holder.close()
    until(lambda: _names(studio.library) == ["Aurora_T001", "Aurora_T002"])


def test_without_a_database_takes_are_made_all_the_same(
    studio: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid = studio.station_pid()
    studio.client.close()
    until(lambda: not Path(f"/proc/{pid}").exists())
    monkeypatch.setenv("TAKECHAIN_DATABASE", "postgresql://nobody@/none?host=/nowhere")
    with studio.another() as client:
        client.call("setup", interface="sim:2", slate="Aurora")
        until(lambda: client.call("status")["catalog"]["state"] == "unreachable")
        client.call("roll", limit_seconds=0.3)
        assert client.call("wait")["settled"]
        (take,) = client.call("status")["takes"]
        assert take["condition"] == "clean"
