"""The errors of the evidence room.

EvidenceError           the samples or the chain cannot be looked at
└── NotACalibration  exit 2  the take is not one of a calibrator
"""

from __future__ import annotations

from capture.errors import TakechainError


class EvidenceError(TakechainError):
    """The samples or the chain cannot be looked at."""

    code = "evidence"


class NotACalibration(EvidenceError):
    """The take, or the input of it, is not one of a calibrator."""

    exit_code = 2
    code = "not a calibration"
