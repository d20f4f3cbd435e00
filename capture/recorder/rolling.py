"""A take while it rolls, as the thread sees it that empties the ring: packing, holding back, gaps, levels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capture.errors import TakechainError
from capture.journal.record import Signal
from capture.recorder.errors import WriteFailed
from capture.recorder.hold import Chunk, Hold, PackerPool, Pick
from capture.recorder.levels import TakeLevels, measured_again
from capture.recorder.meter import Measured
from capture.recorder.mirror import Mirror
from capture.recorder.timeline import Step
from capture.recorder.watch import Watch
from capture.recorder.writer import SYNC_SECONDS, Ending, TakeWriter
from capture.take import Gap, Track, cut_gaps, with_gap

HOLD_SECONDS = 0.6  # a step stands out after about 0.4 to 0.5 s
BACKLOG_BYTES = 512 << 20
MOST_BACKLOG_SECONDS = 60.0
_RESUME = 0.75  # of the backlog: below it, dropping ends


@dataclass(frozen=True)
class Plan:
    """What a take records: its tracks, the format, the rate, and the largest chunk that comes at once."""

    tracks: tuple[Track, ...]
    format: str
    rate: int
    max_frames: int
    limit_frames: int | None = None
    split_bytes: int = 0  # a part ends before one of its files exceeds this; 0: one part

    @property
    def columns(self) -> list[list[int]]:
        """For each file of a part the interface columns (from 0) that it takes, in channel order."""
        count = max(track.file for track in self.tracks) + 1
        ordered = sorted(self.tracks, key=lambda track: (track.file, track.channel))
        return [[track.input - 1 for track in ordered if track.file == index] for index in range(count)]

    @property
    def second_bytes(self) -> int:
        """Bytes of one second of all tracks."""
        return len(self.tracks) * self.rate * (4 if self.format == "float32" else 3)


class RollingTake:
    """One part of a take from frame `start` of the stream's timeline on; fed by one thread.

    `offset` is the frame of the take's own timeline that `start` stands for (0 but for later parts).
    """

    def __init__(self, plan: Plan, start: int, offset: int = 0) -> None:
        self.plan, self.start, self.offset = plan, start, offset
        self.least = offset  # a Stop may lie in the hole before this part, but not before what came then
        self.pool = PackerPool(plan.columns, _format(plan.format), plan.max_frames)
        self.writer = TakeWriter(self.pool, plan.rate, TakeLevels(plan.tracks), plan.split_bytes)
        inputs = [track.input for track in plan.tracks]
        self.watch = Watch(inputs, plan.rate, offset, self._put_signal)
        self.gaps: list[Gap] = []
        self.fed = 0  # frames of this part so far, silence included
        self.pre_roll = 0  # frames before the moment of Record
        self.stopped_at: int | None = None  # the frame at which Stop was pressed, on the take's timeline
        self.end_frame: int | None = None  # where it is to stop, on this part's own count
        self.reason = "stop"
        self.mirror: Mirror | None = None
        self.last_marker = 0  # given by us, journalled or not yet
        self._said: set[str] = set()  # the sides whose loss is journalled
        self._hold = Hold(round(HOLD_SECONDS * plan.rate), self._hand_on)
        seconds = min(MOST_BACKLOG_SECONDS, BACKLOG_BYTES / max(1, plan.second_bytes))
        self._most_backlog = round(seconds * plan.rate)
        self._dropped_from: int | None = None
        self._end_at_limit()

    @property
    def frames(self) -> int:
        """The present length of the take's timeline."""
        return self.offset + self.fed

    @property
    def lost_frames(self) -> int:
        """Frames lost so far, those of a drop that still goes on included."""
        going_on = 0 if self._dropped_from is None else self.frames - self._dropped_from
        return sum(gap.frames for gap in self.gaps) + going_on

    @property
    def complete(self) -> bool:
        """Whether everything up to the frame where it is to stop has come."""
        return self.end_frame is not None and self.fed >= self.end_frame

    def frame_of(self, stream_frame: int) -> int:
        """The frame of the take's timeline for one of the stream's."""
        return max(0, stream_frame - self.start + self.offset)

    @property
    def frames_at_end(self) -> int | None:
        """The frame of the take's timeline where it is to stop, as far as that is known."""
        return None if self.end_frame is None else self.offset + self.end_frame

    @property
    def in_post_roll(self) -> bool:
        """Whether Stop was pressed and the take rolls on for a while."""
        return self.stopped_at is not None

    def take_over(self, pre_roll: int, chunks: Iterable[Chunk], gaps: Iterable[Gap], pick: Pick) -> None:
        """Begin with what was held before Record; its chunks and gaps still stand on the stream's timeline.

        `pre_roll` frames lie before the moment of Record: a length that was asked for counts from there.
        """
        self.pre_roll = self.least = self.writer.pre_roll = pre_roll
        self._end_at_limit()
        for gap in gaps:
            self._add_gap(replace(gap, first=gap.first - self.start))
        for chunk in chunks:
            chunk.first, chunk.pick = chunk.first - self.start, pick
            self._hold.add(chunk)
            self.fed += chunk.frames

    def _end_at_limit(self) -> None:
        self.end_frame, self.reason = None, "stop"
        if self.plan.limit_frames is not None:
            limit = self.plan.limit_frames + self.pre_roll
            self.end_frame, self.reason = max(0, limit - self.offset), "seconds"

    def stop_at(self, frame: int, reason: str = "stop", post_roll: int = 0) -> None:
        """Stop `post_roll` frames behind this one of the take's timeline, or where it was to end anyway."""
        self.stopped_at = frame if self.stopped_at is None else self.stopped_at
        own = max(self.least, frame + post_roll) - self.offset
        if self.end_frame is None or own < self.end_frame:
            self.end_frame, self.reason = own, reason

    def carry_on(self) -> None:
        """Record was pressed in the post-roll: Stop was never said."""
        self.stopped_at = None
        self._end_at_limit()

    def feed(self, samples: NDArray[np.float32], levels: Measured) -> None:
        """One chunk of the whole interface, at most `max_frames` long, the next of this part."""
        if not self._must_drop():
            self.watch.look(self.frames, samples, levels)  # while they are in the processor's cache
            self._hold.add(self.pool.pack(samples, self.frames, levels))
        self.fed += len(samples)

    def lose(self, step: Step) -> None:
        """Put silence where the clock says that frames of the stream are missing."""
        if step.first <= self.start:
            self.start += step.frames  # lost before the take began
            return
        self._end_drop()
        wanted = self.frame_of(step.first)
        place = self._hold.insert_silence(wanted, step.frames)
        self.watch.put_in(place, step.frames)
        self.writer.shift_signals(place, step.frames)
        if self.mirror is not None:
            self.mirror.shift_signals(place, step.frames)
        self.fed += step.frames
        first_pm = step.first_pm + abs(place - wanted)
        self._add_gap(Gap(place, step.frames, first_pm, step.frames_pm, "clock", filled=True))

    @property
    def main_lost(self) -> TakechainError | None:
        """Why the library's side takes nothing more; None while it does."""
        return self.writer.failure or self.writer.given_up

    @property
    def mirror_is_whole(self) -> bool:
        """Whether the take lies in its mirror to its end."""
        return self.mirror is not None and self.mirror.alive and self.mirror.settled

    @property
    def failed(self) -> bool:
        """Whether no side is left that this take could go on."""
        if self.main_lost is None and not self.writer.done.is_set():
            return False
        return self.mirror is None or not self.mirror.alive

    def watch_sides(self) -> None:
        """Where one side was lost, let the other's journal say so at once."""
        mirror = self.mirror
        if mirror is None:
            return
        if not mirror.alive and "mirror" not in self._said:
            self._said.add("mirror")
            words = mirror.why
            self.writer.put_line("device", mirror.frames, device="mirror", state="lost", text=words)
        if self.main_lost is not None and "main" not in self._said:
            self._said.add("main")
            mirror.alone = True
            words = self.main_lost.what
            mirror.line("device", self.writer.frames, {"device": "main", "state": "lost", "text": words})

    def line(self, kind: str, frame: int, **fields: Any) -> None:
        """Journal a line on every side, behind what is being written."""
        self.writer.put_line(kind, frame, **fields)
        if self.mirror is not None:
            self.mirror.line(kind, frame, fields)

    def note_device(self, why: str) -> None:
        """Journal that the interface is gone."""
        self.line("device", self.frames, device="interface", state="lost", text=why)

    def note_rate(self, words: str, ppm: float | None, *, wrong: bool) -> None:
        """Journal that the interface runs at another rate than it says, or at the right one again."""
        state = "wrong rate" if wrong else "right rate"
        self.writer.put_line("device", self.frames, device="interface", state=state, text=words, rate_ppm=ppm)

    def settle(self) -> None:
        """Bring everything that came to the disk and wait: nothing more comes for now."""
        self._hold.flush(self.frames, self._measured_again)
        self.writer.flush()
        if self.mirror is not None:
            self.mirror.flush()

    def finish(self, rate_ppm: float | None, *, lost_device: bool = False) -> None:
        """Hand everything to the writer and let it end the take."""
        end = self.frames if self.end_frame is None else min(self.frames, self.offset + self.end_frame)
        self._end_drop()
        self.writer.cut_gaps(end)
        self._hold.flush(end, self._measured_again)
        self.watch.finish(end)
        self.gaps = cut_gaps(self.gaps, end)
        self.fed = end - self.offset
        after = 0 if self.stopped_at is None else max(0, end - max(self.least, self.stopped_at))
        ending = Ending(self.reason, end, rate_ppm, lost_device, after)
        self.writer.end(ending)
        if self.mirror is not None:
            self.mirror.end(ending)

    def _hand_on(self, chunk: Chunk) -> None:
        mirror = self.mirror
        if mirror is not None and mirror.alive:
            self._give(mirror, chunk)
        self.writer.put(chunk)

    def _give(self, mirror: Mirror, chunk: Chunk) -> None:
        if chunk.pick is not None:
            chunk = replace(chunk)  # each side picks its files' bytes in its own time
        else:
            chunk.holders = 2
        mirror.put(chunk, self.writer.backlog)

    def add_mirror(self, mirror: Mirror) -> None:
        """Let a second side have all that came, before anything of it is written."""
        self.mirror = mirror
        for gap in self.gaps:
            mirror.gap(gap)
        for chunk in self.writer.waiting:
            self._give(mirror, chunk)

    def _must_drop(self) -> bool:
        """Whether the disk has fallen so far behind that memory would run out."""
        backlog = self.writer.backlog
        if self.mirror is not None and self.mirror.alive:
            if backlog > self._most_backlog and self.main_lost is None:
                self.writer.give_up(WriteFailed("the disk was too slow, the mirror went on without it"))
            return False
        if self._dropped_from is None:
            if backlog > self._most_backlog:
                self._dropped_from = self.frames
        elif backlog + self.frames - self._dropped_from < _RESUME * self._most_backlog:
            self._end_drop()
        elif backlog < SYNC_SECONDS * self.plan.rate:  # it waits for us: the silence is the backlog now
            self._end_drop()
            self._hold.flush(self.frames, self._measured_again)
            self._dropped_from = self.frames
        return self._dropped_from is not None

    def _end_drop(self) -> None:
        """Put what was dropped so far as silence, its gap first."""
        if self._dropped_from is not None:
            first, self._dropped_from = self._dropped_from, None
            lost = self.frames - first
            if lost:
                self._add_gap(Gap(first, lost, 0, 0, "the disk was too slow", filled=True))
                self._hold.add(Chunk(first, lost, None))

    def _add_gap(self, gap: Gap) -> None:
        self.gaps = with_gap(self.gaps, gap)
        self.writer.put_gap(gap)
        if self.mirror is not None:
            self.mirror.gap(gap)

    def _put_signal(self, signal: Signal) -> None:
        self.writer.put_signal(signal)
        if self.mirror is not None:
            self.mirror.signal(signal)

    def _measured_again(self, chunk: Chunk) -> Measured | None:
        data = chunk.picked()
        if data is None:
            return None
        return measured_again(data, self.plan.columns, self.plan.format)


def _format(kind: str) -> Any:
    return "float32" if kind == "float32" else "pcm24"
