"""The station's key, and signatures as others compute them."""

from __future__ import annotations

import base64
import hashlib
import stat
import threading
from pathlib import Path

import pytest

from capture.journal.errors import KeyUnusable
from capture.journal.keys import Key, decoded, fingerprint_of, pae, signature_holds, station_key


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
