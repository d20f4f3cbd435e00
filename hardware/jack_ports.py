"""Whether a JACK client still offers the ports that are recorded.

PortAudio cannot tell: when that client goes away PortAudio's own ports stay, and go on with zeros for ever.
This asks the server's shared memory through a client of its own that is never part of the sound.
"""

from __future__ import annotations

import contextlib
import ctypes
import threading

LOOK_SECONDS = 0.1
_NO_START_SERVER = 0x01
_IS_OUTPUT = 0x2
_LIBRARIES = ("libjack.so.0", "libjack.0.dylib")
_AUDIO = b"32 bit float mono audio"


class PortWatch:
    """Looks a few times a second, in a thread of its own; `gone` once fewer than `count` ports are there."""

    def __init__(self, client: str, count: int) -> None:
        self.gone = False
        self._prefix, self._count = f"{client}:".encode(), count
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="watch JACK ports")

    def start(self) -> None:
        """Begin to look; without JACK's library, or where it lets no client in, nothing is ever gone."""
        self._thread.start()

    def close(self) -> None:
        """End; waits for nothing, since a server that died may never answer."""
        self._ended.set()

    def _run(self) -> None:
        library = _library()
        client = library.jack_client_open(b"takechain-watch", _NO_START_SERVER, None) if library else None
        if library is None or not client:
            return
        while not self._ended.wait(LOOK_SECONDS):
            if self._offered(library, client) < self._count:
                self.gone = True
                break
        library.jack_client_close(client)

    def _offered(self, library: ctypes.CDLL, client: int) -> int:
        """How many of the watched client's ports there are."""
        names = library.jack_get_ports(client, None, _AUDIO, _IS_OUTPUT)
        if not names:
            return 0
        count = at = 0
        while name := names[at]:
            count += name.startswith(self._prefix)
            at += 1
        library.jack_free(names)
        return count


def _library() -> ctypes.CDLL | None:
    """JACK's library, which PortAudio has loaded already; None without one."""
    for name in _LIBRARIES:
        with contextlib.suppress(OSError):
            return _declared(ctypes.CDLL(name))
    return None


def _declared(library: ctypes.CDLL) -> ctypes.CDLL:
    library.jack_client_open.restype = ctypes.c_void_p
    library.jack_client_open.argtypes = [ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p]
    library.jack_get_ports.restype = ctypes.POINTER(ctypes.c_char_p)
    library.jack_get_ports.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong]
    library.jack_free.argtypes = [ctypes.c_void_p]
    library.jack_client_close.argtypes = [ctypes.c_void_p]
    return library
