"""The recording screen: what the station does now, in the order in which the eye needs it."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical

from capture.recorder.page import Levels
from tui import keys
from tui.screens import words
from tui.screens.chain_orders import ChainOrders
from tui.screens.room_orders import RoomOrders
from tui.screens.session_orders import SessionOrders
from tui.screens.take_orders import TakeOrders
from tui.widgets.band import Band
from tui.widgets.bank import Bank
from tui.widgets.bottom import Bottom, Keys
from tui.widgets.facts import AirLine, ChainColumn, ChainLine, SessionLine, TrackLine, WarningLine
from tui.widgets.little import Little
from tui.widgets.takes import Takes

SMALLEST = (64, 16)
BROAD = 144  # columns that hold word and clock in letters of five rows
WIDE, CHAIN_WIDTH, SCALES = 120, 36, 10
PAGE = 8
NUMBER_SECONDS = 0.2


def bindings() -> list[BindingType]:
    """Every key of the table as a binding with the table's id.

    They have priority, so that a key acts the moment it arrives, and a line that it opens has the focus
    before the next key is looked at.
    """
    return [
        Binding(
            ",".join(action.keys),
            f"act('{action.id}')",
            action.label,
            key_display=action.shown,
            tooltip=action.help,
            priority=True,
            id=action.id,
            group=Binding.Group(action.group),
        )
        for action in keys.ACTIONS
    ]


class RecordingScreen(TakeOrders, ChainOrders, RoomOrders, SessionOrders):
    """Band, meters, selected input, air, warning, takes, keys."""

    CSS_PATH: ClassVar[str | Path] = Path(__file__).parent / "recording.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings()
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - as Textual declares it
        (0, "-narrow"),
        (WIDE, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-low"),
        (24, "-usual"),
        (40, "-tall"),
    ]

    _since_numbers = NUMBER_SECONDS
    _in_spl = False

    def compose(self) -> ComposeResult:
        """The widgets from top to bottom; `small` replaces them all in a very small window."""
        yield Little(id="small")
        yield Band(id="band")
        yield SessionLine(id="session")
        with Horizontal(id="middle"):
            with Vertical(id="meters"):
                yield Bank(id="bank")
                yield TrackLine(id="track")
                yield ChainLine(id="chain")
            yield ChainColumn(id="chain-column")
        yield AirLine(id="air")
        yield WarningLine(id="warning")
        yield Takes(id="takes")
        yield Bottom(id="bottom")

    # -- showing ----------------------------------------------------------------------------------

    @property
    def bank(self) -> Bank:
        """The meters."""
        return self.query_one(Bank)

    @property
    def spl(self) -> float | None:
        """What 0 dBFS is in dB SPL on the selected input, where the meters are to say so and it is known."""
        return self.view.spl_at_0dbfs if self._in_spl else None

    @property
    def small(self) -> bool:
        """Whether the window is too small for more than a few facts."""
        return self.size.width < SMALLEST[0] or self.size.height < SMALLEST[1]

    def on_mount(self) -> None:
        """Show what is known already."""
        self.call_after_refresh(self.on_view)

    def on_resize(self) -> None:
        """Fill the rows anew for the new width."""
        self.set_class(self.small, "-small")
        self.bottom.only_when_asked(self.small)
        self.set_class(self.size.width >= BROAD, "-broad")
        self._make_room()
        self.call_after_refresh(self.on_view)

    def on_view(self) -> None:
        """Show new facts of the station, or of this screen."""
        if not self.ready:
            return
        view, gone = self.view, self.takechain.gone
        self._make_room()
        self.bank.describe(view.tracks, view.input, view.rate, self.spl)
        self._show_time()
        self.query_one(SessionLine).update(view)
        self._show_track()
        self.query_one(ChainLine).update(view)
        self.query_one(ChainColumn).update(view)
        self.query_one(AirLine).update(view)
        self.query_one(WarningLine).update(view, self.trouble, gone)
        self.query_one(Takes).update(view)
        self.query_one(Keys).update(keys.possible(view), self.said)

    def _make_room(self) -> None:
        """Where the chain's column would leave the meters no gaps, it becomes a line."""
        channels = max(len(self.view.tracks), 1)
        column = self.size.width >= WIDE and not (
            (self.size.width - CHAIN_WIDTH - SCALES) // channels < 2 <= (self.size.width - SCALES) // channels
        )
        self.set_class(column, "-chain-column")

    def on_beat(self, levels: Levels | None, seconds: float, elapsed: float) -> None:
        """Move meters and clock."""
        bank, was_fresh = self.bank, self.bank.fresh
        bank.feed(levels, seconds)
        self._since_numbers += seconds
        if (
            bank.fresh != was_fresh or self._since_numbers >= NUMBER_SECONDS
        ):  # numbers that change faster cannot be read
            self._since_numbers = 0.0
            self._show_track()
        self._show_time()

    def _show_track(self) -> None:
        self.query_one(TrackLine).update(self.view, self.bank.meters, fresh=self.bank.fresh, spl=self.spl)

    def _show_time(self) -> None:
        view, elapsed = self.view, self.takechain.elapsed
        self.query_one(Band).update(view, elapsed, clients=int(view.status.get("clients") or 0))
        if self.small:
            number, worst = self.bank.meters.worst()
            text = f"{words.level(worst)} dBFS in {number}" if self.bank.fresh else "no data"
            self.query_one(Little).update(view, elapsed, text, self._told())

    def _told(self) -> str:
        """What warning line and footer say, where there is room for one of them."""
        warning = str(self.view.warnings[0].get("text", "")) if self.view.warnings else ""
        return self.takechain.gone or self.trouble or self.said or warning

    def on_bank_chosen(self, message: Bank.Chosen) -> None:
        """A click on a meter selects its input."""
        self.takechain.choose_input(message.input)

    # -- keys -------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys act only while nothing is typed or asked, and only when possible or when there is a reason."""
        if action != "act":
            return True
        row = keys.BY_ID[str(parameters[0])]
        return not self.bottom.busy and (row.when(self.view) or bool(row.why_not))

    def action_act(self, name: str) -> None:
        """Do what the table says, or say why it cannot be done now."""
        row = keys.BY_ID[name]
        self.said = ""
        if row.when(self.view):
            getattr(self, f"do_{name}")()
        else:
            self.say(row.why_not)
        self.on_view()

    def do_clear(self) -> None:
        """Clear overs and holds."""
        self.bank.clear()

    def do_scale(self) -> None:
        """Meters in dB SPL, as far as it is known, or in dBFS again."""
        self._in_spl = not self._in_spl
        track = self.view.track or {}
        if self._in_spl:
            known = self.view.spl_at_0dbfs
            what = "dBFS" if known is None else f"dB SPL, {known:.1f} at 0 dBFS"
            self.say(f"in {track.get('input')} in {what}: {track.get('spl_words') or 'not known'}")

    def do_escape(self) -> None:
        """Let go of the chosen take and of what was said."""
        self.trouble = ""
        self.takechain.choose_take(None)

    def do_input_left(self) -> None:
        """Select the input to the left."""
        self._select(-1)

    def do_input_right(self) -> None:
        """Select the input to the right."""
        self._select(1)

    def do_input_back(self) -> None:
        """Select eight inputs back."""
        self._select(-PAGE)

    def do_input_on(self) -> None:
        """Select eight inputs on."""
        self._select(PAGE)

    def _select(self, step: int) -> None:
        view = self.view
        self.takechain.choose_input(min(max(view.input + step, 1), max(len(view.tracks), 1)))

    def do_take_up(self) -> None:
        """Choose the take before."""
        self._choose(-1)

    def do_take_down(self) -> None:
        """Choose the take after."""
        self._choose(1)

    def _choose(self, step: int) -> None:
        view, takes = self.view, self.view.takes
        if view.rolling or not takes:
            return
        present = (view.subject or {}).get("uuid")
        index = next((i for i, take in enumerate(takes) if take.get("uuid") == present), len(takes) - 1)
        self.takechain.choose_take(str(takes[min(max(index + step, 0), len(takes) - 1)].get("uuid")))
