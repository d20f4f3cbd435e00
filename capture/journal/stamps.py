"""Time stamps of others (RFC 3161): the seal existed at that moment, which its signer's clock cannot prove.

What is stamped is the SHA-256 of the seal line, so that whoever has the journal can check it with nothing
else than the certificates they trust: `openssl ts -verify` (docs/verify.md).
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

from capture.clock import utc_text
from capture.errors import UsageError
from capture.journal.errors import JournalError, in_words
from capture.journal.keys import Key, config_folder
from capture.journal.lines import parse_fields, raw_lines
from capture.journal.writer import JournalWriter

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from rfc3161_client import TimeStampResponse

STAMP_BYTES = 256 * 1024
ROOTS_FILE = "tsa-roots.pem"
_SHA256 = "2.16.840.1.101.3.4.2.1"
_MOST_ROOTS_BYTES = 8 * 1024 * 1024


class BadStamp(JournalError):
    """An answer that is no time stamp, or that of something else."""

    code = "time stamp"


@dataclass(frozen=True)
class Stamp:
    """What a time stamp says: the moment (journal time), and who says so as far as the answer names them."""

    utc: str
    authority: str


@dataclass(frozen=True)
class Request:
    """What is sent to the server, in DER, and the number that the answer must hold."""

    raw: bytes
    nonce: int | None


def request_for(line: bytes) -> Request:
    """A request to stamp a line (its bytes without the newline) by its SHA-256."""
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    builder = TimestampRequestBuilder().data(line).hash_algorithm(HashAlgorithm.SHA256)
    request = builder.nonce(nonce=True).cert_request(cert_request=True).build()
    return Request(request.as_bytes(), request.nonce)


def read(response: bytes, line: bytes, nonce: int | None = None) -> Stamp:
    """What a response in DER says of a line; whose signature it is stays open. Raises BadStamp."""
    answer = _decoded(response)
    info = answer.tst_info
    if info.message_imprint.hash_algorithm.dotted_string != _SHA256:
        raise BadStamp("the time stamp is of another hash than SHA-256")
    if info.message_imprint.message != hashlib.sha256(line).digest():
        raise BadStamp("the time stamp is that of something else")
    if nonce is not None and info.nonce != nonce:
        raise BadStamp("the answer is that to another request")
    when = info.gen_time
    return Stamp(utc_text(when if when.tzinfo else when.replace(tzinfo=UTC)), _authority(answer))


def prove(response: bytes, line: bytes, roots: Iterable[Certificate]) -> Stamp:
    """What a response says, its signature and certificates checked up to given roots; raises BadStamp.

    Certificates need to have been valid at the moment of the stamp, for time stamping alone (RFC 3161, 2.3).
    """
    from rfc3161_client import VerificationError, VerifierBuilder

    stamp, builder = read(response, line), VerifierBuilder()
    for root in roots:
        builder = builder.add_root_certificate(root)
    try:
        builder.build().verify(_decoded(response), hashlib.sha256(line).digest())
    except (VerificationError, ValueError) as error:
        unknown = "certificate verify error" in str(error)
        why = (
            "its certificate does not lead to a root that is trusted here"
            if unknown
            else "its signature is wrong"
        )
        raise BadStamp(f"the time stamp does not hold: {why}") from None
    return stamp


def roots_in(path: Path) -> list[Certificate]:
    """The certificates in a PEM file; raises UsageError."""
    from cryptography.x509 import load_pem_x509_certificates

    try:
        with path.open("rb") as file:
            return load_pem_x509_certificates(file.read(_MOST_ROOTS_BYTES))
    except OSError as error:
        what, do = in_words(error)
        raise UsageError(f"{path} cannot be read: {what}", do) from error
    except ValueError:
        raise UsageError(f"{path} holds no certificates", "it should be PEM, of the server's root") from None


def own_roots(folder: Path | None = None) -> list[Certificate]:
    """The roots of time stamping that this user trusts; none where they named none. Raises UsageError."""
    path = (folder or config_folder()) / ROOTS_FILE
    return roots_in(path) if path.exists() else []


def _decoded(response: bytes) -> TimeStampResponse:
    from rfc3161_client import decode_timestamp_response

    if len(response) > STAMP_BYTES:
        raise BadStamp("the answer is too long to be a time stamp")
    try:
        answer = decode_timestamp_response(response)
        status, said = answer.status, "; ".join(answer.status_string)
        if status == 0:
            _ = answer.tst_info.gen_time
    except Exception:  # whatever a parser raises for what others may have written
        raise BadStamp("the answer is no time stamp (RFC 3161)") from None
    if status != 0:
        raise BadStamp(f"the server gave no time stamp: {said or f'status {status}'}")
    return answer


def _authority(answer: TimeStampResponse) -> str:
    """The common name of the certificate that signed, as far as the answer holds it."""
    from cryptography.x509 import NameOID, load_der_x509_certificate

    try:
        signers = [(info.issuer, info.serial_number) for info in answer.signed_data.signer_infos]
        for raw in answer.signed_data.certificates:
            certificate = load_der_x509_certificate(raw)
            if (certificate.issuer, certificate.serial_number) in signers:
                names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
                return str(names[0].value) if names else certificate.subject.rfc4514_string()
    except Exception:  # as above: a name is not worth more
        return ""
    return ""


def seal_line(path: Path) -> bytes:
    """The bytes of a take's seal line; raises BadStamp where it has none."""
    with contextlib.suppress(OSError, ValueError), path.open("rb") as stream:
        for raw in raw_lines(stream):
            if b'"type":"seal"' in raw and parse_fields(raw[:-1]).get("type") == "seal":
                return raw[:-1]
    raise BadStamp(f"{path.name} has no seal that could be stamped")


def stamp_seal(path: Path, key: Key, response: bytes, server: str, nonce: int | None = None) -> Stamp:
    """Keep a time stamp of a take's seal as a signed line; raises BadStamp, JournalLocked, JournalError."""
    stamp = read(response, seal_line(path), nonce)
    with JournalWriter.reopen(path) as writer:
        fields = {"server": server, "response": base64.b64encode(response).decode()}
        writer.append_signed("stamp", writer.record.frames, key, sync=True, **fields)
    return stamp
