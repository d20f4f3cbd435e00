"""Who signed a take: known, or only named by the library, or nobody's; replaced or revoked since when."""

from __future__ import annotations

from capture.journal.lines import Line
from capture.journal.record import TakeRecord
from capture.journal.report import Report
from capture.journal.signers import Signer, Signers


def check_signer(report: Report, record: TakeRecord, lines: list[Line], signers: Signers) -> None:
    """Say whose the seal and the lines after it are; a key used after it was revoked is a fault."""
    seal = next((line for line in lines if line.type == "seal"), None)
    if seal is None:
        return
    report.signer = signer = signers.of(record.keyid)
    if signer.known:
        report.info(f"signed by {signer.words}: a known signer")
    elif signer.name:
        report.info(f"signer unknown: it says of itself {signer.words}; compare the key with its owner")
    else:
        report.info("whether the signing key is whose it should be was not checked (signer unknown)")
    sealed = _utc(seal)
    if signer.revoked is not None and sealed >= signer.revoked:
        _after_revocation(report, signer, f"this take was sealed {sealed}", seal)
    elif signer.revoked is not None:
        words = f"its key was revoked from {signer.revoked} on{_why(signer)}; the seal says it is older"
        report.warn(f"{words}, which only a time stamp could prove")
    elif signer.replaced is not None and sealed > signer.replaced:
        report.warn(f"it was sealed with a key that had been replaced {signer.replaced}")
    _check_others(report, record, lines[lines.index(seal) + 1 :], signers)


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
