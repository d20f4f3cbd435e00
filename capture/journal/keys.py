"""The station's Ed25519 key, and the two things it signs: seals and lines (DSSE envelopes)."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import secrets
import stat
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from capture.journal.durable import sync_folder
from capture.journal.errors import KeyUnusable, in_words

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SEAL_TYPE = "application/vnd.takechain.seal+json"
LINE_TYPE = "application/vnd.takechain.line+json"
KEY_FILE = "station.key"
PUBLIC_FILE = "station.pub"


def pae(payload_type: str, payload: bytes) -> bytes:
    """The bytes that are signed (DSSE v1, pre-authentication encoding)."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def keyid_of(public: bytes) -> str:
    """Hex SHA-256 of a raw public key."""
    return hashlib.sha256(public).hexdigest()


def fingerprint_of(keyid: str) -> str:
    """The first 16 hex digits of a key id in groups of four, as people compare them."""
    return " ".join(keyid[at : at + 4] for at in range(0, 16, 4))


def signature_holds(public: bytes, payload_type: str, payload: bytes, signature: bytes) -> bool:
    """Whether `signature` is that of the raw Ed25519 key `public` over the payload."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, pae(payload_type, payload))
    except (InvalidSignature, ValueError):
        return False
    return True


@dataclass(frozen=True)
class Key:
    """A signing key; `seed` is the raw private key of 32 bytes (RFC 8032)."""

    seed: bytes = field(repr=False)

    @cached_property
    def _private(self) -> Ed25519PrivateKey:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(self.seed)

    @cached_property
    def public(self) -> bytes:
        """The raw public key, 32 bytes."""
        return self._private.public_key().public_bytes_raw()

    @property
    def keyid(self) -> str:
        """Hex SHA-256 of the raw public key."""
        return keyid_of(self.public)

    @property
    def fingerprint(self) -> str:
        """The key id as people compare it."""
        return fingerprint_of(self.keyid)

    def sign(self, payload_type: str, payload: bytes) -> str:
        """Base64 of the signature over the payload."""
        return base64.b64encode(self._private.sign(pae(payload_type, payload))).decode()

    def verify(self, payload_type: str, payload: bytes, signature: str) -> bool:
        """Whether `signature` (base64) is this key's over the payload."""
        return signature_holds(self.public, payload_type, payload, decoded(signature))


def decoded(text: object) -> bytes:
    """The bytes of a base64 text in its one canonical form, or none for anything else."""
    try:
        raw = base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except ValueError:
        return b""
    return raw if base64.b64encode(raw).decode() == text else b""


def config_folder() -> Path:
    """Where the user's settings and key lie: TAKECHAIN_CONFIG, else the system's place for them."""
    named = os.environ.get("TAKECHAIN_CONFIG")
    if named:
        return Path(named)
    import platformdirs

    return Path(platformdirs.user_config_dir("takechain"))


def station_key(config_dir: Path | None = None) -> Key:
    """The key of this user on this machine, made on first use; raises KeyUnusable."""
    folder = config_dir or config_folder()
    path = folder / KEY_FILE
    try:
        if not path.exists():
            _make(folder, path)
        key = Key(_read(path))
        _publish(folder / PUBLIC_FILE, key)
    except OSError as error:
        what, do = in_words(error)
        raise KeyUnusable(f"the signing key {path} cannot be used: {what}", do) from error
    return key


def _make(folder: Path, path: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = folder / f".{KEY_FILE}.{secrets.token_hex(6)}"
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(fd, "wb") as out:  # which writes all of it, or raises
            out.write(secrets.token_bytes(32))
            out.flush()
            os.fsync(fd)
        with contextlib.suppress(FileExistsError):  # another process was first: its key is the key
            os.link(fresh, path)
    finally:
        fresh.unlink()
    sync_folder(folder)


def _read(path: Path) -> bytes:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            raise KeyUnusable(f"the signing key {path} is not a file of this user", "move it away")
        if found.st_mode & 0o077:
            raise KeyUnusable(f"others can read the signing key {path}", f"run: chmod 600 '{path}'")
        seed = os.read(fd, 64)
    finally:
        os.close(fd)
    if len(seed) != 32:
        raise KeyUnusable(f"{path} is not a signing key (32 bytes expected)", "put the right file back")
    return seed


def _publish(path: Path, key: Key) -> None:
    words = base64.b64encode(key.public) + b"\n"
    with contextlib.suppress(OSError):
        if path.read_bytes() == words:
            return
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    fresh.write_bytes(words)
    fresh.replace(path)
