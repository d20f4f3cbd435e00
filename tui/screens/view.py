"""What the screen knows at one moment: the station's status with the selection of this client."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

OFFLINE = "offline"


@dataclass(frozen=True)
class View:
    """One status of the station, read with care: a field that is missing is empty, never an error."""

    status: Json = field(default_factory=dict)
    input: int = 1
    chosen_take: str | None = None
    connected: bool = False
    seen: str = ""  # what the levels page says the recorder does, while no station answers

    @property
    def state(self) -> str:
        """idle, armed, rolling, closing, lost; offline when neither station nor recorder can be seen."""
        return str(self.status.get("state", OFFLINE)) if self.connected else self.seen or OFFLINE

    @property
    def rolling(self) -> bool:
        """Whether a take is being written (a lost device does not end it by itself)."""
        return self.take is not None and self.state in {"rolling", "lost"}

    @property
    def setup(self) -> Json:
        """What was set up: interface, rate, format, inputs, project, session, slate and settings."""
        return self.status.get("setup") or {}

    @property
    def interface(self) -> Json | None:
        """The chosen interface, or None."""
        return self.setup.get("interface") or None

    @property
    def post_roll_left(self) -> float | None:
        """Seconds until the take ends by itself, Stop having been pressed; None while it just rolls."""
        left = (self.take or {}).get("post_roll_left")
        return float(left) if self.rolling and isinstance(left, int | float) else None

    @property
    def nothing_set(self) -> bool:
        """Whether there is nothing to record from yet, so that the Set-up page has to open."""
        return self.connected and self.interface is None

    @property
    def tracks(self) -> list[Json]:
        """All inputs of the interface, in order."""
        return list(self.status.get("tracks") or [])

    @property
    def track(self) -> Json | None:
        """The selected input."""
        return next((track for track in self.tracks if track.get("input") == self.input), None)

    @property
    def spl_at_0dbfs(self) -> float | None:
        """What 0 dBFS is in dB SPL on the selected input, where that is known."""
        found = (self.track or {}).get("spl_at_0dbfs_db")
        return float(found) if isinstance(found, int | float) else None

    @property
    def armed(self) -> list[int]:
        """The inputs that the next take records."""
        return [track["input"] for track in self.tracks if track.get("armed")]

    @property
    def carried(self) -> bool:
        """Whether any armed input's chain still stands as carried over from an earlier session."""
        return any(track.get("carried") for track in self.tracks)

    @property
    def take(self) -> Json | None:
        """The take that is rolling or closing, as far as can be seen."""
        return None if self.seen == "armed" else self.status.get("take") or None

    @property
    def takes(self) -> list[Json]:
        """The finished takes of the slate, oldest first."""
        present = (self.take or {}).get("uuid")
        return [take for take in self.status.get("takes") or [] if take.get("uuid") != present]

    @property
    def subject(self) -> Json | None:
        """The take that verdict, kind and notes act on: the rolling one, else the chosen, else the last."""
        if self.rolling:
            return self.take
        wanted = self.chosen_take or self.status.get("last")
        found = next((take for take in self.takes if take.get("uuid") == wanted), None)
        return found or (self.takes[-1] if self.takes else None)

    @property
    def markers(self) -> list[Json]:
        """The markers of the rolling take."""
        found = (self.take or {}).get("markers")
        return found if isinstance(found, list) else []

    @property
    def noticed(self) -> str:
        """What goes on with the selected input of the rolling take that should not, in words."""
        found = (self.take or {}).get("signals")
        for signal in found if isinstance(found, list) else []:
            if signal.get("open") and self.input in (signal.get("input"), *(signal.get("inputs") or [])):
                return str(signal.get("text") or "")
        return ""

    @property
    def rate(self) -> int:
        """Frames per second of the rolling take, else of the set-up."""
        return int((self.take or {}).get("rate") or self.setup.get("rate") or 48000)

    @property
    def warnings(self) -> list[Json]:
        """What is wrong and has not been seen yet, oldest first."""
        return list(self.status.get("warnings") or [])

    @property
    def air(self) -> list[Json]:
        """The newest value of each quantity."""
        return list(self.status.get("air") or [])


def count(value: object) -> int:
    """How many: a list's length or the number itself, since lists and totals both travel."""
    if isinstance(value, list | tuple):
        return len(value)
    return value if isinstance(value, int) else 0
