"""The recorder's hold on the second copy of a take: a process of its own, fed through a queue with a bound.

Nothing here can hold up the thread that empties the ring, nor the writer of the first copy: chunks are left
in a queue, a thread sends them. A mirror that dies, refuses, or takes nothing for a while is *lost*: it is
let go of and never waited for. One process serves one part of one take; the next take gets a fresh one.
"""

from __future__ import annotations

import contextlib
import select
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path

from capture.errors import TakechainError
from capture.journal.record import Signal
from capture.recorder import mirror_wire
from capture.recorder.hold import Chunk, PackerPool
from capture.recorder.writer import Ending
from capture.take import Gap
from capture.wire import Json

STALL_SECONDS = 5.0
"""A mirror that brought nothing to its disk for so long is lost."""
OPEN_SECONDS = 15.0
"""So long instead until its files lie there: a process has to start, and a disk may have to wake up."""
ALONE_SECONDS = 60.0
"""So long instead when it is the only side left."""
_QUEUE_BYTES = 256 << 20
_QUEUE_SECONDS = 20.0
_ALONE_FACTOR = 2  # so much more waits for it when it is the only side left
_LOOK_SECONDS = 0.25


class MirrorState(StrEnum):
    """Where the second copy is: `whole` once its end and seal are on disk."""

    OPENING = "opening"
    LIVE = "live"
    CLOSING = "closing"
    WHOLE = "whole"
    LOST = "lost"


