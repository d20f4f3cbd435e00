"""The mirror as a process: the second copy of one part of one take, written by a writer of its own.

It takes orders and audio from its recorder over one socket, says what is durable, and ends when that socket
does: a take not ended by then is brought to disk as far as it came, for the next recorder or `recover`.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

from capture.errors import TakechainError
from capture.journal.finish import write_file_lines
from capture.journal.keys import Key, KeyHolder, decoded
from capture.journal.places import IDENTITY, mirror_of
from capture.journal.record import Signal
from capture.journal.recover import salvage
from capture.journal.writer import JournalWriter
from capture.recorder import mirror_wire, opening
from capture.recorder.errors import CannotWrite, WriteFailed
from capture.recorder.rolling import RollingTake
from capture.recorder.writer import Ending, TakeWriter
from capture.take import Gap
from capture.wire import Json

_HELD_SECONDS = 2.0
"""More audio than this is not taken in before it is written: the recorder holds the rest, with a bound."""
_LOOK_SECONDS = 0.1
_PAUSE_SECONDS = 0.02


def main(arguments: list[str]) -> int:
    """Serve the socket that was handed down; returns when the recorder or the take is done with."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the recorder decides when a take ends
    with socket.socket(fileno=int(arguments[0])) as sock:
        Copy(sock).run()
    return 0


class Copy:
    """One part of one take on this side."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._take: RollingTake | None = None
        self._made: list[Path] = []
        self._key: Key | None = None
        self._told = -1
        self._ended = self._sealed = self._forgotten = False
        self._may_hash = self._gone = False

    def run(self) -> None:
        """Take messages until the recorder is gone or everything is done."""
        while not (self._gone or self._sealed or self._forgotten):
            self._report()
            if self._full():
                time.sleep(_PAUSE_SECONDS)
            elif self._waiting(_LOOK_SECONDS):
                self._next()
        if self._take is None or self._forgotten:
            return
        if not self._sealed:
            self._take.writer.leave()
            self._take.writer.done.wait()
        elif self._take.writer.journal.record.sealed:
            self._hash()
        else:
            self._say("hashed")  # nothing more comes from here: it waits for the signing key

    def _full(self) -> bool:
        take = self._take
        return take is not None and not self._ended and take.writer.backlog > _HELD_SECONDS * take.plan.rate

    def _waiting(self, seconds: float) -> bool:
        return bool(select.select([self._sock], [], [], seconds)[0])

    def _next(self) -> None:
        try:
            came = mirror_wire.receive(self._sock)
        except OSError:
            came = None
        if came is None:
            self._gone = True
            return
        fields, raw = came
        try:
            self._follow(fields, raw)
        except (TakechainError, OSError) as error:
            self._fail(error if isinstance(error, TakechainError) else _unusable(error))

    def _follow(self, fields: Json, raw: memoryview) -> None:
        do, take = str(fields["do"]), self._take
        if do == "open":
            self._open(fields)
        elif do == "part":
            self._open_part(fields)
        elif do in ("hash", "wait"):
            self._may_hash = do == "hash"
        elif take is not None and do in ("end", "forget"):
            if do == "end":
                self._end(_only(Ending, fields))
            else:
                self._forget(take)
        elif take is not None:
            _write(take.writer, do, fields, raw)

    def _open(self, fields: Json) -> None:
        """The files of a new take, in folders below the mirror's, which must be there."""
        journal, begin = Path(fields["journal"]), dict(fields["begin"])
        _check_root(Path(fields["root"]), str(begin.get("library")))
        take = self._new_take(begin, fields, 0)
        take.writer.pre_roll = int(fields["pre_roll"])
        opening.open_take(take, journal, begin, fields.get("chain"), self._key)
        chain = begin.get("chain") or {}
        names = [journal.name, *begin["files"], *([chain["file"]] if chain.get("file") else [])]
        self._made = [journal.parent / name for name in names]
        self._begun(take, fields)

    def _open_part(self, fields: Json) -> None:
        """The next part of a take; its former mirror process may still be writing its last second."""
        journal = JournalWriter.reopen(Path(fields["journal"]), wait=True)
        try:
            if journal.begin_sha256 != fields["begin_sha256"]:
                raise CannotWrite("another take lies there under this name")
            if journal.record.ended or journal.record.frames > fields["first"]:
                raise CannotWrite("its end is not where this part begins")
            salvage(journal)
            take = self._new_take(journal.record.begin, fields, int(fields["first"]))
            opening.open_part(
                take, journal, fields["files"], str(fields["cause"]), int(fields["first_pm"]), self._key
            )
        except BaseException:
            journal.close()
            raise
        self._begun(take, fields)

    def _new_take(self, begin: Json, fields: Json, first: int) -> RollingTake:
        seed = decoded(fields.get("seed"))
        folder = Path(fields["config_dir"]) if fields["config_dir"] else None
        self._key = Key(seed) if seed else KeyHolder(folder).key
        plan = opening.plan_of(
            begin, int(fields["rate"]), int(fields["channels"]), int(fields["chunk_frames"])
        )
        return RollingTake(plan, 0, first)

    def _begun(self, take: RollingTake, fields: Json) -> None:
        take.writer.put_line("device", take.offset, device="main", state="live", text=str(fields["main"]))
        self._take = take
        self._say("open", frames=take.offset)

    def _end(self, ending: Ending) -> None:
        assert self._take is not None
        self._ended = True
        self._take.writer.cut_gaps(ending.frames)
        self._take.writer.end(ending)

    def _forget(self, take: RollingTake) -> None:
        """Nothing was begun after all: remove what was made here."""
        self._forgotten = True
        take.writer.leave()
        take.writer.done.wait()
        for path in self._made:
            with contextlib.suppress(OSError):
                path.unlink()

    def _report(self) -> None:
        """Tell what is durable, and how the writer ended."""
        take = self._take
        if take is None or self._sealed:
            return
        writer = take.writer
        if writer.failure is not None and not self._ended:
            self._end(Ending(writer.failure.what, writer.frames))
            self._fail(writer.failure)
        if writer.done.is_set():
            self._sealed = True
            if writer.failure is not None:
                self._fail(writer.failure)
            else:
                self._say("sealed", frames=writer.frames)
        elif writer.frames != self._told:
            self._told = writer.frames
            self._say("written", frames=writer.frames)

    def _fail(self, error: TakechainError) -> None:
        self._say("failed", error=error.as_dict())

    def _say(self, do: str, **fields: Any) -> None:
        with contextlib.suppress(OSError):  # nobody listens any more: the end of the line is seen next
            mirror_wire.send(self._sock, {"do": do, **fields})

    def _hash(self) -> None:
        """The hashes of whole files, while nothing rolls; without a recorder nothing rolls from here."""
        assert self._take is not None
        assert self._key is not None
        with contextlib.suppress(OSError):
            os.nice(10)
        while True:
            while not self._may_hash and not self._gone:
                self._next()
            outcome = write_file_lines(self._take.writer.journal.path, self._key, self._told_to_wait)
            if not outcome.cancelled:
                self._say("hashed")
                return

    def _told_to_wait(self) -> bool:
        while not self._gone and self._waiting(0):
            self._next()
        return not (self._may_hash or self._gone)


