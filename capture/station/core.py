"""What the parts of the station share: the library, the set-up, the patch, the state and the rolling take."""

from __future__ import annotations

import getpass
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from capture.chain.patch import Patch
from capture.journal.errors import KeyLocked
from capture.journal.keyring import Keyring
from capture.journal.keys import PASSPHRASE, Key, KeyHolder, config_folder, published, read_key, unlock
from capture.journal.record import TakeRecord
from capture.library import Library
from capture.station.disk import Disk
from capture.station.notices import Notices
from capture.station.noticing import Noticing
from capture.station.patch import PatchBook, rolling_patch
from capture.station.settings import Settings, check
from capture.station.since import Since
from capture.station.tail import JournalTail
from capture.take import State, follow
from capture.wire import Json, runtime_folder


@dataclass
class Rolling:
    """The take that rolls: its journal so far, and the chain it began with plus what changed since."""

    journal: Path
    name: str
    uuid: str
    patch: Patch
    tail: JournalTail
    started_boottime_ns: int
    limit_frames: int | None = None
    last_marker: int = 0
    post_roll_end: int | None = None  # the frame where it ends by itself: Stop was pressed
    lost_ns: int | None = None  # boottime since which no sound comes into it; None while it does

    def refresh(self) -> TakeRecord:
        """The take as its journal tells it now."""
        return self.tail.refresh()


class Core:
    """One per station. `orders` is held by every order that changes something, and by the supervisor."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.path: Path = library.path
        self.runtime = runtime_folder(library.path)
        self.config_dir = config_folder()
        self.signing = KeyHolder(self.config_dir)
        self._engineer: tuple[Path, Key] | None = None
        self.orders = threading.RLock()
        self.notices = Notices()
        self.noticing = Noticing(self.notices)
        self.disk = Disk(library.path)
        self.settings = Settings.remembered(library.settings())
        self.patch = PatchBook(library)
        self.state = State.IDLE
        self.rolling: Rolling | None = None
        self.since = Since()
        self.lost_cause = ""
        self.pressed = threading.Event()  # Record: set until the take rolls or was refused
        self._changed = threading.Condition()

    @property
    def key(self) -> Key:
        """The key to sign with; raises KeyLocked."""
        return self.signing.ready()

    @property
    def keyid(self) -> str:
        """Its id, known while it is locked as well."""
        return self.signing.key.keyid if self.signing.key is not None else published(self.config_dir)

    @property
    def locked(self) -> bool:
        """Whether the station's key, or that of the engineer who signs notes, waits for its passphrase."""
        try:
            self.engineer()
        except KeyLocked:
            return True
        return self.signing.key is None

    def take_key(self, passphrase: str | None) -> Key:
        """Unlock what a passphrase opens; without one read keys that were replaced. Raises KeyLocked."""
        refused: KeyLocked | None = None
        if not passphrase:
            self.signing.look()
            self._engineer = None
            return self.signing.ready()
        try:
            self.signing.give(unlock(passphrase, self.config_dir))
        except KeyLocked as error:
            refused = error
        try:
            if self.engineer(passphrase) is not None:
                refused = None
        except KeyLocked:
            pass  # it has another one, which is asked for when a note is to be signed
        if refused is not None:
            raise refused
        return self.signing.ready()

    def engineer(self, passphrase: str | None = None) -> Key | None:
        """The key of the engineer who signs notes now, None where the station does; raises KeyLocked."""
        path = Keyring(self.config_dir).notes_by()
        if path is None:
            return None
        known = self._engineer
        if known is None or known[0] != path:
            known = self._engineer = (path, read_key(path, passphrase or os.environ.get(PASSPHRASE)))
        return known[1]

    def follow(self, order: str) -> None:
        """Move to the next state; raises OrderRefused for an order that cannot happen now."""
        after = follow(self.state, order)
        with self._changed:
            self.state = after
            self._changed.notify_all()

    def wait_settled(self, timeout: float) -> bool:
        """Wait until nothing rolls or closes any more; False when the time was up first."""
        with self._changed:
            return self._changed.wait_for(lambda: not self.is_rolling(), timeout)

    def is_rolling(self) -> bool:
        """Whether a take is being made, a lost recorder in the middle of one included."""
        return self.rolling is not None or self.state in (State.ROLLING, State.CLOSING)

    def begin_rolling(self, rolling: Rolling) -> None:
        """A take rolls from now on."""
        self.rolling = rolling
        self.follow("roll")

    def end_rolling(self) -> None:
        """The take is over; its files are whole. A lost interface stays lost."""
        if (ended := self.rolling) is not None:
            self.since.ended(ended.tail.record, ended.journal, ended.patch)
        with self._changed:
            self.rolling = None
            self._changed.notify_all()
        if self.state is State.CLOSING:
            self.follow("done")

    def adopt_take(self, take: Json) -> None:
        """Take over what a recorder rolled on with while there was no station."""
        journal = Path(str(take["journal"]))
        tail = JournalTail(journal)
        record = tail.refresh()
        patch = rolling_patch(record, self.patch.patch)
        started = int(take.get("started_boottime_ns", 0))
        rolling = Rolling(journal, record.name, record.take, patch, tail, started, record.expected_frames)
        end = take.get("post_roll_end")
        rolling.post_roll_end = end if isinstance(end, int) else None
        self.begin_rolling(rolling)

    def set(self, **values: Any) -> None:
        """Change settings and remember them; raises UsageError before anything is changed."""
        checked = {name: check(name, value) for name, value in values.items()}
        changed = {name: value for name, value in checked.items() if getattr(self.settings, name) != value}
        for name, value in changed.items():
            self.library.set_setting(name, value, user_name())
            setattr(self.settings, name, value)


def user_name() -> str:
    """Who is at the keyboard, as the system knows them."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
