"""The orders a recorder takes: status, pre-roll, roll, continue, append, stop, carry-on, quit."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from capture.clock import boottime_ns
from capture.errors import TakechainError, UsageError
from capture.journal.keys import Key, KeyHolder, decoded
from capture.journal.recover import end_recovered, salvage
from capture.journal.writer import JournalWriter
from capture.recorder import opening
from capture.recorder.engine import Engine
from capture.recorder.errors import NotNow, RecorderError, WriteFailed
from capture.recorder.mirrors import Mirrors, Standstill, append_line, wait_written
from capture.recorder.rolling import Plan, RollingTake
from capture.wire import Json
from hardware.interfaces import portaudio_version

APPENDABLE = frozenset({"reading", "marker", "change", "device", "note"})
CLOSE_SECONDS = 120.0
START_SECONDS = 3.0
MOST_PRE_ROLL_SECONDS = 120.0
MOST_POST_ROLL_SECONDS = 30.0
_STUCK = "the disk does not take the end of the take"
_ANSWER_SECONDS = 1.0  # for the answer to go out before the recorder does


class Desk:
    """Turns orders into work of the engine; its methods run in the threads of the clients."""

    def __init__(self, engine: Engine, key: KeyHolder, leave: Callable[[], None], mirrors: Mirrors) -> None:
        self.engine, self.mirrors = engine, mirrors
        self._standstill = Standstill()
        self.left_behind = False  # a thread of ours may be stuck in the system: do not wait for it
        self.last: Json | None = None
        self.last_contact = time.monotonic()
        self._key, self._leave = key, leave
        self._opening = threading.Lock()  # one take at a time is being opened
        self._appending = threading.Lock()  # so that markers count up

    def answer(self, do: str, args: Json) -> Json:
        """One order; raises the error that travels back."""
        self.last_contact = time.monotonic()
        orders: dict[str, Callable[[Json], Json]] = {
            "status": self._status,
            "roll": self._roll,
            "continue": self._continue,
            "append": self._append,
            "pre-roll": self._pre_roll,
            "carry-on": self._carry_on,
            "stop": self._stop,
            "key": self._give_key,
            "quit": self._quit,
        }
        if do not in orders:
            raise UsageError(f"the recorder knows no order {do!r}")
        return orders[do](args)

    def stop_and_wait(self, reason: str) -> None:
        """End what rolls, for a recorder that has to go."""
        with contextlib.suppress(TakechainError):
            self._end(self.engine.do(lambda: self.engine.stop_take(None, reason)))

    def _status(self, _: Json) -> Json:
        engine = self.engine
        take, ended = engine.take or (None if self.left_behind else engine.closing), engine.ended
        if take is not None and take is not engine.take and self._standstill.of(take):
            self._leave_behind(take)  # it ended by itself, and nobody waits for its end
            take = None
        if ended is not None and ended.writer.done.is_set():
            self._tell(ended.writer.journal, ended.writer.failure)
        return {
            "state": engine.state,
            "interface": engine.stream.interface.id,
            "rate": engine.rate,
            "channels": engine.channels,
            "stream_frames": engine.timeline.position,
            "take": None if take is None or not take.writer.begun else self._about(take),
            "last": self.last,
            "pre_roll": self._pre_roll_state(),
            "mirrors": self.mirrors.as_list(),
            "error": engine.lost,
            "lost_seconds": engine.lost_seconds,
            "rate_ppm": engine.timeline.rate_ppm,
            "wrong_rate": engine.word_clock.wrong,
        }

    def _about(self, take: RollingTake) -> Json:
        writer, record = take.writer, take.writer.journal.record
        return {
            "uuid": record.take,
            "journal": str(writer.journal.path),
            "frames": take.frames,
            "written_frames": writer.frames,
            "lost_frames": take.lost_frames,
            "gaps": [asdict(gap) for gap in take.gaps],
            "markers": [asdict(marker) for marker in record.markers],
            "signals": [signal.as_fields() for signal in take.watch.told()],
            "part": record.parts[-1].number,
            "files": [str(path) for path in writer.files.paths],
            "started_boottime_ns": record.clock.get("boottime_ns", 0),
            "pre_roll": record.pre_roll,
            "limit_frames": record.expected_frames,
            "post_roll_end": take.frames_at_end if take.in_post_roll else None,
            "mirror": None if take.mirror is None else take.mirror.about(),
            "main_lost": None if take.main_lost is None else take.main_lost.what,
        }

    def _roll(self, args: Json) -> Json:
        journal, begin = _path(args, "journal"), args.get("begin")
        mirror = _path(args, "mirror") if args.get("mirror") else None
        if not isinstance(begin, dict):
            raise UsageError("roll needs the fields of the begin line")
        engine = self.engine
        with self._opening:
            plan = opening.plan_of(
                begin, engine.rate, engine.channels, engine.chunk_frames, args.get("limit_frames")
            )
            key = self._ready()
            key_ns = _moment(args)
            take = engine.do(lambda: self._start(plan, mirror, key_ns))
            interface, started_ns = engine.stream.interface, engine.timeline.time_of(take.start)
            fields = opening.begin_fields(
                begin,
                started_ns,
                engine.rate,
                interface.origin,
                portaudio_version(interface.id),
                take.pre_roll,
            )
            self._or_abandon(take, lambda: self._open(take, journal, fields, args, key))
            return self._about(take)

    def _start(self, plan: Plan, mirror: Path | None, key_ns: int) -> RollingTake:
        take = self.engine.start_take(plan, key_ns=key_ns)
        self.mirrors.attach(take, mirror)
        return take

    def _open(self, take: RollingTake, journal: Path, fields: Json, args: Json, key: Key | None) -> None:
        chain = args.get("chain")
        fields = self.mirrors.open(take, journal, fields, chain, args.get("mirror_root"))
        opening.open_take(take, journal, fields, chain, key)
        self.mirrors.begun(take)

    def _continue(self, args: Json) -> Json:
        path, cause = _path(args, "journal"), str(args.get("cause") or "the recorder was restarted")
        names, mirror = args.get("files") or [], _path(args, "mirror") if args.get("mirror") else None
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise UsageError("the files of the next part need names")
        with self._opening:
            key = self._ready()
            if self.engine.take is not None:
                raise NotNow("a take is rolling already", "stop it first")
            journal = JournalWriter.reopen(path)
            try:
                take = self._continued(journal, [str(name) for name in names], cause, key, mirror)
            except BaseException:
                journal.close()
                raise
            if take is None:
                journal.close()
                return {"ended": self._tell(journal, None)}
            return self._about(take)

    def _continued(
        self, journal: JournalWriter, names: list[str], cause: str, key: Key | None, mirror: Path | None
    ) -> RollingTake | None:
        """The take's next part; None for a take that would have reached its length by now: it is ended."""
        engine, record = self.engine, journal.record
        if record.ended:
            raise NotNow(f"{record.name} has ended", "begin another take")
        limit = record.expected_frames
        plan = opening.plan_of(record.begin, engine.rate, engine.channels, engine.chunk_frames, limit)
        salvage(journal)
        take, first_pm = engine.do(lambda: self._start_part(plan, journal, mirror))
        if take is None:
            end_recovered(journal, limit or 0, cause)
            if key is not None:
                journal.seal(key)
            return None
        part = {"files": names, "cause": cause, "first_pm": first_pm, "begin_sha256": journal.begin_sha256}
        self.mirrors.open_part(take, journal.path, part)
        self._or_abandon(take, lambda: opening.open_part(take, journal, names, cause, first_pm, key))
        self.mirrors.begun(take)
        return take

    def _start_part(
        self, plan: Plan, journal: JournalWriter, mirror: Path | None
    ) -> tuple[RollingTake | None, int]:
        first, first_pm = opening.next_first(journal.record, self.engine.timeline)
        if plan.limit_frames is not None and first >= plan.limit_frames:
            return None, first_pm
        take = self.engine.start_take(plan, first)
        take.least = journal.record.frames
        self.mirrors.attach(take, mirror)
        return take, first_pm

    def _or_abandon(self, take: RollingTake, act: Callable[[], None]) -> None:
        try:
            act()
        except BaseException:
            self.engine.do(lambda: self.engine.abandon_take(take))
            if take.mirror is not None:
                take.mirror.forget()
            self.mirrors.refill()
            raise

    def _append(self, args: Json) -> Json:
        take, lines = self.engine.take or self.engine.closing, args.get("lines")
        if take is None or not take.writer.begun:
            raise NotNow("nothing is rolling")
        if not isinstance(lines, list):
            raise UsageError("append needs lines")
        with self._appending:
            return {"lines": [self._append_one(take, line) for line in lines]}

    def _append_one(self, take: RollingTake, line: object) -> Json:
        if not isinstance(line, dict) or line.get("type") not in APPENDABLE:
            raise UsageError(f"only {', '.join(sorted(APPENDABLE))} lines can be appended")
        kind, moment = str(line["type"]), _moment(line)
        fields = {
            name: value for name, value in line.items() if name not in (*opening.OURS, "at_boottime_ns")
        }
        frame = take.frame_of(self.engine.timeline.frame_at(moment))
        if kind == "marker" and "strike" not in fields and "id" not in fields:
            take.last_marker = max(take.last_marker, take.writer.journal.record.last_marker) + 1
            fields["id"] = take.last_marker
        return append_line(take, kind, frame, fields)

    def _stop(self, args: Json) -> Json:
        """With `post_roll_s` the take rolls on for so long and ends by itself; this returns at once then."""
        engine, moment, post_roll = self.engine, _moment(args), 0.0
        if "post_roll_s" in args:
            post_roll = _seconds(args, "post_roll_s", MOST_POST_ROLL_SECONDS)
        closing = engine.closing
        if engine.take is None and closing is not None:
            return self._end(closing)
        take = engine.do(lambda: engine.stop_take(moment, post_roll=post_roll))
        return self._about(take) if post_roll > 0 and take.writer.begun else self._end(take)

    def _carry_on(self, _: Json) -> Json:
        """Record was pressed in the post-roll."""
        return self._about(self.engine.do(self.engine.carry_on))

    def _pre_roll(self, args: Json) -> Json:
        """Keep so many `seconds` before Record from now on."""
        seconds = _seconds(args, "seconds", MOST_PRE_ROLL_SECONDS)
        self.engine.do(lambda: self.engine.pre_roll.ask(seconds))
        return self._pre_roll_state()

    def _pre_roll_state(self) -> Json:
        held = self.engine.pre_roll
        return {"asked": held.asked, "granted": held.granted, "held": held.held}

    def _end(self, take: RollingTake) -> Json:
        writer = take.writer
        if not wait_written(take, CLOSE_SECONDS):
            if not take.mirror_is_whole:
                raise RecorderError(_STUCK, "wait, or copy what lies there")
            return self._leave_behind(take)
        told = self._tell(writer.journal, writer.failure)
        if not writer.journal.record.ended:
            raise TakechainError.from_dict(told["error"])
        return told

    def _leave_behind(self, take: RollingTake) -> Json:
        """The library's disk stands still, the mirror is whole: tell so, and let another recorder go on."""
        assert take.mirror is not None
        do = f"the mirror holds it whole: {take.mirror.path}"
        self._tell(take.writer.journal, WriteFailed(_STUCK, do))
        self.left_behind = True
        threading.Timer(_ANSWER_SECONDS, self._leave).start()
        assert self.last is not None
        self.last |= {"frames": take.frames, "left_behind": True}
        return self.last

    def _tell(self, journal: JournalWriter, failure: TakechainError | None) -> Json:
        """What became of a take; one that could not be ended has an error and no condition."""
        record = journal.record
        if failure is None and not record.ended:
            failure = WriteFailed("the take could not be ended", "run takechain recover")
        self.last = {
            "uuid": record.take,
            "journal": str(journal.path),
            "frames": record.frames,
            "lost_frames": record.lost_frames,
            "condition": record.condition.value if record.ended else None,
            "reason": record.reason,
            "gaps": [asdict(gap) for gap in record.gaps],
            "sealed": record.sealed,
            "error": None if failure is None else failure.as_dict(),
        }
        if self.engine.take is None:
            self.mirrors.rest()
        return self.last

    def _quit(self, _: Json) -> Json:
        if self.engine.take is not None or self.engine.closing is not None:
            raise NotNow("a take is rolling", "stop it first")
        self._leave()
        return {}

    def _give_key(self, args: Json) -> Json:
        """The key to seal with, unlocked: also for what rolls, or is just being ended."""
        seed = decoded(args.get("seed"))
        if len(seed) != 32:
            raise UsageError("this is no signing key")
        key = Key(seed)
        self._key.give(key)
        self.mirrors.use_key(key)
        for take in (self.engine.take, self.engine.closing):
            if take is not None:
                take.writer.key = key
        return {}

    def _ready(self) -> Key | None:
        """Wait until the take before lies on disk and sound comes; returns the key to seal with, if known."""
        closing = self.engine.closing
        if closing is not None and not closing.writer.done.wait(CLOSE_SECONDS):
            raise NotNow("the take before is still being written", "wait a moment")
        until = time.monotonic() + START_SECONDS
        while not self.engine.timeline.running and self.engine.lost is None and time.monotonic() < until:
            time.sleep(0.01)
        return self._key.key


def _moment(args: Json) -> int:
    """When the key was pressed, or now."""
    at_ns = args.get("at_boottime_ns")
    return at_ns if isinstance(at_ns, int) and not isinstance(at_ns, bool) else boottime_ns()


def _seconds(args: Json, name: str, most: float) -> float:
    value = args.get(name)
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value <= most:
        raise UsageError(f"{name} cannot be {value!r}", f"give 0 to {most:g}")
    return float(value)


def _path(args: Json, name: str) -> Path:
    value = args.get(name)
    if not isinstance(value, str) or not Path(value).is_absolute():
        raise UsageError(f"{name} must be an absolute path")
    return Path(value)
