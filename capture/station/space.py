"""The station's eyes on its disks: how long each lasts, whether it is fast enough, what a take says of it.

A thread of its own asks each disk, since a disk that hangs keeps whoever asks.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from capture.station.core import Core
from capture.station.disk import Disk, Form, LowDisk
from capture.station.takes import Takes
from capture.station.trial import Abandoned, Measured, Verdict, judge, try_disk
from capture.station.worker import Worker
from capture.take import State
from capture.wire import Json

_LOOK_SECONDS = 1.0
_SILENT_SECONDS = 5.0  # a write test that takes longer is told of while it waits


class Space:
    """Every disk that takes are written to: that of the library, and that of the mirror where one is set."""

    def __init__(self, core: Core, takes: Takes, worker: Worker) -> None:
        self._core, self._takes, self._worker = core, takes, worker
        self._turn = threading.Lock()  # one write test at a time: two may be on one disk
        self._library = self._eye(core.disk, "the disk", self._say_not_split)
        self._mirror: Eye | None = None
        self._told = 0

    def start(self) -> None:
        """Begin to watch."""
        self._library.start()

    def stop(self) -> None:
        """End the watch, and a write test with it; a disk that hangs is not waited for."""
        for eye in self._eyes():
            eye.stop()

    def follow(self) -> None:
        """Told over and over; looks at no disk itself."""
        folder = self._core.settings.mirror
        if self._mirror is not None and str(self._mirror.disk.folder) != folder:
            self._mirror.stop()
            self._mirror = None
        if folder and self._mirror is None:
            self._mirror = self._eye(Disk(Path(folder), trusted=False), "the mirror's disk")
            self._mirror.start()
        for eye in self._eyes():
            eye.say_if_silent()

    def as_list(self) -> list[Json]:
        """Every disk for clients, that of the library first."""
        return [eye.as_dict() for eye in self._eyes()]

    def _eye(self, disk: Disk, about: str, also: Callable[[], None] = lambda: None) -> Eye:
        eye = Eye(self._core, disk, about, lambda: self._form(disk), self._worker.busy, self._turn)
        eye.also = also
        return eye

    def _form(self, disk: Disk) -> tuple[int, Form]:
        """The tracks of a take, and all that is written of it to one disk."""
        form = self._takes.form()
        here = sum(eye.disk.device == disk.device for eye in self._eyes() if disk.device is not None)
        return form.tracks, form.times(max(1, here))

    def _eyes(self) -> list[Eye]:
        return [self._library, *([self._mirror] if self._mirror is not None else [])]

    def _say_not_split(self) -> None:
        rolling = self._core.rolling
        devices = rolling.refresh().devices if rolling is not None else []
        told = [device.text for device in devices if device.device == "disk"]
        for text in told[self._told :]:
            self._core.notices.warn("take", text)
        self._told = len(told)


class Eye:
    """Watches one disk, and tries it once before the first take of each session."""

    def __init__(
        self,
        core: Core,
        disk: Disk,
        about: str,
        form: Callable[[], tuple[int, Form]],
        busy: Callable[[], bool],
        turn: threading.Lock,
    ) -> None:
        self.disk = disk
        self.also: Callable[[], None] = lambda: None  # done at each look
        self._core, self._about, self._form, self._busy, self._turn = core, about, form, busy, turn
        self._low = LowDisk(core.notices, disk.folder)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name=about)
        self._armed_looks = 0
        self._tried_for: tuple[str, str] | None = None
        self._state, self._began = "none", 0.0
        self._found: Measured | Verdict | None = None
        self._said = ""
        self._was_silent = False

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """End the watch soon."""
        self._stopping.set()

    def as_dict(self) -> Json:
        """The disk for clients; its test is `none`, `running`, `abandoned` or `done`."""
        _, form = self._form()
        verdict = self._verdict(form)
        return {
            "folder": str(self.disk.folder),
            "free_bytes": self.disk.free_bytes(),
            "seconds_left": self.disk.seconds_left(form.bytes_per_second),
            "test": {
                "state": self._state,
                "verdict": verdict.word if verdict else None,
                "text": verdict.text if verdict else None,
                "do": verdict.do if verdict else None,
            },
        }

    def say_if_silent(self) -> None:
        """Say that the disk does not answer; for a thread that never asks it."""
        waits = self._state == "running" and time.monotonic() - self._began > _SILENT_SECONDS
        silent = waits or self.disk.stale
        if silent and not self._was_silent:
            self._core.notices.warn("disk", f"{self._about} of {self.disk.folder} does not answer")
        self._was_silent = silent

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._look()
            except Exception as error:  # the watch must outlive whatever it meets
                self._core.notices.warn("disk", f"the watch over the disk stumbled: {error}")
            self._stopping.wait(_LOOK_SECONDS)

    def _look(self) -> None:
        rolling, armed = self._core.is_rolling(), self._core.state is State.ARMED
        self.disk.watch(rolling)
        tracks, form = self._form()
        if rolling or armed:
            self._low.follow(self.disk.seconds_left(form.bytes_per_second), tracks)
        self._armed_looks = self._armed_looks + 1 if armed and not rolling else 0
        if not armed and not rolling:
            self._tried_for = None  # the next interface is another occasion
        self._say_verdict(form)
        self._try(form)
        self.also()

    def _try(self, form: Form) -> None:
        settings = self._core.settings
        occasion = (settings.project, settings.session)
        busy = self._state == "running" or self._busy()
        if busy or self._armed_looks < 2 or not form.tracks or occasion == self._tried_for:
            return
        if not self._turn.acquire(blocking=False):
            return
        self._state, self._began, self._said = "running", time.monotonic(), ""
        self._tried_for = occasion
        threading.Thread(target=self._trial, args=(form,), daemon=True, name="write test").start()

    def _trial(self, form: Form) -> None:
        try:
            self._found = try_disk(self.disk.folder, form, self._abandoned)
        except Abandoned:
            self._state, self._tried_for = "abandoned", None
        else:
            self._state = "done"
            self._say_verdict(form)
        finally:
            self._turn.release()

    def _abandoned(self) -> bool:
        core = self._core
        return core.pressed.is_set() or core.is_rolling() or self._stopping.is_set()

    def _verdict(self, form: Form) -> Verdict | None:
        found = self._found
        if found is None or not form.tracks:
            return None
        return judge(found, form, self._about) if isinstance(found, Measured) else found

    def _say_verdict(self, form: Form) -> None:
        """Say once what is not well; more tracks may make it so later."""
        verdict = self._verdict(form)
        if verdict is not None and not verdict.well and verdict.word != self._said:
            self._said = verdict.word
            self._core.notices.replace(f"test {self.disk.folder}", f"{verdict.text}; {verdict.do}")
