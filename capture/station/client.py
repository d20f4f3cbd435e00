"""The client's end: find the station of a library, start one where none answers, and speak to it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Self

from capture.errors import TakechainError
from capture.station.errors import Leaving, NoStation, StationRunning
from capture.station.lock import holder
from capture.wire import Client, Json, WireError, runtime_folder

SOCKET_NAME = "station.sock"
LOG_NAME = "station.log"
START_SECONDS = 20.0
_CALL_SECONDS = 30.0
_POLL_SECONDS = 0.02


def version() -> str:
    """The installed version of Takechain."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("takechain")
    except PackageNotFoundError:
        return "0"


def socket_path(library: Path) -> Path:
    """Where the station of this library listens."""
    return runtime_folder(library) / SOCKET_NAME


def connect(library: Path, start: bool = True, timeout: float = START_SECONDS) -> StationClient:
    """A client of the library's station, which is started if need be.

    Raises NoStation when none answers within `timeout` seconds (or none runs and `start` is false), and the
    station's own error when it could not start.
    """
    return StationClient(library, start, timeout)


class StationClient:
    """One connection to a station; after a lost one the next call connects again."""

    def __init__(self, library: Path, start: bool = True, timeout: float = START_SECONDS) -> None:
        self.library = library.expanduser().absolute()
        self.hello: Json = {}
        self.started = False  # by this client
        self._start = start
        self._timeout = timeout
        self._lock = threading.Lock()
        self._client: Client | None = self._connect()

    def call(self, do: str, timeout: float = _CALL_SECONDS, **args: Any) -> Json:
        """Give one order; raises the station's error, WireError when it is lost, NoStation without one.

        An order whose answer was lost is not repeated: only the next one connects again.
        """
        client = self._connected()
        try:
            return client.call(do, timeout=timeout, **args)
        except WireError:
            self._drop(client)
            raise
        except TakechainError as error:
            if error.code != Leaving.code:
                raise
        self._drop(client)  # it was not carried out: another station will do it
        return self._connected().call(do, timeout=timeout, **args)

    def _connected(self) -> Client:
        with self._lock:
            if self._client is None:
                self._client = self._connect()
            return self._client

    def _drop(self, client: Client) -> None:
        client.close()
        with self._lock:
            if self._client is client:
                self._client = None

    def close(self) -> None:
        """Leave the station; it goes on alone if something rolls."""
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _connect(self) -> Client:
        deadline = time.monotonic() + self._timeout
        process: subprocess.Popen[bytes] | None = None
        while True:
            client = self._greet()
            if client is not None:
                return client
            if not self._start:
                raise NoStation(
                    f"no station runs for {self.library}", "start one with `takechain station start`"
                )
            if process is None or process.poll() is not None:
                if process is not None:
                    _raise_start_error(self.library, process.pid)
                process = spawn(self.library)
                self.started = True
            if time.monotonic() > deadline:
                raise NoStation(_silence(self.library), "see `takechain doctor`, or stop that process")
            time.sleep(_POLL_SECONDS)

    def _greet(self) -> Client | None:
        """A connection whose `hello` was answered; None where nobody answers or an old station just left."""
        try:
            client = Client(socket_path(self.library), timeout=_CALL_SECONDS)
        except WireError:
            return None
        try:
            self.hello = client.call("hello", version=version(), pid=os.getpid())
            if self.hello.get("leaving"):
                client.close()
                return None
            if self._start and not self.hello["rolling"] and _is_newer(str(self.hello["version"])):
                client.call("quit")  # an idle old station makes room for one of our version
                client.close()
                return None
        except WireError:
            client.close()
            return None
        except TakechainError:
            client.close()
            raise
        return client


def spawn(library: Path) -> subprocess.Popen[bytes]:
    """Start the station process of a library in a session of its own, without waiting for it."""
    log = runtime_folder(library) / LOG_NAME
    _start_error_path(library).unlink(missing_ok=True)
    with log.open("ab") as sink:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "capture.station", str(library)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=sink,
            start_new_session=True,
            cwd="/",
        )
    threading.Thread(target=process.wait, daemon=True, name="reap station").start()
    return process


def write_start_error(library: Path, error: Json) -> None:
    """Leave word for the client why this station could not start."""
    with contextlib.suppress(OSError, TakechainError):
        _start_error_path(library).write_text(json.dumps({"pid": os.getpid(), "error": error}))


def _raise_start_error(library: Path, pid: int) -> None:
    """Raise what the started station said, unless it only lost the race against another one."""
    try:
        said = json.loads(_start_error_path(library).read_text())
    except (OSError, ValueError):
        return
    if isinstance(said, dict) and said.get("pid") == pid and isinstance(said.get("error"), dict):
        error = TakechainError.from_dict(said["error"])
        if error.code != StationRunning.code:
            raise error


def _start_error_path(library: Path) -> Path:
    return runtime_folder(library) / "start-error.json"


def _silence(library: Path) -> str:
    who = holder(library)
    if "pid" in who:
        return f"the station of {library} (pid {who['pid']} on {who.get('host', '?')}) does not answer"
    return f"no station answers for {library}; its log is {runtime_folder(library) / LOG_NAME}"


def _is_newer(theirs: str) -> bool:
    return _numbers(version()) > _numbers(theirs)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in text.split(".")[:4])
