"""The mirror as the station sees it: its folder, and what becomes of the second copy of each take.

The mirror's disk may stand still at any moment. So nothing here touches it but in a thread that may be left.
"""

from __future__ import annotations

import contextlib
import threading
import time
from pathlib import Path

from capture.errors import TakechainError
from capture.journal.appending import is_held
from capture.journal.record import TakeRecord, summary
from capture.journal.recover import recover_take
from capture.library import Library, make_mirror
from capture.station.core import Core
from capture.station.errors import StationError
from capture.station.link import RecorderLink
from capture.station.worker import Worker
from capture.take import Condition
from capture.wire import Json, WireError

_FOLDER_SECONDS = 5.0
_LOOK_SECONDS = 0.1
_FREE_SECONDS = 0.5
_RECENT_SECONDS = 7 * 86_400.0  # older copies were looked at before


class MirrorDesk:
    """One per station."""

    def __init__(self, core: Core, worker: Worker) -> None:
        self._core, self._worker = core, worker
        self._said: set[str] = set()

    def check(self, folder: str) -> None:
        """See that the folder is the mirror of this library, made one if it is new; raises why it cannot be.

        The one that is set already is not made again: its disk may not be there.
        """
        create, core = folder != self._core.settings.mirror, self._core
        came: list[Exception | None] = []

        def make() -> None:
            try:
                make_mirror(core.library, Path(folder), create=create)
                if Path(folder).stat().st_dev == core.path.stat().st_dev:
                    words = f"the mirror {folder} is on the library's own disk, and lost with it"
                    core.notices.warn("mirror", words)
                came.append(None)
            except Exception as error:  # handed to the thread that waits for this one
                came.append(error)

        thread = threading.Thread(target=make, daemon=True, name="mirror")
        thread.start()
        thread.join(_FOLDER_SECONDS)
        if not came:
            raise StationError(f"the mirror {folder} does not answer", "is its disk well?")
        if came[0] is not None:
            raise came[0]

    def look_for(self) -> None:
        """Say it when the mirror that is set cannot be used, else mend what a crash left there; at once."""
        folder = self._core.settings.mirror
        if not folder:
            return

        def look() -> None:
            try:
                self.check(folder)
                self._mend(Path(folder))
            except TakechainError as error:
                self._core.notices.warn("mirror", f"{error.what}: takes are written into the library alone")

        threading.Thread(target=look, daemon=True, name="mirror folder").start()

    def _mend(self, folder: Path) -> None:
        """Close the copies that nobody will go on with, from what is on their disk."""
        for journal in Library.open(folder, create=False).journals():
            fresh = time.time() - journal.stat().st_mtime < _RECENT_SECONDS
            if self._core.is_rolling() or not fresh or is_held(journal):
                continue
            with contextlib.suppress(TakechainError):  # `recover` on the mirror says what is wrong
                if not summary(journal).sealed:
                    for action in recover_take(journal, self._core.signing.key):
                        self._core.notices.warn("recover", f"{journal.name} in the mirror: {action}")

    def orders(self, journal: Path) -> Json:
        """What a recorder has to know to write the mirror of the take with this journal; empty for none."""
        folder = self._core.settings.mirror
        if not folder:
            return {}
        copy = Path(folder) / journal.relative_to(self._core.path)
        return {"mirror": str(copy), "mirror_root": folder}

    def orders_again(self, record: TakeRecord) -> Json:
        """The same for the next part of a take: a mirror that was lost stays so until the next take."""
        lost = record.mirror_lost or not record.mirror_journal
        return {} if lost else {"mirror": record.mirror_journal}

    def follow(self, look: Json) -> None:
        """Say at once which side of a take was lost, from what its recorder tells."""
        take = look.get("take")
        if isinstance(take, dict) and take.get("main_lost") and take.get("mirror"):
            self._say(
                f"main {take['uuid']}",
                f"{_name(take['journal'])}: the library's disk takes nothing more ({take['main_lost']}); "
                f"the take goes on in the mirror, {take['mirror']['journal']}",
            )
        for mirror in look.get("mirrors") or ():
            if mirror["state"] == "lost":
                self._say(
                    str(mirror["take"]), f"{_name(mirror['main'])}: the mirror was lost: {mirror['why']}"
                )
                self._note(Path(mirror["main"]), mirror["why"])
            elif mirror.get("gone") and not mirror["files_done"]:
                self._say(
                    f"hash {mirror['take']}",
                    f"{_name(mirror['main'])}: the mirror has all of the take, its files are not hashed yet: "
                    "takechain recover --library with the mirror's folder does that",
                )

    def _say(self, about: str, words: str) -> None:
        if about not in self._said:
            self._said.add(about)
            self._core.notices.warn("mirror", words)

    def _note(self, journal: Path, why: str) -> None:
        """A mirror that failed behind the take's end is told in a note."""
        rolling, key = self._core.rolling, f"note {journal}"
        if key in self._said or (rolling is not None and rolling.journal == journal):
            return
        self._said.add(key)
        with contextlib.suppress(TakechainError):  # what became of it is told by whoever closes it
            record = summary(journal)
            if record.sealed and not record.mirror_lost:
                self._worker.note(journal, "mirror", why)

    def mend_when_free(self, journal: Path) -> None:
        """Have a take closed from disk as soon as the process that was left behind lets go of it."""

        def wait() -> None:
            while is_held(journal):
                time.sleep(_FREE_SECONDS)
            self._worker.mend(journal)

        threading.Thread(target=wait, daemon=True, name="left behind").start()

    def wait_done(self, link: RecorderLink | None, timeout: float) -> bool:
        """Wait until the mirrors of the recorder's last takes are whole and hashed, or lost."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if link is None:
                return True
            try:
                seen = link.look()
            except WireError:
                return True
            self.follow(seen)
            if all(is_done(mirror) for mirror in seen.get("mirrors") or ()):
                return True
            time.sleep(_LOOK_SECONDS)
        return False


def alone(last: Json) -> Json:
    """How a take ended whose library's disk stands still, as its recorder told: its mirror is whole."""
    told = {name: last[name] for name in ("frames", "lost_frames", "reason")}
    return {**told, "condition": Condition.RECOVERED.value, "gaps": len(last["gaps"]), "mirror_lost": ""}


def is_done(mirror: Json) -> bool:
    """Whether nothing more is to come of a mirror: it is lost, or hashed, or its process is gone."""
    return mirror["state"] == "lost" or (
        mirror["state"] == "whole" and bool(mirror["files_done"] or mirror.get("gone"))
    )


def _name(journal: object) -> str:
    return Path(str(journal)).name.removesuffix(".take.jsonl")
