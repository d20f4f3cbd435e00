"""Says once, when an interface is opened, what the machine lacks for a long take: power, memory, speed."""

from __future__ import annotations

from pathlib import Path

from capture.station.notices import Notices
from hardware.machine import conditions

SYSTEM = Path("/")
"""Where /sys and /proc of this machine lie."""


class Care:
    """Looks at the machine each time an interface was opened; a trouble that stays is said once."""

    def __init__(self, notices: Notices) -> None:
        self._notices = notices
        self._was_open = False
        self._said: set[str] = set()

    def follow(self, is_open: bool) -> None:
        """Told over and over whether an interface is open; looks when it has become so."""
        opened, self._was_open = is_open and not self._was_open, is_open
        if not opened:
            return
        troubles = {found.about: found.text for found in conditions(SYSTEM) if found.do}
        for about, text in troubles.items():
            if about not in self._said:
                self._notices.warn(about, text)
        self._said = set(troubles)
