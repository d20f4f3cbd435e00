"""The screen of Takechain: a client of the station that may come and go while a take rolls."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen
from textual.theme import Theme

from capture.clock import boottime_ns
from capture.errors import TakechainError
from capture.recorder.page import Levels
from tui import keys
from tui.screens.levels import LevelSource, OpenPage
from tui.screens.link import POLL_SECONDS, Link, Order, StationLike
from tui.screens.page import Page, in_one_line
from tui.screens.pulse import Pulse
from tui.screens.recording import RecordingScreen
from tui.screens.view import Json, View

if TYPE_CHECKING:
    from hardware.interfaces import Listing
    from hardware.ports import Port

# Each of these is also told apart after a terminal has reduced it to its 16 colours.
OWN_COLOURS = {
    "level-ok": "#44ad4a",
    "level-hot": "#d9a020",
    "level-over": "#ef5350",
    "armed": "#4d9dff",
    "rolling": "#c2185b",
    "closing": "#7e57c2",
}
CALM = Theme(
    name="takechain",
    primary="#4d9dff",
    secondary="#7e57c2",
    accent="#4d9dff",
    warning="#d9a020",
    error="#ef5350",
    success="#44ad4a",
    foreground="#d7dbd8",
    background="#121518",
    surface="#1a1e22",
    panel="#23282d",
    variables=OWN_COLOURS,
)


class Heard(Message):
    """The station's status; only the newest is worth anything."""

    def __init__(self, status: Json) -> None:
        super().__init__()
        self.status = status

    def can_replace(self, message: Message) -> bool:
        """An older status is forgotten."""
        return isinstance(message, Heard)


class Gone(Message):
    """The station does not answer."""

    def __init__(self, error: TakechainError) -> None:
        super().__init__()
        self.error = error


class Answered(Message):
    """The answer to an order: a result, or the error it was refused with."""

    def __init__(self, order: Order, result: Json | None, error: TakechainError | None) -> None:
        super().__init__()
        self.order, self.result, self.error = order, result, error