def _write(writer: TakeWriter, do: str, fields: Json, raw: memoryview) -> None:
    """What the recorder's own writer was given as well."""
    if do == "audio":
        writer.put(mirror_wire.chunk_of(fields, raw))
    elif do == "gap":
        writer.put_gap(_only(Gap, fields))
    elif do == "signal":
        writer.put_signal(_only(Signal, {**fields, "inputs": tuple(fields["inputs"])}))
    elif do == "shift":
        writer.shift_signals(int(fields["place"]), int(fields["frames"]))
    elif do == "line":
        writer.put_line(str(fields["kind"]), int(fields["at"]), **fields["fields"])
    elif do == "flush":
        writer.flush()


def _only(kind: Any, fields: Json) -> Any:
    """A dataclass from those members of a message that are its own."""
    return kind(**{name: fields[name] for name in kind.__dataclass_fields__})


def _check_root(root: Path, library: str) -> None:
    """Raise CannotWrite unless the mirror of that library lies there: a disk that is not mounted is none."""
    if not (root / IDENTITY).is_file():
        raise CannotWrite(f"the mirror is not at {root}: is its disk there?", "connect it, or choose another")
    if mirror_of(root) != library:
        raise CannotWrite(f"{root} is not a mirror of this library", "choose another folder")


def _unusable(error: OSError) -> WriteFailed:
    from capture.journal.errors import in_words

    return WriteFailed(*in_words(error))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
