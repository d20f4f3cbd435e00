"""Who signs credentials: a certificate authority of our own, made on first use, or the user's certificate.

A leaf has what C2PA 2.2 asks for (section 14.5.1): version 3, no CA, key usage digitalSignature alone, an
extended key usage, subject and authority key identifiers, and an issuer that is not itself.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from capture.credentials.errors import CredentialError
from capture.journal.durable import sync_folder
from capture.journal.errors import in_words
from capture.journal.keys import config_folder

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

FOLDER = "c2pa"
AUTHORITY, CHAIN, KEY, TRUSTED = "authority.pem", "chain.pem", "signing.key", "trusted"
LEAF_YEARS, AUTHORITY_YEARS = 10, 30
_LARGEST = 1 << 20


@dataclass(frozen=True)
class Identity:
    """A certificate chain (PEM, leaf first), its private key (PEM), and the algorithm of C2PA for it."""

    chain: str
    key: str = field(repr=False)
    algorithm: str
    name: str


def own_identity(folder: Path | None = None) -> Identity:
    """Our own authority's signing certificate, made on first use; raises CredentialError."""
    place = (folder or config_folder()) / FOLDER
    try:
        if not all((place / name).is_file() for name in (AUTHORITY, CHAIN, KEY)):
            _make(place)
        return users_identity(place / CHAIN, place / KEY)
    except OSError as error:
        what, do = in_words(error)
        raise CredentialError(f"the signing certificate in {place} cannot be used: {what}", do) from error


def users_identity(chain: Path, key: Path) -> Identity:
    """The user's own certificate chain and key, both PEM, the key without a passphrase."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    texts = [_text(path) for path in (chain, key)]
    try:
        leaf, *_ = x509.load_pem_x509_certificates(texts[0].encode())
        private = load_pem_private_key(texts[1].encode(), None)
    except (ValueError, TypeError) as error:
        raise CredentialError(
            f"{chain} and {key} are not a certificate chain and its key: {error}",
            "both have to be PEM files, the leaf first, the key without a passphrase",
        ) from None
    if _public(leaf) != _public(private):
        raise CredentialError(f"{key} is not the key of {chain}", "give the two that belong together")
    if leaf.not_valid_after_utc <= datetime.now(UTC):
        raise CredentialError(f"{chain} expired {leaf.not_valid_after_utc:%Y-%m-%d}", "renew it")
    return Identity(texts[0], texts[1], _algorithm(private), _name(leaf))


def anchors(folder: Path | None = None) -> str:
    """The authorities that this user trusts: our own, and every PEM file in `c2pa/trusted`."""
    place = (folder or config_folder()) / FOLDER
    found = [place / AUTHORITY, *sorted((place / TRUSTED).glob("*.pem"))]
    return "\n".join(_text(path) for path in found if path.is_file())


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST).decode("ascii")
    except UnicodeDecodeError:
        raise CredentialError(f"{path} is not a PEM file") from None
    except OSError as error:
        what, do = in_words(error)
        raise CredentialError(f"{path} cannot be read: {what}", do) from error


def _public(source: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return bytes(source.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def _algorithm(private: object) -> str:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    curves = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return "ed25519"
    if isinstance(private, ec.EllipticCurvePrivateKey) and private.curve.name in curves:
        return curves[private.curve.name]
    if isinstance(private, rsa.RSAPrivateKey) and private.key_size >= 2048:
        return "ps256"
    raise CredentialError(
        "this kind of key cannot sign", "use P-256, P-384, P-521, Ed25519 or RSA of 2048 bits"
    )


def _name(leaf: Certificate) -> str:
    return leaf.subject.rfc4514_string()


def _make(place: Path) -> None:
    """Authority and leaf; the authority's private key is thrown away, so that it never signs another."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    root_key, leaf_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = _certificate(root_key, root_key, None, AUTHORITY_YEARS)
    leaf = _certificate(leaf_key, root_key, root, LEAF_YEARS)
    pem = leaf_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    _store(place / KEY, pem)
    _store(place / AUTHORITY, root.public_bytes(Encoding.PEM))
    _store(place / CHAIN, leaf.public_bytes(Encoding.PEM) + root.public_bytes(Encoding.PEM))
    sync_folder(place)


def _certificate(key: Any, signer: Any, issuer: Certificate | None, years: int) -> Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    now = datetime.now(UTC).replace(microsecond=0)
    mark = secrets.token_hex(4)  # two stations' authorities are never of one name
    words = f"Takechain {'authority' if issuer is None else 'station'} {mark}"
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Takechain, an authority of its user's own"),
            x509.NameAttribute(NameOID.COMMON_NAME, words),
        ]
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365 * years))
        .add_extension(
            x509.BasicConstraints(ca=issuer is None, path_length=0 if issuer is None else None), True
        )
        .add_extension(_usage(authority=issuer is None), True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False)
    )
    if issuer is not None:
        made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False)
    return made.sign(signer, hashes.SHA256())


def _usage(*, authority: bool) -> Any:
    from cryptography.x509 import KeyUsage

    return KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _store(path: Path, raw: bytes) -> None:
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "wb") as out:
        out.write(raw)
        out.flush()
        os.fsync(fd)
    fresh.replace(path)
