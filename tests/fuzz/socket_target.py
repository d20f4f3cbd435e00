"""Control sockets: raw bytes into a real server, and a lying server's answers into the client."""

from __future__ import annotations

import json
import socket
import threading
from pathlib import Path
from random import Random
from typing import Any

from capture.errors import TakechainError, UsageError
from capture.wire import LINE_LIMIT, VERSION, Client, Server, WireError
from tests.fuzz.harness import Target
from tests.fuzz.mutate import damage, nested, noise, odd_text

_SECONDS = 4.0
_ORDERS: tuple[dict[str, Any], ...] = (
    {"v": VERSION, "id": 1, "do": "status", "args": {}},
    {"v": VERSION, "id": 2, "do": "setup", "args": {"interface": "sim:2", "rate": 48000, "links": [[1, 2]]}},
    {"v": VERSION, "id": 3, "do": "refuse", "args": {"words": "not now"}},
)
_ANSWERS: tuple[dict[str, Any], ...] = (
    {"v": VERSION, "id": 1, "ok": True, "result": {"state": "idle", "takes": []}},
    {"v": VERSION, "id": 1, "ok": False, "error": {"code": "usage", "what": "no", "do": "yes", "exit": 2}},
)
_TOKENS = (
    b"\n", b"\n\n", b"{}\n", b"[]\n", b"null\n", b"[" * 5000, b'{"a":' * 5000, b"NaN", b"Infinity", b"1e999",
    b"9" * 5000, b'"v":0', b'"v":2', b'"v":true', b'"id":null', b'"do":"quit"', b"\xff\xfe", b"\0",
    b"\\ud800", b'"args":[]', b'"ok":1', b'"result":7', b'"error":[]', b"GET / HTTP/1.1\r\n\r\n",
)  # fmt: skip


class SocketTarget(Target):
    """A server that gives back its arguments; the socket lies in a folder of its own."""

    def __init__(self, place: Path) -> None:
        super().__init__(place)
        self._path, self._liars = place / "a.sock", place / "liar.sock"
        self._server = Server(self._path, _answer)
        self._server.start()
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self._liars))
        self._listener.listen(8)
        self._threads = threading.active_count()
        self._orders = [json.dumps(order).encode() + b"\n" for order in _ORDERS]
        self._orders.append(b"".join(self._orders))
        self._answers = [json.dumps(answer).encode() + b"\n" for answer in _ANSWERS]

    def make(self, random: Random) -> tuple[str, bytes]:
        kind = "client" if random.random() < 0.25 else "server"
        corpus, whole = (self._answers, _ANSWERS) if kind == "client" else (self._orders, _ORDERS)
        chance = random.random()
        if chance < 0.04:
            return kind, noise(random)
        if chance < 0.042:
            return kind, _huge(random)
        if chance < 0.5:
            return kind, odd_text(random, random.choice(whole)) + b"\n"
        return kind, damage(random, random.choice(corpus), corpus, _TOKENS)

    def feed(self, kind: str, data: bytes) -> bool:
        return self._ask(data) if kind == "server" else self._lie(data)

    def close(self) -> None:
        self._server.stop()
        self._listener.close()

    def _ask(self, data: bytes) -> bool:
        answers = self._exchange(data)
        lines = data.count(b"\n")
        assert len(answers) <= lines, "more answers than lines"
        assert len(answers) == lines or max(map(len, data.split(b"\n"))) > LINE_LIMIT, "a line had no answer"
        with Client(self._path, _SECONDS) as client:
            assert client.call("echo", n=lines) == {"n": lines}, "an honest client is not served any more"
        found = [_checked(answer) for answer in answers]
        return bool(found) and all(found)

    def _exchange(self, data: bytes) -> list[bytes]:
        """Send all while the answers are read, as they may be larger than what the socket holds."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as raw:
            raw.settimeout(_SECONDS)
            raw.connect(str(self._path))
            if len(data) < 8192:
                _send(raw, data)
                return _read_all(raw)
            sender = threading.Thread(target=_send, args=(raw, data))
            sender.start()
            found = _read_all(raw)
            sender.join(_SECONDS)
            assert not sender.is_alive(), "the server neither reads nor leaves"
            return found

    def _lie(self, data: bytes) -> bool:
        """What a client makes of an answer that is none."""
        with Client(self._liars, _SECONDS) as client:
            peer, _ = self._listener.accept()
            sender = threading.Thread(target=_send_and_leave, args=(peer, data))
            sender.start()
            try:
                return isinstance(client.call("status"), dict)
            except TakechainError as error:
                return bool(json.dumps(error.as_dict())) and not isinstance(error, WireError)
            finally:
                client.close()
                sender.join()


def _answer(do: str, args: dict[str, Any]) -> dict[str, Any]:
    if do == "refuse":
        raise UsageError(str(args.get("words")))
    return args


def _checked(line: bytes) -> bool:
    """Whether an answer is one of success; every answer has the form that the protocol gives it."""
    answer = json.loads(line, parse_constant=_refuse)
    assert answer["v"] == VERSION
    assert set(answer) == {"v", "id", "ok", "result" if answer["ok"] else "error"}
    if not answer["ok"]:
        error = answer["error"]
        assert set(error) == {"code", "what", "do", "exit"}
        assert error["code"] != "internal", f"a stranger's line shows as our own fault: {error['what'][:200]}"
        assert len(line) < 20_000, "a refusal repeats what it refuses"
    assert len(line) <= LINE_LIMIT
    return bool(answer["ok"])


def _refuse(text: str) -> float:
    raise ValueError(f"{text} is not JSON")


def _huge(random: Random) -> bytes:
    """About as much as a line may hold, or nested as no honest request is."""
    length = LINE_LIMIT + random.choice((-200, -1, 0, 1, 2, 100_000, LINE_LIMIT))
    way = random.randrange(4)
    if way == 0:
        return b"x" * length + b"\n"
    if way == 1:
        return b'{"v":1,"id":1,"do":"echo","args":{"a":"' + b"y" * (length - 45) + b'"}}\n'
    if way == 2:
        return b"[" * min(length, 200_000) + b"\n"
    deep = nested(random.choice((20, 40, 200, 900)))
    return json.dumps({"v": VERSION, "id": deep, "do": "echo", "args": {"a": deep}}).encode() + b"\n"


def _send(raw: socket.socket, data: bytes) -> None:
    try:
        raw.sendall(data)
        raw.shutdown(socket.SHUT_WR)
    except OSError:
        return  # the server left in the middle, as it may


def _send_and_leave(peer: socket.socket, data: bytes) -> None:
    with peer:
        peer.settimeout(_SECONDS)
        _send(peer, data)
        _read_all(peer)


def _read_all(raw: socket.socket) -> list[bytes]:
    found = bytearray()
    try:
        while piece := raw.recv(65536):
            found += piece
    except ConnectionError:
        pass  # it closed with our bytes unread: what it answered before is here
    assert not found or found.endswith(b"\n"), "half an answer"
    return bytes(found).splitlines()
