"""The control socket: this user alone, one version, limited lines, and an answer to whatever comes."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from capture.errors import NothingRecorded, TakechainError, UsageError
from capture.wire import DEPTH, LINE_LIMIT, VERSION, Client, Server, WireError, runtime_folder
from tests.support.poll import until

NOBODY = 65534
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def _handler(do: str, args: dict[str, Any]) -> dict[str, Any]:
    if do == "refuse":
        raise UsageError("w" * 100_000, "do")
    if do == "flood":
        return {"much": "x" * LINE_LIMIT}
    return args


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that gives its arguments back."""
    made = Server(Path(os.environ["TAKECHAIN_RUNTIME"]) / "a.sock", _handler)
    made.start()
    yield made
    made.stop()


def ask(server: Server, data: bytes) -> list[Any]:
    """Raw bytes in, all answers out."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as raw:
        raw.settimeout(20)
        raw.connect(str(server.path))
        raw.sendall(data)
        raw.shutdown(socket.SHUT_WR)
        with raw.makefile("rb") as answers:
            return [json.loads(line) for line in answers]


def request(**changes: Any) -> bytes:
    return json.dumps({"v": VERSION, "id": 1, "do": "echo", "args": {}, **changes}).encode() + b"\n"


def test_folder_and_socket_are_for_this_user_alone(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        folder = runtime_folder(tmp_path / "library")
        made = Server(folder / "a.sock", _handler)
        made.start()
    finally:
        os.umask(old)
    try:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    finally:
        made.stop()


def test_a_folder_that_others_opened_is_closed_again(tmp_path: Path) -> None:
    folder = runtime_folder(tmp_path / "library")
    folder.chmod(0o777)
    assert stat.S_IMODE(runtime_folder(tmp_path / "library").stat().st_mode) == 0o700


def test_a_link_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    folder = runtime_folder(tmp_path / "library")
    folder.rmdir()
    (tmp_path / "elsewhere").mkdir()
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NothingRecorded):
        runtime_folder(tmp_path / "library")


@only_root
def test_another_user_is_not_answered_even_where_rights_let_him_in(server: Server) -> None:
    server.path.parent.chmod(0o755)
    server.path.chmod(0o666)
    code = f"""
import os, socket, sys
raw = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
os.setgid({NOBODY}); os.setuid({NOBODY})
raw.settimeout(20)
raw.connect(sys.argv[1])
try:
    raw.sendall({request()!r})
    print(raw.recv(1000))
except (ConnectionError, BrokenPipeError):
    print(b"")
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(server.path)], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "b''"
    assert ask(server, request(args={"a": 1}))[0]["result"] == {"a": 1}


@only_root
def test_a_client_does_not_speak_to_another_users_server(tmp_path: Path) -> None:
    folder = Path(os.environ["TAKECHAIN_RUNTIME"])
    os.chown(folder, NOBODY, NOBODY)
    code = f"""
import os, socket, sys
os.setgid({NOBODY}); os.setuid({NOBODY})
raw = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
raw.bind(sys.argv[1]); raw.listen()
sys.stdin.read()
"""
    path = folder / "b.sock"
    other = subprocess.Popen([sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, text=True)
    try:
        until(path.exists, process=other)
        with pytest.raises(WireError, match="another user"):
            until(lambda: Client(path))
    finally:
        other.communicate(timeout=20)


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"GET / HTTP/1.1\r\n",
        b"\xff\xfe\x00\n",
        b"null\n",
        b"[1,2]\n",
        b'{"v":1,"id":1}\n',
        request(do=7),
        request(args=[1]),
        request(args=None),
        b'{"v":1,"id":1,"do":"echo","args":{"a":NaN}}\n',
        b'{"v":1,"id":1,"do":"echo","args":{"a":1e999}}\n',
        b'{"v":1,"id":1,"do":"echo","args":{"a":' + b"9" * 5000 + b"}}\n",
        b"[" * 100_000 + b"\n",
        b'{"a":' * 100_000 + b"\n",
    ],
)
def test_a_line_that_is_no_request_is_refused_in_words(server: Server, line: bytes) -> None:
    bad, good = ask(server, line + request(id=5))
    assert (bad["v"], bad["ok"], bad["error"]["code"]) == (VERSION, False, "wire")
    assert "Error" not in bad["error"]["what"]
    assert (good["id"], good["ok"]) == (5, True)


