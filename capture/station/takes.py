"""Rolling, stopping and going on: the orders between the station and its recorder that make a take."""

from __future__ import annotations

import contextlib
import socket
import time
from typing import Any

from capture.chain.patch import Patch
from capture.chain.snapshot import snapshot
from capture.clock import boottime_ns
from capture.errors import NothingRecorded, RecorderBusy, TakechainError, UsageError
from capture.journal.record import TakeRecord
from capture.station.begin import (
    Plan,
    begin_fields,
    kind_of,
    make_take_folder,
    plan,
    refuse_short_parts,
    with_defaults,
)
from capture.station.core import Core, Rolling
from capture.station.disk import LEAST_SECONDS, Form
from capture.station.errors import RecorderReplaced
from capture.station.full_scale import calibrated
from capture.station.indexer import Indexer
from capture.station.link import RecorderLink
from capture.station.mirror import MirrorDesk, alone
from capture.station.sensors import SensorDesk
from capture.station.shelf import Shelf
from capture.station.supervisor import Supervisor
from capture.station.tail import JournalTail
from capture.station.worker import Worker
from capture.take import Condition, State, follow
from capture.wire import Json, WireError

_TRIES = 200  # numbers that may be taken in a row before we give up
_STOP_SECONDS = 5.0
_CLOSE_SECONDS = 120.0  # for a disk that hardly takes the rest of the take
_POLL_SECONDS = 0.1


