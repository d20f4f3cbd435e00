"""The loop that empties the ring: meters, packing, gaps, and the beginning and end of takes.

One thread runs it and owns the stream, the timeline and the rolling take. Orders come from other threads as
functions that the loop runs between two looks at the ring.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from capture.clock import boottime_ns, unsteered_ns
from capture.recorder.errors import NotNow, RecorderError
from capture.recorder.hold import chunk_frames
from capture.recorder.meter import Meter
from capture.recorder.page import NO_TAKE, PageWriter
from capture.recorder.preroll import PreRoll
from capture.recorder.rolling import Plan, RollingTake
from capture.recorder.timeline import Timeline
from capture.recorder.word_clock import WordClock
from hardware.interfaces import CaptureStream

T = TypeVar("T")
Clock = Callable[[], int]

LOOK_SECONDS = 0.05
# Four of JACK's longest periods; with a look here and one of the station's a loss is said within a second.
STALL_SECONDS = 0.75
STOP_PATIENCE_SECONDS = 0.15
LOST_GRACE_SECONDS = 120.0
MOST_SILENCE_SECONDS = 60.0  # a longer stretch, of a machine that slept, is no gap in a stream but its end
_GOLDEN = 0.618034


class Engine:
    """Runs one stream until told to quit; `lost` says in words why no more sound comes."""

    def __init__(
        self,
        stream: CaptureStream,
        page: PageWriter,
        clock: Clock = boottime_ns,
        lost_grace: float = LOST_GRACE_SECONDS,
        pre_roll: PreRoll | None = None,
    ) -> None:
        self.stream = stream
        self.rate, self.channels = stream.rate, stream.channels
        self.timeline = Timeline(stream.rate)
        steady = unsteered_ns if clock is boottime_ns else clock
        self.word_clock = WordClock(stream.rate, clock, steady)
        self.take: RollingTake | None = None
        self.ended: RollingTake | None = None  # the take before, perhaps still being written
        self.lost: str | None = None
        self._page, self._clock = page, clock
        self._meter = Meter(stream.channels)
        self.chunk_frames = chunk_frames(stream.rate, stream.channels)
        self.pre_roll = pre_roll or PreRoll(stream.rate, stream.channels)
        self._orders: deque[Callable[[], None]] = deque()
        self._wake = threading.Lock()  # held but for a moment: the cheapest sleep that can be ended early
        self._wake.acquire()
        self._quit = False
        self._looks = 0
        self._last_frames_at, self._last_frames_ns = time.monotonic(), clock()
        self._idle_looks = 0
        self._stop_by: float | None = None
        self._rated: RollingTake | None = None
        self._lost_ns = 0  # of the clock that counts on while the machine sleeps
        self._lost_grace = lost_grace  # seconds that a take is kept open for its interface to come back

    @property
    def closing(self) -> RollingTake | None:
        """The take that has ended but is not yet whole on disk."""
        ended = self.ended
        return None if ended is None or ended.writer.done.is_set() else ended

    @property
    def state(self) -> str:
        """armed, rolling, closing or lost."""
        if self.lost is not None:
            return "lost"
        if self.take is not None:
            return "rolling"
        return "closing" if self.closing is not None else "armed"

    @property
    def lost_seconds(self) -> float:
        """How long the interface has been lost, time that the machine slept included; 0 when it is not."""
        return 0.0 if self.lost is None else (self._clock() - self._lost_ns) / 1e9

    def do(self, act: Callable[[], T], timeout: float = 5.0) -> T:
        """Run something in the loop's thread and return its result; raises what it raises."""
        future: Future[T] = Future()

        def order() -> None:
            try:
                future.set_result(act())
            except BaseException as error:  # it belongs to the thread that asked
                future.set_exception(error)

        self._orders.append(order)
        self._rouse()
        try:
            return future.result(timeout)
        except TimeoutError:
            raise RecorderError("the recorder is too busy to take orders") from None

    def quit(self) -> None:
        """Let `run` return."""
        self._quit = True
        self._rouse()

    def run(self) -> None:
        """The loop; returns after `quit`."""
        while not self._quit:
            self._wake.acquire(timeout=self._pause())
            self.turn()

    def turn(self) -> None:
        """One look at the ring, and everything that follows from it."""
        if self.lost is None:
            self._empty_ring()
        while self._orders:
            self._orders.popleft()()
        self._supervise()

    def start_take(self, plan: Plan, offset: int = 0, key_ns: int | None = None) -> RollingTake:
        """Begin to keep sound from the next frame on, before any file is made; only in the loop's thread.

        With the moment `key_ns` at which Record was pressed it begins with the sound held before that moment.
        """
        if self.lost is not None:
            raise NotNow(f"the interface is lost: {self.lost}", "connect it again")
        if self.take is not None:
            raise NotNow("a take is rolling already", "stop it first")
        if not self.timeline.running:
            raise NotNow("no sound has come from the interface yet", "try again in a moment")
        key = None if key_ns is None else self.timeline.frame_at(key_ns)
        self.take = self._with_pre_roll(plan, key) or RollingTake(plan, self.timeline.position, offset)
        self._stop_by = None
        return self.take

    def _with_pre_roll(self, plan: Plan, key: int | None) -> RollingTake | None:
        """A take that begins with what is held; None where nothing is held in its format."""
        held = self.pre_roll
        if key is None or held.format != plan.format:
            return None
        chunks, gaps = held.since(key - held.granted)
        if not chunks:
            return None
        take = RollingTake(plan, chunks[0].first)
        take.take_over(max(0, key - take.start), chunks, gaps, held.picker(plan.columns))
        return take

    def abandon_take(self, take: RollingTake) -> None:
        """Forget a take that could not begin; only in the loop's thread."""
        if self.take is take:
            self.take = None
        if self.ended is take:
            self.ended = None

    def stop_take(self, at_ns: int | None, reason: str = "stop", post_roll: float = 0.0) -> RollingTake:
        """End the take at the frame of a moment, or so many seconds later; only in the loop's thread."""
        take = self.take
        if take is None:
            raise NotNow("nothing is rolling")
        moment = self.timeline.frame_at(at_ns if at_ns is not None else self._clock())
        take.stop_at(take.frame_of(moment), reason, round(post_roll * self.rate))
        left = max(0, (take.end_frame or 0) - take.fed) / self.rate if post_roll else 0.0
        self._stop_by = time.monotonic() + left + STOP_PATIENCE_SECONDS
        return take

    def carry_on(self) -> RollingTake:
        """Let a take in its post-roll go on as if Stop had never been said; only in the loop's thread."""
        take = self.take
        if take is None or not take.in_post_roll:
            raise NotNow("no take is in its post-roll")
        take.carry_on()
        self._stop_by = None
        return take

    def _rouse(self) -> None:
        with contextlib.suppress(RuntimeError):  # it is awake already
            self._wake.release()

    def _pause(self) -> float:
        """The time to the next look; uneven, so that looks never fall in step with the callbacks."""
        if self._orders or self._stops_soon():
            return 0.004
        self._looks += 1
        return LOOK_SECONDS * (0.8 + 0.4 * (self._looks * _GOLDEN % 1.0))

    def _stops_soon(self) -> bool:
        return self._stop_by is not None and time.monotonic() > self._stop_by - 2 * STOP_PATIENCE_SECONDS

    def _empty_ring(self) -> None:
        came = 0
        for samples in self.stream.read():
            for first in range(0, len(samples), self.chunk_frames):
                place = self.timeline.position + came + first
                self._take_in(place, samples[first : first + self.chunk_frames])
            came += len(samples)
        step = self.timeline.look(self._clock(), came)
        if step is not None and step.frames > MOST_SILENCE_SECONDS * self.rate:
            seconds = step.frames / self.rate
            self._last_frames_ns = self._clock() - round(seconds * 1e9)
            self._lose(f"{self.stream.interface.id} gave no sound for {seconds:.0f} s")
            return
        if step is not None:
            self.pre_roll.lose(step)
            if self.take is not None:
                self.take.lose(step)
        self._tell_rate()
        if came:
            self._last_frames_at, self._idle_looks = time.monotonic(), 0
            self._last_frames_ns = self._clock()
        else:
            self._idle_looks += 1
            self._watch()

    def _tell_rate(self) -> None:
        """What is known of the converter's rate goes with the take, into its journal when it is wrong."""
        take, words, wrong = self.take, self.word_clock.look(self.timeline), self.word_clock.wrong
        if take is None:
            return
        if take is not self._rated:
            self._rated, words = take, wrong or None  # known before it began
        take.writer.rate_ppm = self.timeline.rate_ppm
        if words is not None:
            take.note_rate(words, take.writer.rate_ppm, wrong=bool(wrong))

    def _take_in(self, first: int, samples: NDArray[np.float32]) -> None:
        levels = self._meter.measure(samples)
        take = self.take
        if take is not None:
            take.feed(samples, levels)
        if take is None or not take.writer.begun or self._stop_by is not None:
            # a take that cannot begin takes nothing away, and the next one may begin where this one ends
            self.pre_roll.feed(first, samples, levels)
        else:
            self.pre_roll.clear()
        squares = (levels.squares / len(samples)).astype(np.float32)
        meter = self._meter
        self._page.write(self.state, *self._counts(), levels.peak, squares, meter.overs, meter.zero_run)

    def _counts(self) -> tuple[int, int, int]:
        take = self.take
        if take is None:
            return self.timeline.position, NO_TAKE, 0
        return self.timeline.position, take.frames, take.lost_frames

    def _watch(self) -> None:
        """Nothing came: find out whether the stream has ended or stands still."""
        if not self.stream.alive():
            self._lose(self.stream.lost_reason or "the interface stopped")
            return
        silent = time.monotonic() - self._last_frames_at
        if self.timeline.running and self._idle_looks >= 5 and silent > STALL_SECONDS:
            self._lose(f"{self.stream.interface.id} has given no sound for {silent:.1f} s")

    def _lose(self, why: str) -> None:
        self.lost, self._lost_ns = why, self._last_frames_ns  # the machine may have slept since
        if self.take is not None:
            self.take.settle()
            self.take.note_device(why)
        # A card that was pulled comes back only once nobody has it open, and PortAudio's thread spins on it.
        self.stream.close(timeout=0.0)
        self._page.state("lost", *self._counts())

    def _supervise(self) -> None:
        take = self.take
        if take is not None:
            take.watch_sides()
        if take is not None and self._must_end(take):
            lost = self.lost is not None
            if lost and not take.complete:
                take.reason = "lost device"
            take.finish(self.timeline.rate_ppm, lost_device=lost)
            self.ended, self.take, self._stop_by = take, None, None

    def _must_end(self, take: RollingTake) -> bool:
        late = self._stop_by is not None and time.monotonic() > self._stop_by
        if take.complete or late or take.failed:
            return True
        if self.lost is None:
            return False
        return self._stop_by is not None or self.lost_seconds > self._lost_grace
