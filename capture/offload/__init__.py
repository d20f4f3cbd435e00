"""Copies of takes and sessions on other disks, each byte read back and compared."""

from capture.offload.errors import DestinationUnfit, NoRoom, OffloadError
from capture.offload.plan import Plan, plan_session, plan_take
from capture.offload.run import Outcome, copy

__all__ = [
    "DestinationUnfit",
    "NoRoom",
    "OffloadError",
    "Outcome",
    "Plan",
    "copy",
    "plan_session",
    "plan_take",
]
