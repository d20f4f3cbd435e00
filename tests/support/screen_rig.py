"""The screen on a station whose facts a test sets, with the pulse and the clock in the test's hands."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from hardware.interfaces import Interface, Listing
from hardware.ports import Port
from tests.support.fake_station import FakeStation, HandPage
from tests.support.screens import until
from tui.app import TakechainApp
from tui.screens.link import Order

OPENING_NS = 1_000_000_000_000


class CountingApp(TakechainApp):
    """Counts orders and answers, so that a test knows when everything it caused has arrived."""

    ordered = answered = 0

    def on_mount(self) -> None:
        carry = self.link.order

        def order(wanted: Order) -> None:
            self.ordered += 1
            carry(wanted)

        self.link.order = order  # type: ignore[method-assign]

    def on_answered(self) -> None:  # Textual calls the handlers of all classes
        self.answered += 1


class Rig:
    """The station, the levels page, the clock and the screen of one test."""

    def __init__(self, folder: Path, channels: int) -> None:
        self.station = FakeStation(channels)
        self.page = HandPage(folder / "levels.page", channels)
        self.station.facts["page"] = str(self.page.path)
        self.now_ns = OPENING_NS
        self.pilot: Any = None
        faces = (
            Interface(
                "sim:8", "Simulated interface, 8 inputs", "simulated", 8, (48000, 96000), 48000, "simulated"
            ),
            Interface("alsa:ufx", "Fireface UFX", "ALSA", 24, (44100, 48000, 96000), 48000, "physical"),
        )
        self.listing: Callable[[], Listing] = lambda: Listing(faces)
        self.app = CountingApp(
            folder,
            connect=self.station.connect,
            list_interfaces=lambda: self.listing(),
            list_ports=lambda: [
                Port("/dev/ttyS0", "path:/dev/ttyS0"),
                Port("/dev/ttyACM0", "usb:1:2", vid=0x239A),
            ],
            now_ns=lambda: self.now_ns,
            pulse=False,
            poll_seconds=None,
        )

    @property
    def orders(self) -> list[tuple[str, dict[str, Any]]]:
        return self.station.orders

    async def press(self, *keys: str) -> None:
        """Press keys and wait until the orders that came of it are answered and shown."""
        await self.pilot.press(*keys)
        await self.settle()

    async def settle(self) -> None:
        """Wait for a status that was asked for after everything up to now."""
        app, station = self.app, self.station
        await self.pilot.pause()
        await until(self.pilot, lambda: app.answered == app.ordered, "all orders answered")
        wanted = station.statuses + 1
        app.link.look()
        await until(self.pilot, lambda: app.view.status.get("serial", 0) >= wanted, "the status after them")

    async def beat(self, *db: float, seconds: float = 0.05, **more: Any) -> None:
        """Write one block of levels, move the clock, beat once."""
        if db:
            self.page.write(list(db), **more)
        self.now_ns += int(seconds * 1e9)
        self.app.beat()
        await self.pilot.pause()


RigMaker = Callable[..., AbstractAsyncContextManager[Rig]]
