"""JSON lines over a local socket: the one protocol of station and recorder.

A request is one line `{"v":1,"id":N,"do":NAME,"args":{…}}`; its answer is one line with the same `id`,
either `{"ok":true,"result":{…}}` or `{"ok":false,"error":{"code","what","do","exit"}}`. A line is at most
`LINE_LIMIT` bytes, and a request nested at most `DEPTH` deep. Nothing is ever pushed: facts are read from
journals and levels from the page. Both ends speak only to processes of the same user, and take whatever
comes for what it is: a line that is none is answered by an error, never by an end of the server.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import socket
import socketserver
import stat
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from capture.errors import NothingRecorded, TakechainError

VERSION = 1
LINE_LIMIT = 4 * 1024 * 1024
DEPTH = 32
_WORDS = 4000  # of an error: what was refused is not sent back whole
_DIGITS = 19
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"')
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_CREDENTIALS = struct.Struct("3i")  # pid, uid, gid: struct ucred of Linux
_OTHER_VERSION = "close every Takechain screen and start it again"

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
        if not is_ours(self._socket):
            self._socket.close()
            raise WireError(
                f"another user answers at {path}", "set TAKECHAIN_RUNTIME to a folder of your own"
            )
        self._file = self._socket.makefile("rb")

    def call(self, do: str, timeout: float | None = None, **args: Any) -> Json:
        """Send one order and return its result.

        Raises the peer's error, or WireError when it is gone or what it says is no answer.
        """
        with self._lock:
            self._next_id += 1
            line = json.dumps({"v": VERSION, "id": self._next_id, "do": do, "args": args}).encode() + b"\n"
            if len(line) > LINE_LIMIT:
                raise WireError(f"{do!r} is too much for one order ({len(line)} bytes)", "do less at once")
            asked, previous = self._next_id, self._socket.gettimeout()
            try:
                if timeout is not None:
                    self._socket.settimeout(timeout)
                self._socket.sendall(line)
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
        try:
            return _result(answer, asked)
        except ValueError as error:
            self.close()  # nothing that it says later can be told apart either
            raise WireError(
                f"what {self._path} says to {do!r} is no answer ({error})", _OTHER_VERSION
            ) from None

    def close(self) -> None:
        """Close the connection; safe to call twice."""
        with contextlib.suppress(OSError):
            self._file.close()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _result(line: bytes, asked: int) -> Json:
    """The result that an answer holds; raises the error it holds, or ValueError when it is no answer."""
    try:
        answer = json.loads(line.decode())
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    if not isinstance(answer, dict) or answer.get("v") != VERSION:
        raise ValueError("another version of the protocol")
    result, error = answer.get("result"), answer.get("error")
    if answer.get("ok") is False and isinstance(error, dict) and answer.get("id") in (asked, None):
        raise TakechainError.from_dict(error)
    if answer.get("ok") is not True or not isinstance(result, dict) or answer.get("id") != asked:
        raise ValueError("not an answer to this order")
    return result


def is_ours(connection: socket.socket) -> bool:
    """Whether the process at the other end is this user's.

    Where the system does not tell (not Linux), the folder and the rights of the socket alone keep others out.
    """
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return True
    raw = connection.getsockopt(socket.SOL_SOCKET, option, _CREDENTIALS.size)
    return bool(_CREDENTIALS.unpack(raw)[1] == os.geteuid())


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

            def verify_request(self, request: Any, client_address: Any) -> bool:
                return is_ours(request)

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
            try:
                connection.wfile.write(self._answer(line))
            except OSError:
                return

    def _answer(self, line: bytes) -> bytes:
        request_id: int | None = None
        try:
            request = _decoded(line)
            found = request.get("id")
            request_id = found if isinstance(found, int) else None
            do, args = _order(request)
            result = self._handler(do, args)
            return _line({"id": request_id, "ok": True, "result": result})
        except Exception as error:  # a client's mistake or our own must never end the server
            return _line({"id": request_id, "ok": False, "error": error_fields(error)})


def _line(answer: Json) -> bytes:
    """The bytes of an answer; raises WireError when they are more than a line may have."""
    line = json.dumps({"v": VERSION, **answer}).encode() + b"\n"
    if len(line) > LINE_LIMIT:
        raise WireError(f"the answer is too large for one line ({len(line)} bytes)", "ask for less at once")
    return line


def _decoded(line: bytes) -> Json:
    """The fields of a request; raises WireError for anything that is none."""
    if _nesting(line) > DEPTH:
        raise WireError(f"this request is nested deeper than {DEPTH}")
    try:
        request = json.loads(line.decode(), parse_int=_int, parse_float=_float, parse_constant=_float)
    except (ValueError, RecursionError):
        request = None
    if not isinstance(request, dict):
        raise WireError("this line is no request of the protocol")
    return request


def _order(request: Json) -> tuple[str, Json]:
    """Order and arguments of a request; raises WireError."""
    version, do, args = request.get("v"), request.get("do"), request.get("args", {})
    if version != VERSION or isinstance(version, bool):
        raise WireError("this client speaks another version of the protocol", _OTHER_VERSION)
    if not isinstance(do, str) or not isinstance(args, dict):
        raise WireError("this request names no order, or its arguments are none")
    return do, args


def _nesting(line: bytes) -> int:
    """How deep brackets are nested; beyond `DEPTH` it is not counted on."""
    depth = deepest = 0
    if line.count(b"[") + line.count(b"{") <= DEPTH:
        return deepest
    for bracket in _STRINGS.sub(b"", line).translate(None, _NO_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
        if deepest > DEPTH:
            break
    return deepest


def _int(text: str) -> int:
    if len(text) > _DIGITS:
        raise ValueError("out of range")
    return int(text)


def _float(text: str) -> float:
    if not math.isfinite(value := float(text)):
        raise ValueError("out of range")
    return value


def error_fields(error: BaseException) -> Json:
    """Any exception as the four fields that travel; unknown ones keep their type's name."""
    describe = getattr(error, "as_dict", None)
    if callable(describe):
        fields = describe()
        assert isinstance(fields, dict)
        return {k: v[:_WORDS] if isinstance(v, str) else v for k, v in fields.items()}
    words = f"{type(error).__name__}: {error}"
    return {"code": "internal", "what": words[:_WORDS], "do": "", "exit": 1}


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
