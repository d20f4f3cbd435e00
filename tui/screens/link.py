"""The screen's line to the station: two threads that poll and order, so that the screen never waits.

The threads are plain daemons: an order that hangs with its station must not keep the screen from ending.
Each has a connection of its own, so that a slow order never delays the status.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from capture.errors import TakechainError
from tui.screens.view import Json

POLL_SECONDS = 0.18
RETRY_SECONDS = 1.0
ORDER_TIMEOUT = 30.0


class StationLike(Protocol):
    """What the screen needs of a connection to a station."""

    def call(self, do: str, timeout: float = ORDER_TIMEOUT, **args: Any) -> Json:
        """Send one order and return its result."""

    def close(self) -> None:
        """Close the connection."""


@dataclass(frozen=True)
class Order:
    """One order to the station, and what to do on the screen with its answer."""

    do: str
    args: Json = field(default_factory=dict)
    then: Callable[[Json], None] | None = None
    failed: Callable[[TakechainError], None] | None = None


class Link:
    """Polls the status and carries orders; its callbacks run in its own threads."""

    def __init__(
        self,
        connect: Callable[[], StationLike],
        *,
        on_status: Callable[[Json], None],
        on_gone: Callable[[TakechainError], None],
        on_answer: Callable[[Order, Json], None],
        on_refused: Callable[[Order, TakechainError], None],
        poll_seconds: float | None = POLL_SECONDS,
    ) -> None:
        self._connect = connect
        self._on_status, self._on_gone = on_status, on_gone
        self._on_answer, self._on_refused = on_answer, on_refused
        self._poll_seconds = poll_seconds
        self._orders: queue.SimpleQueue[Order | None] = queue.SimpleQueue()
        self._wake = threading.Event()
        self._ended = threading.Event()
        self._ordering = False  # whether the second connection is open

    def start(self) -> None:
        """Begin to poll and to carry orders."""
        for name, work in (("status", self._poll), ("orders", self._carry)):
            threading.Thread(target=work, name=f"link-{name}", daemon=True).start()

    def order(self, order: Order) -> None:
        """Send an order after those that wait already; returns at once."""
        self._orders.put(order)

    def look(self) -> None:
        """Ask for the status now instead of at the next beat."""
        self._wake.set()

    def close(self) -> None:
        """End both threads as soon as they are free; waits for neither."""
        self._ended.set()
        self._wake.set()
        self._orders.put(None)

    def _poll(self) -> None:
        station: StationLike | None = None
        while not self._ended.is_set():
            self._wake.clear()
            wait = self._poll_seconds
            try:
                station = station or self._connect()
                self._on_status(self._without_us(station.call("status")))
            except Exception as error:
                _close(station)
                station, wait = None, RETRY_SECONDS
                self._on_gone(_as_ours(error))
            self._wake.wait(wait)
        _close(station)

    def _without_us(self, status: Json) -> Json:
        """The status with this screen counted as one client, whatever its connections."""
        clients = status.get("clients")
        return {**status, "clients": clients - self._ordering} if isinstance(clients, int) else status

    def _carry(self) -> None:
        station: StationLike | None = None
        while (order := self._orders.get()) is not None:
            try:
                station = station or self._connect()
                self._ordering = True
                result = station.call(order.do, timeout=ORDER_TIMEOUT, **order.args)
            except Exception as error:
                if _line_broke(error):
                    _close(station)
                    station, self._ordering = None, False
                self._on_refused(order, _as_ours(error))
            else:
                self._on_answer(order, result)
            self.look()
        _close(station)


def _line_broke(error: Exception) -> bool:
    """Whether the connection is of no use any more; a refusal of the station leaves it whole."""
    return not isinstance(error, TakechainError) or error.code == "wire"


def _close(station: StationLike | None) -> None:
    if station is not None:
        with contextlib.suppress(Exception):
            station.close()


def _as_ours(error: Exception) -> TakechainError:
    if isinstance(error, TakechainError):
        return error
    return TakechainError(f"{type(error).__name__}: {error}")