class TakechainApp(App[None]):
    """Holds what all screens share: the line to the station, the pulse, the selection."""

    TITLE = "Takechain"
    CSS_PATH: ClassVar[str | Path] = Path(__file__).parent / "screens" / "shared.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+z", "aside", show=False)]  # on every page

    def __init__(
        self,
        library: Path,
        *,
        connect: Callable[[], StationLike] | None = None,
        open_page: OpenPage | None = None,
        list_interfaces: Callable[[], Listing] | None = None,
        list_ports: Callable[[], list[Port]] | None = None,
        now_ns: Callable[[], int] = boottime_ns,
        pulse: bool = True,
        poll_seconds: float | None = POLL_SECONDS,
        demo: bool = False,
    ) -> None:
        super().__init__()
        self.library = library
        self.list_interfaces = list_interfaces or _survey
        self.list_ports = list_ports or _ports
        self.now_ns = now_ns
        self.demo = demo
        self.gone = ""
        self.view = View()
        self.elapsed = 0.0
        self.slates: list[str] = []
        self.setup_draft: dict[str, str] = {}
        self._pulse_wanted = pulse
        self._heard_at_ns = 0
        self._beat_at_ns = 0
        self._setup_offered = False
        self.levels = LevelSource(open_page) if open_page else LevelSource()
        self.link = Link(
            connect or self._connect,
            on_status=lambda status: self._post(Heard(status)),
            on_gone=lambda error: self._post(Gone(error)),
            on_answer=lambda order, result: self._post(Answered(order, result, None)),
            on_refused=lambda order, error: self._post(Answered(order, None, error)),
            poll_seconds=poll_seconds,
        )

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own colours, also in themes that do not know them."""
        return OWN_COLOURS

    def on_mount(self) -> None:
        """Show the recording screen, then look for the station and begin to beat."""
        self.register_theme(CALM)
        self.theme = CALM.name
        self.set_class("NO_COLOR" in os.environ, "-no-color")
        recording = RecordingScreen()
        if self.demo:
            recording.said = "a demo on a simulated rig: nothing here is real · r rolls · ? shows all keys"
        self.push_screen(recording)
        self.call_after_refresh(self.link.start)  # the first paint waits for nobody
        if self._pulse_wanted:
            self.beat_on()

    def on_unmount(self) -> None:
        """Let the station go; what rolls rolls on."""
        self.link.close()
        self.levels.close()

    @work(exclusive=True, group="pulse")
    async def beat_on(self) -> None:
        """Beat until the screen ends."""
        await Pulse().run(self.beat)

    def beat(self) -> None:
        """One look at the levels, shown by the screen on top."""
        now = self.now_ns()
        seconds = (now - self._beat_at_ns) / 1e9 if self._beat_at_ns else 0.0
        self._beat_at_ns = now
        levels = self.levels.read(self.view.status.get("page"))
        self._watch_alone(levels)
        taken = levels.take_frames if levels is not None and not levels.stale else -1
        self.elapsed = taken / self.view.rate if taken >= 0 and self.view.take else self._elapsed(now)
        if self.is_running and isinstance(self.screen, Page) and self.screen.ready:
            self.screen.on_beat(levels, seconds, self.elapsed)

    def _watch_alone(self, levels: Levels | None) -> None:
        """Without a station the levels page still says what the recorder does: it rolls on alone."""
        seen = "" if self.view.connected or levels is None or levels.stale else levels.state
        if seen != self.view.seen:
            self._see(replace(self.view, seen=seen))

    def _elapsed(self, now: int) -> float:
        """The take's time by the last status, moved on by the clock while it rolls."""
        take = self.view.take or {}
        since = (now - self._heard_at_ns) / 1e9 if self.view.state == "rolling" else 0.0
        return float(take.get("seconds") or 0.0) + max(since, 0.0)

    # -- the station's answers --------------------------------------------------------------------

    def on_heard(self, message: Heard) -> None:
        """Keep the status and show it."""
        self._heard_at_ns = self.now_ns()
        self.gone = ""
        came_back = not self.view.connected
        self._see(View(message.status, self._input(message.status), self.view.chosen_take, connected=True))
        if came_back:
            self.link.order(Order("slates", then=self._learn_slates))
        if not self._setup_offered and (self.view.nothing_set or self.view.status.get("offer")):
            self._setup_offered = True
            self.open_setup()

    def _input(self, status: Json) -> int:
        return min(self.view.input, max(len(status.get("tracks") or []), 1))

    def _learn_slates(self, result: Json) -> None:
        found = result.get("slates")
        self.slates = [str(name) for name in found] if isinstance(found, list) else []

    def on_gone(self, message: Gone) -> None:
        """Say that the station is away; the link tries again by itself."""
        self.gone = f"the station does not answer, trying again: {in_one_line(message.error)}"
        self._see(replace(self.view, connected=False))

    def on_answered(self, message: Answered) -> None:
        """Let the one who ordered go on with the answer."""
        if message.error is None and message.order.then:
            message.order.then(message.result or {})
        elif message.error is not None and message.order.failed:
            message.order.failed(message.error)
        if message.error is None and message.order.do in {"slate", "stop"}:
            self.link.order(Order("slates", then=self._learn_slates))

    def choose_input(self, number: int) -> None:
        """Select an input."""
        self._see(replace(self.view, input=number))

    def choose_take(self, uuid: str | None) -> None:
        """Choose the take that keys act on, or None for the last."""
        self._see(replace(self.view, chosen_take=uuid))

    def _see(self, view: View) -> None:
        self.view = view
        for screen in self.screen_stack:
            if isinstance(screen, Page):
                screen.on_view()

    def _post(self, message: Message) -> None:
        if self.is_running:
            self.post_message(message)

    def _connect(self) -> StationLike:
        from capture.station.client import connect

        return connect(self.library)

    # -- other pages ------------------------------------------------------------------------------

    def open_setup(self) -> None:
        """Show the Set-up page."""
        from tui.screens.setup import SetupScreen

        if not isinstance(self.screen, SetupScreen):
            self.push_screen(SetupScreen())

    def open_help(self) -> None:
        """Show all keys."""
        from tui.screens.help import HelpScreen

        self.push_screen(HelpScreen())

    def action_aside(self) -> None:
        """Ctrl-Z, whatever page is open."""
        self.put_aside()

    def put_aside(self) -> bool:
        """Stop as programs do at Ctrl-Z, until `fg`; False where no shell could bring this screen back."""
        if not _shell_waits():
            return False
        self.action_suspend_process()
        return True

    async def action_quit(self) -> None:
        """Ctrl-Q asks like `q` does."""
        self.ask_to_quit()

    def ask_to_quit(self) -> None:
        """Leave, or ask first on the recording screen."""
        recording = next((s for s in self.screen_stack if isinstance(s, RecordingScreen)), None)
        if recording is None:
            self.exit()
            return
        while self.screen is not recording:
            self.pop_screen()
        recording.do_quit()

    def action_help_quit(self) -> None:
        """Ctrl-C too: nobody shall lose sight of a take by habit."""
        self.ask_to_quit()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every action that is possible now, as a sentence, beside Textual's own."""
        yield from super().get_system_commands(screen)
        if isinstance(screen, RecordingScreen):
            for action in keys.ACTIONS:
                if action.when(self.view) and action.group != "Look":
                    yield SystemCommand(action.label, action.help, _doer(screen, action.id))


def _shell_waits() -> bool:
    """Whether the parent is a shell with job control: only that notices that we stopped, and has `fg`."""
    parent = os.getppid()
    try:
        return os.getsid(parent) == os.getsid(0) and os.getpgid(parent) != os.getpgrp()
    except OSError:
        return False  # it has gone


def _survey() -> Listing:
    from hardware.interfaces import survey  # only the Set-up page needs it

    return survey()


def _ports() -> list[Port]:
    from hardware.ports import list_ports

    return list_ports()


def _doer(screen: RecordingScreen, name: str) -> Callable[[], None]:
    return lambda: screen.action_act(name)


def run(library: Path, demo: bool = False) -> int:
    """Show the screen until the person leaves it; what is rolling then rolls on."""
    for fixed in ("COLUMNS", "LINES"):  # exported by some shells and tools, and believed before the terminal
        os.environ.pop(fixed, None)
    started = time.monotonic()
    app = TakechainApp(library, demo=demo)
    app.run()
    if app.view.take and time.monotonic() > started:
        name = app.view.take.get("name") or "a take"
        print(f"{name} rolls on; `takechain` shows it again, `takechain stop` ends it")  # noqa: T201
    return app.return_code or 0
