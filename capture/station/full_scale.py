"""What 0 dBFS is in dB SPL on each input, kept for as long as patch, interface and library are the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from capture.errors import TakechainError
from capture.evidence.arithmetic import of_input
from capture.evidence.calibrations import Calibration, interface_of, known, of_library, sealed
from capture.library.store import LINES
from capture.wire import Json

if TYPE_CHECKING:
    from capture.chain.patch import Patch
    from capture.library import Library


@dataclass(frozen=True)
class FullScale:
    """dB SPL of a full-scale sine on one input, or None, and in words how it is known or what is missing."""

    db: float | None
    words: str


def calibrated(library: Library, patch: Patch, inputs: list[int], interface: Json) -> Json:
    """The calibrations that count for a take of these inputs that begins now, as its begin line has them."""
    try:
        kept = of_library(library)
    except TakechainError:
        return {}  # a take is not refused for want of them
    values, through = patch.values(), interface_of(interface)
    levels = (known(of_input(values, number), number, through, kept) for number in inputs)
    found = [level.calibration for level in levels if level.how == "calibrated"]
    return {"calibrations": [sealed(one) for one in found if one is not None]} if found else {}


class FullScales:
    """The memory of one patch; a patch is replaced by every change, never changed."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._made: tuple[Patch | None, str, object, dict[int, FullScale]] = (None, "", None, {})

    def of(self, patch: Patch, interface: str) -> dict[int, FullScale]:
        """Every input of which anything is declared; `interface` as a take's begin line names it."""
        stamp = self._stamp()
        made_from, through, then, found = self._made
        if made_from is not patch or through != interface or then != stamp:
            kept, values = self._kept(), patch.values()
            found = {}
            for number in patch.inputs():
                level = known(of_input(values, number), number, interface, kept)
                found[number] = FullScale(level.db, level.words)
            self._made = (patch, interface, stamp, found)
        return found

    def _stamp(self) -> object:
        """Changes with every line of the library, so that a calibration is seen at once."""
        try:
            found = (self._library.path / LINES).stat()
        except OSError:
            return None
        return found.st_size, found.st_mtime_ns

    def _kept(self) -> list[Calibration]:
        try:
            return of_library(self._library)
        except TakechainError:
            return []  # the station says what is wrong with the library by itself
