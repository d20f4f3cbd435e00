"""The stretches of a part in which an input was not as it should be: begun, prolonged, ended, and told."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from capture.journal.record import Signal

MOST_STRETCHES = 8
"""Of one kind and input in a part; the last of them takes in all that follow."""
MOST_TOLD = 64

_Place = tuple[int, str]  # input and kind


class Book:
    """What was noticed so far; `tell` gets every line for the journal. One thread writes, any may ask."""

    def __init__(self, tell: Callable[[Signal], None]) -> None:
        self._tell = tell
        self._stretches: dict[tuple[int, str, int], Signal] = {}
        self._last: dict[_Place, Signal] = {}
        self._counts: dict[_Place, int] = {}

    def told(self) -> list[Signal]:
        """The newest stretch of each input and kind, those that go on first; at most 64."""
        newest = list(self._last.values())
        return sorted(newest, key=lambda signal: (not signal.open, -signal.end))[:MOST_TOLD]

    def going_on(self, kind: str) -> list[int]:
        """The inputs of which this was noticed and has not ended."""
        return [number for (number, of), signal in self._last.items() if of == kind and signal.open]

    def begin(
        self,
        kind: str,
        number: int,
        first: int,
        end: int,
        value: float | None = None,
        inputs: Iterable[int] = (),
    ) -> None:
        """A stretch that is sure now; it goes on until `close`."""
        place = (number, kind)
        count = self._counts[place] = self._counts.get(place, 0) + 1
        if count <= MOST_STRETCHES:
            self._tell(self._keep(Signal(number, kind, first, end - first, value, tuple(inputs), open=True)))
            return
        last = self._last[place]
        self._keep(replace(last, frames=end - last.first, open=True, stretches=last.stretches + 1))

    def go_on(self, kind: str, number: int, end: int, value: float | None) -> None:
        """It still goes on, with this value now; the journal hears of it when it ends."""
        signal = self._last[number, kind]
        self._keep(replace(signal, frames=end - signal.first, value=value))

    def close(self, kind: str, number: int, end: int) -> None:
        """It ended before this frame."""
        signal = self._last[number, kind]
        ended = self._keep(replace(signal, frames=max(0, end - signal.first), open=False))
        if ended.stretches == 1:
            self._tell(ended)

    def close_all(self, end: int) -> None:
        """Everything that goes on ends before this frame, or where it is known to have been later."""
        for (number, kind), signal in list(self._last.items()):
            if signal.open:
                self.close(kind, number, signal.end if signal.first >= end else end)

    def finish(self) -> None:
        """Nothing more comes: what was only counted is told, too."""
        for signal in list(self._last.values()):
            if signal.stretches > 1:
                self._tell(signal)

    def put_in(self, place: int, frames: int) -> None:
        """Silence was put in at a frame, and what lay behind it has moved; everything has been closed."""
        moved = [shifted(signal, place, frames) for signal in self._stretches.values()]
        self._stretches = {signal.key: signal for signal in moved}
        self._last = {(signal.input, signal.kind): signal for signal in moved}

    def _keep(self, signal: Signal) -> Signal:
        self._stretches[signal.key] = self._last[signal.input, signal.kind] = signal
        return signal


def shifted(signal: Signal, place: int, frames: int) -> Signal:
    """The same when `frames` of silence were put in at frame `place`: moved, or ended there."""
    if signal.first >= place:
        return replace(signal, first=signal.first + frames)
    return replace(signal, frames=min(signal.frames, place - signal.first))


def cut(signals: Iterable[Signal], end: int) -> list[Signal]:
    """The signals as far as they lie before frame `end`."""
    return [
        replace(signal, frames=min(signal.frames, end - signal.first))
        for signal in signals
        if signal.first < end
    ]
