"""The orders a client may give, by name. Each takes the arguments of the wire and returns a JSON object."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Any, get_args, get_origin

from capture.clock import boottime_ns
from capture.errors import NothingRecorded, TakechainError, UsageError
from capture.journal.numbering import slate_folder
from capture.names import fold
from capture.station import shelf
from capture.station.client import version
from capture.station.errors import Leaving, RecorderReplaced
from capture.station.patching import Patching
from capture.station.settings import check, today
from capture.station.status import status
from capture.take import parse_inputs
from capture.wire import Json
from hardware.errors import HardwareError
from hardware.interfaces import find

if TYPE_CHECKING:
    from capture.station.service import Station

_CAPTURING = ("interface", "rate", "format", "lost_grace")  # a change of these opens the interface anew
_NAMING = ("project", "session", "slate")
_STAMPED = ("mark", "roll", "roomtone", "stop")
_LONGEST_WAIT = 3600.0
_REPLACE_SECONDS = 5.0
_POLL_SECONDS = 0.05


class Orders:
    """The table of orders: free ones are answered at once, those that change something one at a time."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._core = station.core
        self._patching = Patching(station.core, station.takes)
        self._free: dict[str, Callable[..., Json]] = {
            "hello": self._hello,
            "status": self._status,
            "wait": self._wait,
            "slates": self._slates,
            "takes": self._takes,
            "ack": self._ack,
            "reread": self._reread,
            "key": self._key,
            "journal-path": self._journal_path,
            "rooms": self._patching.rooms,
            "pieces": self._patching.pieces,
        }
        takes, edits, sensors, patching = station.takes, station.edits, station.sensors, self._patching
        self._changing: dict[str, Callable[..., Json]] = {
            "setup": self._setup,
            "roll": self._roll,
            "roomtone": self._roomtone,
            "stop": takes.stop,
            "mark": edits.mark,
            "unmark": edits.unmark,
            "marktext": self._marktext,
            "edit": edits.edit,
            "undo": edits.undo,
            "slate": self._slate,
            "track": self._track,
            "names": patching.names,
            "chain": patching.chain,
            "chaincopy": patching.copy,
            "chainuse": patching.use,
            "chainlink": patching.link,
            "chainunlink": patching.unlink,
            "chainconfirm": patching.confirm,
            "chainfields": patching.fields,
            "gain": patching.gain,
            "people": patching.people,
            "room": patching.room,
            "roomstate": patching.room_state,
            "air": sensors.typed,
            "sensor": self._sensor,
            "unsensor": self._unsensor,
            "quit": self._quit,
        }

    def handle(self, do: str, args: Json) -> Json:
        """Carry out one order; raises UsageError for one that is unknown or has the wrong arguments."""
        order = self._free.get(do) or self._changing.get(do)
        if order is None:
            raise UsageError(f"the station knows no order {do!r}", "is this client newer than the station?")
        if do in _STAMPED and not args.get("at_boottime_ns"):
            args = {**args, "at_boottime_ns": boottime_ns()}  # now, not when the orders before it are done
        _check_arguments(do, order, args)
        if do in self._free:
            return order(**args)
        return self._in_turn(order, args)

    def _in_turn(self, order: Callable[..., Json], args: Json) -> Json:
        """One order at a time; one that needs the recorder waits for another to go on."""
        deadline = time.monotonic() + _REPLACE_SECONDS
        while True:
            try:
                with self._core.orders:
                    if self._station.is_leaving():
                        raise Leaving("the station is leaving", "try again")
                    return order(**args)
            except RecorderReplaced:
                if time.monotonic() > deadline:
                    raise
            time.sleep(_POLL_SECONDS)  # with the orders' lock free, so that it can be replaced

    def _hello(self, **_: Any) -> Json:
        core = self._core
        self._station.greeted()
        return {
            "version": version(),
            "pid": self._station.pid,
            "library": str(core.path),
            "uuid": core.library.uuid,
            "leaving": self._station.is_leaving(),
            "rolling": core.is_rolling(),
            "locked": core.locked,
        }

    def _status(self) -> Json:
        return status(self._station)

    def _wait(self, timeout: float = 10.0, files: bool = False) -> Json:
        """Return when nothing rolls any more, and with `files` when the hashes behind are written too."""
        limit = min(float(timeout), _LONGEST_WAIT)
        settled = self._core.wait_settled(limit)
        takes, worker = self._station.takes, self._station.worker
        if settled and files:
            settled = takes.mirror.wait_done(takes.supervisor.link, limit) and worker.wait_idle(limit)
        return {"settled": settled, "state": self._core.state.value}

    def _slates(self, project: str | None = None) -> Json:
        return {"slates": shelf.slates(self._core.library, project or self._core.settings.project)}

    def _takes(self, slate: str | None = None) -> Json:
        if slate is None:
            return {"takes": self._station.shelf.as_list()}
        other = shelf.Shelf(self._core.library)
        other.turn_to(self._core.settings.project, slate)
        return {"takes": other.as_list()}

    def _ack(self, id: int | None = None) -> Json:  # noqa: A002 - the wire's word
        self._core.notices.seen(id)
        return {}

    def _reread(self, journal: str) -> Json:
        """Another process of ours has written to a take that has ended."""
        path = Path(journal)
        if not path.is_relative_to(self._core.path) or path not in self._core.library.journals():
            raise UsageError(f"{journal} is no take of this library")
        self._station.journal_changed(path)
        return {}

    def _key(self, passphrase: str | None = None) -> Json:
        """Unlock the signing key, or read it anew; no order waits for it, and it for none."""
        key = self._core.take_key(passphrase)
        self._station.use_key()
        return {"fingerprint": key.fingerprint, "keyid": key.keyid}

    def _journal_path(self, take: str | None = None) -> Json:
        rolling = self._core.rolling
        if take is None and rolling is not None:
            return {"journal": str(rolling.journal)}
        known = self._station.shelf.find(take or self._station.takes.last)
        if known is not None:
            return {"journal": known["journal"]}
        if take is None:
            raise NothingRecorded("there is no take yet", "record one first")
        return {"journal": str(self._core.library.find_take(take))}

    def _marktext(self, id: int, text: str) -> Json:  # noqa: A002 - the wire's word
        return self._station.edits.marktext(id, text)

    def _setup(self, **wanted: Any) -> Json:
        core = self._core
        for short, name in (("prefix", "name_prefix"), ("interface_id", "interface")):
            if short in wanted:
                wanted[name] = wanted.pop(short)
        wanted = {name: "" if value is None else value for name, value in wanted.items()}
        if set(wanted) - {"stop_guard", "post_roll"}:
            self._station.takes.refuse_while_rolling()
        before = {name: getattr(core.settings, name) for name in (*_CAPTURING, *_NAMING)}
        self._check_against_interface(wanted)
        if wanted.get("mirror"):
            wanted["mirror"] = check("mirror", wanted["mirror"])
            self._station.takes.mirror.check(wanted["mirror"])
        core.set(**wanted)
        changed = {name for name, value in before.items() if getattr(core.settings, name) != value}
        self._named(before, changed, wanted)
        reopen = changed & set(_CAPTURING) or (
            "interface" in wanted and self._station.takes.supervisor.interface_state != "open"
        )
        if reopen:
            self._reopen(before)
        elif "pre_roll" in wanted:
            self._station.takes.supervisor.ask_pre_roll()
        interface = self._station.takes.supervisor.interface
        armed = core.settings.armed(interface.inputs) if interface and "inputs" in wanted else []
        return {**status(self._station), "cautions": self._patching.of_armed(armed)}

    def _check_against_interface(self, wanted: Json) -> None:
        """Refuse inputs the interface does not have, before anything is remembered."""
        supervisor = self._station.takes.supervisor
        inputs = wanted.get("inputs")
        if not isinstance(inputs, str) or inputs in ("", "none"):
            return
        available = supervisor.interface.inputs if supervisor.interface else None
        if wanted.get("interface", self._core.settings.interface) != self._core.settings.interface:
            available = find(wanted["interface"]).inputs if wanted["interface"] else None
        parse_inputs(inputs, available)

    def _reopen(self, before: Json) -> None:
        """Open what was chosen; where that is refused, go back to what was before and raise the reason."""
        supervisor, core = self._station.takes.supervisor, self._core
        worked = supervisor.link is not None
        try:
            supervisor.change()
        except (HardwareError, TakechainError):
            core.set(**{name: before[name] for name in _CAPTURING})
            if worked or not before["interface"]:
                supervisor.change()
            raise

    def _named(self, before: Json, changed: set[str], wanted: Json) -> None:
        core = self._core
        if "session" in wanted:
            core.set(day=today())
        if changed & {"session", "project"} and before["session"]:
            core.patch.change(lambda patch: patch.carry_over(before["session"]))
        self._station.shelf.turn_to(core.settings.project, core.settings.slate)
        if changed & set(_NAMING):
            self._station.takes.last = None

    def _roll(
        self, kind: str = "take", limit_seconds: float | None = None, at_boottime_ns: int | None = None
    ) -> Json:
        try:
            began = self._station.takes.roll(kind, limit_seconds, at_boottime_ns)
        except TakechainError as error:
            if error.exit_code != TakechainError.exit_code:
                raise
            raise NothingRecorded(error.what, error.do) from error
        self._station.shelf.turn_to(self._core.settings.project, self._core.settings.slate)
        return began

    def _roomtone(self, limit_seconds: float | None = None, at_boottime_ns: int | None = None) -> Json:
        return self._roll("room tone", limit_seconds, at_boottime_ns)

    def _slate(self, name: str) -> Json:
        """Begin a slate, or open one again whose name is the same but for case; its count goes on."""
        self._station.takes.refuse_while_rolling()
        core = self._core
        known = shelf.slates(core.library, core.settings.project) if core.settings.project else []
        same = next((slate for slate in known if fold(slate) == fold(slate_folder(name))), None)
        core.set(slate=name if same is None or same == slate_folder(name) else same)
        self._station.shelf.turn_to(core.settings.project, core.settings.slate)
        self._station.takes.last = None
        return {"slate": core.settings.slate, "next": self._station.takes.plan().number}

    def _track(self, input: int, name: str | None = None, armed: bool | None = None) -> Json:  # noqa: A002
        supervisor = self._station.takes.supervisor
        available = supervisor.interface.inputs if supervisor.interface else 0
        if not 1 <= input <= max(available, 1):
            raise UsageError(f"input {input} does not exist: the interface has {available} inputs")
        if armed is not None:
            self._station.takes.refuse_while_rolling()
            self._core.set(inputs=self._core.settings.arm(input, armed, available))
        if name is not None:
            self._patching.rename(input, name)
        is_armed = input in self._core.settings.armed(available)
        return {
            "input": input,
            "armed": is_armed,
            "cautions": self._patching.of_armed([input] if armed else []),
        }

    def _sensor(self, port: str, driver: str | None = None) -> Json:
        self._station.sensors.open(port, driver)
        self._core.set(sensors=self._station.sensors.remembered())
        return {"sensors": self._station.sensors.as_list()}

    def _unsensor(self, port: str) -> Json:
        self._station.sensors.close(port)
        self._core.set(sensors=self._station.sensors.remembered())
        return {"sensors": self._station.sensors.as_list()}

    def _quit(self) -> Json:
        self._station.takes.refuse_while_rolling()
        self._station.leave("a client asked for it")
        return {}


def _check_arguments(do: str, order: Callable[..., Json], args: Json) -> None:
    """Raise UsageError where a client's arguments are not those of the order, by name or by type."""
    signature = inspect.signature(order, eval_str=True)
    try:
        given = signature.bind(**args).arguments
    except TypeError as error:
        raise UsageError(f"{do}: {error}") from None
    for name, value in given.items():
        parameter = signature.parameters[name]
        if parameter.kind is not parameter.VAR_KEYWORD and not _fits(value, parameter.annotation):
            raise UsageError(f"{do}: {name} cannot be {value!r}")


def _fits(value: Any, wanted: Any) -> bool:
    if wanted in (Any, inspect.Parameter.empty):
        return True
    kinds = get_args(wanted) if isinstance(wanted, UnionType) else (wanted,)
    plain = tuple(get_origin(kind) or kind for kind in kinds)
    if isinstance(value, bool):
        return bool in plain
    return isinstance(value, plain) or (isinstance(value, int) and float in plain)
