"""What a library remembers between stations: set-up, patch, the session's day; and who may come in."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from capture.errors import TakechainError
from capture.station.client import StationClient, connect
from capture.station.errors import NoStation
from capture.wire import runtime_folder
from tests.support.poll import until
from tests.support.stations import Desk, kill, lines, running


def _leave(studio: Desk) -> None:
    pid = studio.station_pid()
    studio.client.close()
    until(lambda: not running(pid))


def test_setup_and_patch_are_remembered(studio: Desk) -> None:
    studio.set_up(inputs="2-3", rate=96000, format="float32", layout="poly", stop_guard=True, links="2-3")
    studio.call("chain", line="DI > Neve 1073 ch 1 +30 dB", inputs="2-3")
    studio.call("people", people=[{"role": "engineer", "name": "Kari"}])
    wanted = {"rate": 96000, "format": "float32", "layout": "poly", "inputs": "2-3", "stop_guard": True}
    _leave(studio)
    with studio.another() as again:
        status = again.call("status")
        assert {name: status["setup"][name] for name in wanted} == wanted
        assert status["setup"]["project"] == "Winter"
        assert status["people"] == [{"role": "engineer", "name": "Kari"}]
        until(lambda: again.call("status")["state"] == "armed")
        second = again.call("status")["tracks"][2]
        assert second["line"] == "DI > Neve 1073 ch 2 +30 dB > in 3"
        assert (second["armed"], second["link"]) == (True, 2)
        began = again.call("roll")
        again.call("stop")
        begin = lines(began["journal"], "begin")[0]
        assert begin["audio"] == {"rate": 96000, "format": "float32", "layout": "poly"}
        assert begin["people"] == [{"role": "engineer", "name": "Kari"}]


def test_a_new_session_carries_the_chain_over_until_it_is_confirmed(studio: Desk) -> None:
    studio.set_up()
    studio.call("chain", line="SM57 > in 1")
    assert not studio.status()["tracks"][0]["carried"]
    studio.call("setup", session="Second")
    assert studio.status()["tracks"][0]["carried"]
    first = studio.take()
    chain = json.loads(Path(first["journal"].replace(".take.jsonl", ".chain.json")).read_text())
    assert chain["fields"]["input.1.microphone.model"]["carried_from"] == "First"
    assert studio.call("chainconfirm")["confirmed"] > 0
    assert not studio.status()["tracks"][0]["carried"]


def test_a_change_while_rolling_is_for_the_next_take_unless_now_is_said(studio: Desk) -> None:
    studio.set_up()
    studio.call("chain", line="SM57 > 1073 +40 dB > in 1")
    journal = studio.call("roll")["journal"]
    studio.call("gain", input=1, db=3)
    track = studio.status()["tracks"][0]
    assert "+40 dB" in track["line"]
    assert "+43 dB" in track["next_line"]
    assert lines(journal, "change") == []
    studio.call("chain", line="SM58 > 1073 +40 dB > in 1", when="now")
    (change,) = lines(journal, "change")
    assert (change["path"], change["from"], change["to"]) == ("input.1.microphone.model", "SM57", "SM58")
    assert change["frame"] > 0
    studio.call("stop")
    assert "SM58" in studio.status()["tracks"][0]["line"]


def test_a_name_given_while_rolling_reaches_the_track(studio: Desk) -> None:
    studio.set_up(inputs="2")
    journal = studio.call("roll")["journal"]
    studio.call("track", input=2, name="Violin")
    studio.call("stop")
    (note,) = lines(journal, "note")
    assert (note["field"], note["value"]) == ("track_name.1", "Violin")
    assert studio.status()["next"]["files"] == ["Aurora_T002_01_Violin.wav"]


def test_on_a_new_day_it_offers_to_go_on_or_to_begin_another_session(studio: Desk) -> None:
    studio.set_up()
    assert studio.status()["offer"] is None
    studio.call("setup", day="2020-01-31")
    offer = studio.status()["offer"]
    assert (offer["kind"], offer["last_session"]) == ("new day", "First")
    studio.call("setup", session="First")  # carry on
    assert studio.status()["offer"] is None


def test_two_clients_see_one_take(studio: Desk) -> None:
    studio.set_up()
    with studio.another() as other:
        assert other.call("status")["pid"] == studio.station_pid()
        assert other.call("status")["clients"] == 2
        studio.call("roll")
        assert other.call("status")["state"] == "rolling"
        with pytest.raises(TakechainError, match="is rolling"):
            other.call("roll")
        assert other.call("stop")["condition"] == "clean"
    assert studio.status()["takes"][0]["sealed"]


def test_clients_that_come_at_once_find_one_station(tmp_path: Path, studio: Desk) -> None:
    _leave(studio)
    found: list[StationClient] = []

    def come() -> None:
        found.append(connect(studio.library))

    threads = [threading.Thread(target=come) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({client.hello["pid"] for client in found}) == 1
    for client in found:
        client.close()


def test_a_stale_socket_and_lock_file_keep_nobody_out(studio: Desk) -> None:
    kill(studio.station_pid())
    assert (runtime_folder(studio.library) / "station.sock").exists()
    assert (studio.library / ".station.lock").exists()
    studio.client.close()
    with studio.another() as again:
        assert again.call("status")["state"] == "idle"


def test_without_starting_one_it_says_that_none_runs(tmp_path: Path) -> None:
    with pytest.raises(NoStation, match="no station runs"):
        connect(tmp_path / "library", start=False)


def test_a_file_for_a_library_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "library").write_text("no folder")
    with pytest.raises(TakechainError, match="is a file") as refused:
        connect(tmp_path / "library")
    assert refused.value.exit_code == 2


def test_it_leaves_when_its_library_vanishes(studio: Desk) -> None:
    pid = studio.station_pid()
    studio.library.rename(studio.library.with_name("elsewhere"))
    until(lambda: not running(pid))
