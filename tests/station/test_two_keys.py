"""The station's key and that of the engineer who signs notes may have passphrases of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from capture.journal.errors import KeyLocked
from capture.journal.keyring import Keyring
from capture.journal.keys import station_key
from capture.library import Library
from capture.station.core import Core


@pytest.fixture
def core(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Core:
    """Both keys locked; notes are Anna's."""
    monkeypatch.setenv("TAKECHAIN_CONFIG", str(tmp_path / "config"))
    ring = Keyring()
    ring.station()
    ring.new_engineer("Anna", None)
    for name, words in (("station", "one"), ("Anna", "two")):
        own = ring.find(name)
        ring.set_passphrase(own, ring.key_of(own, None), words)
    ring.use(ring.find("Anna"))
    from capture.journal import keys

    keys._unlocked.clear()  # as in a process that has only just started
    return Core(Library.open(tmp_path / "library"))


def test_each_passphrase_opens_its_own_key(core: Core) -> None:
    assert core.locked
    with pytest.raises(KeyLocked, match="not the passphrase"):
        core.take_key("wrong")
    assert core.take_key("one") == station_key()
    assert core.locked  # a note still cannot be signed
    with pytest.raises(KeyLocked):
        core.engineer()
    core.take_key("two")
    assert not core.locked
    signer = core.engineer()
    assert signer is not None
    assert signer.keyid == Keyring().find("Anna").statement.keyid
    assert core.take_key(None) == station_key()


def test_one_passphrase_for_both_opens_both(core: Core) -> None:
    ring = Keyring()
    own = ring.find("Anna")
    ring.set_passphrase(own, ring.key_of(own, "two"), "one")
    core.take_key("one")
    assert not core.locked
