"""What is wrong, in words with the time, until somebody has seen it."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from capture.clock import utc_text
from capture.errors import UsageError
from capture.wire import Json

_KEPT = 100


@dataclass
class _Notice:
    id: int
    utc: str
    topic: str
    text: str


class Notices:
    """The list of warnings; safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._notices: list[_Notice] = []
        self._next = 1

    def warn(self, topic: str, text: str) -> None:
        """Say `text`; the same text on the same topic is said once until it was seen."""
        with self._lock:
            if any(n.topic == topic and n.text == text for n in self._notices):
                return
            self._notices.append(_Notice(self._next, utc_text(), topic, text))
            self._next += 1
            del self._notices[:-_KEPT]

    def replace(self, topic: str, text: str) -> None:
        """Say `text` in place of whatever was said on the topic before: it is what is true now."""
        with self._lock:
            self._notices = [n for n in self._notices if n.topic != topic]
        self.warn(topic, text)

    def seen(self, notice: int | None) -> None:
        """Take one warning off the list, or all of them; raises UsageError for one that is not there."""
        with self._lock:
            left = [] if notice is None else [n for n in self._notices if n.id != notice]
            if notice is not None and len(left) == len(self._notices):
                raise UsageError(f"there is no warning {notice}")
            self._notices = left

    def as_list(self) -> list[Json]:
        """The warnings nobody has seen yet, oldest first."""
        with self._lock:
            return [{"id": n.id, "utc": n.utc, "text": n.text} for n in self._notices]
