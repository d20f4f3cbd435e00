"""The long-lived process of one library: puts the parts together, serves clients, and knows when to leave."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from pathlib import Path

from capture.errors import TakechainError
from capture.library import Library
from capture.station.awake import Awake
from capture.station.care import Care
from capture.station.client import SOCKET_NAME
from capture.station.core import Core
from capture.station.edits import Edits
from capture.station.full_scale import FullScales
from capture.station.indexer import Indexer
from capture.station.link import give_key
from capture.station.lock import StationLock
from capture.station.orders import Orders
from capture.station.seen import Seen
from capture.station.sensors import SensorDesk
from capture.station.shelf import Shelf
from capture.station.space import Space
from capture.station.stamper import Stamper
from capture.station.takes import Takes
from capture.station.worker import SWEPT, Worker
from capture.take import State
from capture.wire import Server

LINGER = "TAKECHAIN_STATION_LINGER"
_LINGER_SECONDS = 60.0
_FIRST_CLIENT_SECONDS = 15.0  # whoever started us needs a moment to connect, however short the linger
_KEEP_HOUSE_SECONDS = 0.1


class Station:
    """All parts of one station; `run` returns when it is time to leave."""

    def __init__(self, library: Library, lock: StationLock) -> None:
        self.pid = os.getpid()
        self._lock = lock
        self.core = Core(library)
        self.shelf = Shelf(self.core.library)
        self.indexer = Indexer(self.core.library, self.core.notices)
        self.worker = Worker(self.core, self.journal_changed)
        self.stamper = Stamper(self.core, self.journal_changed)
        self.sensors = SensorDesk(self.core, self._recorder_lines)
        self.takes = Takes(self.core, self.sensors, self.shelf, self.worker, self.indexer)
        self.edits = Edits(self.core, self.takes, self.shelf, self.worker, self.indexer)
        self.space = Space(self.core, self.takes, self.worker)
        self.seen = Seen()
        self.full_scales = FullScales(self.core.library)
        self._care = Care(self.core.notices)
        self._awake = Awake(self.core.notices)
        self._orders = Orders(self)
        self._server = Server(self.core.runtime / SOCKET_NAME, self._orders.handle)
        self._leaving = threading.Event()
        self._why = ""
        self._greeted = False

    def greeted(self) -> None:
        """A client has come: from now on the station leaves when it is alone."""
        self._greeted = True

    def use_key(self) -> None:
        """The signing key is known: the recorder, the library and all that waited for it get it."""
        give_key(self.takes.supervisor.link, self.core.signing)
        self.worker.key_came()
        self.takes.mirror.look_for()

    def clients(self) -> int:
        """How many clients are connected."""
        return self._server.clients

    def is_leaving(self) -> bool:
        """Whether it takes no more orders."""
        return self._leaving.is_set()

    def leave(self, why: str) -> None:
        """Make `run` return soon."""
        self._why = self._why or why
        self._leaving.set()

    def run(self) -> str:
        """Serve until it is time to leave; returns why. A take that rolls then is left to its recorder."""
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.leave("a signal"))
        settings = self.core.settings
        self.shelf.turn_to(settings.project, settings.slate)
        self.takes.supervisor.start()
        self.sensors.start()
        self.worker.start()
        self.stamper.start()
        self.indexer.start()
        self.space.start()
        self._server.start()
        self._keep_house()
        self._close()
        return self._why

    def _keep_house(self) -> None:
        linger = _seconds(os.environ.get(LINGER), _LINGER_SECONDS)
        alone_since = time.monotonic()
        while not self._leaving.wait(_KEEP_HOUSE_SECONDS):
            now = time.monotonic()
            rolling = self.core.is_rolling()
            self.space.follow()
            is_open = rolling or self.core.state is State.ARMED
            self._care.follow(is_open)
            self._awake.follow(is_open)
            if rolling or self.clients() > 0:
                alone_since = now
            if rolling:
                continue
            if not self._lock.is_ours():
                self.leave("the library has vanished")
            if self.clients() > 0:
                continue
            patience = linger if self._greeted else max(linger, _FIRST_CLIENT_SECONDS)
            if now - alone_since >= patience and not self.worker.busy() and not self.indexer.busy():
                self.leave("nobody is here")

    def _close(self) -> None:
        self._server.stop()
        with self.core.orders:
            rolling = self.core.is_rolling()
        self._awake.end()
        self.space.stop()
        self.takes.supervisor.stop(leave_rolling=rolling)
        self.sensors.stop()
        finished = (
            not (rolling or self.worker.busy() or self.worker.waiting or self.stamper.waiting)
            and self.indexer.is_settled()
        )
        self.worker.stop()
        self.stamper.stop()
        self.indexer.stop()
        if finished and self._lock.is_ours():
            with contextlib.suppress(TakechainError, OSError):
                self.core.library.set_setting(SWEPT, int(time.time()))

    def journal_changed(self, journal: Path) -> None:
        """List and index a take anew."""
        self.shelf.update(journal)
        self.indexer.add(journal)
        self.stamper.consider(journal)

    def _recorder_lines(self, lines: list[dict[str, object]]) -> None:
        self.takes.append(lines)


def _seconds(text: str | None, otherwise: float) -> float:
    try:
        return max(0.0, float(text)) if text else otherwise
    except ValueError:
        return otherwise


def serve(path: Path) -> str:
    """Be the station of the library at `path` until it is time to leave; returns why it left.

    Raises StationRunning when another one is, and NothingRecorded or LibraryError when it cannot be used.
    """
    library = Library.open(path)
    lock = StationLock(library.path)
    try:
        return Station(library, lock).run()
    finally:
        lock.release()
