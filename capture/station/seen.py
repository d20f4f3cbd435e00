"""What a status would work out again and again: kept for as long as what it was made from is the same."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any

from capture.chain.cautions import Caution, cautions
from capture.chain.fields import Field, split_path
from capture.chain.patch import Patch
from capture.station.begin import Plan

if TYPE_CHECKING:
    from capture.station.takes import Takes

_PLAN_SECONDS = 1.0  # somebody else may put a take into the folder


@dataclass(frozen=True)
class Shown:
    """One input's chain as a screen shows it."""

    name: str = ""
    line: str = ""
    carried: bool = False


NOTHING = Shown()


class Lines:
    """The lines of a patch; a patch is replaced by every change, never changed."""

    def __init__(self) -> None:
        self._made: tuple[Patch | None, dict[int, Shown]] = (None, {})

    def of(self, patch: Patch) -> dict[int, Shown]:
        """What to show of each input of which anything is declared."""
        made_from, shown = self._made
        if made_from is not patch:
            shown = {number: _shown(number, Patch(fields)) for number, fields in _by_input(patch).items()}
            self._made = (patch, shown)
        return shown


class Seen:
    """The memory of one station's status."""

    def __init__(self) -> None:
        self.standing, self.rolling = Lines(), Lines()
        self._plan: tuple[Any, float, Plan] | None = None
        self._cautions: tuple[Patch | None, frozenset[int], list[Caution]] = (None, frozenset(), [])

    def cautions(self, patch: Patch, armed: Collection[int]) -> list[Caution]:
        """What is to be said of the chains of the armed inputs."""
        inputs = frozenset(armed)
        if self._cautions[0] is not patch or self._cautions[1] != inputs:
            self._cautions = (patch, inputs, cautions(patch.values(), inputs))
        return self._cautions[2]

    def plan(self, takes: Takes) -> Plan:
        """The next take, worked out when anything that decides it has changed, or after a second."""
        core, now = takes.core, time.monotonic()
        interface = takes.supervisor.interface
        made_from = (astuple(core.settings), interface, takes.last, core.state, core.patch.patch)
        if self._plan is None or self._plan[0] != made_from or now - self._plan[1] > _PLAN_SECONDS:
            self._plan = (made_from, now, takes.plan())
        return self._plan[2]


def _shown(number: int, patch: Patch) -> Shown:
    name = patch.get(f"input.{number}.source.name")
    return Shown(str(name or ""), patch.line(number), patch.carried(number))


def _by_input(patch: Patch) -> dict[int, dict[str, Field]]:
    inputs: dict[int, dict[str, Field]] = {}
    for path, field in patch.fields.items():
        if place := split_path(path):
            inputs.setdefault(place[0], {})[path] = field
    return inputs
