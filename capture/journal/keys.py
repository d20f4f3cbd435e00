"""The station's Ed25519 key, what it signs (DSSE envelopes), and its file, with a passphrase or without."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import secrets
import stat
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from capture.journal.durable import sync_folder
from capture.journal.errors import KeyLocked, KeyUnusable, in_words

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SEAL_TYPE = "application/vnd.takechain.seal+json"
LINE_TYPE = "application/vnd.takechain.line+json"
KEY_FILE = "station.key"
PUBLIC_FILE = "station.pub"
PASSPHRASE = "TAKECHAIN_PASSPHRASE"  # noqa: S105 - the name of a variable, not what is in it
_LOCKED = "takechain-key/1"
_LARGEST = 4096
_SCRYPT_N = 2**16
_unlocked: dict[Path, Key] = {}


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
    """The key of this user on this machine, made on first use.

    Raises KeyUnusable, and KeyLocked where it has a passphrase that neither `unlock` nor the environment
    (TAKECHAIN_PASSPHRASE) has told this process.
    """
    return _found(config_dir or config_folder(), os.environ.get(PASSPHRASE))


def unlock(passphrase: str, config_dir: Path | None = None) -> Key:
    """Open the station's key for this process; raises KeyLocked for a passphrase that is not the one."""
    return _found(config_dir or config_folder(), passphrase)


def remember(key: Key, config_dir: Path | None = None) -> None:
    """Take a key that another process of ours has unlocked for the station's, as long as this one runs."""
    _unlocked[config_dir or config_folder()] = key


class KeyHolder:
    """The station's key in one process, which may come only later: a locked key keeps no take from ending."""

    def __init__(self, config_dir: Path | None = None) -> None:
        self._folder = config_dir or config_folder()
        self.key: Key | None = None
        self.look()

    def look(self) -> None:
        """Read the key's file; one that is locked leaves what was known. Raises KeyUnusable."""
        with contextlib.suppress(KeyLocked):
            self.key = station_key(self._folder)

    def give(self, key: Key) -> None:
        """The key, unlocked."""
        remember(key, self._folder)
        self.key = key

    def ready(self) -> Key:
        """The key; raises KeyLocked."""
        if self.key is None:
            path = self._folder / KEY_FILE
            raise KeyLocked(f"the signing key {path} is locked", "run: takechain key unlock")
        return self.key


def published(config_dir: Path | None = None) -> str:
    """The key id of the station's key without opening it; empty where there is none yet."""
    try:
        raw = ((config_dir or config_folder()) / PUBLIC_FILE).read_bytes()
    except OSError:
        return ""
    public = decoded(raw.decode("ascii", "replace").strip())
    return keyid_of(public) if public else ""


def _found(folder: Path, passphrase: str | None) -> Key:
    path = folder / KEY_FILE
    try:
        if not path.exists():
            store_key(path, Key(secrets.token_bytes(32)), exclusive=True)
        known = _unlocked.get(folder)
        if known is not None and known.keyid == published(folder):
            return known
        key = read_key(path, passphrase)
        if passphrase:
            _unlocked[folder] = key
        publish_key(folder / PUBLIC_FILE, key.public)
    except OSError as error:
        what, do = in_words(error)
        raise KeyUnusable(f"the signing key {path} cannot be used: {what}", do) from error
    return key


def store_key(path: Path, key: Key, passphrase: str | None = None, *, exclusive: bool = False) -> None:
    """Write a key file for its owner alone, durable; with `exclusive` one that is there is kept.

    Without a passphrase it holds the raw 32 bytes, with one JSON of `format`, `salt`, `nonce`, `public_key`
    and `seed` (base64): the seed encrypted by AES-256-GCM, the public key authenticated with it.
    Raises OSError.
    """
    folder = path.parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = folder / f".{path.name}.{secrets.token_hex(6)}"
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(fd, "wb") as out:  # which writes all of it, or raises
            out.write(_encrypted(key, passphrase) if passphrase else key.seed)
            out.flush()
            os.fsync(fd)
        if exclusive:
            with contextlib.suppress(FileExistsError):  # another process was first: its key is the key
                os.link(fresh, path)
        else:
            fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    sync_folder(folder)


def has_passphrase(path: Path) -> bool:
    """Whether a key file needs one; raises KeyUnusable."""
    return _has_passphrase(_raw(path))


def _has_passphrase(raw: bytes) -> bool:
    return len(raw) != 32 and raw.startswith(b"{") and _LOCKED.encode() in raw


def read_key(path: Path, passphrase: str | None = None) -> Key:
    """The key in a file; raises KeyUnusable, KeyLocked, OSError."""
    raw = _raw(path)
    if _has_passphrase(raw):
        return _decrypted(path, raw, passphrase)
    if len(raw) != 32:
        raise KeyUnusable(f"{path} is not a signing key (32 bytes expected)", "put the right file back")
    return Key(raw)


def _raw(path: Path) -> bytes:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            raise KeyUnusable(f"the signing key {path} is not a file of this user", "move it away")
        if found.st_mode & 0o077:
            raise KeyUnusable(f"others can read the signing key {path}", f"run: chmod 600 '{path}'")
        return os.read(fd, _LARGEST)
    finally:
        os.close(fd)


def _encrypted(key: Key, passphrase: str) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    sealed = AESGCM(_stretched(passphrase, salt)).encrypt(nonce, key.seed, key.public)
    parts = {"salt": salt, "nonce": nonce, "public_key": key.public, "seed": sealed}
    texts = {name: base64.b64encode(raw).decode() for name, raw in parts.items()}
    return json.dumps({"format": _LOCKED, **texts}, indent=1).encode() + b"\n"


def _decrypted(path: Path, raw: bytes, passphrase: str | None) -> Key:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if not passphrase:
        raise KeyLocked(f"the signing key {path} is locked", "run: takechain key unlock")
    try:
        found = json.loads(raw)
        salt, nonce, public, sealed = (
            decoded(found[name]) for name in ("salt", "nonce", "public_key", "seed")
        )
        return Key(AESGCM(_stretched(passphrase, salt)).decrypt(nonce, sealed, public))
    except (InvalidTag, ValueError, KeyError, TypeError):
        raise KeyLocked(
            f"that is not the passphrase of {path}, or the file is damaged", "try again"
        ) from None


def _stretched(passphrase: str, salt: bytes) -> bytes:
    """A key of 32 bytes from a passphrase (scrypt, RFC 7914): 64 MiB and about 0.2 s."""
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    return Scrypt(salt=salt, length=32, n=_SCRYPT_N, r=8, p=1).derive(passphrase.encode())


def publish_key(path: Path, public: bytes) -> None:
    """Keep the public key beside the private one; raises OSError."""
    words = base64.b64encode(public) + b"\n"
    with contextlib.suppress(OSError):
        if path.read_bytes() == words:
            return
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    fresh.write_bytes(words)
    fresh.replace(path)
