"""A verifier of C2PA manifests written from the specification alone (C2PA 2.2, ISO 19566-5, RFC 9052).

Nothing of c2pa is used: JUMBF boxes are walked by hand, CBOR is read by cbor2, signatures and certificates
are checked by cryptography. `verify_wav` and `verify_sidecar` raise Broken, or give the claim's assertions.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import cbor2
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

ALGORITHMS = {-7: ("ES256", hashes.SHA256, 32), -35: ("ES384", hashes.SHA384, 48), -8: ("EdDSA", None, 0)}


class Broken(Exception):
    """The manifest or the file is not what was signed."""


@dataclass
class Box:
    """A JUMBF superbox: its label, its content boxes (type, payload), the boxes inside, and its own bytes."""

    label: str
    raw: bytes  # all that an assertion's hash covers: the superbox without its own header
    content: list[tuple[str, bytes]] = field(default_factory=list)
    boxes: dict[str, Box] = field(default_factory=dict)

    def at(self, path: str) -> Box:
        box = self
        for label in path.split("/"):
            if label not in box.boxes:
                raise Broken(f"there is no box {path}")
            box = box.boxes[label]
        return box


@dataclass
class Manifest:
    """What a good manifest says."""

    claim: dict[str, Any]
    assertions: dict[str, Any]
    leaf: x509.Certificate
    chain: list[x509.Certificate]
    algorithm: str


def pieces(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """The ISO boxes in some bytes: type and payload."""
    at = 0
    while at < len(raw):
        if at + 8 > len(raw):
            raise Broken("a box is cut short")
        size, kind = struct.unpack_from(">I4s", raw, at)
        head = 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", raw, at + 8)
            head = 16
        if size == 0:
            size = len(raw) - at
        if size < head or at + size > len(raw):
            raise Broken("a box reaches out of its parent")
        yield kind.decode("latin-1"), raw[at + head : at + size]
        at += size


def superbox(raw: bytes) -> Box:
    """A `jumb` box's payload: the description box first, then content or further superboxes."""
    parts = list(pieces(raw))
    if not parts or parts[0][0] != "jumd":
        raise Broken("a superbox without description")
    described = parts[0][1]
    if not described[16] & 2:
        raise Broken("a box without label")
    label = described[17 : described.index(b"\0", 17)].decode()
    made = Box(label, raw)
    for kind, payload in parts[1:]:
        if kind == "jumb":
            inner = superbox(payload)
            made.boxes[inner.label] = inner
        else:
            made.content.append((kind, payload))
    return made


def content(box: Box) -> Any:
    """The CBOR or JSON of a box."""
    for kind, payload in box.content:
        if kind == "cbor":
            return cbor2.loads(payload)
        if kind == "json":
            return json.loads(payload)
    raise Broken(f"{box.label} holds nothing to read")


def store_of(raw: bytes) -> Box:
    kind, payload = next(pieces(raw))
    if kind != "jumb":
        raise Broken("this is no manifest store")
    store = superbox(payload)
    if store.label != "c2pa":
        raise Broken(f"the store is called {store.label}")
    return store


def riff_chunks(raw: bytes) -> list[tuple[bytes, int, int]]:
    """Name, offset of the payload and size of every chunk of a RIFF file."""
    if raw[:4] != b"RIFF" or raw[8:12] != b"WAVE":
        raise Broken("this is no RIFF file")
    if struct.unpack_from("<I", raw, 4)[0] + 8 != len(raw):
        raise Broken("the size of the file is not what it says")
    found, at = [], 12
    while at + 8 <= len(raw):
        name, size = struct.unpack_from("<4sI", raw, at)
        found.append((name, at + 8, size))
        at += 8 + size + size % 2
    return found


def verify_wav(path: Path, anchor: x509.Certificate | None = None) -> Manifest:
    raw = path.read_bytes()
    chunks = riff_chunks(raw)
    if [name for name, _, _ in chunks].count(b"C2PA") != 1 or chunks[-1][0] != b"C2PA":
        raise Broken("there is no one C2PA chunk at the end")
    _, offset, size = chunks[-1]
    made = verify(raw[offset : offset + size], raw, anchor)
    excluded = made.assertions["c2pa.hash.data"]["exclusions"]
    covered = sum(entry["length"] for entry in excluded)
    if covered > size + 8 + 4 or any(e["start"] not in (4, offset - 8, offset) for e in excluded):
        raise Broken("the hash leaves out more than the manifest and the size of the file")
    return made


