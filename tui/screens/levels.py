"""Looking at the levels page: opened when the station names one, again when a new recorder replaced it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from capture.errors import TakechainError
from capture.recorder.page import Levels, PageReader

OpenPage = Callable[[Path], PageReader]


class LevelSource:
    """The newest levels, or None when there are none; never raises."""

    def __init__(self, open_page: OpenPage = PageReader) -> None:
        self._open = open_page
        self._path: str | None = None
        self._reader: PageReader | None = None
        self._block = 0

    def read(self, path: str | None) -> Levels | None:
        """One look at the page at `path`; None without a page."""
        if path != self._path or (self._reader is None and path):
            self._reopen(path)
        if self._reader is None:
            return None
        levels = self._reader.read(self._block)
        if levels is None:
            return None
        self._block = levels.block
        if levels.stale and self._reader.replaced():
            self._reopen(path)
        return levels

    def close(self) -> None:
        """Let go of the page."""
        self._reopen(None)

    def _reopen(self, path: str | None) -> None:
        if self._reader is not None:
            self._reader.close()
        self._path, self._reader, self._block = path, None, 0
        if path:
            try:
                self._reader = self._open(Path(path))
            except TakechainError:
                self._reader = None
