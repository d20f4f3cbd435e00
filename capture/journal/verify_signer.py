"""Who signed a take: known, or only named by the library, or nobody's; replaced or revoked since when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from capture.journal import stamps
from capture.journal.keys import decoded
from capture.journal.lines import Line
from capture.journal.record import TakeRecord
from capture.journal.report import Report
from capture.journal.signers import Signer, Signers

if TYPE_CHECKING:
    from cryptography.x509 import Certificate


def check_signer(
    report: Report, record: TakeRecord, lines: list[Line], signers: Signers, roots: Sequence[Certificate]
) -> None:
    """Say whose the seal and the lines after it are; a key used after it was revoked is a fault.

    `roots` are the certificates of time stamp authorities that are trusted.
    """
    seal = next((line for line in lines if line.type == "seal"), None)
    if seal is None:
        return
    stamped = _check_stamps(report, seal, lines, roots)
    report.signer = signer = signers.of(record.keyid)
    if signer.known:
        report.info(f"signed by {signer.words}: a known signer")
    elif signer.name:
        report.info(f"signer unknown: it says of itself {signer.words}; compare the key with its owner")
    else:
        report.info("whether the signing key is whose it should be was not checked (signer unknown)")
    if signer.foreign and not signer.known:
        report.warn("its key is none of those that its library names: was it sealed anew by somebody else?")
    sealed = _utc(seal)
    if signer.revoked is not None and sealed >= signer.revoked:
        _after_revocation(report, signer, f"this take was sealed {sealed}", seal)
    elif signer.revoked is not None:
        words = f"its key was revoked from {signer.revoked} on{_why(signer)}; the seal says it is older"
        proved = stamped is not None and stamped < signer.revoked
        report.warn(
            f"{words}, which {'its time stamp proves' if proved else 'only a time stamp could prove'}"
        )
    elif signer.replaced is not None and sealed > signer.replaced:
        report.warn(f"it was sealed with a key that had been replaced {signer.replaced}")
    _check_others(report, record, lines[lines.index(seal) + 1 :], signers)


def _check_stamps(report: Report, seal: Line, lines: list[Line], roots: Sequence[Certificate]) -> str | None:
    """The earliest moment at which the seal is proved to have existed; None where nothing proves one."""
    proved: list[str] = []
    for line in lines:
        if line.type != "stamp":
            continue
        where = f"{report.path.name}, line {line.number} (byte {line.offset})"
        response = decoded(line.fields.get("response"))
        try:
            stamp = stamps.prove(response, seal.raw, roots) if roots else stamps.read(response, seal.raw)
        except stamps.BadStamp as error:
            report.fault(error.what, where)
            continue
        who = stamp.authority or str(line.fields.get("server"))
        if roots:
            proved.append(stamp.utc)
            report.info(f"the seal existed at {stamp.utc}: the time stamp of {who} holds")
        else:
            words = f"a time stamp of {who} says that the seal existed at {stamp.utc}"
            report.info(f"{words}; its signature was not checked (no --tsa-roots, no takechain stamp roots)")
    return min(proved, default=None)


def _check_others(report: Report, record: TakeRecord, lines: list[Line], signers: Signers) -> None:
    """The keys that signed lines after the seal and are not its own."""
    said: set[str] = set()
    for line in lines:
        sig = line.fields.get("sig")
        keyid = sig.get("keyid") if isinstance(sig, dict) else None
        if not isinstance(keyid, str):
            continue
        signer = signers.of(keyid)
        if signer.revoked is not None and _utc(line) >= signer.revoked and keyid not in said:
            _after_revocation(report, signer, f"line {line.number} ({line.type}) is later", line)
        if keyid != record.keyid and keyid not in said:
            known = "" if signer.known else ", a signer unknown"
            report.warn(f"lines after the end are signed by another key than the seal: {signer.words}{known}")
        said.add(keyid)


def _after_revocation(report: Report, signer: Signer, what: str, line: Line) -> None:
    words = f"the key of {signer.words} was revoked from {signer.revoked} on{_why(signer)}, and {what}"
    where = f"{report.path.name}, line {line.number} (byte {line.offset})"
    report.fault(words, where, revoked=True)


def _why(signer: Signer) -> str:
    return f" ({signer.reason})" if signer.reason else ""


def _utc(line: Line) -> str:
    """The time a line claims; times of the one form compare as texts."""
    utc = line.fields.get("utc")
    return utc if isinstance(utc, str) else ""
