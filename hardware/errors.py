"""The errors of the hardware wing. They carry the same two sentences as `capture.errors`.

HardwareError              exit 1
├── UnknownInterface       exit 4  no interface has this identity
├── NotGranted             exit 4  the interface refuses this rate or channel count
├── InterfaceLost          exit 4  it was there and is gone
├── PortAudioMissing       exit 6  libportaudio2 is not installed
└── PortError              exit 1  a serial port is missing, busy or not permitted
"""

from __future__ import annotations


class HardwareError(Exception):
    """What went wrong (`what`), and what the person can do about it (`do`)."""

    exit_code = 1
    code = "hardware"

    def __init__(self, what: str, do: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.do = do

    def as_dict(self) -> dict[str, object]:
        """The error as it travels over a control socket."""
        return {"code": self.code, "what": self.what, "do": self.do, "exit": self.exit_code}


class UnknownInterface(HardwareError):
    """No interface has this identity."""

    exit_code = 4
    code = "unknown interface"


class NotGranted(HardwareError):
    """The interface is there but refuses what was asked of it."""

    exit_code = 4
    code = "not granted"


class InterfaceLost(HardwareError):
    """The interface answered before and does not any more."""

    exit_code = 4
    code = "interface lost"


class PortAudioMissing(HardwareError):
    """The PortAudio library is not installed on this machine."""

    exit_code = 6
    code = "no portaudio"


class PortError(HardwareError):
    """A serial port is missing, busy or not permitted."""

    code = "port"
