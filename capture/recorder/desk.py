"""The orders a recorder takes: status, roll, continue, append, stop, quit."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

from capture.clock import ClockPair, boot_id, boottime_ns, parse_utc, samples_since_midnight, utc_text
from capture.errors import TakechainError, UsageError
from capture.journal.errors import in_words
from capture.journal.keys import Key
from capture.journal.meta import file_meta
from capture.journal.writer import JournalWriter
from capture.recorder.engine import Engine
from capture.recorder.errors import CannotWrite, NotNow, RecorderError
from capture.recorder.files import PartFiles
from capture.recorder.rolling import Plan, RollingTake
from capture.take import Track
from capture.wire import Json

APPENDABLE = frozenset({"reading", "marker", "change", "device", "note"})
_OURS = ("type", "seq", "prev", "frame", "utc")  # members of a line that nobody else may set
CLOSE_SECONDS = 120.0
START_SECONDS = 3.0


class Desk:
    """Turns orders into work of the engine; its methods run in the threads of the clients."""

    def __init__(self, engine: Engine, key: Callable[[], Key], leave: Callable[[], None]) -> None:
        self.engine = engine
        self.last: Json | None = None
        self.last_contact = time.monotonic()
        self._key, self._leave = key, leave
        self._one_at_a_time = threading.Lock()
        self._journal: Path | None = None
        self._started_ns = 0

    def answer(self, do: str, args: Json) -> Json:
        """One order; raises the error that travels back."""
        self.last_contact = time.monotonic()
        orders: dict[str, Callable[[Json], Json]] = {
            "status": self._status,
            "roll": self._roll,
            "append": self._append,
            "stop": self._stop,
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
        self._notice_end()
        take = engine.take or engine.closing
        return {
            "state": engine.state,
            "interface": engine.stream.interface.id,
            "rate": engine.rate,
            "channels": engine.channels,
            "stream_frames": engine.timeline.position,
            "take": None if take is None else self._about(take),
            "last": self.last,
            "error": engine.lost,
        }

    def _about(self, take: RollingTake) -> Json:
        journal = getattr(take.writer, "journal", None)
        record = journal.record if journal is not None else None
        return {
            "uuid": record.take if record else "",
            "journal": str(self._journal) if record else "",
            "frames": take.frames,
            "lost_frames": take.lost_frames,
            "gaps": [asdict(gap) for gap in take.gaps],
            "markers": [asdict(marker) for marker in record.markers] if record else [],
            "part": len(record.parts) if record else 1,
            "files": [str(path) for path in take.writer.files.paths] if record else [],
            "started_boottime_ns": self._started_ns,
            "written_frames": take.writer.frames,
        }

    def _roll(self, args: Json) -> Json:
        journal, begin = _path(args, "journal"), args.get("begin")
        if not isinstance(begin, dict):
            raise UsageError("roll needs the fields of the begin line")
        with self._one_at_a_time:
            self._wait_closed()
            plan = self._plan(begin, args.get("limit_frames"))
            self._wait_running()
            take = self.engine.do(lambda: self.engine.start_take(plan))
            try:
                self._open_take(take, journal, begin, args.get("chain"))
            except BaseException:
                self.engine.do(self.engine.abandon_take)
                raise
            return self._about(take)

    def _plan(self, begin: Json, limit: object) -> Plan:
        audio = begin.get("audio") if isinstance(begin.get("audio"), dict) else {}
        assert isinstance(audio, dict)
        try:
            tracks = tuple(
                Track(int(t["number"]), int(t["input"]), str(t["name"]), int(t["file"]), int(t["channel"]))
                for t in begin["tracks"]
            )
        except (KeyError, TypeError, ValueError) as error:
            raise UsageError(f"the tracks of the take are not right ({error})") from error
        if not tracks or any(not 1 <= t.input <= self.engine.channels for t in tracks):
            raise UsageError(f"a take needs inputs from 1 to {self.engine.channels}")
        if audio.get("rate") != self.engine.rate:
            raise UsageError(f"the interface runs at {self.engine.rate} Hz, not at {audio.get('rate')} Hz")
        if audio.get("format") not in ("pcm24", "float32"):
            raise UsageError(f"there is no format {audio.get('format')!r}", "use pcm24 or float32")
        most = limit if isinstance(limit, int) and limit > 0 else None
        return Plan(tracks, str(audio["format"]), self.engine.rate, self.engine.chunk_frames, most)

    def _open_take(self, take: RollingTake, path: Path, begin: Json, chain: object) -> None:
        """Journal, chain snapshot and files, none of which may exist; nothing is left when one fails."""
        with contextlib.ExitStack() as undo:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                what, do = in_words(error)
                raise CannotWrite(f"{path.parent} cannot be made: {what}", do) from error
            journal = JournalWriter.create(path)
            undo.callback(path.unlink)
            undo.callback(journal.close)
            snapshot = _chain_path(path, begin)
            if snapshot is not None and isinstance(chain, str):
                _create(snapshot, chain)
                undo.callback(snapshot.unlink)
            names = [str(name) for name in begin.get("files", [])]
            channels = [len(columns) for columns in take.plan.columns]
            if len(names) != len(channels):
                raise UsageError(f"the take names {len(names)} files for {len(channels)}")
            files = PartFiles(path.parent, names, channels, take.pool.format)
            undo.callback(files.discard)
            journal.append("begin", 0, sync=True, **self._filled(begin, take))
            files.begin([file_meta(journal.record, 1, index) for index in range(len(names))])
            take.writer.begin(files, journal, self._key(), part=1, first=0)
            self._journal = path
            undo.pop_all()

    def _filled(self, begin: Json, take: RollingTake) -> Json:
        """The begin fields with the clock of frame 0, which only the recorder knows."""
        self._started_ns = self.engine.timeline.time_of(take.start)
        pair = ClockPair.now()
        when = parse_utc(pair.utc) - timedelta(microseconds=(pair.boottime_ns - self._started_ns) // 1000)
        minutes = pair.utc_offset_minutes
        clock = {
            "utc": utc_text(when),
            "boottime_ns": self._started_ns,
            "utc_offset_minutes": minutes,
            "boot_id": boot_id(),
        }
        fields = {name: value for name, value in begin.items() if name not in _OURS}
        reference = samples_since_midnight(when, minutes, self.engine.rate)
        return {**fields, "clock": clock, "time_reference": reference, "pre_roll": 0}

    def _append(self, args: Json) -> Json:
        take = self.engine.take or self.engine.closing
        lines = args.get("lines")
        if take is None or not hasattr(take.writer, "journal"):
            raise NotNow("nothing is rolling")
        if not isinstance(lines, list):
            raise UsageError("append needs lines")
        return {"lines": [self._append_one(take, line) for line in lines]}

    def _append_one(self, take: RollingTake, line: object) -> Json:
        if not isinstance(line, dict) or line.get("type") not in APPENDABLE:
            raise UsageError(f"only {', '.join(sorted(APPENDABLE))} lines can be appended")
        kind, at_ns = str(line["type"]), line.get("at_boottime_ns")
        moment = at_ns if isinstance(at_ns, int) else boottime_ns()
        fields = {name: value for name, value in line.items() if name not in (*_OURS, "at_boottime_ns")}
        frame = take.frame_of(self.engine.timeline.frame_at(moment))
        journal = take.writer.journal
        if kind == "marker" and "strike" not in fields and "id" not in fields:
            fields["id"] = journal.record.last_marker + 1
        return journal.append(kind, frame, **fields)

    def _stop(self, args: Json) -> Json:
        at_ns = args.get("at_boottime_ns")
        moment = at_ns if isinstance(at_ns, int) else boottime_ns()
        reason = str(args.get("reason") or "stop")
        closing = self.engine.closing
        if self.engine.take is None and closing is not None:
            return self._end(closing)
        return self._end(self.engine.do(lambda: self.engine.stop_take(moment, reason)))

    def _end(self, take: RollingTake) -> Json:
        if not take.writer.done.wait(CLOSE_SECONDS):
            raise RecorderError("the disk does not take the end of the take", "wait, or copy what lies there")
        return self._finished(take)

    def _finished(self, take: RollingTake) -> Json:
        writer = take.writer
        record = writer.journal.record
        failure = writer.failure
        self.last = {
            "uuid": record.take,
            "journal": str(writer.journal.path),
            "frames": record.frames,
            "lost_frames": record.lost_frames,
            "condition": record.condition.value,
            "reason": record.reason,
            "gaps": [asdict(gap) for gap in record.gaps],
            "sealed": record.sealed,
            "error": None if failure is None else failure.as_dict(),
        }
        return self.last

    def _notice_end(self) -> None:
        ended = self.engine.ended
        if ended is not None and ended.writer.done.is_set():
            self._finished(ended)

    def _quit(self, _: Json) -> Json:
        if self.engine.take is not None or self.engine.closing is not None:
            raise NotNow("a take is rolling", "stop it first")
        self._leave()
        return {}

    def _wait_closed(self) -> None:
        closing = self.engine.closing
        if closing is not None and not closing.writer.done.wait(CLOSE_SECONDS):
            raise NotNow("the take before is still being written", "wait a moment")

    def _wait_running(self) -> None:
        until = time.monotonic() + START_SECONDS
        while not self.engine.timeline.running and self.engine.lost is None and time.monotonic() < until:
            time.sleep(0.01)


def _path(args: Json, name: str) -> Path:
    value = args.get(name)
    if not isinstance(value, str) or not Path(value).is_absolute():
        raise UsageError(f"{name} must be an absolute path")
    return Path(value)


def _chain_path(journal: Path, begin: Json) -> Path | None:
    chain: Any = begin.get("chain")
    name = chain.get("file") if isinstance(chain, dict) else None
    return journal.parent / Path(name).name if isinstance(name, str) and name else None


def _create(path: Path, text: str) -> None:
    from capture.journal.errors import NameTaken

    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise NameTaken(f"{path} exists already", "choose another slate or number") from None
    except OSError as error:
        what, do = in_words(error)
        raise CannotWrite(f"{path} cannot be written: {what}", do) from error
