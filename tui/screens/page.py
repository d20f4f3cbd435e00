"""What all screens share: they are shown the station's facts and the pulse, and can send orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.screen import Screen

from capture.errors import TakechainError
from capture.recorder.page import Levels
from tui.screens.link import Order
from tui.screens.view import View

if TYPE_CHECKING:
    from tui.app import TakechainApp


class Page(Screen[None]):
    """A screen of Takechain."""

    AUTO_FOCUS = ""

    @property
    def takechain(self) -> TakechainApp:
        """The running application, by its own type."""
        return cast("TakechainApp", self.app)

    @property
    def view(self) -> View:
        """What is known now."""
        return self.takechain.view

    @property
    def ready(self) -> bool:
        """Whether the widgets are there: not before mounting, and not while the screen is taken down."""
        return self.is_mounted and self.app.is_running and self in self.app.screen_stack

    def send(self, order: Order) -> None:
        """Give an order to the station; its answer comes back on the screen's own thread."""
        self.takechain.link.order(order)

    def on_view(self) -> None:
        """Show new facts of the station."""

    def on_beat(self, levels: Levels | None, seconds: float, elapsed: float) -> None:
        """Show levels and time: `seconds` since the beat before, `elapsed` of the take."""


def in_one_line(error: TakechainError) -> str:
    """What went wrong and what to do, for the warning line."""
    return f"{error.what} · {error.do}" if error.do else error.what