class Takes:
    """Makes takes on the supervisor's recorder, and hands what is finished to the workers behind."""

    def __init__(
        self, core: Core, sensors: SensorDesk, shelf: Shelf, worker: Worker, indexer: Indexer
    ) -> None:
        self.core = core
        self._sensors = sensors
        self._shelf = shelf
        self._worker = worker
        self._indexer = indexer
        self.mirror = MirrorDesk(core, worker)
        self.supervisor = Supervisor(core, self.resume, self.ended, self.lapse, self.mirror)
        self.last: str | None = None

    def roll(
        self, kind: str = "take", limit_seconds: float | None = None, at_boottime_ns: int | None = None
    ) -> Json:
        """Begin a take, or carry on the one that is in its post-roll; with pre-roll, before the given moment.

        Raises RecorderBusy while one rolls, NothingRecorded with the reason otherwise.
        """
        self.core.pressed.set()
        try:
            return self._carried_on() or self._roll(kind, limit_seconds, at_boottime_ns)
        finally:
            self.core.pressed.clear()

    def _roll(self, kind: str, limit_seconds: float | None, at_boottime_ns: int | None) -> Json:
        core = self.core
        self.refuse_while_rolling()
        made_for = kind_of(kind)
        link = self.supervisor.require()
        follow(core.state, "roll")
        with_defaults(core)
        limit = None if limit_seconds is None else _frames(limit_seconds, core.settings.rate)
        wanted = self.plan()
        if not wanted.inputs:
            raise NothingRecorded("no input is armed", "arm one with `a`, or choose inputs in the set-up")
        refuse_short_parts(core, wanted)
        self._refuse_without_room()
        chain = snapshot(core.patch.patch, wanted.inputs)
        for number in range(wanted.number, wanted.number + _TRIES):
            take = wanted.renumbered(number)
            begin = begin_fields(core, take, made_for, chain.digest, limit) | self._surroundings()
            begin |= calibrated(core.library, core.patch.patch, take.inputs, begin["interface"])
            try:
                make_take_folder(take.folder, core.library.path)
                began = link.call(
                    "roll",
                    journal=str(take.journal),
                    begin=begin,
                    chain=chain.to_json().decode(),
                    limit_frames=limit,
                    at_boottime_ns=at_boottime_ns,
                    **self.mirror.orders(take.journal),
                )
            except TakechainError as error:
                if error.code == "name taken":
                    continue
                if not isinstance(error, WireError) or not take.journal.exists():
                    raise
                began = {}  # it rolls on a recorder that does not answer: the supervisor goes on with it
            return self._rolls(take, str(begin["take"]), limit, began)
        raise NothingRecorded(f"{_TRIES} take numbers in a row are taken already", "begin another slate")

    def plan(self) -> Plan:
        """The take that would be made now: number, name, folder and files."""
        supervisor = self.supervisor
        available = supervisor.interface.inputs if supervisor.interface else 0
        return plan(self.core, available)

    def refuse_while_rolling(self) -> None:
        """Raise RecorderBusy, naming the take that is in the way."""
        core = self.core
        if core.is_rolling():
            name = core.rolling.name if core.rolling else "the last take"
            raise RecorderBusy(f"{name} is rolling in this library", "stop it first with `takechain stop`")

    def stop(self, at_boottime_ns: int | None = None) -> Json:
        """End the rolling take; returns when end and seal are on disk. Raises OrderRefused if none rolls."""
        core = self.core
        rolling = core.rolling
        if rolling is not None and (rolls_on := self._post_roll(rolling, at_boottime_ns)) is not None:
            return rolls_on
        if rolling is None or core.state is not State.LOST:
            core.follow("stop")
        assert rolling is not None
        self._close(rolling, at_boottime_ns)
        last = self.supervisor.last_look.get("last") or {}
        stuck = last.get("left_behind") and last.get("journal") == str(rolling.journal)
        return self._left_behind(rolling, last) if stuck else self._finished(rolling)

    def lapse(self, why: str) -> None:
        """End the take whose interface stayed away: nobody is recorded unasked when it comes back."""
        rolling = self.core.rolling
        assert rolling is not None
        self._close(rolling, None)
        done = self._finished(rolling)
        self.core.notices.warn("take", f"{rolling.name} ended by itself: {done['condition']}, {why}")

    def _close(self, rolling: Rolling, at_boottime_ns: int | None) -> None:
        """Let the recorder end the take; one that does not is ended itself, and the take closed from disk."""
        link = self.supervisor.link
        if link is None or not self._closed_by(link, rolling, at_boottime_ns):
            self.supervisor.give_up("the recorder did not follow Stop")

    def _post_roll(self, rolling: Rolling, at_boottime_ns: int | None) -> Json | None:
        """Let a take roll on behind Stop where that is set; None where it is to end now."""
        link, seconds = self.supervisor.link, self.core.settings.post_roll
        if not seconds or link is None or rolling.post_roll_end is not None:
            return None
        if self.core.state is not State.ROLLING:
            return None
        at = {} if at_boottime_ns is None else {"at_boottime_ns": at_boottime_ns}
        with contextlib.suppress(TakechainError):  # it may have ended in this moment: Stop finds out
            answer = link.call("stop", timeout=_STOP_SECONDS, post_roll_s=seconds, **at)
            end = answer.get("post_roll_end")
            if isinstance(end, int):
                rolling.post_roll_end = end
                return {**_named(rolling), "post_roll": seconds, "post_roll_end": end}
        return None

    def _carried_on(self) -> Json | None:
        """Go on with the take that is in its post-roll; None where there is none, or it has just ended."""
        rolling, link = self.core.rolling, self.supervisor.link
        if rolling is None or rolling.post_roll_end is None or link is None:
            return None
        try:
            link.call("carry-on")
        except WireError:
            raise
        except TakechainError:
            self.stop()
            return None
        rolling.post_roll_end = None
        record = rolling.refresh()
        files = [str(rolling.journal.parent / name) for _, _, name in record.media]
        said = {"slate": record.slate, "number": record.number, "files": files}
        return {**_named(rolling), **said, "carried_on": True}

    def _left_behind(self, rolling: Rolling, last: Json) -> Json:
        """The library's disk stands still and the mirror is whole: nothing here waits for that disk."""
        self.supervisor.leave_behind(f"{rolling.name}: {last['error']['what']}; {last['error']['do']}")
        self.last = rolling.uuid
        self.core.end_rolling()
        self.mirror.mend_when_free(rolling.journal)
        return {**_named(rolling), **alone(last)}

    def _closed_by(self, link: RecorderLink, rolling: Rolling, at_boottime_ns: int | None) -> bool:
        """Whether the recorder ended the take; a slow disk is waited for as long as the recorder answers."""
        at = {} if at_boottime_ns is None else {"at_boottime_ns": at_boottime_ns}
        with contextlib.suppress(TakechainError):  # it may be slow, or have ended the take in this moment
            self.supervisor.last_look["last"] = link.call("stop", timeout=_STOP_SECONDS, **at)
            return True
        deadline = time.monotonic() + _CLOSE_SECONDS
        while time.monotonic() < deadline:
            try:
                look = link.look()
            except WireError:
                return False
            if (look.get("last") or {}).get("journal") == str(rolling.journal):
                self.supervisor.last_look = look
                return True
            if look.get("take") is None:
                return False
            time.sleep(_POLL_SECONDS)
        return False

    def append(self, lines: list[Json]) -> list[Json]:
        """Hand lines to the rolling take's journal; returns them as written.

        Raises RecorderReplaced while nobody can write them, and the recorder's own error.
        """
        link, rolling = self.supervisor.link, self.core.rolling
        if link is None:
            raise RecorderReplaced
        known = len(rolling.refresh().edits) if rolling else 0
        try:
            return link.append(lines)
        except WireError:
            if rolling is not None and all(_landed(rolling.refresh(), line, known) for line in lines):
                return lines  # it died between the line and its answer
            raise RecorderReplaced from None

    def ended(self, last: Json) -> None:
        """The recorder ended the take by itself, at its limit or because it had to."""
        rolling = self.core.rolling
        assert rolling is not None
        if self.core.state is not State.LOST:
            self.core.follow("stop")
        if last.get("left_behind"):
            self._left_behind(rolling, last)
            return
        done = self._finished(rolling)
        if done["condition"] != "clean":
            error = last.get("error")
            why = f", {error['what']}" if isinstance(error, dict) and error.get("what") else ""
            self.core.notices.warn("take", f"{rolling.name} ended by itself: {done['condition']}{why}")

    def resume(self, cause: str) -> None:
        """Go on with the rolling take as its next part, on the supervisor's new recorder."""
        core, rolling, link = self.core, self.core.rolling, self.supervisor.link
        assert rolling is not None
        assert link is not None
        record = rolling.refresh()
        if record.ended or rolling.post_roll_end is not None:  # Stop was said: nobody is recorded further
            core.follow("arm")
            self._finished(rolling)
            return
        try:
            again = self.mirror.orders_again(record)
            answer = link.call("continue", journal=str(rolling.journal), cause=cause, **again)
        except TakechainError as error:
            if isinstance(error, WireError) or error.code == "refused":
                raise  # no sound comes yet
            core.notices.warn("take", f"{rolling.name} cannot go on: {error.what}")
            core.follow("arm")
            self._finished(rolling)
            return
        if answer.get("ended"):
            core.notices.warn("take", f"{rolling.name} reached its length while no recorder ran")
            core.follow("arm")
            self._finished(rolling)
            return
        core.follow("resume")
        core.notices.warn("take", f"{rolling.name} goes on as part {answer.get('part')} ({cause})")

    def _rolls(self, take: Plan, uuid: str, limit: int | None, began: Json) -> Json:
        core = self.core
        patch = Patch(core.patch.patch.fields)
        started = int(began.get("started_boottime_ns") or boottime_ns())
        until = began.get("limit_frames", limit)
        rolling = Rolling(take.journal, take.name, uuid, patch, JournalTail(take.journal), started, until)
        core.begin_rolling(rolling)
        self._sensors.hand_over(started)
        return {
            "take": uuid,
            "name": take.name,
            "slate": core.settings.slate,
            "number": take.number,
            "journal": str(take.journal),
            "files": [str(take.folder / name) for name in take.files],
            "pre_roll": int(began.get("pre_roll") or 0) / core.settings.rate,
            "pre_roll_asked": core.settings.pre_roll,
        }

    def _salvage(self, rolling: Rolling) -> None:
        """End a take whose recorder is gone, from what is on disk."""
        from capture.journal.recover import close_take

        try:
            close_take(rolling.journal, self.core.signing.key, self._why_lost())
        except (TakechainError, OSError) as error:
            what = getattr(error, "what", str(error))
            self.core.notices.warn("take", f"{rolling.name} could not be closed: {what}")

    def _why_lost(self) -> str:
        """Why the interface is gone; empty while only its recorder is."""
        return (self.core.lost_cause or "it is gone") if self.supervisor.interface_gone else ""

    def _finished(self, rolling: Rolling) -> Json:
        record = rolling.refresh()
        if not record.sealed:
            self._salvage(rolling)
            record = rolling.refresh()
        if not record.sealed:
            self._worker.mend_when_possible(rolling.journal)
        self.last = rolling.uuid
        self.core.noticing.say(rolling.uuid, rolling.name, record.rate, record.signals)
        self._shelf.update(rolling.journal, record)  # its journal may be long
        if record.sealed:
            self._worker.write_files(rolling.journal)
            self._say_early(record)
        self.core.end_rolling()
        self._indexer.add(rolling.journal)
        return {
            "take": rolling.uuid,
            "name": record.name or rolling.name,
            "journal": str(rolling.journal),
            "frames": record.frames,
            "lost_frames": record.lost_frames,
            "condition": (record.condition if record.ended else Condition.RECOVERED).value,
            "gaps": len(record.gaps),
            "reason": record.reason,
            "origin": record.origin.value,
            "mirror_lost": record.mirror_lost,
        }

    def _say_early(self, record: TakeRecord) -> None:
        """A short take that nobody stopped is never passed over in silence."""
        if record.ended_early:
            why = "the recorder was told to leave" if record.reason == "signal" else record.reason
            self.core.notices.warn("take", f"{record.name} ended early, after {record.seconds:.1f} s: {why}")

    def form(self) -> Form:
        """What the rolling take writes, else what the next one would."""
        rolling, interface = self.core.rolling, self.supervisor.interface
        record = rolling.tail.record if rolling is not None else None
        if record is not None and record.tracks:
            count = len(record.parts[0].files)
            files = tuple(record.file_channels(index) for index in range(count))
            return Form(files, record.rate, record.format)
        return Form.of(self.core.settings, interface.inputs if interface else 0)

    def _refuse_without_room(self) -> None:
        core, form = self.core, self.form()
        left = core.disk.seconds_left(form.bytes_per_second)
        if left is not None and left < LEAST_SECONDS:
            raise NothingRecorded(
                f"the disk of {core.path} is full: it lasts {left:.0f} s for {form.tracks} tracks",
                "make room, or choose a library on another disk",
            )

    def _surroundings(self) -> Json:
        """Interface, sensors, air and machine, as a begin line holds them."""
        interface = self.supervisor.interface
        assert interface is not None
        fields: dict[str, Any] = interface.as_dict()
        del fields["rates"], fields["default_rate"]
        return {
            "interface": {**fields, "rate": self.core.settings.rate},
            "origin": interface.origin,
            "sensors": self._sensors.begin_sensors(),
            "air": self._sensors.air(),
            "host": socket.gethostname(),
        }


def _named(rolling: Rolling) -> Json:
    return {"take": rolling.uuid, "name": rolling.name, "journal": str(rolling.journal)}


def _landed(record: TakeRecord, line: Json, known: int) -> bool:
    """Whether a line that must not be written twice is in the journal, `known` edits being older."""
    if line["type"] == "marker" and "strike" not in line and not line.get("edit"):
        marks = [marker for marker in record.markers if marker.id == line["id"]]
        line["frame"] = marks[0].frame if marks else 0
        return bool(marks)
    said = (line.get("field"), line.get("value"))
    return line["type"] == "note" and said in [(edit.field, edit.value) for edit in record.edits[known:]]


def _frames(seconds: float, rate: int) -> int:
    if not isinstance(seconds, (int, float)) or not 0 < seconds < 1_000_000:
        raise UsageError(f"{seconds!r} is not a length in seconds", "give a number above 0")
    return max(1, round(seconds * rate))
