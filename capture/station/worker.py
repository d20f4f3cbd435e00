"""What follows behind a take: edits after its end, the hashes of its files, and mending what a crash left.

One thread does it all, so that nothing competes for a journal's lock. Edits come first, since a person waits
for them; hashing waits while a take rolls.
"""

from __future__ import annotations

import itertools
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from capture.errors import TakechainError
from capture.journal.errors import JournalLocked, KeyLocked
from capture.journal.finish import edit_after_end, unfinished, write_file_lines
from capture.journal.keyring import Keyring
from capture.journal.record import summary
from capture.journal.recover import recover_take
from capture.library.signing import publish
from capture.station.core import Core
from capture.station.errors import StationError

_EDIT, _MEND, _FILES, _OLD_FILES = 0, 1, 2, 3
_EDIT_SECONDS = 20.0
_PAUSE_SECONDS = 0.2
_AGAIN_SECONDS = 2.0
SWEPT = "swept"
"""The library's setting that says up to when (Unix time) everything was finished and indexed."""
_CLOCK_STEP_SECONDS = 86_400.0  # a wall clock may have been set since


@dataclass(order=True)
class _Job:
    urgency: int
    order: int
    work: Callable[[], None] | None = field(compare=False)


class Worker:
    """The thread behind the takes; `changed` is called with each journal it has added lines to."""

    def __init__(self, core: Core, changed: Callable[[Path], None]) -> None:
        self._core = core
        self._changed = changed
        self._queue: queue.PriorityQueue[_Job] = queue.PriorityQueue()
        self._count = itertools.count()
        self._open = dict.fromkeys((_EDIT, _MEND, _FILES, _OLD_FILES), 0)
        self._edits = 0
        self._deferred: list[_Job] = []  # what waits for the signing key
        self._idle = threading.Condition()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="worker")

    def start(self) -> None:
        """Begin, with what former stations left undone."""
        self._thread.start()
        self._put(_OLD_FILES, self._search)
        self._put(_OLD_FILES, self._publish)

    def stop(self, timeout: float = 5.0) -> None:
        """End after the present job; what is left is found again at the next start."""
        self._stopping.set()
        self._queue.put(_Job(_EDIT - 1, next(self._count), None))
        self._thread.join(timeout)

    def busy(self) -> bool:
        """Whether anything is left to do."""
        return any(self._open.values())

    @property
    def waiting(self) -> int:
        """How many jobs wait for the signing key."""
        return len(self._deferred)

    def key_came(self) -> None:
        """Do what waited for the signing key."""
        with self._idle:
            deferred, self._deferred = self._deferred, []
        for job in deferred:
            assert job.work is not None
            self._put(job.urgency, job.work)
        self._put(_OLD_FILES, self._publish)

    def _publish(self) -> None:
        """Keep what own keys stated in the library."""
        if self._core.signing.key is not None:
            ring = Keyring(self._core.config_dir)
            ring.station(self._core.key)
            publish(self._core.library, ring)

    def wait_idle(self, timeout: float) -> bool:
        """Wait until all is done but what former stations left; False when the time was up first."""
        with self._idle:
            return self._idle.wait_for(
                lambda: not any(self._open[urgency] for urgency in (_EDIT, _MEND, _FILES)), timeout
            )

    def edit(self, journal: Path, name: str, value: Any, by: str) -> None:
        """Note a change of an ended take and rewrite its headers; returns when both are on disk."""
        done: Future[None] = Future()

        def work() -> None:
            try:
                key, signer = self._core.key, self._core.engineer()
                _patiently(lambda: edit_after_end(journal, key, name, value, by, signer=signer))
                done.set_result(None)
            except Exception as error:  # the caller gets it, whatever it is
                done.set_exception(error)

        self._edits += 1  # only ever changed under the orders' lock
        self._put(_EDIT, work)
        try:
            done.result(_EDIT_SECONDS)
        except TimeoutError:
            raise StationError("the edit is still waiting for the disk", "it will be written later") from None
        finally:
            self._edits -= 1

    def note(self, journal: Path, name: str, value: Any) -> None:
        """Leave a note of the machine's own on an ended take, when the worker comes to it."""

        def work() -> None:
            _patiently(lambda: edit_after_end(journal, self._core.key, name, value, ""))
            self._changed(journal)

        self._put(_EDIT, work)

    def write_files(self, journal: Path, urgency: int = _FILES) -> None:
        """Hash the files of an ended take, when nothing rolls."""
        self._put(urgency, lambda: self._files(journal, urgency))

    def mend(self, journal: Path) -> None:
        """Close a take that nobody holds any more, from what is on disk."""
        self._put(_MEND, lambda: self._mend(journal))

    def mend_when_possible(self, journal: Path) -> None:
        """Close a take that could not be closed now: tried until its disk takes it, or somebody else did."""

        def work() -> None:
            try:
                self._mend(journal)
            except KeyLocked:
                raise
            except (TakechainError, OSError):
                self.mend_when_possible(journal)

        later = threading.Timer(_AGAIN_SECONDS, lambda: self._put(_MEND, work))
        later.daemon = True
        later.start()

    def _files(self, journal: Path, urgency: int) -> None:
        while self._core.is_rolling() and not self._edits and not self._stopping.is_set():
            time.sleep(_PAUSE_SECONDS)
        outcome = write_file_lines(journal, self._core.key, self._interrupted)
        for problem in outcome.problems:
            self._core.notices.warn("files", f"{journal.name}: {problem}")
        if outcome.done:
            self._changed(journal)
        if outcome.cancelled and not self._stopping.is_set():
            self.write_files(journal, urgency)

    def _interrupted(self) -> bool:
        """Whether hashing has to give way: to a take, to an edit, to the end of the station."""
        return self._core.is_rolling() or self._edits > 0 or self._stopping.is_set()

    def _mend(self, journal: Path) -> None:
        rolling = self._core.rolling
        if rolling is not None and rolling.journal == journal:
            return
        for action in recover_take(journal, self._core.signing.key):
            self._core.notices.warn("recover", f"{journal.name}: {action}")
        self._changed(journal)
        if journal.exists() and not summary(journal).sealed:  # one that was never begun is set aside
            self._core.signing.ready()  # raises KeyLocked: it is closed, and done again when the key comes

    def _search(self) -> None:
        """Find what a crash left: takes without a seal that nobody holds, sealed ones without file lines."""
        swept = self._core.library.settings().get(SWEPT)
        since = float(swept) - _CLOCK_STEP_SECONDS if isinstance(swept, (int, float)) else 0.0
        changed = [
            (when, journal)
            for journal in self._core.library.journals()
            if (when := _changed_at(journal)) > since
        ]
        for _, journal in sorted(changed, reverse=True):
            if self._stopping.is_set():
                return
            try:
                take = summary(journal)
            except TakechainError:
                self.mend(journal)  # it was never begun, or is damaged: the one is set aside, the other said
                continue
            self._changed(journal)
            if not take.sealed:
                self.mend(journal)
            elif unfinished(take):
                self.write_files(journal, _OLD_FILES)

    def _put(self, urgency: int, work: Callable[[], None]) -> None:
        with self._idle:
            self._open[urgency] += 1
        self._queue.put(_Job(urgency, next(self._count), work))

    def _run(self) -> None:
        while True:
            job = self._queue.get()
            if job.work is None:
                return
            try:
                job.work()
            except KeyLocked:
                with self._idle:
                    self._deferred.append(job)
                words = "takes are closed, and wait for the signing key: run takechain key unlock"
                self._core.notices.warn("key", words)
            except JournalLocked:
                pass  # somebody is at work on it; the next start looks again
            except TakechainError as error:
                self._core.notices.warn("worker", error.what)
            except Exception as error:  # one bad take must not keep the others from being finished
                self._core.notices.warn("worker", f"{type(error).__name__}: {error}")
            finally:
                with self._idle:
                    self._open[job.urgency] -= 1
                    self._idle.notify_all()


def _patiently(work: Callable[[], object]) -> None:
    """Try again while another process (a `verify`, a `recover`) holds the journal for a moment."""
    deadline = time.monotonic() + _EDIT_SECONDS / 2
    while True:
        try:
            work()
            return
        except JournalLocked:
            if time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_SECONDS / 4)


def _changed_at(journal: Path) -> float:
    """When a journal was last written, in Unix time."""
    try:
        return journal.stat().st_mtime
    except OSError:
        return 0.0
