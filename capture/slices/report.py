"""What verification of a slice found, in words and with its place."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from capture.journal.lines import Json
from capture.journal.report import Finding, Severity
from capture.slices.said import Said
from capture.slices.statement import SLICE_SUFFIX


class Proof(StrEnum):
    """What a slice was proved by."""

    TAKE = "take"
    JOURNAL = "journal"
    BLOCKS = "blocks"
    SIGNATURE = "signature"
    NOTHING = "nothing"


@dataclass
class SliceReport:
    """Everything found about one slice; `path` is its statement."""

    path: Path
    said: Said | None = None
    keyid: str = ""
    proof: Proof = Proof.NOTHING
    findings: list[Finding] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The slice's name: that of its files without suffix."""
        return self.path.name.removesuffix(SLICE_SUFFIX)

    def fault(self, what: str, where: str = "", *, incomplete: bool = False) -> None:
        """Note something that makes the slice fail."""
        self.findings.append(Finding(Severity.FAULT, what, where, incomplete))

    def warn(self, what: str, where: str = "") -> None:
        """Note something that people should know."""
        self.findings.append(Finding(Severity.WARNING, what, where))

    def info(self, what: str, where: str = "") -> None:
        """Note what was found to be so."""
        self.findings.append(Finding(Severity.INFO, what, where))

    @property
    def ok(self) -> bool:
        """Whether every byte is what was signed."""
        return not any(finding.severity is Severity.FAULT for finding in self.findings)

    @property
    def state(self) -> str:
        """The one word for it."""
        faults = [finding for finding in self.findings if finding.severity is Severity.FAULT]
        if not faults:
            return "whole slice"
        return "incomplete slice" if all(fault.incomplete for fault in faults) else "altered slice"

    @property
    def words(self) -> list[str]:
        """The report in lines for people, faults first."""
        order = list(Severity)
        found = sorted(self.findings, key=lambda finding: order.index(finding.severity))
        return [f"{self.name}: {self.state}", *(str(finding) for finding in found)]

    def as_dict(self) -> Json:
        """The report for JSON."""
        return {
            "statement": str(self.path),
            "name": self.name,
            "take": self.said.take if self.said else None,
            "ok": self.ok,
            "state": self.state,
            "proof": self.proof.value if self.ok else Proof.NOTHING.value,
            "findings": [
                {"severity": f.severity.value, "what": f.what, "where": f.where} for f in self.findings
            ],
        }


def open_plain(path: Path) -> BinaryIO:
    """A regular file that is no link; raises OSError."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise FileNotFoundError(2, "it is not a file", str(path))
    return os.fdopen(fd, "rb")
