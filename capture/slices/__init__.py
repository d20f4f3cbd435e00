"""Slices: bit-exact cuts of a take between its markers, each with its chain and a signed statement."""

from capture.slices.against import Takes
from capture.slices.cut import Order, Sliced, slice_take
from capture.slices.errors import NothingToSlice, SliceError, TakeNotSliceable
from capture.slices.naming import Ucs
from capture.slices.regions import Handles
from capture.slices.report import SliceReport
from capture.slices.verify import slices_below, statement_of, verify_slice

__all__ = [
    "Handles",
    "NothingToSlice",
    "Order",
    "SliceError",
    "SliceReport",
    "Sliced",
    "TakeNotSliceable",
    "Takes",
    "Ucs",
    "slice_take",
    "slices_below",
    "statement_of",
    "verify_slice",
]
