"""The keys that make a take and say something about it."""

from __future__ import annotations

from pathlib import PurePath

from textual.suggester import SuggestFromList

from capture.take import Kind
from tui.screens import words
from tui.screens.desk import Desk
from tui.screens.view import Json
from tui.widgets.bottom import Option

GUARD_SECONDS = 1.0


class TakeOrders(Desk):
    """Handlers named `do_<id>` for the table of keys."""

    _stop_pressed = float("-inf")

    def do_roll(self) -> None:
        """Begin the next take at this key press, or carry on the one in its post-roll."""
        self.order("roll", {"at_boottime_ns": self.takechain.now_ns()})

    def do_stop(self) -> None:
        """End the take at this key press; with the guard on, only at the second press within a second."""
        at = self.takechain.now_ns()
        if self.view.setup.get("stop_guard") and at / 1e9 - self._stop_pressed > GUARD_SECONDS:
            self._stop_pressed = at / 1e9
            self.say("press s once more within a second to stop")
            return
        self._stop_pressed = float("-inf")
        self.order("stop", {"at_boottime_ns": at})

    def do_room_tone(self) -> None:
        """Roll room tone."""
        self.order("roomtone", {"at_boottime_ns": self.takechain.now_ns()})

    def do_slate(self) -> None:
        """Begin or go on with a slate."""
        self.ask(
            "slate",
            "new slate",
            self._slate,
            suggester=SuggestFromList(self.takechain.slates, case_sensitive=False),
            hint="one that exists goes on counting",
        )

    def _slate(self, name: str) -> None:
        if name:
            self.order("slate", {"name": name}, draft=("slate", name))

    # -- marks ------------------------------------------------------------------------------------

    def do_mark(self) -> None:
        """Mark the frame at which the key was pressed."""
        at = self.takechain.now_ns()
        self.order("mark", {"text": "", "at_boottime_ns": at})
        self.say(f"mark at {words.clock(self.takechain.elapsed)} · Enter names it")

    def do_name_mark(self) -> None:
        """Write words to the last mark."""
        marks = self.view.markers
        last = marks[-1]
        named = [str(m.get("text")) for m in marks if m.get("text")]
        value = str(last.get("text") or (words.counted_up(named[-1]) if named else ""))
        label = f"mark {last.get('id')}"

        def write(text: str) -> None:
            self.order("marktext", {"id": last.get("id"), "text": text}, draft=("mark", text))

        self.ask("mark", label, write, value=value)

    def do_strike_mark(self) -> None:
        """Strike the last mark."""
        self.order("unmark", then=lambda _: self.say("the last mark is struck"))

    # -- verdict and words ------------------------------------------------------------------------

    def edit(self, field: str, value: str) -> None:
        """Say something about the take the keys act on."""
        subject = self.view.subject
        if subject is not None:
            self.order(
                "edit", {"take": subject.get("uuid"), "field": field, "value": value}, draft=(field, value)
            )

    def verdict(self, verdict: str) -> None:
        """Give a verdict, or take the same one back."""
        present = (self.view.subject or {}).get("verdict")
        self.edit("verdict", "none" if present == verdict else verdict)

    def do_circle(self) -> None:
        """Circle the take."""
        self.verdict("circled")

    def do_no_good(self) -> None:
        """Call the take no good."""
        self.verdict("no good")

    def do_hold(self) -> None:
        """Hold the take."""
        self.verdict("hold")

    def do_note(self) -> None:
        """Write a note."""
        self.ask(
            "note", f"note on {self.subject_words()}", lambda text: self.edit("note", text) if text else None
        )

    def do_kind(self) -> None:
        """Choose what the take was made for."""
        kinds = list(Kind)
        present = str((self.view.subject or {}).get("kind") or Kind.TAKE)
        number = next((i for i, kind in enumerate(kinds, 1) if kind == present), 1)
        options = [Option(str(i), kind.value) for i, kind in enumerate(kinds, 1)]
        options.sort(key=lambda option: option.key != str(number))  # Enter keeps what it is
        self.bottom.ask_choice(
            f"kind of {self.subject_words()}",
            options,
            lambda key: self.edit("kind", kinds[int(key) - 1].value),
        )

    def do_covers(self) -> None:
        """Write what the take covers."""
        present = str((self.view.subject or {}).get("covers") or "")
        self.ask(
            "covers", f"{self.subject_words()} covers", lambda text: self.edit("covers", text), value=present
        )

    def do_move(self) -> None:
        """Move the take to another slate."""
        self.ask(
            "move",
            f"move {self.subject_words()} to slate",
            lambda name: self.edit("slate", name) if name else None,
            suggester=SuggestFromList(self.takechain.slates, case_sensitive=False),
        )

    def do_undo(self) -> None:
        """Take back the last edit."""
        self.order("undo", then=lambda result: self.say(str(result.get("text") or "taken back")))

    def do_path(self) -> None:
        """Show and copy where the take lies, or where the next one will."""
        path = self._path()
        if path:
            self.app.copy_to_clipboard(path)
            self.say(f"copied  {path}")
        else:
            self.say("there is no take and no set-up yet")

    def subject_words(self) -> str:
        """The take that is meant, in words."""
        subject = self.view.subject or {}
        return str(subject.get("name") or f"take {subject.get('number', '')}")

    def _path(self) -> str:
        subject: Json = self.view.subject or {}
        files = subject.get("files")
        if isinstance(files, list) and files and PurePath(str(files[0])).is_absolute():
            return str(files[0])
        if subject.get("journal"):
            return str(subject["journal"])
        following: Json = self.view.status.get("next") or {}
        names = following.get("files") or [""]
        return str(PurePath(str(following["folder"])) / str(names[0])) if following.get("folder") else ""
