"""What verification found, in words and with its place."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from capture.journal.record import TakeRecord
from capture.journal.signers import Signer


class Severity(StrEnum):
    """How much a finding weighs: only a fault makes a take fail."""

    FAULT = "fault"
    WARNING = "warning"
    INFO = "info"


class State(StrEnum):
    """The one word for a verified take."""

    WHOLE = "whole"
    EDITED = "whole, edited after the end"
    RECOVERED = "recovered"
    INCOMPLETE = "incomplete"
    ORDER = "whole in itself, but not the library's order of takes"
    ALTERED = "altered"
    FORGED = "forged"
    REVOKED = "signed with a revoked key"
    DISCARDED = "discarded"
    WAITING = "closed, waiting for the key"


@dataclass(frozen=True)
class Finding:
    """One thing found: what, and where (file, line, frames, bytes)."""

    severity: Severity
    what: str
    where: str = ""
    incomplete: bool = False  # a fault of something not there (yet), not of something changed
    order: bool = False  # a fault of the takes before it, not of its own
    waits: bool = False  # incomplete for want of the signing key alone
    revoked: bool = False  # nothing but that its signer was not to be trusted any more
    forged: bool = False  # lines that were made to fit each other, and that the signer never signed so

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what


@dataclass
class Report:
    """Everything found about one take; `record` is None when its journal could not be read at all."""

    path: Path
    record: TakeRecord | None = None
    findings: list[Finding] = field(default_factory=list)
    signer: Signer | None = None
    gone: list[str] = field(default_factory=list)  # files that were thrown away on purpose
    alone: bool = False  # the take it names as the one before it is not here

    def fault(
        self,
        what: str,
        where: str = "",
        *,
        incomplete: bool = False,
        order: bool = False,
        forged: bool = False,
        revoked: bool = False,
        waits: bool = False,
    ) -> None:
        """Note something that makes the take fail."""
        self.findings.append(
            Finding(Severity.FAULT, what, where, incomplete or waits, order, waits, revoked, forged)
        )

    def warn(self, what: str, where: str = "") -> None:
        """Note something that people should know."""
        self.findings.append(Finding(Severity.WARNING, what, where))

    def info(self, what: str, where: str = "") -> None:
        """Note what was found to be so."""
        self.findings.append(Finding(Severity.INFO, what, where))

    @property
    def faults(self) -> list[Finding]:
        """The findings that make it fail."""
        return [finding for finding in self.findings if finding.severity is Severity.FAULT]

    @property
    def ok(self) -> bool:
        """Whether every byte is what was signed."""
        return not self.faults

    @property
    def state(self) -> State:
        """The one word for it."""
        own = [fault for fault in self.faults if not fault.order]
        record = self.record
        if any(fault.forged for fault in own):
            return State.FORGED
        if own and all(fault.incomplete for fault in own):
            return State.WAITING if all(fault.waits for fault in own) else State.INCOMPLETE
        if own:
            return State.REVOKED if all(fault.revoked for fault in own) else State.ALTERED
        if self.faults:
            return State.ORDER
        if self.gone:
            return State.DISCARDED
        if record is not None and (record.reason == "recovered" or any(b.recovered for b in record.blocks)):
            return State.RECOVERED
        return State.EDITED if record and any(e.after_end for e in record.edits) else State.WHOLE

    @property
    def words(self) -> list[str]:
        """The report in lines for people, faults first."""
        order = list(Severity)
        found = sorted(self.findings, key=lambda finding: order.index(finding.severity))
        name = self.record.name if self.record else self.path.name
        return [f"{name}: {self.state.value}", *(str(finding) for finding in found)]

    def as_dict(self) -> dict[str, object]:
        """The report for JSON."""
        return {
            "journal": str(self.path),
            "take": self.record.take if self.record else None,
            "name": self.record.name if self.record else None,
            "origin": self.record.origin.value if self.record else None,
            "ok": self.ok,
            "state": self.state.value,
            "signer": self.signer.as_fields() if self.signer else None,
            "findings": [
                {"severity": f.severity.value, "what": f.what, "where": f.where} for f in self.findings
            ],
        }
