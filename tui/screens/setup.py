"""The Set-up page: what is recorded from, in which form, under which names, and what the air is."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.suggester import SuggestFromList
from textual.widget import Widget
from textual.widgets import Button, Input, Label, OptionList, Select
from textual.widgets.option_list import Option

from capture.errors import TakechainError
from capture.recorder.page import Levels
from hardware.interfaces import Interface, Listing
from hardware.ports import Port
from hardware.virtual import is_simulated
from tui.screens import words
from tui.screens.link import Order
from tui.screens.page import Page, in_one_line
from tui.screens.setup_orders import FIELDS, SECTIONS, Field, orders_for, values_of
from tui.screens.view import Json
from tui.widgets.band import Band
from tui.widgets.rows import Rows

SIMULATED_PORT = "sim"


class SetupScreen(Page):
    """One page; Ctrl-S uses it, Esc leaves and keeps what was typed for the next time."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,f10", "use", "Use this", priority=True),
        Binding("escape,f2", "leave", "Back"),
        Binding("tab", "app.focus_next", "Next", priority=True),  # before the next key is looked at
        Binding("shift+tab", "app.focus_previous", "Previous", priority=True),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._interfaces: tuple[Interface, ...] = ()
        self._before: dict[str, str] = {}
        self._chosen = ""

    def compose(self) -> ComposeResult:
        """State, offer of a new day, interfaces, fields, answer."""
        yield Band()
        with Horizontal(id="offer"):
            yield Label(id="offer-words")
            yield Button("Carry on", id="carry-on", compact=True)
            yield Button("Begin today's", id="begin-today", compact=True)
        with VerticalScroll(id="form", can_focus=False):
            yield Label("Interface", classes="title")
            yield OptionList(id="interfaces", compact=True)
            for group in sorted({field.line for field in FIELDS}):
                with Horizontal(classes="line gap" if group in SECTIONS else "line"):
                    for field in (f for f in FIELDS if f.line == group):
                        yield Label(field.label, classes="label" if field.first else "label more")
                        yield self._entry(field)
        yield Rows(id="setup-says")
        with Horizontal(id="answers"):
            yield Button("Use this  Ctrl-S", id="use", variant="primary", compact=True)
            yield Button("Back  Esc", id="leave", compact=True)

    def _entry(self, field: Field) -> Widget:
        if field.choices:
            options = [(label, value) for value, label in field.choices]
            return Select(options, allow_blank=True, id=field.id, compact=True, classes=field.width)
        suggester = (
            SuggestFromList(self.takechain.slates, case_sensitive=False) if field.id == "slate" else None
        )
        return Input(
            placeholder=field.hint,
            id=field.id,
            compact=True,
            select_on_focus=False,
            suggester=suggester,
            classes=field.width,
        )

    def on_mount(self) -> None:
        """Fill in what is set, then what was typed and not used the last time; look for interfaces."""
        self._before = values_of(self.view)
        self._chosen = self.takechain.setup_draft.get("interface", self._before["interface"])
        self._show_rates(())
        for name, value in {**self._before, **self.takechain.setup_draft}.items():
            self._put(name, value)
        offer = self.view.status.get("offer")
        self.query_one("#offer").display = bool(offer)
        if offer:
            self.query_one("#offer-words", Label).update(
                f"A new day: carry on with {offer.get('last_session')}, or begin {offer.get('today')}?"
            )
        self._say("looking for interfaces…")
        self._look()
        self._look_for_ports()
        self.query_one("#carry-on" if offer else "#interfaces").focus()

    def _put(self, name: str, value: str) -> None:
        for entry in self.query(f"#{name}"):
            if isinstance(entry, Input):
                entry.value = value
            elif isinstance(entry, Select):
                known = {option for _, option in entry._options}  # noqa: SLF001 - no public way to ask
                if value in known:
                    entry.value = value

    # -- interfaces -------------------------------------------------------------------------------

    @work(thread=True, exclusive=True, group="interfaces", exit_on_error=False)
    def _look(self) -> None:
        try:
            listing = self.takechain.list_interfaces()
        except TakechainError as error:
            self.app.call_from_thread(self._say, in_one_line(error))
        else:
            self.app.call_from_thread(self._list, listing)

    @work(thread=True, exclusive=True, group="ports", exit_on_error=False)
    def _look_for_ports(self) -> None:
        ports = self.takechain.list_ports()
        self.app.call_from_thread(self._offer_ports, ports)

    def _offer_ports(self, ports: list[Port]) -> None:
        """Complete the sensor's port from what is plugged in; USB devices are named first."""
        if not self.ready:
            return
        plugged = [port.device for port in sorted(ports, key=lambda port: not port.may_listen)]
        line = self.query_one("#sensor", Input)
        line.suggester = SuggestFromList([*plugged, SIMULATED_PORT], case_sensitive=True)
        line.placeholder = f"{', '.join([*plugged[:3], SIMULATED_PORT])}, or none"

    def _list(self, listing: Listing) -> None:
        if not self.ready:
            return
        self._interfaces = tuple(sorted(listing.interfaces, key=lambda face: face.origin == "simulated"))
        box = self.query_one(OptionList)
        box.clear_options()
        box.add_options([Option(interface_words(face), id=face.id) for face in self._interfaces])
        wanted = self._chosen or (self._interfaces[0].id if self._interfaces else "")
        ids = [face.id for face in self._interfaces]
        if wanted and wanted not in ids:  # it stays the one that is meant: no other takes its place unasked
            listed = "" if is_simulated(wanted) else " · ✖ absent"
            box.add_option(Option(Content(f"{wanted}{listed}"), id=wanted))
            ids.append(wanted)
        if wanted:
            box.highlighted = ids.index(wanted)
        problem = listing.problem
        self._say(f"{problem.what} · {problem.do}" if problem else "")

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """The interface under the cursor is the one that is meant; its rates become the choice."""
        face = next((f for f in self._interfaces if f.id == event.option_id), None)
        if face is not None:
            self._chosen = face.id
            self._show_rates(face.rates, face.default_rate)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter on an interface goes on to the next field."""
        self.focus_next()

    def _show_rates(self, rates: tuple[int, ...], default: int = 0) -> None:
        box = self.query_one("#rate", Select)
        present = self._before.get("rate", "48000") if box.is_blank() else str(box.value)
        known = [str(rate) for rate in rates] or [present]
        box.set_options([(words.rate(int(rate)), rate) for rate in known])
        fallback = str(default) if str(default) in known else known[0]
        box.value = present if present in known else fallback

    # -- using it ---------------------------------------------------------------------------------

    def values(self) -> dict[str, str]:
        """What stands in the fields."""
        found = {"interface": self._chosen}
        for field in FIELDS:
            entry = self.query_one(f"#{field.id}")
            if isinstance(entry, Input):
                found[field.id] = entry.value.strip()
            elif isinstance(entry, Select):
                found[field.id] = "" if entry.is_blank() else str(entry.value)
        return found

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """The answers, and the two ways to begin a new day."""
        offer = self.view.status.get("offer") or {}
        days = {"carry-on": offer.get("last_session"), "begin-today": offer.get("today")}
        if event.button.id in days:
            self._send([Order("setup", {"session": str(days[event.button.id])})])
        elif event.button.id == "use":
            self.action_use()
        else:
            self.action_leave()

    def on_input_submitted(self) -> None:
        """Enter in a field goes on to the next."""
        self.focus_next()

    def action_use(self) -> None:
        """Send what was changed; the page closes when the station has taken it."""
        try:
            orders = orders_for(self._before, self.values())
        except TakechainError as error:
            self._say(in_one_line(error))
            return
        self._say("setting up…")
        self._send(orders)

    def action_leave(self) -> None:
        """Close the page; what was typed and not used comes back the next time."""
        now = self.values()
        self.takechain.setup_draft = {name: v for name, v in now.items() if v != self._before.get(name)}
        self.dismiss()

    def _send(self, orders: list[Order]) -> None:
        """Send one order after the other, so that the first refusal is the one that is said."""
        if not orders:
            self.takechain.setup_draft = {}
            self.dismiss()
            return
        first, *rest = orders

        def then(_: Json) -> None:
            self._send(rest)

        self.send(Order(first.do, first.args, then, lambda error: self._say(in_one_line(error))))

    def _say(self, text: str) -> None:
        if self.ready:
            self.query_one("#setup-says", Rows).show([[(f" {text}", "warn")]] if text else [])

    def on_resize(self) -> None:
        """Draw the state in its new width."""
        self.call_after_refresh(self.on_view)

    def on_view(self) -> None:
        """Keep the state in sight."""
        if self.ready:
            self.query_one(Band).update(self.view, self.takechain.elapsed)

    def on_beat(self, levels: Levels | None, seconds: float, elapsed: float) -> None:
        """Move the clock."""
        self.on_view()


def interface_words(face: Interface) -> str:
    """An interface in one line of the list; what is simulated says so."""
    rates = {words.rate(rate): None for rate in (min(face.rates), max(face.rates))} if face.rates else {}
    mark = "SIMULATED" if face.origin == "simulated" else words.origin(face.origin) or face.origin
    api = face.host_api if face.host_api.casefold() != "simulated" else ""
    inputs = "" if "inputs" in face.name else f"{face.inputs} inputs"
    return " · ".join(part for part in (mark, face.name, api, inputs, "–".join(rates)) if part)
