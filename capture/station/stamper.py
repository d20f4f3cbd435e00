"""Time stamps of others for seals: asked for quietly behind takes, one at a time, never while a take rolls.

A server that does not answer is asked again, at first after seconds, then ever more seldom. What waits when
the station ends is found again when the next one looks for what was left undone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from capture.errors import TakechainError
from capture.journal.finish import unfinished
from capture.journal.keys import Key
from capture.journal.record import summary
from capture.journal.stamps import STAMP_BYTES, BadStamp, Stamp, request_for, seal_line, stamp_seal
from capture.station.core import Core
from capture.station.errors import StationError

_FIRST_PAUSE, _LONGEST_PAUSE = 2.0, 3600.0
_ANSWER_SECONDS = 15.0
_LOOK_SECONDS = 0.5


class Stamper:
    """The thread that asks; `changed` is called with each journal it has added a stamp to."""

    def __init__(self, core: Core, changed: Callable[[Path], None]) -> None:
        self._core, self._changed = core, changed
        self._queue: dict[Path, None] = {}
        self._ready = threading.Condition()
        self._stopping = threading.Event()
        self._since: tuple[str, str] = ("", "")
        self.trouble = ""
        self._thread = threading.Thread(target=self._run, daemon=True, name="stamper")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; an answer that is still to come is not waited for."""
        self._stopping.set()
        with self._ready:
            self._ready.notify()

    @property
    def waiting(self) -> int:
        """How many takes wait for a time stamp, as far as is known."""
        return len(self._queue)

    def consider(self, journal: Path) -> None:
        """Stamp a take's seal, if a server is set and there is one and it has none; from any thread."""
        if self._core.settings.tsa:
            with self._ready:
                self._queue[journal] = None
                self._ready.notify()

    def _run(self) -> None:
        pause = _FIRST_PAUSE
        while not self._stopping.is_set():
            with self._ready:
                self._ready.wait_for(lambda: self._queue or self._stopping.is_set())
                journal = next(iter(self._queue), None)
            if journal is None or self._wait_while_rolling():
                continue
            try:
                if self._wanted(journal):
                    stamp(journal, self._core.settings.tsa, self._core.key)
                    self._changed(journal)
                self.trouble, pause = "", _FIRST_PAUSE
            except (TakechainError, OSError) as error:
                self.trouble = getattr(error, "what", str(error))
                if isinstance(error, BadStamp):
                    self._core.notices.replace("tsa", f"{journal.name}: {error.what}")
                self._stopping.wait(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
                self._later(journal)
                continue
            with self._ready:
                self._queue.pop(journal, None)

    def _wait_while_rolling(self) -> bool:
        """Wait while a take rolls; whether the station ends meanwhile."""
        while self._core.is_rolling() and not self._stopping.wait(_LOOK_SECONDS):
            pass
        return self._stopping.is_set()

    def _later(self, journal: Path) -> None:
        with self._ready:
            if self._queue.pop(journal, "gone") is None:
                self._queue[journal] = None

    def _wanted(self, journal: Path) -> bool:
        """Whether a take is sealed and finished, has no stamp, and was made since the server was set."""
        take, url = summary(journal), self._core.settings.tsa
        if not url or not take.sealed or take.stamps or unfinished(take):
            return False
        if self._since[0] != url:
            lines = [line for line in self._core.library.lines("setting") if line.get("key") == "tsa"]
            self._since = (url, str(lines[-1].get("utc", "")) if lines else "")
        return str(take.begin.get("utc", "")) >= self._since[1]


def stamp(journal: Path, url: str, key: Key) -> Stamp:
    """Have a take's seal stamped and keep the answer in its journal.

    Raises StationError when the server does not answer, BadStamp for what it answers, JournalError.
    """
    line = seal_line(journal)
    request = request_for(line)
    return stamp_seal(journal, key, fetch(url, request.raw), url, request.nonce)


def fetch(url: str, request: bytes, timeout: float = _ANSWER_SECONDS) -> bytes:
    """The answer of a server to a request, over HTTP (RFC 3161 section 3.4); raises StationError."""
    import urllib.error
    import urllib.request

    kinds = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    asked = urllib.request.Request(url, data=request, headers=kinds)  # noqa: S310 - settings allow http(s) alone
    until = time.monotonic() + timeout
    try:
        with urllib.request.urlopen(asked, timeout=timeout) as answer:  # noqa: S310 - as above
            raw = b""
            while len(raw) <= STAMP_BYTES and time.monotonic() < until and (more := answer.read1(65536)):
                raw += more
            return raw
    except urllib.error.HTTPError as error:
        raise StationError(
            f"the time stamp server {url} refuses: {error.code} {error.reason}", "ask its owner"
        ) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise StationError(
            f"the time stamp server {url} does not answer: {reason}", "it is asked again later"
        ) from error
