"""The one beat of the screen, slower by itself when the terminal or the machine cannot follow.

A terminal that does not read (a slow or hung ssh line) blocks the event loop in its writer; frames that
are queued then show the past. So the pulse measures its own lateness and halves its rate.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable

FULL_RATE = 20.0
SLOWEST = 5.0
LATE_BEATS = 3
CALM_SECONDS = 10.0


class Pulse:
    """Beats per second between `SLOWEST` and `FULL_RATE`, by lateness."""

    def __init__(self, rate: float | None = None) -> None:
        self.rate = rate or (FULL_RATE / 2 if os.environ.get("SSH_CONNECTION") else FULL_RATE)
        self._late = 0
        self._calm = 0.0

    def judge(self, late_seconds: float) -> None:
        """Take in one beat's lateness: three late ones halve the rate, ten calm seconds double it."""
        period = 1 / self.rate
        if late_seconds > period / 2:
            self._late, self._calm = self._late + 1, 0.0
        else:
            self._late, self._calm = 0, self._calm + period
        if self._late >= LATE_BEATS:
            self.rate, self._late = max(self.rate / 2, SLOWEST), 0
        elif self._calm >= CALM_SECONDS:
            self.rate, self._calm = min(self.rate * 2, FULL_RATE), 0.0

    async def run(self, beat: Callable[[], None]) -> None:
        """Call `beat` at the present rate until cancelled; missed beats are skipped, never made up."""
        due = time.monotonic()
        while True:
            due += 1 / self.rate
            await asyncio.sleep(max(due - time.monotonic(), 0.0))
            now = time.monotonic()
            self.judge(now - due)
            due = max(due, now - 1 / self.rate)
            beat()
