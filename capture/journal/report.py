"""What verification found, in words and with its place."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from capture.journal.record import TakeRecord


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


@dataclass(frozen=True)
class Finding:
    """One thing found: what, and where (file, line, frames, bytes)."""

    severity: Severity
    what: str
    where: str = ""
    incomplete: bool = False  # a fault of something not there (yet), not of something changed
    order: bool = False  # a fault of the takes before it, not of its own
    forged: bool = False  # lines that were made to fit each other, and that the signer never signed so

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what


@dataclass
class Report:
    """Everything found about one take; `record` is None when its journal could not be read at all."""

    path: Path
    record: TakeRecord | None = None
    findings: list[Finding] = field(default_factory=list)
    alone: bool = False  # the take it names as the one before it is not here

    def fault(
        self,
        what: str,
        where: str = "",
        *,
        incomplete: bool = False,
        order: bool = False,
        forged: bool = False,
    ) -> None:
        """Note something that makes the take fail."""
        self.findings.append(Finding(Severity.FAULT, what, where, incomplete, order, forged))

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
        if any(fault.forged for fault in own):
            return State.FORGED
        if own:
            return State.INCOMPLETE if all(fault.incomplete for fault in own) else State.ALTERED
        if self.faults:
            return State.ORDER
        record = self.record
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
            "ok": self.ok,
            "state": self.state.value,
            "findings": [
                {"severity": f.severity.value, "what": f.what, "where": f.where} for f in self.findings
            ],
        }
