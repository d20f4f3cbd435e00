"""The recording screen's tools: sending orders with words for their failure, asking, telling."""

from __future__ import annotations

from collections.abc import Callable

from textual.suggester import Suggester

from capture.errors import TakechainError
from tui.screens.link import Order
from tui.screens.page import Page, in_one_line
from tui.screens.view import Json
from tui.widgets.bottom import Bottom, Option

NOW_OR_NEXT = [Option("n", "next take"), Option("w", "now, from this frame on")]


class Desk(Page):
    """Holds what only this screen knows: the message at the bottom and the trouble of the last order."""

    said = ""
    trouble = ""

    @property
    def bottom(self) -> Bottom:
        """The two rows at the bottom."""
        return self.query_one(Bottom)

    def say(self, text: str) -> None:
        """Tell something that is no trouble; the next key press clears it."""
        self.said = text
        self.on_view()

    def caution(self, result: Json) -> None:
        """Tell, quietly, what the station has to say of a chain that was set or an input that was armed."""
        texts = [str(caution.get("text")) for caution in result.get("cautions") or []]
        if texts:
            self.say(texts[0] + (f" (and {len(texts) - 1} more)" if len(texts) > 1 else ""))

    def complain(self, error: TakechainError) -> None:
        """Say what went wrong in the warning line."""
        self.trouble = in_one_line(error)
        self.on_view()

    def order(
        self,
        do: str,
        args: Json | None = None,
        *,
        then: Callable[[Json], None] | None = None,
        draft: tuple[str, str] | None = None,
    ) -> None:
        """Send an order; if it is refused, the `draft` (key, text) that led to it is kept."""

        def done(result: Json) -> None:
            self.trouble = ""
            if then:
                then(result)
            self.on_view()

        def refused(error: TakechainError) -> None:
            if draft:
                self.bottom.keep_draft(*draft)
            self.complain(error)

        self.send(Order(do, args or {}, done, refused))

    def ask(
        self,
        key: str,
        label: str,
        then: Callable[[str], None],
        *,
        value: str = "",
        suggester: Suggester | None = None,
        hint: str = "",
    ) -> None:
        """Open the line at the bottom."""
        self.said = ""
        self.bottom.ask_text(key, label, value, then, suggester, hint)

    def when(self, question: str, then: Callable[[str], None]) -> None:
        """Hand on "now" or "next": asked while a take rolls, "next" otherwise."""
        if not self.view.rolling:
            then("next")
            return
        self.bottom.ask_choice(question, NOW_OR_NEXT, lambda key: then("now" if key == "w" else "next"))
