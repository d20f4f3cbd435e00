"""Takes into the catalogue, behind everything else: a database fault is said and tried again, no more."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from capture.station.notices import Notices
from capture.wire import Json

if TYPE_CHECKING:
    from capture.library import Library

_FIRST_RETRY, _LONGEST_RETRY = 1.0, 60.0


class Indexer:
    """A thread of its own that reads finished takes into the database and keeps those it could not."""

    def __init__(self, library: Library, notices: Notices) -> None:
        self._library = library
        self._notices = notices
        self._queue: queue.SimpleQueue[Path | None] = queue.SimpleQueue()
        self._pending: dict[Path, None] = {}
        self._state, self._text = "ok", ""
        self._catalog: Any = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="indexer")

    def start(self) -> None:
        """Begin; takes that the catalogue has missed so far are found first."""
        self._thread.start()

    def add(self, journal: Path) -> None:
        """Read this take in, soon."""
        self._queue.put(journal)

    def stop(self, timeout: float = 2.0) -> None:
        """End the thread; what is left is found again at the next start."""
        self._stopping.set()
        self._queue.put(None)
        self._thread.join(timeout)

    def busy(self) -> bool:
        """Whether work is left that can be done now."""
        return self._state == "ok" and (bool(self._pending) or not self._queue.empty())

    def as_dict(self) -> Json:
        """The catalogue's state for people."""
        return {"state": self._state, "pending": len(self._pending) + self._queue.qsize(), "text": self._text}

    def _run(self) -> None:
        wait = _FIRST_RETRY
        searched = False
        while not self._stopping.is_set():
            if not searched:
                searched = self._attempt(self._search)
            elif self._pending:
                journal = next(iter(self._pending))
                if self._attempt(partial(self._ingest, journal)):
                    self._pending.pop(journal, None)
            wait = _FIRST_RETRY if self._state == "ok" else min(_LONGEST_RETRY, wait * 2)
            idle = self._state == "ok" and searched
            self._collect(None if idle and not self._pending else 0.0 if idle else wait)
        if self._catalog is not None:
            self._catalog.close()

    def _collect(self, wait: float | None) -> None:
        """Take what was queued; wait for it without end (None), not at all (0), or so many seconds."""
        try:
            found = self._queue.get(timeout=wait) if wait is None or wait > 0 else self._queue.get_nowait()
            while True:
                if found is not None:
                    self._pending[found] = None
                found = self._queue.get_nowait()
        except queue.Empty:
            return

    def _attempt(self, work: Callable[[], None]) -> bool:
        try:
            work()
        except Exception as error:  # whatever a database or its driver may raise: a take never depends on it
            behind = type(error).__name__ != "CatalogError" or self._catalog is not None
            self._state, self._text = "behind" if behind else "unreachable", str(error)
            self._notices.warn("catalogue", f"the catalogue does not take new takes in: {error}")
            self._close()
            return False
        self._state, self._text = "ok", ""
        return True

    def _close(self) -> None:
        catalog, self._catalog = self._catalog, None
        if catalog is not None:
            try:
                catalog.close()
            except Exception as error:  # closing what failed may fail again
                self._text = f"{self._text}; {error}"

    def _open(self) -> Any:
        if self._catalog is None:
            from capture.catalog.catalog import Catalog

            self._catalog = Catalog.open(self._library)
        return self._catalog

    def _search(self) -> None:
        for journal in self._open().missing(self._library.journals()):
            self._pending[journal] = None

    def _ingest(self, journal: Path) -> None:
        self._open().ingest(journal)