@pytest.mark.parametrize("version", [0, 2, "1", None, True, [1]])
def test_another_version_is_told_what_to_do(server: Server, version: object) -> None:
    (answer,) = ask(server, request(v=version))
    assert not answer["ok"]
    assert "another version" in answer["error"]["what"]
    assert answer["error"]["do"]


def test_requests_may_be_nested_to_the_limit_and_no_deeper(server: Server) -> None:
    def deep(levels: int) -> bytes:
        nest = "[" * levels + "]" * levels
        return f'{{"v":1,"id":1,"do":"echo","args":{{"text":"[[[[","a":{nest}}}}}\n'.encode()

    at_limit, over = ask(server, deep(DEPTH - 2) + deep(DEPTH - 1))
    assert at_limit["ok"]
    assert (over["ok"], over["error"]["code"]) == (False, "wire")


@pytest.mark.parametrize("identity", [[[1]], {"a": 1}, "x" * 1000, 1.5])
def test_an_id_that_is_no_number_is_not_given_back(server: Server, identity: object) -> None:
    assert ask(server, request(id=identity))[0]["id"] is None


def test_an_endless_line_ends_the_connection_and_nothing_else(server: Server) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as raw:
        raw.settimeout(20)
        raw.connect(str(server.path))
        with pytest.raises(ConnectionError):
            raw.sendall(b"x" * 16 * LINE_LIMIT)
    with Client(server.path) as client:
        assert client.call("echo", a=1) == {"a": 1}


def test_what_is_too_large_for_a_line_is_said_on_either_side(server: Server) -> None:
    with Client(server.path) as client:
        with pytest.raises(WireError, match="too much for one order"):
            client.call("echo", a="x" * LINE_LIMIT)
        with pytest.raises(TakechainError, match="too large") as found:
            client.call("flood")
        assert (found.value.code, bool(found.value.do)) == ("wire", True)
        assert client.call("echo", a=1) == {"a": 1}


def test_a_refusal_does_not_repeat_all_it_refuses(server: Server) -> None:
    (answer,) = ask(server, request(do="refuse"))
    assert len(answer["error"]["what"]) < 10_000


LIES = [
    b"\n",
    b"not json\n",
    b"\xff\n",
    b"[]\n",
    b"[" * 100_000 + b"\n",
    b'{"v":2,"id":1,"ok":true,"result":{}}\n',
    b'{"v":1,"id":2,"ok":true,"result":{}}\n',
    b'{"v":1,"id":1,"ok":true,"result":7}\n',
    b'{"v":1,"id":1,"ok":true}\n',
    b'{"v":1,"id":1,"ok":1,"result":{}}\n',
    b'{"v":1,"id":1,"ok":false,"error":[]}\n',
    b'{"v":1,"id":1,"ok":true,"result":{}}',
    b"",
]


@pytest.mark.parametrize("lie", LIES)
def test_a_client_takes_nothing_for_an_answer_that_is_none(tmp_path: Path, lie: bytes) -> None:
    path = Path(os.environ["TAKECHAIN_RUNTIME"]) / "liar.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen()

        def answer() -> None:
            peer, _ = listener.accept()
            with peer:
                peer.recv(65536)
                peer.sendall(lie)

        thread = threading.Thread(target=answer)
        thread.start()
        with Client(path, timeout=20) as client:
            with pytest.raises(WireError):
                client.call("status")
            with pytest.raises(WireError):
                client.call("status")  # the connection is not used again
        thread.join()


def test_an_error_from_a_peer_never_becomes_an_exit_code_of_success() -> None:
    for number in (0, -1, 256, 10**30, "2", None):
        assert TakechainError.from_dict({"what": "x", "exit": number}).exit_code == 1
    assert TakechainError.from_dict({"what": "x", "exit": 4}).exit_code == 4
