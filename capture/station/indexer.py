"""Takes into the catalogue, behind everything else: a database fault is said and tried again, no more."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from capture.station.notices import Notices
from capture.wire import Json

if TYPE_CHECKING:
    from capture.catalog.catalog import Catalog
    from capture.library import Library

_FIRST_RETRY, _LONGEST_RETRY = 1.0, 60.0
_SEARCH_AFTER = 2.0  # a station that starts has better things to do than to load a database


class Indexer:
    """A thread of its own that reads finished takes into the database and keeps those it could not."""

    def __init__(self, library: Library, notices: Notices) -> None:
        self._library = library
        self._notices = notices
        self._pending: dict[Path, None] = {}
        self._present: Path | None = None
        self._searched = False
        self._stopping = False
        self._news = threading.Condition()
        self._state, self._text = "ok", ""
        self._catalog: Catalog | None = None
        self._thread = threading.Thread(target=self._run, daemon=True, name="indexer")

    def start(self) -> None:
        """Begin; takes that the catalogue has missed so far are looked for after a moment."""
        self._thread.start()

    def add(self, journal: Path) -> None:
        """Read this take in, soon."""
        with self._news:
            self._pending[journal] = None
            self._news.notify()

    def stop(self, timeout: float = 2.0) -> None:
        """End the thread; what is left is found again at the next start."""
        with self._news:
            self._stopping = True
            self._news.notify()
        self._thread.join(timeout)

    def busy(self) -> bool:
        """Whether takes are waiting that can be read in now."""
        return self._state == "ok" and (bool(self._pending) or self._present is not None)

    def is_settled(self) -> bool:
        """Whether everything it was told of is in the catalogue."""
        return self._state == "ok" and self._searched and not self.busy()

    def as_dict(self) -> Json:
        """The catalogue's state for people."""
        with self._news:
            waiting = len(self._pending.keys() | ({self._present} if self._present else set()))
        return {"state": self._state, "pending": waiting, "text": self._text}

    def _run(self) -> None:
        wait = _FIRST_RETRY
        with self._news:
            self._news.wait_for(lambda: self._stopping or self._pending, _SEARCH_AFTER)
        while not self._stopping:
            if self._pending:
                self._next()
            else:
                self._searched = self._attempt(self._search)
            with self._news:
                if self._state != "ok":
                    self._news.wait_for(lambda: self._stopping, wait)
                    wait = min(_LONGEST_RETRY, wait * 2)
                    continue
                wait = _FIRST_RETRY
                self._news.wait_for(lambda: self._stopping or self._pending or not self._searched)
        self._close()

    def _next(self) -> None:
        with self._news:
            journal = next(iter(self._pending), None)
            if journal is None:
                return
            del self._pending[journal]  # what is added meanwhile has to be read again
            self._present = journal
        if not self._attempt(partial(self._ingest, journal)):
            self.add(journal)
        self._present = None

    def _attempt(self, work: Callable[[], None]) -> bool:
        try:
            work()
        except Exception as error:  # whatever a database or its driver may raise: a take never depends on it
            self._state = "unreachable" if self._catalog is None else "behind"
            self._text = str(error)
            self._notices.warn("catalogue", f"the catalogue takes nothing in for now: {error}")
            self._close()
            return False
        self._state, self._text = "ok", ""
        return True

    def _close(self) -> None:
        catalog, self._catalog = self._catalog, None
        if catalog is not None:
            with contextlib.suppress(Exception):  # closing what failed may fail again
                catalog.close()

    def _open(self) -> Catalog:
        if self._catalog is None:
            from capture.catalog.catalog import Catalog

            self._catalog = Catalog.open(self._library)
        return self._catalog

    def _search(self) -> None:
        for journal in self._open().missing(self._library.journals()):
            self.add(journal)
        self._open().ingest_records()

    def _ingest(self, journal: Path) -> None:
        self._open().ingest(journal)
