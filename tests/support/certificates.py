"""Certificates for tests: an authority and a leaf of any key, made by cryptography alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


def authority_and_leaf(folder: Path, leaf_key: Any = None, days: int = 365) -> tuple[Path, Path, Path]:
    """`authority.pem`, `chain.pem` (leaf first) and `leaf.key` in a folder."""
    root_key, leaf_key = (
        ec.generate_private_key(ec.SECP256R1()),
        leaf_key or ed25519.Ed25519PrivateKey.generate(),
    )
    root = _signed("A buyer's authority", root_key, root_key, None, days)
    leaf = _signed("Studio Bryggen", leaf_key, root_key, root, days)
    paths = folder / "authority.pem", folder / "chain.pem", folder / "leaf.key"
    paths[0].write_bytes(root.public_bytes(Encoding.PEM))
    paths[1].write_bytes(leaf.public_bytes(Encoding.PEM))
    paths[2].write_bytes(leaf_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths


def _signed(name: str, key: Any, signer: Any, issuer: x509.Certificate | None, days: int) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, name)])
    now, ca = datetime.now(UTC), issuer is None
    usage = x509.KeyUsage(not ca, False, False, False, False, ca, ca, False, False)
    made = (
        x509.CertificateBuilder(subject_name=subject, issuer_name=issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    if not ca:
        made = made.add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False
        )
    return made.sign(signer, hashes.SHA256())
