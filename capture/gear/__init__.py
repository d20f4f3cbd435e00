"""The gear locker: equipment as full records, each figure with its source; kept in `library.jsonl`."""

from capture.gear.errors import GearError, GearTaken, UnknownGear
from capture.gear.locker import Locker, search
from capture.gear.picking import figures, picked
from capture.gear.record import KINDS, POWERING, Calibration, Gear, Service, Spec, make_gear

__all__ = [
    "KINDS",
    "POWERING",
    "Calibration",
    "Gear",
    "GearError",
    "GearTaken",
    "Locker",
    "Service",
    "Spec",
    "UnknownGear",
    "figures",
    "make_gear",
    "picked",
    "search",
]
