"""The recorder as a process: one interface, a socket, a levels page, and an end of its own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

from capture.errors import TakechainError
from capture.journal.errors import in_words
from capture.journal.keys import KeyHolder
from capture.recorder.config import INFO_NAME, SOCKET_NAME, Config, announce
from capture.recorder.desk import Desk
from capture.recorder.engine import Engine
from capture.recorder.errors import RecorderError
from capture.recorder.mirrors import Mirrors
from capture.recorder.page import PAGE_NAME, PageWriter
from capture.recorder.preroll import PreRoll
from capture.wire import Json, Server
from hardware.errors import HardwareError
from hardware.interfaces import CaptureStream, open_capture
from hardware.machine import memory_available

SWITCH_SECONDS = 0.0005
_WATCH_SECONDS = 0.5


def main(arguments: list[str]) -> int:
    """Run until told to leave; returns an exit code, an error said as one line of JSON on stderr."""
    if len(arguments) != 1:
        print("usage: python -m capture.recorder CONFIG.json", file=sys.stderr)  # noqa: T201
        return 2
    try:
        run(Config.load(Path(arguments[0])))
    except (TakechainError, HardwareError) as error:
        print(json.dumps({"error": error.as_dict()}), file=sys.stderr)  # noqa: T201
        return error.exit_code
    except OSError as error:  # of the run-time folder: the levels page, the socket, what it says of itself
        what, do = in_words(error)
        failed = RecorderError(f"the recorder cannot start: {error.filename or 'a file'}: {what}", do)
        print(json.dumps({"error": failed.as_dict()}), file=sys.stderr)  # noqa: T201
        return failed.exit_code
    return 0


def run(config: Config) -> None:
    """Open the interface, take orders, and return when there is nothing left to do."""
    sys.setswitchinterval(SWITCH_SECONDS)
    _ask_for_priority()
    key = KeyHolder(config.config_dir)  # one that cannot be used has to be said before anything rolls
    stream = open_capture(config.interface, config.rate, config.channels, config.ring_seconds)
    stream.start()
    page = PageWriter(config.runtime / PAGE_NAME, config.channels, config.rate)
    recorder = Recorder(config, stream, page, key)
    try:
        recorder.run()
    finally:
        page.close()
        (config.runtime / INFO_NAME).unlink(missing_ok=True)
        if not stream.close(timeout=1.0) or recorder.desk.left_behind:
            os._exit(0)  # PortAudio hangs in stop when its server died, a writer when its disk stands still


class Recorder:
    """Engine, desk and socket of one process."""

    def __init__(self, config: Config, stream: CaptureStream, page: PageWriter, key: KeyHolder) -> None:
        self.config = config
        self.engine = Engine(
            stream,
            page,
            lost_grace=config.lost_grace_s,
            pre_roll=PreRoll(config.rate, config.channels, config.format, _memory(config.pre_roll_bytes)),
        )
        self.engine.pre_roll.ask(config.pre_roll_s)
        folder = str(config.config_dir) if config.config_dir else ""
        about: Json = {"rate": config.rate, "channels": config.channels, "config_dir": folder}
        mirrors = Mirrors(about, wanted=config.mirror, stall_seconds=config.mirror_stall_s)
        self.desk = Desk(self.engine, key, self.engine.quit, mirrors)
        self.server = Server(config.runtime / SOCKET_NAME, self.desk.answer)

    def run(self) -> None:
        """Serve until `quit`, a signal, or a minute alone."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._leave_soon())
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        self.server.start()
        announce(self.config)
        threading.Thread(target=self._watch, daemon=True, name="watch").start()
        try:
            self.engine.run()
        finally:
            self.server.stop()

    def _leave_soon(self) -> None:
        def leave() -> None:
            self.desk.stop_and_wait("signal")
            self.engine.quit()

        threading.Thread(target=leave, daemon=True, name="leave").start()

    def _watch(self) -> None:
        """Leave when nobody has been here for a while and nothing rolls."""
        while True:
            time.sleep(_WATCH_SECONDS)
            busy = self.engine.take is not None or self.engine.closing is not None or self.server.clients > 0
            if busy:
                self.desk.last_contact = time.monotonic()
            elif time.monotonic() - self.desk.last_contact > self.config.idle_exit_s:
                self.engine.quit()
                return


def _memory(wanted: int) -> int:
    """What pre-roll may take: never so much of a small machine that it has to give up a process."""
    left = memory_available()
    return wanted if left is None else min(wanted, left // 4)


def _ask_for_priority() -> None:
    """Best effort: nobody is refused a recording for want of a right."""
    with contextlib.suppress(OSError):
        os.nice(-10)
