"""The station's eye on its disk: how long it lasts, whether it is fast enough, what a take says of it.

A thread of its own asks the disk, since a disk that hangs keeps whoever asks.
"""

from __future__ import annotations

import threading
import time

from capture.station.core import Core
from capture.station.disk import Form, LowDisk
from capture.station.takes import Takes
from capture.station.trial import Abandoned, Measured, Verdict, judge, try_disk
from capture.station.worker import Worker
from capture.take import State
from capture.wire import Json

_LOOK_SECONDS = 1.0
_SILENT_SECONDS = 5.0  # a write test that takes longer is told of while it waits


class Space:
    """Watches the disk of the library, and tries it once before the first take of each session."""

    def __init__(self, core: Core, takes: Takes, worker: Worker) -> None:
        self._core, self._takes, self._worker = core, takes, worker
        self._low = LowDisk(core.notices, core.path)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="disk")
        self._armed_looks = 0
        self._tried_for: tuple[str, str] | None = None
        self._state = "none"
        self._began = 0.0
        self._found: Measured | Verdict | None = None
        self._said = ""
        self._told = 0
        self._was_silent = False

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """End the watch, and a write test with it; a disk that hangs is not waited for."""
        self._stopping.set()
        self._thread.join(_LOOK_SECONDS)

    def as_dict(self) -> Json:
        """The write test for clients: `none`, `running`, `abandoned` or `done`, and what it means now."""
        verdict = self._verdict(self._takes.form())
        return {
            "state": self._state,
            "verdict": verdict.word if verdict else None,
            "text": verdict.text if verdict else None,
            "do": verdict.do if verdict else None,
        }

    def say_if_silent(self) -> None:
        """Say that the disk does not answer; for a thread that never asks it."""
        waits = self._state == "running" and time.monotonic() - self._began > _SILENT_SECONDS
        silent = waits or self._core.disk.stale
        if silent and not self._was_silent:
            self._core.notices.warn("disk", f"the disk of {self._core.path} does not answer")
        self._was_silent = silent

    def _run(self) -> None:
        while not self._stopping.wait(_LOOK_SECONDS):
            try:
                self._look()
            except Exception as error:  # the watch must outlive whatever it meets
                self._core.notices.warn("disk", f"the watch over the disk stumbled: {error}")

    def _look(self) -> None:
        core, rolling = self._core, self._core.is_rolling()
        core.disk.watch(rolling)
        form = self._takes.form()
        if rolling or core.state is State.ARMED:
            self._low.follow(core.disk.seconds_left(form.bytes_per_second), form.tracks)
        if rolling:
            self._say_not_split()
        self._armed_looks = self._armed_looks + 1 if core.state is State.ARMED and not rolling else 0
        if core.state is not State.ARMED and not rolling:
            self._tried_for = None  # the next interface is another occasion
        self._say_verdict(form)
        self._try(form)

    def _say_not_split(self) -> None:
        rolling = self._core.rolling
        devices = rolling.refresh().devices if rolling is not None else []
        told = [device.text for device in devices if device.device == "disk"]
        for text in told[self._told :]:
            self._core.notices.warn("take", text)
        self._told = len(told)

    def _try(self, form: Form) -> None:
        settings = self._core.settings
        occasion = (settings.project, settings.session)
        busy = self._state == "running" or self._worker.busy()
        if busy or self._armed_looks < 2 or not form.tracks or occasion == self._tried_for:
            return
        self._state, self._began, self._said = "running", time.monotonic(), ""
        self._tried_for = occasion
        threading.Thread(target=self._trial, args=(form,), daemon=True, name="write test").start()

    def _trial(self, form: Form) -> None:
        try:
            self._found = try_disk(self._core.path, form, self._abandoned)
        except Abandoned:
            self._state, self._tried_for = "abandoned", None
            return
        self._state = "done"
        self._say_verdict(form)

    def _abandoned(self) -> bool:
        core = self._core
        return core.pressed.is_set() or core.is_rolling() or self._stopping.is_set()

    def _verdict(self, form: Form) -> Verdict | None:
        found = self._found
        if found is None or not form.tracks:
            return None
        return judge(found, form) if isinstance(found, Measured) else found

    def _say_verdict(self, form: Form) -> None:
        """Say once what is not well; more tracks may make it so later."""
        verdict = self._verdict(form)
        if verdict is not None and not verdict.well and verdict.word != self._said:
            self._said = verdict.word
            self._core.notices.replace("write test", f"{verdict.text}; {verdict.do}")
