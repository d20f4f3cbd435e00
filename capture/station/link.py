"""The station's hold on one recorder process: start it, adopt it, order it about, watch it, end it."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from capture.clock import boot_id
from capture.errors import TakechainError
from capture.journal.keys import KeyHolder
from capture.station.errors import RecorderFailed
from capture.wire import Client, Json, WireError

INFO_NAME = "recorder.json"
CONFIG_NAME = "recorder-config.json"
LOG_NAME = "recorder.log"
_LOG_TAIL = 16_384
OPEN_SECONDS = 20.0
_PEEK_SECONDS = 1.0
_ORDER_SECONDS = 15.0
_LINES_SECONDS = 5.0
_KILL_SECONDS = 2.0
_POLL_SECONDS = 0.02


class RecorderLink:
    """One recorder, started or adopted.

    Orders, looks and journal lines go over a connection each, so that none waits for another.
    """

    def __init__(self, info: Json, process: subprocess.Popen[bytes] | None) -> None:
        self.info = info
        self.pid = int(info["pid"])
        self._process = process
        self._socket = Path(str(info["socket"]))
        self._lock = threading.Lock()
        self._clients: dict[str, Client] = {}

    def call(self, do: str, timeout: float = _ORDER_SECONDS, **args: object) -> Json:
        """Give an order; raises the recorder's error, or WireError when it is gone or too slow."""
        return self._ask("orders", do, timeout, args)

    def append(self, lines: list[Json]) -> list[Json]:
        """Hand over journal lines; returns them as written. Raises as `call` does."""
        written = self._ask("lines", "append", _LINES_SECONDS, {"lines": lines}).get("lines")
        return written if isinstance(written, list) else []

    def look(self, timeout: float = _PEEK_SECONDS) -> Json:
        """The recorder's status; raises WireError when it is gone or does not answer."""
        return self._ask("looks", "status", timeout, {})

    def _ask(self, purpose: str, do: str, timeout: float, args: Json) -> Json:
        with self._lock:
            client = self._clients.get(purpose)
            if client is None:
                client = self._clients[purpose] = Client(self._socket, timeout)
        try:
            return client.call(do, timeout=timeout, **args)
        except WireError:
            client.close()
            with self._lock:
                if self._clients.get(purpose) is client:
                    del self._clients[purpose]
            raise

    def alive(self) -> bool:
        """Whether the process still runs."""
        if self._process is not None:
            return self._process.poll() is None
        return _runs(self.pid)

    def kill(self) -> bool:
        """End it at once; False when the kernel keeps it (a frozen disk) and it was left behind."""
        self.close()
        with contextlib.suppress(OSError):
            os.kill(self.pid, signal.SIGKILL)
        return self._gone(_KILL_SECONDS)

    def quit(self, timeout: float = _KILL_SECONDS) -> None:
        """Ask it to leave, and make it leave when it does not."""
        with contextlib.suppress(TakechainError):
            self.call("quit", timeout)
        self.close()
        if not self._gone(timeout):
            self.kill()

    def leave(self) -> bool:
        """Let it end by itself, which frees its interface; False when the kernel keeps it for good."""
        self.close()
        return self._gone(_KILL_SECONDS) or self.kill()

    def close(self) -> None:
        """Let go of it without ending it."""
        with self._lock:
            clients = list(self._clients.values())
            self._clients.clear()
        for client in clients:
            client.close()

    def _gone(self, timeout: float) -> bool:
        deadline = time.monotonic() + timeout
        while self.alive():
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True


def give_key(link: RecorderLink | None, held: KeyHolder) -> None:
    """Tell a recorder the signing key, which it cannot read by itself where it is locked."""
    if link is not None and held.key is not None:
        with contextlib.suppress(TakechainError):  # one that is gone gets it when another takes its place
            link.call("key", _PEEK_SECONDS, seed=base64.b64encode(held.key.seed).decode())


def start(runtime: Path, config: Json, timeout: float = OPEN_SECONDS) -> RecorderLink:
    """Start a recorder and wait until its interface is open.

    Raises its own error (unknown interface, not granted …) or RecorderFailed.
    """
    (runtime / INFO_NAME).unlink(missing_ok=True)
    path = runtime / CONFIG_NAME
    path.write_text(json.dumps(config))
    log = runtime / LOG_NAME
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "capture.recorder", str(path)],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
            cwd="/",
        )
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        info = read_info(runtime)
        if info is not None and info["pid"] == process.pid and (link := _opened(info, process)):
            return link
        if process.poll() is not None:
            raise _failure(runtime, f"it ended with status {process.returncode}")
        time.sleep(_POLL_SECONDS)
    process.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):  # the kernel may keep it
        process.wait(_KILL_SECONDS)
    raise _failure(runtime, f"it did not open the interface within {timeout:.0f} s")


def adopt(runtime: Path) -> RecorderLink | None:
    """The recorder that a former station of this library left running, if there is one that answers."""
    info = read_info(runtime)
    if info is None or info.get("boot_id") != boot_id() or not _runs(int(info["pid"])):
        return None
    link = RecorderLink(info, None)
    try:
        link.look()
    except TakechainError:
        link.close()
        return None
    return link


def read_config(runtime: Path) -> Json:
    """What the newest recorder was started with; empty when that cannot be read."""
    try:
        config = json.loads((runtime / CONFIG_NAME).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return config if isinstance(config, dict) else {}


def read_info(runtime: Path) -> Json | None:
    """What a recorder wrote of itself into the run-time folder."""
    try:
        info = json.loads((runtime / INFO_NAME).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    good = isinstance(info, dict) and isinstance(info.get("pid"), int) and "socket" in info
    return info if good else None


def _opened(info: Json, process: subprocess.Popen[bytes]) -> RecorderLink | None:
    link = RecorderLink(info, process)
    try:
        state = link.look()
    except WireError:
        link.close()
        return None
    if state.get("state") != "lost":
        return link
    link.kill()
    raise RecorderFailed(f"the interface was lost while it was being opened: {state.get('error')}")


def _failure(runtime: Path, otherwise: str) -> TakechainError:
    """The error a recorder left as the last line of its log, or what else is known."""
    log = runtime / LOG_NAME
    try:
        said = json.loads(log.read_bytes()[-_LOG_TAIL:].strip().splitlines()[-1])["error"]
        return TakechainError.from_dict(dict(said))
    except (OSError, ValueError, LookupError, TypeError):
        return RecorderFailed(f"the recorder could not start: {otherwise}", f"its log is {log}")


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return True
    return state != "Z"