class MirrorProcess:
    """A process that will write one part of one take; started early, so that Record need not wait for it."""

    def __init__(self) -> None:
        """Start it; raises OSError."""
        self.socket, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "capture.recorder.mirror_process", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
                cwd="/",
            )

    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

    def let_go(self) -> None:
        """Send no more: it ends by itself when it has written what it holds."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)


class Mirror:
    """The second copy of one part of a take, from frame `first` of the take's timeline on.

    `path` is its journal, `frames` the frame up to which it is durable, `why` says in words how it was lost.
    """

    def __init__(self, path: Path, pool: PackerPool, rate: int, second_bytes: int, first: int = 0) -> None:
        self.path = path
        self.state = MirrorState.OPENING
        self.why = ""
        self.frames = self._fed = first
        self._before = first  # the frame after those that were held before Record: memory has room for them
        self.pid: int | None = None
        self.alone = False  # the other side is lost: more patience
        self.stall_seconds = STALL_SECONDS
        self.files_done = False
        self._pool, self._rate = pool, rate
        self._most = round(min(_QUEUE_SECONDS, _QUEUE_BYTES / max(1, second_bytes)) * rate)
        self._ready = threading.Condition()
        self._queue: deque[tuple[Json, Chunk | None]] = deque()
        self._process: MirrorProcess | None = None
        self._answered = threading.Event()
        self._refusal: TakechainError | None = None
        self._moved_at = time.monotonic()
        self._closed = False

    @property
    def alive(self) -> bool:
        """Whether it may still become whole, or is."""
        return self.state is not MirrorState.LOST

    @property
    def settled(self) -> bool:
        """Whether it is whole or lost."""
        return self.state in (MirrorState.WHOLE, MirrorState.LOST)

    @property
    def backlog(self) -> int:
        """Frames that are not durable there yet."""
        return self._fed - self.frames

    def about(self) -> Json:
        """What others are told of it."""
        return {
            "journal": str(self.path),
            "state": self.state.value,
            "why": self.why,
            "frames": self.frames,
            "pid": self.pid,
            "files_done": self.files_done,
            "gone": self._closed,
        }

    def begin(self, process: MirrorProcess, order: Json) -> None:
        """Let a process make the files, by an `open` or `part` order; its answer comes behind."""
        self._process, self.pid = process, process.process.pid
        self._moved_at = time.monotonic()
        with self._ready:
            self._queue.appendleft((order, None))
        for name, work in (("mirror", self._send), ("mirror says", self._listen)):
            threading.Thread(target=work, daemon=True, name=name).start()

    def wait_open(self, timeout: float) -> None:
        """Wait for a while until its files lie there; raises why they cannot, never that it takes long."""
        self._answered.wait(timeout)
        if self._refusal is not None:
            raise self._refusal

    def put(self, chunk: Chunk, behind: int) -> None:
        """Leave one chunk, held by this side too; `behind`: frames that wait for the other side as well."""
        with self._ready:
            if self.state in (MirrorState.OPENING, MirrorState.LIVE):
                if not self.backlog:
                    self._moved_at = time.monotonic()
                self._fed = chunk.end
                if chunk.pick is not None:
                    self._before = chunk.end
                self._queue.append(({"do": "audio"}, chunk))
                self._ready.notify()
                late = self._fed - max(self.frames, self._before) - behind > self._most * (
                    _ALONE_FACTOR if self.alone else 1
                )
            else:
                self._pool.free(chunk)
                return
        if late:
            self.lose(f"its disk is too slow: {self.backlog / self._rate:.0f} s behind")

    def gap(self, gap: Gap) -> None:
        """Leave a gap, before its silence is put."""
        self._order({"do": "gap", **asdict(gap)})

    def signal(self, signal: Signal) -> None:
        """Leave what was noticed of an input."""
        self._order({"do": "signal", **asdict(signal)})

    def shift_signals(self, place: int, frames: int) -> None:
        """Silence was put in at a frame that was not handed on yet."""
        self._order({"do": "shift", "place": place, "frames": frames})

    def line(self, kind: str, frame: int, fields: Json) -> None:
        """Leave a line for its journal."""
        self._order({"do": "line", "kind": kind, "at": frame, "fields": fields})

    def flush(self) -> None:
        """Let it write what it has: nothing more comes for now."""
        self._order({"do": "flush"})

    def end(self, ending: Ending) -> None:
        """Let it end the take; the gaps left out behind the end are those of the other side."""
        with self._ready:
            if self.alive:
                self.state = MirrorState.CLOSING
                self._moved_at = time.monotonic()
        self._order({"do": "end", **asdict(ending)})

    def forget(self) -> None:
        """The take could not begin: what was made of it is removed."""
        self._order({"do": "forget"})
        with self._ready:
            self.state = MirrorState.CLOSING

    def may_hash(self, allowed: bool) -> None:
        """Whether nothing rolls, so that the hashes of whole files may be made."""
        self._order({"do": "hash" if allowed else "wait"})

    def lose(self, why: str) -> None:
        """Give it up: what it holds stays, and nobody waits for it."""
        with self._ready:
            if self.settled:
                return
            self.state, self.why = MirrorState.LOST, why
            left, self._queue = list(self._queue), deque()
            self._ready.notify()
        for _, chunk in left:
            if chunk is not None:
                self._pool.free(chunk)
        self._answered.set()
        if self._process is not None:
            self._process.let_go()

    def _order(self, order: Json) -> None:
        with self._ready:
            if self.alive:
                self._queue.append((order, None))
                self._ready.notify()

    def _send(self) -> None:
        assert self._process is not None
        while True:
            with self._ready:
                while not self._queue:
                    if self._closed or not self.alive:
                        return
                    self._ready.wait()
                fields, chunk = self._queue.popleft()
            try:
                mirror_wire.send(self._process.socket, fields, chunk)
            except OSError:
                self.lose("the mirror process ended")
                return
            finally:
                if chunk is not None:
                    self._pool.free(chunk)

    def _listen(self) -> None:
        assert self._process is not None
        sock = self._process.socket
        with contextlib.suppress(OSError, ValueError):  # it was given up, or is no mirror of this version
            while self.alive:
                if select.select([sock], [], [], _LOOK_SECONDS)[0]:
                    came = mirror_wire.receive(sock)
                    if came is None:
                        break
                    self._told(came[0])
                self._watch()
        self.lose("the mirror process ended")
        with self._ready:
            self._closed = True
            self._ready.notify()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.process.wait(0.5)

    def _told(self, fields: Json) -> None:
        frames = int(fields.get("frames", 0))
        if frames > self.frames or fields["do"] != "written":
            self._moved_at = time.monotonic()
        self.frames = max(self.frames, frames)
        if fields["do"] == "open":
            with self._ready:
                if self.state is MirrorState.OPENING:
                    self.state = MirrorState.LIVE
            self._answered.set()
        elif fields["do"] == "failed":
            error = TakechainError.from_dict(dict(fields["error"]))
            self._refusal = error if not self._answered.is_set() else None
            self.lose(error.what)
        elif fields["do"] == "sealed":
            with self._ready:
                if self.alive:
                    self.state = MirrorState.WHOLE
        elif fields["do"] == "hashed":
            self.files_done = True

    def _watch(self) -> None:
        """A mirror that has something to write and brings nothing to its disk is lost."""
        busy = self.backlog > 0 or self.state in (MirrorState.OPENING, MirrorState.CLOSING)
        opening = OPEN_SECONDS if self.state is MirrorState.OPENING else 0.0
        patience = max(self.stall_seconds, ALONE_SECONDS if self.alone else opening)
        if busy and not self.settled and time.monotonic() - self._moved_at > patience:
            self.lose(f"it has written nothing for {patience:.0f} s")
