"""The keys for inputs, their names and their chain."""

from __future__ import annotations

import re

from textual.suggester import Suggester

from tui.screens.desk import NOW_OR_NEXT, Desk
from tui.screens.view import Json
from tui.widgets.facts import declared

_RANGE = re.compile(r"^\s*(\d{1,4}(?:\s*-\s*\d{1,4})?)\s*:\s*(.*)$", re.DOTALL)
GAIN_STEP = 1


class ChainSuggester(Suggester):
    """Completes a chain line from the lines that stand on other inputs, and ids from the gear locker."""

    def __init__(self, known: list[str]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)  # the locker's ids come a moment later
        self._known = known
        self._pieces: dict[str, str] = {}

    def learn(self, result: Json) -> None:
        """Take in the locker's ids as the station tells them."""
        self._pieces = {str(gear): str(kind) for gear, kind in (result.get("pieces") or {}).items()}

    async def get_suggestion(self, value: str) -> str | None:
        """The first longer line that begins as typed."""
        from capture.chain.completion import complete  # not needed before the first line is typed

        found = next(iter(complete(value, self._known)), None) if value else None
        return value + found[len(value) :] if found else None


def split_range(text: str, selected: int) -> tuple[str, str]:
    """The inputs a chain line is for and the line itself: `5-8: SM57 > …` or the selected input's."""
    found = _RANGE.match(text)
    return (found[1].replace(" ", ""), found[2]) if found else (str(selected), text)


def _bare_input(line: str) -> str:
    """A line to go on typing: where only name and input stand, the input is implied."""
    return line if declared(line) else re.sub(r"in \d+$", "", line)


class ChainOrders(Desk):
    """Handlers named `do_<id>` for the table of keys."""

    @property
    def track(self) -> Json:
        """The selected input; the table lets these keys through only when there is one."""
        return self.view.track or {"input": self.view.input}

    def do_arm(self) -> None:
        """Arm or disarm the selected input."""
        args = {"input": self.track["input"], "armed": not self.track.get("armed")}
        self.order("track", args, then=self.caution)

    def do_arm_all(self) -> None:
        """Arm all inputs, or disarm all when all are armed."""
        view = self.view
        all_armed = len(view.armed) == len(view.tracks)
        self.order("setup", {"inputs": "none" if all_armed else ""}, then=self.caution)

    def do_name_track(self) -> None:
        """Name the selected input."""
        number = self.track["input"]
        self.ask(
            f"name {number}",
            f"name of input {number}",
            lambda name: self.order("track", {"input": number, "name": name}, draft=(f"name {number}", name)),
            value=str(self.track.get("name") or ""),
        )

    def do_names(self) -> None:
        """Paste all names."""
        self.ask(
            "names",
            "names from input 1",
            lambda text: self.order("names", {"text": text}, draft=("names", text)) if text else None,
            hint="separated by commas",
        )

    def do_chain(self) -> None:
        """Write a chain line."""
        number = self.track["input"]
        known = [str(t["line"]) for t in self.view.tracks if declared(str(t.get("line") or ""))]
        suggester = ChainSuggester(known)
        self.order("pieces", then=suggester.learn)
        self.ask(
            f"chain {number}",
            f"chain of {number}",
            lambda text: self._chain(text, number),
            value=_bare_input(str(self.track.get("line") or "")),
            suggester=suggester,
            hint="5-8: … for a range",
        )

    def _chain(self, text: str, number: int) -> None:
        inputs, line = split_range(text, number)

        def send(when: str) -> None:
            args = {"line": line, "inputs": inputs, "when": when}
            self.order("chain", args, then=self.caution, draft=(f"chain {number}", text))

        self.when(f"the chain of {inputs} changes from", send)

    def do_gain_up(self) -> None:
        """One dB more."""
        self._gain(GAIN_STEP)

    def do_gain_down(self) -> None:
        """One dB less."""
        self._gain(-GAIN_STEP)

    def _gain(self, step: int) -> None:
        number = self.track["input"]
        total = step

        def question() -> str:
            return f"gain of {number} {total:+d} dB from (+ − go on)".replace("-", "−")

        def stretch(key: str) -> str | None:
            nonlocal total
            if key not in {"+", "-"}:
                return None
            total += GAIN_STEP if key == "+" else -GAIN_STEP
            return question()

        def send(when: str) -> None:
            if total:
                self.order("gain", {"input": number, "db": total, "when": when}, then=self.caution)

        if self.view.rolling:
            answer = {"w": "now", "n": "next"}
            self.bottom.ask_choice(question(), NOW_OR_NEXT, lambda key: send(answer[key]), stretch)
        else:
            send("next")

    def do_confirm(self) -> None:
        """Confirm what was carried over."""
        self.order("chainconfirm", then=lambda _: self.say("the chain is confirmed"))

    def do_copy_chain(self) -> None:
        """Copy the chain of another input; or take over all chains of a template, a session or a take."""
        number = self.track["input"]

        def copy(text: str) -> None:
            if text.isdigit():
                args: Json = {"source": int(text), "target": number}
                order, what = "chaincopy", f"the chain of {number} changes"
            elif text.strip():
                order, args, what = "chainuse", {"source": text.strip()}, "chains change"
            else:
                return
            self.when(
                f"{what} from", lambda when: self.order(order, {**args, "when": when}, then=self.caution)
            )

        self.ask(
            "copy chain",
            f"copy to input {number} the chain of input",
            copy,
            hint="or all of a template, session or take; last",
        )

    def do_link(self) -> None:
        """Link the selected input with the next one, or let its pair go."""
        number = int(self.track["input"])
        if self.track.get("linked"):
            self.order("chainunlink", {"input": number}, then=lambda _: self.say("the pair is let go"))
            return
        told = f"{number} and {number + 1} are a pair: left and right"
        self.order("chainlink", {"left": number, "right": number + 1}, then=lambda _: self.say(told))

    def do_changes(self) -> None:
        """Say in one line what changed since the last take, input by input."""
        since = str(self.view.status.get("since") or "")
        texts = [
            f"in {t['input']} {', '.join(map(str, t['changed']))}"
            for t in self.view.tracks
            if t.get("changed")
        ]
        if not since:
            self.say("there is no take before")
        elif not texts:
            self.say(f"the chains are as they were in {since}")
        else:
            self.say(f"since {since}: {'; '.join(texts)}")
