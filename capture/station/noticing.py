"""Says at once what the recorder notices of the inputs of a take, each kind once per input and take."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from capture.journal.folding import signal_of
from capture.journal.record import Signal
from capture.journal.signals import signal_words
from capture.station.notices import Notices


class Noticing:
    """Remembers of the present take what was said already."""

    def __init__(self, notices: Notices) -> None:
        self._notices = notices
        self._take = ""
        self._said: set[tuple[str, int]] = set()

    def look(self, take: str, name: str, rate: int, signals: Any) -> None:
        """The `signals` of a recorder's status (see docs/format.md), those of one kind in one warning."""
        if isinstance(signals, list) and signals:
            self.say(take, name, rate, [signal_of(entry) for entry in signals if isinstance(entry, dict)])

    def say(self, take: str, name: str, rate: int, signals: Iterable[Signal]) -> None:
        """Warn of what is new."""
        if take != self._take:
            self._take, self._said = take, set()
        new: dict[tuple[str, tuple[int, ...]], list[Signal]] = {}
        for signal in signals:
            if (signal.kind, signal.input) not in self._said:
                self._said.add((signal.kind, signal.input))
                alone = (signal.input, *signal.inputs) if signal.inputs else ()
                new.setdefault((signal.kind, alone), []).append(signal)
        for same in new.values():
            self._notices.warn("signal", f"{name}, {signal_words(same, rate, live=True)}")
