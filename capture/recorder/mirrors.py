"""The mirrors of one recorder: the process that waits for the next take, and those of the last takes."""

from __future__ import annotations

import base64
import contextlib
import threading
import time
from pathlib import Path
from typing import Any

from capture.clock import utc_text
from capture.errors import TakechainError
from capture.journal.keys import Key
from capture.recorder.mirror import Mirror, MirrorProcess
from capture.recorder.rolling import RollingTake
from capture.wire import Json

OPEN_SECONDS = 3.0
"""So long the answer to Record waits for a mirror's files; the sound is kept meanwhile."""
LINE_SECONDS, END_SECONDS = 2.0, 5.0
"""So long a line and the end of a take wait for a library's disk that stands still while a mirror goes on."""
_KEPT = 8
_LOOK_SECONDS = 0.05


class Mirrors:
    """Made by the desk; `about` is what every mirror process is told of this recorder."""

    def __init__(self, about: Json, *, wanted: bool, stall_seconds: float) -> None:
        self._about, self._stall_seconds = about, stall_seconds
        self._wanted, self._resting = wanted, False
        self._spare: MirrorProcess | None = None
        self._making = threading.Lock()
        self._known: list[tuple[str, Path, Mirror]] = []
        self.refill()

    def use_key(self, key: Key) -> None:
        """The processes of the next takes are told the key, which they cannot read where it is locked."""
        self._about = {**self._about, "seed": base64.b64encode(key.seed).decode()}

    def attach(self, take: RollingTake, path: Path | None) -> None:
        """Give a take its mirror before anything is written; quick, for the engine's own thread."""
        if path is not None:
            plan = take.plan
            mirror = Mirror(path, take.pool, plan.rate, plan.second_bytes, take.offset)
            mirror.stall_seconds = self._stall_seconds
            take.add_mirror(mirror)
            take.writer.put_line("device", take.offset, device="mirror", state="live", text=str(path))

    def open(self, take: RollingTake, main: Path, begin: Json, chain: object, root: object) -> Json:
        """Let the mirror make its files; returns the begin fields that both sides write.

        Raises NameTaken when its name exists there. When anything else fails, the mirror is lost.
        """
        if take.mirror is None:
            return begin
        begin = {**begin, "utc": utc_text()}
        order = {"do": "open", "begin": begin, "chain": chain, "root": root, "pre_roll": take.pre_roll}
        self._begin(take, main, order)
        try:
            take.mirror.wait_open(OPEN_SECONDS)
        except TakechainError as error:
            if error.code == "name taken":
                raise
        return begin

    def open_part(self, take: RollingTake, main: Path, part: Json) -> None:
        """Let the mirror go on with a take in its next part, behind what its former process still writes."""
        if take.mirror is not None:
            self._begin(take, main, {"do": "part", "first": take.offset, **part})

    def _begin(self, take: RollingTake, main: Path, order: Json) -> None:
        mirror = take.mirror
        assert mirror is not None
        self._wanted, self._resting = True, False
        for *_, other in self._known:
            other.may_hash(False)
        more: Json = {"journal": str(mirror.path), "main": str(main), "chunk_frames": take.plan.max_frames}
        try:
            mirror.begin(self._process(), {**order, **more, **self._about})
        except OSError as error:
            mirror.lose(f"no process for it could be started: {error}")

    def begun(self, take: RollingTake) -> None:
        """The take rolls: what becomes of its mirror is told on."""
        if take.mirror is not None:
            journal = take.writer.journal
            self._known = [*self._known, (journal.record.take, journal.path, take.mirror)][-_KEPT:]

    def rest(self) -> None:
        """Nothing rolls: hashes may be made, and the next take's process may be started."""
        if not self._resting:
            self._resting = True
            for *_, mirror in self._known:
                mirror.may_hash(True)
        self.refill()

    def refill(self) -> None:
        """See that a process waits for the next take."""
        if self._wanted and (self._spare is None or not self._spare.alive()):
            threading.Thread(target=self._make, daemon=True, name="mirror to come").start()

    def as_list(self) -> list[Json]:
        """What became of the mirrors of the last takes, oldest first."""
        return [{"take": take, "main": str(main), **mirror.about()} for take, main, mirror in self._known]

    def _make(self) -> None:
        with self._making, contextlib.suppress(OSError):  # said when a take needs it
            if self._spare is None or not self._spare.alive():
                self._spare = MirrorProcess()

    def _process(self) -> MirrorProcess:
        with self._making:
            spare, self._spare = self._spare, None
        return spare if spare is not None and spare.alive() else MirrorProcess()


def append_line(take: RollingTake, kind: str, frame: int, fields: Json) -> Json:
    """Journal a line on both sides at once, and return its fields; a side that is lost needs none.

    Raises the library's error where there is no mirror to have the line instead.
    """
    mirror = take.mirror
    if mirror is None or not mirror.alive:
        return take.writer.journal.append(kind, frame, **fields)
    fields = {"utc": utc_text(), **fields}
    mirror.line(kind, frame, fields)
    answer: Json = {"type": kind, "frame": frame, **fields}
    written: list[Any] = []

    def write() -> None:
        with contextlib.suppress(TakechainError):
            written.append(take.writer.journal.append(kind, frame, **fields))

    if take.main_lost is None:
        thread = threading.Thread(target=write, daemon=True, name="line")
        thread.start()
        thread.join(LINE_SECONDS)
    return written[0] if written else answer


def wait_written(take: RollingTake, seconds: float) -> bool:
    """Wait until a take has ended on the library's side; False when its disk does not take it.

    Where the mirror has it whole, that is said after `END_SECONDS` without progress.
    """
    until, standstill = time.monotonic() + seconds, Standstill()
    while not take.writer.done.wait(_LOOK_SECONDS):
        if time.monotonic() > until or standstill.of(take):
            return False
    return True


class Standstill:
    """Whether a take in its end waits for the library's disk alone, and that takes nothing any more."""

    def __init__(self) -> None:
        self._seen: tuple[int, int] | None = None
        self._since = 0.0

    def of(self, take: RollingTake) -> bool:
        """Look at a take again; true once it has made no progress for `END_SECONDS`."""
        seen = (take.writer.frames, take.writer.journal.seq) if take.writer.begun else (0, 0)
        if seen != self._seen or not take.mirror_is_whole:
            self._seen, self._since = seen, time.monotonic()
        return time.monotonic() - self._since > END_SECONDS