def verify_sidecar(path: Path, manifest: Path, anchor: x509.Certificate | None = None) -> Manifest:
    made = verify(manifest.read_bytes(), path.read_bytes(), anchor)
    if made.assertions["c2pa.hash.data"].get("exclusions"):
        raise Broken("the hash of a file with its manifest outside leaves something out")
    return made


def verify(store_raw: bytes, file: bytes, anchor: x509.Certificate | None) -> Manifest:
    """Section 15 of the specification, as far as a manifest without ingredients and time stamps needs it."""
    store = store_of(store_raw)
    manifest = list(store.boxes.values())[-1]  # the active manifest is the last
    box = next((b for label, b in manifest.boxes.items() if label.startswith("c2pa.claim")), None)
    if box is None:
        raise Broken("there is no claim")
    claim = content(box)
    references = [*claim.get("created_assertions", []), *claim.get("gathered_assertions", [])]
    references += claim.get("assertions", [])
    stored = manifest.at("c2pa.assertions").boxes
    assertions = {}
    for reference in references:
        label = reference["url"].rsplit("/", 1)[-1]
        if label not in stored:
            raise Broken(f"{label} is not there")
        digest = hashlib.new(reference.get("alg") or claim.get("alg") or "sha256", stored[label].raw).digest()
        if digest != reference["hash"]:
            raise Broken(f"{label} was altered")
        assertions[label] = content(stored[label])
    if set(stored) - set(assertions):
        raise Broken("there are assertions that nobody signed")
    payload = next(raw for kind, raw in box.content if kind == "cbor")
    leaf, chain, algorithm = check_signature(content(manifest.at("c2pa.signature")), payload, anchor)
    check_data_hash(assertions["c2pa.hash.data"], file, claim)
    return Manifest(claim, assertions, leaf, chain, algorithm)


def check_data_hash(assertion: dict[str, Any], file: bytes, claim: dict[str, Any]) -> None:
    at, total = 0, hashlib.new(assertion.get("alg") or claim.get("alg") or "sha256")
    for gap in sorted(assertion.get("exclusions") or [], key=lambda gap: gap["start"]):
        if gap["start"] < at:
            raise Broken("stretches that are left out overlap")
        total.update(file[at : gap["start"]])
        at = gap["start"] + gap["length"]
    total.update(file[at:])
    if total.digest() != assertion["hash"]:
        raise Broken("the file was altered")


def check_signature(
    cose: Any, payload: bytes, anchor: x509.Certificate | None
) -> tuple[x509.Certificate, list[x509.Certificate], str]:
    """COSE_Sign1 (RFC 9052 section 4.4) over the claim, and the chain up to `anchor`."""
    value = cose.value if isinstance(cose, cbor2.CBORTag) else cose
    protected, unprotected, detached, signature = value
    if detached is not None:
        raise Broken("the claim does not stand apart from its signature")
    if any(any(unprotected[name]) for name in ("pad", "pad2") if name in unprotected):
        raise Broken("what only fills the place of the signature is not empty")
    head = cbor2.loads(protected)
    raw = head.get(33) or head.get("x5chain") or unprotected.get(33) or unprotected.get("x5chain")
    chain = [x509.load_der_x509_certificate(one) for one in (raw if isinstance(raw, list) else [raw])]
    signed = cbor2.dumps(["Signature1", protected, b"", payload])
    name, digest, half = ALGORITHMS[head[1]]
    public = chain[0].public_key()
    try:
        if isinstance(public, ed25519.Ed25519PublicKey):
            public.verify(signature, signed)
        elif isinstance(public, ec.EllipticCurvePublicKey) and digest is not None:
            numbers = (int.from_bytes(signature[:half]), int.from_bytes(signature[half:]))
            public.verify(encode_dss_signature(*numbers), signed, ec.ECDSA(digest()))
        else:
            raise Broken("a key that this verifier does not know")
    except InvalidSignature:
        raise Broken("the signature of the claim does not hold") from None
    check_chain(chain, anchor)
    return chain[0], chain, name


def check_chain(chain: list[x509.Certificate], anchor: x509.Certificate | None) -> None:
    links = [*chain, *([anchor] if anchor is not None and anchor not in chain else [])]
    try:
        for leaf, issuer in pairwise(links):
            leaf.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError) as error:
        raise Broken(f"the certificates do not follow each other: {error}") from None
    usage = chain[0].extensions.get_extension_for_class(x509.KeyUsage).value
    if not usage.digital_signature or usage.key_cert_sign:
        raise Broken("the leaf must sign, and must not sign certificates")
    if chain[0].extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
        raise Broken("the leaf is an authority")
    chain[0].extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    if not list(chain[0].extensions.get_extension_for_class(x509.ExtendedKeyUsage).value):
        raise Broken("the leaf has no extended key usage")
