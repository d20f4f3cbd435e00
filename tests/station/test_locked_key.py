"""A signing key with a passphrase: nothing waits for it, and what waits is sealed as soon as it comes."""

from __future__ import annotations

from pathlib import Path

import pytest

from capture.errors import TakechainError
from capture.journal.keyring import Keyring
from capture.journal.keys import Key, station_key, store_key
from capture.journal.record import load
from capture.journal.report import State
from capture.journal.verify import verify_take
from capture.library import Library
from tests.support.poll import until
from tests.support.stations import assert_whole, desk, kill, lines, running

WORDS = "correct horse battery staple"


@pytest.fixture
def locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Key:
    """A settings folder whose key has a passphrase; this process has not opened it."""
    folder = tmp_path / "locked"
    key = station_key(folder)
    Keyring(folder).station()
    store_key(folder / "station.key", key, WORDS)
    monkeypatch.setenv("TAKECHAIN_CONFIG", str(folder))
    return key


def test_stop_does_not_wait_for_the_key_and_the_seal_follows(tmp_path: Path, locked: Key) -> None:
    with desk(tmp_path / "library") as studio:
        studio.set_up(inputs="1", mirror=str(tmp_path / "mirror"))
        status = studio.status()
        assert status["key"] == {"locked": True, "waiting": 0}
        assert status["fingerprint"] == locked.fingerprint
        done = studio.take()
        journal = Path(done["journal"])
        copy = tmp_path / "mirror" / journal.relative_to(studio.library)
        assert (done["condition"], done["reason"]) == ("clean", "stop")
        record = load(journal)
        assert (record.ended, record.sealed, record.waits_for_key) == (True, False, True)
        assert verify_take(journal).state is State.WAITING
        until(lambda: studio.status()["key"]["waiting"] > 0)
        assert any("wait for the signing key" in w["text"] for w in studio.status()["warnings"])
        assert studio.status()["takes"][-1]["waits_for_key"] is True
        with pytest.raises(TakechainError, match="locked"):
            studio.call("edit", field="verdict", value="circled")
        with pytest.raises(TakechainError, match="not the passphrase") as error:
            studio.call("key", passphrase="wrong")
        assert error.value.exit_code == 6
        before = studio.station_pid()
        studio.call("quit")
        studio.client.close()
        until(lambda: not running(before))
        studio.client = studio.another()  # another station finds what waits
        until(lambda: studio.status()["key"]["waiting"] > 0)
        assert studio.call("key", passphrase=WORDS)["fingerprint"] == locked.fingerprint
        until(lambda: load(journal).sealed and load(copy).sealed)
        assert_whole(studio.client, journal)
        assert lines(journal, "seal")[0]["keyid"] == locked.keyid
        assert studio.status()["key"] == {"locked": False, "waiting": 0}
        until(lambda: Library.open(studio.library).lines("key") != [])
        done = studio.take()  # and from now on the recorder seals by itself
        assert load(Path(done["journal"])).sealed
        studio.call("edit", field="verdict", value="circled")
        assert WORDS.encode() not in b"".join(
            p.read_bytes() for p in studio.library.rglob("*") if p.is_file()
        )


def test_a_key_that_comes_while_a_take_rolls_seals_it_and_a_new_recorder_is_told(
    tmp_path: Path, locked: Key
) -> None:
    with desk(tmp_path / "library") as studio:
        studio.set_up(inputs="1")
        studio.call("roll")
        studio.until_rolled(0.2)
        studio.call("key", passphrase=WORDS)
        journal = Path(studio.call("stop")["journal"])
        assert load(journal).sealed
        old = studio.recorder_pid()
        kill(old)
        until(lambda: (studio.status()["recorder"] or {}).get("pid") not in (None, old))
        until(lambda: studio.status()["state"] == "armed")
        assert load(Path(studio.take()["journal"])).sealed
        assert_whole(studio.client, journal)


def test_notes_are_signed_by_the_engineer_in_use_and_the_environment_unlocks_for_scripts(
    tmp_path: Path, locked: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAKECHAIN_PASSPHRASE", WORDS)
    ring = Keyring()
    anna = ring.new_engineer("Anna", None)
    ring.use(ring.find("Anna"))
    with desk(tmp_path / "library") as studio:
        studio.set_up(inputs="1")
        journal = Path(studio.take()["journal"])
        studio.call("edit", field="verdict", value="circled")
        assert_whole(studio.client, journal)
        assert {line["sig"]["keyid"] for line in lines(journal, "note")} == {anna.keyid}
        assert {line["sig"]["keyid"] for line in lines(journal, "file")} == {locked.keyid}
        words = "\n".join(verify_take(journal, signers=ring.signers()).words)
        assert "signed by another key than the seal: Anna (engineer)" in words
        assert "unknown" not in words
        ring.use(None)
        studio.call("edit", field="verdict", value="none")
        assert lines(journal, "note")[-1]["sig"]["keyid"] == locked.keyid
