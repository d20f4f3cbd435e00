"""JSON lines over a local socket: the one protocol of station and recorder.

A request is one line `{"v":1,"id":N,"do":NAME,"args":{…}}`; its answer is one line with the same `id`,
either `{"ok":true,"result":{…}}` or `{"ok":false,"error":{"code","what","do","exit"}}`. A line is at most
`LINE_LIMIT` bytes. Nothing is ever pushed: facts are read from journals and levels from the page.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import socketserver
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from capture.errors import NothingRecorded, TakechainError

VERSION = 1
LINE_LIMIT = 4 * 1024 * 1024

Json = dict[str, Any]
Handler = Callable[[str, Json], Json]


class WireError(TakechainError):
    """The other side is gone, too slow, or does not speak this protocol."""

    code = "wire"


class Client:
    """One connection to a station or a recorder; calls are serialised, so threads may share it."""

    def __init__(self, path: Path, timeout: float = 5.0) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._next_id = 0
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout)
        try:
            self._socket.connect(str(path))
        except OSError as error:
            self._socket.close()
            raise WireError(f"nobody answers at {path} ({error.strerror or error})") from error
        self._file = self._socket.makefile("rb")

    def call(self, do: str, timeout: float | None = None, **args: Any) -> Json:
        """Send one order and return its result; raises the peer's error, or WireError when it is gone."""
        with self._lock:
            self._next_id += 1
            line = json.dumps({"v": VERSION, "id": self._next_id, "do": do, "args": args})
            previous = self._socket.gettimeout()
            try:
                if timeout is not None:
                    self._socket.settimeout(timeout)
                self._socket.sendall(line.encode() + b"\n")
                answer = self._file.readline(LINE_LIMIT + 1)
            except OSError as error:
                self.close()  # a late answer must never be taken for the next one
                raise WireError(f"no answer to {do!r} from {self._path} ({error})") from error
            finally:
                with contextlib.suppress(OSError):
                    self._socket.settimeout(previous)
        if not answer.endswith(b"\n"):
            self.close()
            raise WireError(f"the connection to {self._path} ended during {do!r}")
        return _result(json.loads(answer))

    def close(self) -> None:
        """Close the connection; safe to call twice."""
        with contextlib.suppress(OSError):
            self._file.close()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _result(message: Json) -> Json:
    if message.get("ok"):
        result = message.get("result")
        return result if isinstance(result, dict) else {}
    error = message.get("error")
    raise TakechainError.from_dict(error if isinstance(error, dict) else {})


class Server:
    """Answers orders on a socket that only this user can reach, one thread per client."""

    def __init__(self, path: Path, handler: Handler) -> None:
        self.path = path
        self.clients = 0
        self._handler = handler
        self._lock = threading.Lock()
        path.unlink(missing_ok=True)
        outer = self

        class _Connection(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with outer._counted():
                    outer._serve(self)

        class _Listener(socketserver.ThreadingUnixStreamServer):
            daemon_threads = True
            request_queue_size = 32

        self._listener = _Listener(str(path), _Connection)
        path.chmod(stat.S_IRUSR | stat.S_IWUSR)
        self._thread = threading.Thread(
            target=self._listener.serve_forever, args=(0.2,), daemon=True, name="wire"
        )

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and remove the socket."""
        self._listener.shutdown()
        self._listener.server_close()
        self.path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _counted(self) -> Any:
        with self._lock:
            self.clients += 1
        try:
            yield
        finally:
            with self._lock:
                self.clients -= 1

    def _serve(self, connection: socketserver.StreamRequestHandler) -> None:
        while True:
            try:
                line = connection.rfile.readline(LINE_LIMIT + 1)
            except OSError:
                return
            if not line.endswith(b"\n"):
                return  # ended, or longer than any honest request
            answer = json.dumps(self._answer(line)).encode() + b"\n"
            try:
                connection.wfile.write(answer)
            except OSError:
                return

    def _answer(self, line: bytes) -> Json:
        request_id: object = None
        try:
            request = json.loads(line)
            if not isinstance(request, dict) or not isinstance(request.get("do"), str):
                raise ValueError("not a request")
            request_id = request.get("id")
            if request.get("v") != VERSION:
                raise WireError(
                    "this client speaks another version of the protocol",
                    "close every Takechain screen and start it again",
                )
            args = request.get("args")
            return {
                "v": VERSION,
                "id": request_id,
                "ok": True,
                "result": self._handler(request["do"], args if isinstance(args, dict) else {}),
            }
        except Exception as error:  # a client's mistake or our own must never end the server
            return {"v": VERSION, "id": request_id, "ok": False, "error": error_fields(error)}


def error_fields(error: BaseException) -> Json:
    """Any exception as the four fields that travel; unknown ones keep their type's name."""
    describe = getattr(error, "as_dict", None)
    if callable(describe):
        fields = describe()
        assert isinstance(fields, dict)
        return fields
    return {"code": "internal", "what": f"{type(error).__name__}: {error}", "do": "", "exit": 1}


def runtime_folder(library: Path) -> Path:
    """The 0700 folder for sockets, pages and pids of this library; raises NothingRecorded if it is not ours.

    It lies under XDG_RUNTIME_DIR (or the temporary folder) by a short hash of the library's real path,
    because a socket's path may be at most 107 bytes long. TAKECHAIN_RUNTIME names another parent.
    """
    import hashlib
    import tempfile

    named = os.environ.get("TAKECHAIN_RUNTIME")
    parent = (
        Path(named)
        if named
        else Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()) / f"takechain-{os.getuid()}"
    )
    folder = parent / hashlib.sha256(os.fsencode(library.resolve())).hexdigest()[:12]
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    for place in (parent, folder):
        found = place.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
            raise NothingRecorded(
                f"the run-time folder {place} belongs to somebody else",
                "set TAKECHAIN_RUNTIME to a folder of your own",
            )
    folder.chmod(0o700)
    return folder
