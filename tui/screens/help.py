"""The help page: every key from the one table, by group."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from capture.recorder.page import Levels
from tui import keys
from tui.screens.page import Page
from tui.widgets.band import Band
from tui.widgets.rows import Row, Rows

SIGNS = (
    ("●  ○  ∅", "input armed, not armed, sends exact zeros"),
    ("▲  ╌", "over (3 full-scale samples in a row), highest peak since cleared"),
    ("◎  ✗  ◇", "circled, no good, hold"),
    ("≈  ✖  ↻", "gap, lost device, recovered"),
)


class HelpScreen(Page):
    """All keys; the state stays in sight at the top."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1", "app.pop_screen", "Back"),
    ]

    def compose(self) -> ComposeResult:
        """State, keys, and how to leave."""
        yield Band()
        with VerticalScroll(id="help"):
            yield Rows(id="all-keys")
        yield Rows(id="help-foot")

    def on_mount(self) -> None:
        """Fill the page."""
        rows = help_rows()
        page = self.query_one("#all-keys", Rows)
        page.styles.height = len(rows)
        page.show(rows)
        self.query_one("#help-foot", Rows).show(
            [[(" Esc", "key"), (" back   ", ""), ("↑ ↓", "key"), (" scroll", "")]]
        )
        self.query_one("#help").focus()

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


def help_rows() -> list[Row]:
    """All groups with their keys, then the signs."""
    rows: list[Row] = []
    for name, actions in keys.groups().items():
        rows += [[], [(f" {name}", "strong")]]
        rows += [[(f" {action.shown:>6}  ", "key"), (action.help, "")] for action in actions]
    rows += [[], [(" Signs", "strong")]]
    return rows + [[(f" {sign:>9}  ", "key"), (meaning, "")] for sign, meaning in SIGNS]
