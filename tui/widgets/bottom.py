"""The two rows at the bottom: the keys that can be pressed now, or one question, or one line to type in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.suggester import Suggester
from textual.widget import Widget
from textual.widgets import Input, Label

from tui.keys import Action
from tui.widgets.rows import Row, Rows, Span, cells, cut, packed

MORE = "? Help"
FOOTER, TYPING, ASKING = "footer", "typing", "asking"


@dataclass(frozen=True)
class Option:
    """One answer to a question: the key that gives it, and its words."""

    key: str
    label: str


class Keys(Rows):
    """The footer: as many of the possible actions as fit, the most needed first."""

    def update(self, actions: list[Action], said: str) -> None:
        """Draw the actions in two rows, or in one under a message."""
        width = self.size.width
        if said:
            self.show([[(f" {said}", "strong")], *lines_of_keys(actions, width, 1)])
        else:
            self.show(lines_of_keys(actions, width, 2))


def lines_of_keys(actions: Iterable[Action], width: int, height: int) -> list[list[Span]]:
    """Rows of `key label`, filled in order; what does not fit is on the help page, which always fits."""
    rows: list[list[Span]] = [[] for _ in range(height)]
    used = [1] * height
    row = 0
    listed = [a for a in actions if a.id != "help"]
    for action in listed:
        size = cells(action.shown) + cells(action.label) + 3
        limit = width - (len(MORE) + 1 if row == height - 1 else 0)
        if used[row] + size > limit:
            if row == height - 1:
                continue
            row += 1
        rows[row] += [(f" {action.shown}", "key"), (f" {action.label} ", "")]
        used[row] += size
    rows[-1].append((f" {MORE[0]}", "key"))
    rows[-1].append((MORE[1:], ""))
    return rows


class Line(Input):
    """The one line that is typed in; pasted lines become one, Tab takes the completion."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "cursor_right", "Complete", show=False),
    ]

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self.insert_text_at_cursor(
            ", ".join(part.strip() for part in event.text.splitlines() if part.strip())
        )


class Choice(Rows):
    """A question with its answers; keys that are no answer do nothing."""

    can_focus = True


class Bottom(Widget):
    """Shows one of footer, line and question at a time; what Esc puts aside comes back the next time."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._drafts: dict[str, str] = {}
        self._draft_key = ""
        self._typed: Callable[[str], None] | None = None
        self._options: list[Option] = []
        self._chosen: Callable[[str], None] | None = None
        self._stretch: Callable[[str], str | None] | None = None
        self._mode = FOOTER
        self._question = ""
        self._only_when_asked = False

    def compose(self) -> ComposeResult:
        """Footer, line and question, of which `_turn_to` shows one."""
        yield Keys(id="keys")
        with Horizontal(id="typing"):
            yield Label(id="label")
            yield Line(id="line", select_on_focus=False, compact=True)
        yield Rows(id="hint")
        yield Choice(id="choice")

    @property
    def busy(self) -> bool:
        """Whether something is being typed or asked."""
        return self._mode != FOOTER

    def on_mount(self) -> None:
        """Begin with the footer."""
        self._turn_to(FOOTER)

    def only_when_asked(self, hidden: bool) -> None:
        """Show nothing but line and question: a very small window has no room for the footer."""
        self._only_when_asked = hidden
        self.display = self.busy or not hidden
        if self._mode == ASKING:
            self._show_question()
        else:
            self._size_choice(None)

    def _turn_to(self, mode: str) -> None:
        """Show the widgets of one mode; by display, since classes would have all styles computed anew."""
        self._mode = mode
        for widget_id, shown_in in (
            ("keys", FOOTER),
            ("typing", TYPING),
            ("hint", TYPING),
            ("choice", ASKING),
        ):
            self.query_one(f"#{widget_id}").display = mode == shown_in
        self.only_when_asked(self._only_when_asked)

    def ask_text(
        self,
        key: str,
        label: str,
        value: str,
        then: Callable[[str], None],
        suggester: Suggester | None = None,
        hint: str = "",
    ) -> None:
        """Open the line; `key` names the draft that Esc keeps."""
        self._draft_key, self._typed = key, then
        line = self.query_one(Line)
        line.suggester = suggester
        line.value = self._drafts.get(key, value)
        self.query_one("#label", Label).update(f"{label}  ")
        back = "  (what you typed before)" if key in self._drafts else ""
        tab = "  Tab completes" if suggester else ""
        self.query_one("#hint", Rows).show([[(f" Enter keeps  Esc puts aside{tab}  {hint}{back}", "dim")]])
        self._turn_to(TYPING)
        line.cursor_position = len(line.value)
        self.screen.set_focus(line)  # at once: the next key is text already

    def ask_choice(
        self,
        question: str,
        options: list[Option],
        then: Callable[[str], None],
        stretch: Callable[[str], str | None] | None = None,
    ) -> None:
        """Ask; Enter gives the first option, which has to be the harmless one, and Esc none.

        A key that `stretch` answers with a text changes the question instead of answering it.
        """
        self._options, self._chosen, self._stretch = options, then, stretch
        self._question = question
        self._turn_to(ASKING)
        self.screen.set_focus(self.query_one(Choice))

    def keep_draft(self, key: str, text: str) -> None:
        """Keep a text that was not taken, so that it comes back when the line opens again."""
        self._drafts[key] = text

    def close(self) -> None:
        """Back to the footer."""
        self._turn_to(FOOTER)
        self.screen.set_focus(None)

    def put_aside(self) -> bool:
        """Close line or question, keeping what was typed; False when neither was open."""
        if not self.busy:
            return False
        if self._mode == TYPING and (text := self.query_one(Line).value):
            self._drafts[self._draft_key] = text
        self.close()
        return True

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Hand on what was typed."""
        event.stop()
        self._drafts.pop(self._draft_key, None)
        self.close()
        if self._typed:
            self._typed(event.value.strip())

    def on_key(self, event: events.Key) -> None:
        """Answer the question; Esc puts things aside."""
        if event.key == "escape" and self.put_aside():
            event.stop()
        elif self._mode == ASKING:
            event.stop()
            event.prevent_default()
            self._answer("enter" if event.key == "enter" else event.character or event.key)

    def _answer(self, key: str) -> None:
        if self._stretch and (question := self._stretch(key)):
            self._question = question
            self._show_question()
            return
        chosen = self._options[0].key if key == "enter" else key
        if chosen in {option.key for option in self._options}:
            self.close()
            if self._chosen:
                self._chosen(chosen)

    def _show_question(self) -> None:
        if self._only_when_asked:
            self._show_it_small()
            return
        self._size_choice(None)
        answers: Row = [
            span
            for place, option in enumerate(self._options)
            for span in (
                (f" {option.key}", "key"),
                (f" {option.label}{' (Enter)' if place == 0 else ''} ", ""),
            )
        ]
        self.query_one(Choice).show(
            [[(f" {self._question}", "strong")], [*answers, (" Esc", "key"), (" back", "")]]
        )

    def _show_it_small(self) -> None:
        """The question and its answers in as many rows as they need; one stays for the state."""
        width, height = self.screen.size
        answers: list[Row] = [[(option.key, "key"), (f" {option.label}", "")] for option in self._options]
        rows = [cut([(self._question, "strong")], width), *packed(answers, width, max(height - 2, 0))]
        self._size_choice(len(rows))
        self.query_one(Choice).show(rows)

    def _size_choice(self, rows: int | None) -> None:
        """Give the question so many rows, or those of the footer."""
        self.styles.height = self.query_one(Choice).styles.height = rows
