"""The station's key, and signatures as others compute them."""

from __future__ import annotations

import base64
import hashlib
import json
import stat
import threading
from pathlib import Path

import pytest

from capture.journal.errors import KeyLocked, KeyUnusable
from capture.journal.keys import (
    Key,
    KeyHolder,
    decoded,
    fingerprint_of,
    has_passphrase,
    pae,
    published,
    read_key,
    signature_holds,
    station_key,
    store_key,
)


def test_the_public_key_is_that_of_rfc_8032_test_1() -> None:
    key = Key(bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
    assert key.public.hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"


def test_pae_is_that_of_the_dsse_protocol() -> None:
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_the_fingerprint_is_the_beginning_of_the_key_id_in_groups() -> None:
    key = Key(bytes(32))
    assert key.keyid == hashlib.sha256(key.public).hexdigest()
    assert key.fingerprint.replace(" ", "") == key.keyid[:16]
    assert fingerprint_of("0123456789abcdef" + "0" * 48) == "0123 4567 89ab cdef"


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    config = tmp_path / "new" / "config"
    key = station_key(config)
    assert station_key(config) == key
    assert stat.S_IMODE((config / "station.key").stat().st_mode) == 0o600
    assert (config / "station.key").read_bytes() == key.seed
    assert base64.b64decode((config / "station.pub").read_bytes()) == key.public
    assert sorted(p.name for p in config.iterdir()) == ["station.key", "station.pub"]
    assert repr(key.seed) not in repr(key)


def test_many_first_uses_at_once_agree_on_one_key(tmp_path: Path) -> None:
    found: list[Key] = []
    threads = [threading.Thread(target=lambda: found.append(station_key(tmp_path / "c"))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 12
    assert len({key.seed for key in found}) == 1


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    station_key(tmp_path)
    (tmp_path / "station.key").chmod(0o644)
    with pytest.raises(KeyUnusable, match="others can read") as found:
        station_key(tmp_path)
    assert "chmod 600" in found.value.do
    assert found.value.exit_code == 6


@pytest.mark.parametrize("content", [b"", b"x" * 31, b"x" * 33])
def test_a_file_that_is_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "station.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(KeyUnusable):
        station_key(tmp_path)
    assert path.read_bytes() == content


def test_a_link_in_place_of_the_key_is_refused(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(bytes(32))
    elsewhere.chmod(0o600)
    (tmp_path / "station.key").symlink_to(elsewhere)
    with pytest.raises(KeyUnusable):
        station_key(tmp_path)


def test_a_folder_that_cannot_be_made_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(KeyUnusable):
        station_key(tmp_path / "file" / "config")


def test_signatures_bind_type_and_payload() -> None:
    key = Key(bytes(range(32)))
    signature = key.sign("type", b"payload")
    assert key.verify("type", b"payload", signature)
    assert not key.verify("typep", b"ayload", signature)
    assert not key.verify("type", b"payloae", signature)
    assert not signature_holds(b"short", "type", b"payload", decoded(signature))


def test_base64_has_one_form_only() -> None:
    assert decoded("AA==") == b"\0"
    for other in ("AB==", "AA=", "AA==\n", " AA==", "AA", None, 1):
        assert decoded(other) == b""


def test_a_passphrase_locks_the_file_and_the_key_stays_the_same(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    key = station_key(tmp_path / "open")
    path = tmp_path / "locked" / "station.key"
    store_key(path, key, "Ærlig talt 猫")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert key.seed not in path.read_bytes()
    assert has_passphrase(path)
    for wrong in (None, "", "Ærlig talt"):
        with pytest.raises(KeyLocked):
            read_key(path, wrong)
    assert read_key(path, "Ærlig talt 猫") == key
    found = {name: text for name, text in json.loads(path.read_bytes()).items() if name != "format"}
    raw = {name: base64.b64decode(text) for name, text in found.items()}
    stretched = hashlib.scrypt(
        "Ærlig talt 猫".encode(), salt=raw["salt"], n=2**16, r=8, p=1, maxmem=2**27, dklen=32
    )
    assert AESGCM(stretched).decrypt(raw["nonce"], raw["seed"], raw["public_key"]) == key.seed


def test_a_locked_file_that_was_changed_is_no_key(tmp_path: Path) -> None:
    path = tmp_path / "station.key"
    store_key(path, Key(bytes(range(32))), "x")
    found = json.loads(path.read_bytes())
    other = base64.b64encode(bytes(32)).decode()
    for change in ({"public_key": other}, {"seed": other}, {"salt": 5}, {"nonce": ""}):
        path.write_text(json.dumps({**found, **change}))
        with pytest.raises(KeyLocked):
            read_key(path, "x")


def test_a_locked_key_is_known_by_its_public_part_and_opened_by_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = station_key(tmp_path)
    store_key(tmp_path / "station.key", key, "x")
    assert published(tmp_path) == key.keyid
    held = KeyHolder(tmp_path)
    assert held.key is None
    with pytest.raises(KeyLocked, match="is locked"):
        held.ready()
    monkeypatch.setenv("TAKECHAIN_PASSPHRASE", "x")
    held.look()
    assert held.ready() == key
    monkeypatch.delenv("TAKECHAIN_PASSPHRASE")
    assert station_key(tmp_path) == key  # this process has opened it
