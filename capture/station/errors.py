"""The errors of the station room.

StationError           exit 1
├── NoStation          exit 1  no station answers and none could be started
├── StationRunning     exit 1  another station holds this library
├── Leaving            exit 1  it is about to leave; the order was not carried out
├── RecorderFailed     exit 4  the capture process could not be started or does not answer
└── RecorderReplaced   exit 4  the order has to wait until another recorder goes on with the take
"""

from __future__ import annotations

from capture.errors import NothingRecorded, TakechainError


class StationError(TakechainError):
    """Something about the station itself."""

    code = "station"


class NoStation(StationError):
    """No station answers for this library and none could be started."""

    code = "no station"


class StationRunning(StationError):
    """Another station holds this library."""

    code = "station running"


class Leaving(StationError):
    """The station is about to leave and takes no more orders; another one may be asked."""

    code = "leaving"


class RecorderFailed(NothingRecorded):
    """The capture process could not be started, or it does not answer."""

    code = "recorder failed"


class RecorderReplaced(NothingRecorded):
    """The recorder of the rolling take is gone and another one is about to go on with it; nothing changed."""

    code = "recorder replaced"

    def __init__(self) -> None:
        super().__init__("the recorder is being replaced", "try again in a moment")
