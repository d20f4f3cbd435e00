"""The keys for the session: people, warnings, other pages, leaving."""

from __future__ import annotations

from capture.errors import UsageError
from tui.screens.desk import Desk
from tui.screens.view import Json
from tui.widgets.bottom import Option

ROLES = ("artist", "client", "producer", "engineer", "assistant", "studio")


def parse_people(text: str) -> list[Json]:
    """`engineer Kari Moe, artist Anna` as roles and names; raises UsageError for an unknown role."""
    people = []
    for part in (piece.strip() for piece in text.split(",")):
        if not part:
            continue
        role, _, name = part.partition(" ")
        if role.casefold() not in ROLES or not name.strip():
            raise UsageError(f"{part!r}: a role, then a name", f"roles are {', '.join(ROLES)}")
        people.append({"role": role.casefold(), "name": name.strip()})
    return people


def people_text(people: object) -> str:
    """Roles and names in the form in which they are typed."""
    if not isinstance(people, list):
        return ""
    return ", ".join(
        f"{p.get('role', '')} {p.get('name', '')}".strip() for p in people if isinstance(p, dict)
    )


class SessionOrders(Desk):
    """Handlers named `do_<id>` for the table of keys."""

    def do_people(self) -> None:
        """Say who is here."""
        self.ask(
            "people",
            "people",
            self._people,
            value=people_text(self.view.status.get("people")),
            hint="engineer Kari, artist Anna",
        )

    def _people(self, text: str) -> None:
        try:
            people = parse_people(text)
        except UsageError as error:
            self.bottom.keep_draft("people", text)
            self.complain(error)
            return
        self.order("people", {"people": people}, draft=("people", text))

    def do_seen(self) -> None:
        """Acknowledge the warning on show."""
        self.order("ack", {"id": self.view.warnings[0].get("id")})

    def do_setup(self) -> None:
        """Open the Set-up page."""
        self.takechain.open_setup()

    def do_help(self) -> None:
        """Open the help page."""
        self.takechain.open_help()

    def do_aside(self) -> None:
        """Give the terminal back to the shell."""
        if not self.takechain.put_aside():
            self.say("no shell waits behind this screen · q leaves it")

    def do_quit(self) -> None:
        """Leave; while a take rolls, ask what shall become of it."""
        if not self.view.take:
            self.app.exit()
            return
        options = [
            Option("c", "cancel, stay here"),
            Option("l", "leave it rolling"),
            Option("s", "stop the take and quit"),
        ]
        self.bottom.ask_choice("A take is rolling. Quit?", options, self._quit)

    def _quit(self, answer: str) -> None:
        if answer == "l":
            self.app.exit()
        elif answer == "s":
            self.order("stop", {"at_boottime_ns": self.takechain.now_ns()}, then=lambda _: self.app.exit())
