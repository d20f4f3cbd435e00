"""Keeps a recorder alive for the chosen interface: starts it, watches it, and puts another in its place.

It may be killed or hang at any moment (as PortAudio does): nothing here waits for it without a limit.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable

from capture.clock import boottime_ns
from capture.errors import NothingRecorded, TakechainError
from capture.station import link as recorder
from capture.station.core import Core
from capture.station.described import described, recorder_config
from capture.station.grace import FIRST_TRY_SECONDS, AnotherInterface, Retry, refuse_another, seconds_left
from capture.station.mirror import MirrorDesk
from capture.take import State
from capture.wire import Json, WireError
from hardware.errors import HardwareError, UnknownInterface
from hardware.interfaces import Interface, find

_WATCH_SECONDS = 0.1
_STALL_SECONDS = 4.0  # no new frames for so long: the stream is dead, whatever it says
_MISSES = 3  # looks without an answer, each of up to a second, before it counts as hung
_STRAYS = 10
_FIND_SECONDS = 10.0
_AWAY = ("lost", "absent")


class Supervisor:
    """The one recorder of this station, and the thread that watches it."""

    def __init__(
        self,
        core: Core,
        resume: Callable[[str], None],
        ended: Callable[[Json], None],
        lapse: Callable[[str], None],
        mirror: MirrorDesk,
    ) -> None:
        """`resume(cause)` goes on with the rolling take on a new recorder; `ended(last)` closes it.

        `lapse(why)` ends one that waits in vain for its interface, whatever its recorder does.
        """
        self._core, self._mirror = core, mirror
        self._resume = resume
        self._ended = ended
        self._lapse = lapse
        self.link: recorder.RecorderLink | None = None
        self.interface: Interface | None = None
        self.interface_state = "none"
        self.interface_gone = False  # it is the interface that failed, not only its recorder
        self.last_look: Json = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True, name="supervisor")
        self._progress = (0, 0.0)
        self._misses = self._strays = 0
        self._wrong_rate = ""
        self._retry = Retry()
        self._starting = threading.Lock()  # one recorder at a time is started
        self._started: recorder.RecorderLink | None = None  # by the watch, and not yet ours

    def start(self) -> None:
        """Adopt a recorder that still runs, then watch."""
        self._adopt()
        if self.link is None and self._core.settings.interface:
            self.interface_state = "opening"
        self._thread.start()

    def stop(self, leave_rolling: bool) -> None:
        """End the watch, and the recorder with it unless a take rolls on."""
        self._stopping.set()
        self._thread.join(recorder.OPEN_SECONDS)
        if self.link is not None:
            if leave_rolling:
                self.link.close()
            else:
                self.link.quit()
            self.link = None
        self._discard_started()

    def require(self) -> recorder.RecorderLink:
        """The recorder with its interface open, opened now if need be; raises the reason if it cannot be."""
        if self.link is None:
            if not self._core.settings.interface:
                raise NothingRecorded("no interface is chosen", "choose one: see `takechain devices`")
            self._open()
        assert self.link is not None
        return self.link

    def change(self) -> None:
        """Bring the recorder in line with the settings, when nothing rolls; raises why it cannot be."""
        self._close()
        if self._core.settings.interface:
            self._retry.at_once()
            self._open()
        else:
            self.interface, self.interface_state = None, "none"

    def ask_pre_roll(self) -> None:
        """Let the recorder keep what is set before Record; one that is opened later is told then."""
        if self.link is not None:
            with contextlib.suppress(WireError):  # it is about to be replaced by one that is told
                state = self.link.call("pre-roll", seconds=self._core.settings.pre_roll)
                self.last_look = {**self.last_look, "pre_roll": state}

    def give_up(self, why: str) -> None:
        """End a recorder that no longer follows orders; the watch will start another."""
        if self.link is not None:
            self._say_lost(why)
            self._drop(self.link)

    def leave_behind(self, words: str) -> None:
        """Let go of a recorder whose writer is stuck in the system; it leaves the interface by itself.

        Another is started only behind that: on its way out the old one removes the socket that both use.
        """
        self._core.notices.warn("take", words)
        link = self.link
        if link is not None:
            self._say_lost("its writer is stuck in the system, another recorder takes over")
            if not link.leave():
                words = f"the recorder (pid {link.pid}) is stuck in the system and was left behind"
                self._core.notices.warn("recorder", words)
            self.link = None

    def status(self) -> Json | None:
        """The recorder as clients see it."""
        if self.link is None:
            return None
        return {"pid": self.link.pid, "state": str(self.last_look.get("state", "armed"))}

    def _adopt(self) -> None:
        link = recorder.adopt(self._core.runtime)
        if link is None:
            return
        look = link.look()
        settings = self._core.settings
        fits = (look.get("interface"), look.get("rate")) == (settings.interface, settings.rate)
        if look.get("take") is None and (not fits or look.get("state") == "lost"):
            link.quit()
            return
        self.link, self.last_look = link, look
        self.interface = described(recorder.read_config(self._core.runtime), look)
        self._opened()
        take = look.get("take")
        if take is not None:
            self._core.adopt_take(take)

    def _open(self) -> None:
        """Start a recorder for an order, which holds the orders' lock; raises why that cannot be."""
        with self._starting:
            self._discard_started()
            self.link = self._start(recorder.OPEN_SECONDS)
        self._opened()

    def _discard_started(self) -> None:
        link, self._started = self._started, None
        if link is not None:
            link.quit()

    def _start(self, seconds: float) -> recorder.RecorderLink:
        """Find the interface and start a recorder on it; state and words follow whatever happens.

        Raises what kept it from opening; AnotherInterface where it is not the one the rolling take began on.
        """
        core, settings, rolling = self._core, self._core.settings, self._core.rolling
        self.interface_state = "opening"
        until = time.monotonic() + seconds
        try:
            self.interface = find(settings.interface, min(_FIND_SECONDS, seconds))
            if rolling is not None:
                refuse_another(rolling.refresh().interface, self.interface)
            config = recorder_config(core, self.interface)
            return recorder.start(core.runtime, config, max(0.0, until - time.monotonic()))
        except (TakechainError, HardwareError, OSError) as error:
            self._away(error)
            raise

    def _opened(self) -> None:
        recorder.give_key(self.link, self._core.signing)
        self._mirror.look_for()
        self.interface_state = "open"
        self._progress = (-1, time.monotonic())
        self._misses = 0
        self._retry.succeeded()
        if self._core.rolling is None:
            self.interface_gone = False  # else only when the take goes on
        if self._core.state in (State.IDLE, State.LOST) and self._core.rolling is None:
            self._core.follow("arm")

    def _close(self) -> None:
        if self.link is not None:
            self.link.quit()
            self.link = None
        if self._core.state in (State.ARMED, State.LOST):
            self._core.follow("disarm")

    def _watch(self) -> None:
        while not self._stopping.wait(_WATCH_SECONDS):
            try:
                self._look()
            except Exception as error:  # the watch must outlive whatever it meets
                self._core.notices.warn("station", f"the watch over the recorder stumbled: {error}")

    def _look(self) -> None:
        link = self.link
        if self._overdue():
            grace = self._core.settings.lost_grace
            self._give_up_waiting(f"the interface did not come back within {grace:g} s")
            return
        if link is None:
            if self._core.settings.interface and self._retry.due:
                self._replace()
            return
        trouble = self._trouble(link)
        if trouble is None:
            self._notice_signals()
            self._mirror.follow(self.last_look)
            self._notice_end(link)
            if self.last_look.get("state") == "lost":
                self._interface_lost(link)
            return
        with self._core.orders:
            if self.link is not link or self._stopping.is_set():
                return  # an order has replaced it meanwhile
            self._say_lost(trouble)
            self._drop(link)
        self._replace()

    def _overdue(self) -> bool:
        """Whether a take has waited for its interface as long as it may."""
        left = self._seconds_left()
        return self.interface_gone and left is not None and left <= 0

    def _give_up_waiting(self, why: str) -> None:
        with self._core.orders:
            if self._core.rolling is not None and self._core.state is State.LOST:
                self._lapse(why)

    def _trouble(self, link: recorder.RecorderLink) -> str | None:
        """What is wrong with the recorder process, in words; None when it does its work."""
        if not link.alive():
            return "the recorder process ended"
        try:
            look = link.look()
        except WireError:
            self._misses += 1
            return "the recorder does not answer" if self._misses >= _MISSES else None
        self._misses = 0
        self.last_look = look
        self._say_rate(str(look.get("wrong_rate") or ""))
        frames, now = int(look.get("stream_frames", 0)), time.monotonic()
        if frames != self._progress[0] or look.get("state") == "lost":
            self._progress = (frames, now)
        if now - self._progress[1] <= _STALL_SECONDS:
            return None
        self.interface_gone = True
        return "no samples arrive any more"

    def _say_rate(self, wrong: str) -> None:
        """Say once that the interface runs at another rate than it was asked for."""
        if wrong and wrong != self._wrong_rate:
            name = self.interface.name if self.interface else self._core.settings.interface
            self._core.notices.warn("clock", f"{name} {wrong}: is its word clock right?")
        self._wrong_rate = wrong

    def _interface_lost(self, link: recorder.RecorderLink) -> None:
        """The recorder sits on a dead stream: it keeps the take open until the interface is seen again.

        If that takes too long, or a person says Stop, it closes the take by itself, whole as far as it came.
        """
        with self._core.orders:
            if self.link is not link or self._stopping.is_set():
                return
            if self.interface_state not in _AWAY:
                self.interface_gone = True
                self._say_lost(str(self.last_look.get("error") or "no more sound comes"))
                self._retry.at_once()
        try:
            if not self._retry.due or not self._seen_again():
                return
        except AnotherInterface as error:
            self._give_up_waiting(error.what)
            self._core.notices.warn("interface", error.what)
            if self._core.rolling is not None:
                return
        with self._core.orders:
            if self.link is link:
                self._drop(link)
        self._replace()

    def _seen_again(self) -> bool:
        """Whether the interface answers; raises AnotherInterface when it is not the one of the take."""
        rolling, left = self._core.rolling, self._seconds_left()
        try:
            seen = find(
                self._core.settings.interface, _FIND_SECONDS if left is None else min(_FIND_SECONDS, left)
            )
        except HardwareError as error:
            self._away(error)
            return False
        if rolling is not None:
            refuse_another(rolling.refresh().interface, seen)
        return True

    def _seconds_left(self) -> float | None:
        return seconds_left(self._core.rolling, self._core.settings.lost_grace)

    def _away(self, error: Exception) -> None:
        self.interface_state = "absent" if isinstance(error, UnknownInterface) else "lost"
        self._retry.later()

    def _notice_signals(self) -> None:
        """Say at once what the recorder sees of the inputs of our take."""
        rolling, take = self._core.rolling, self.last_look.get("take")
        if rolling is not None and isinstance(take, dict) and take.get("journal") == str(rolling.journal):
            rate = int(self.last_look.get("rate") or 0)
            self._core.noticing.look(rolling.uuid, rolling.name, rate, take.get("signals"))

    def _notice_end(self, link: recorder.RecorderLink) -> None:
        """A take may end by itself, at its limit or with its disk; and a recorder may not know of ours."""
        rolling, look = self._core.rolling, self.last_look
        if rolling is None or look.get("take") is not None:
            self._strays = 0
            return
        with self._core.orders:
            if self.link is not link or self._core.rolling is not rolling:
                return
            last = look.get("last")
            if isinstance(last, dict) and last.get("journal") == str(rolling.journal):
                self._ended(last)
                return
            self._strays += 1  # a look may be older than the roll; several in a row are not
            if self._strays >= _STRAYS:
                self._strays = 0
                self._say_lost("the recorder lost the take")
                self._drop(link)

    def _say_lost(self, trouble: str) -> None:
        take = self._core.rolling
        during = f" during {take.name}" if take else ""
        name = self.interface.name if self.interface else self._core.settings.interface
        self._core.notices.warn("recorder", f"{name}{during}: {trouble}")
        self._core.lost_cause = trouble
        if take is not None and take.lost_ns is None:
            told = self.last_look.get("lost_seconds")
            seconds = float(told) if isinstance(told, (int, float)) else 0.0
            take.lost_ns = boottime_ns() - round(seconds * 1e9)
        if self._core.state is not State.LOST:
            self._core.follow("lose")
        self.interface_state = "lost"

    def _drop(self, link: recorder.RecorderLink) -> None:
        self.link = None
        if not link.kill():
            words = f"the recorder (pid {link.pid}) is stuck in the system and was left behind"
            self._core.notices.warn("recorder", words)

    def _replace(self) -> None:
        """Start another recorder and go on with the take; orders such as Stop need not wait for the start."""
        left = self._seconds_left()
        least = 0.0 if self.interface_gone else FIRST_TRY_SECONDS
        seconds = recorder.OPEN_SECONDS if left is None else min(recorder.OPEN_SECONDS, max(left, least))
        try:
            with self._starting:
                if self.link is not None or self._stopping.is_set() or not self._core.settings.interface:
                    return
                self._started = self._start(seconds)
            with self._core.orders:
                self._take_over()
        except AnotherInterface as error:
            self.interface_gone = True
            self._give_up_waiting(error.what)
        except (TakechainError, HardwareError, OSError) as error:
            self.interface_gone = True
            what = getattr(error, "what", str(error))
            self._core.notices.warn("interface", f"{self._core.settings.interface}: {what}")

    def _take_over(self) -> None:
        """The recorder that was started becomes ours, unless an order has put another in its place."""
        link, self._started = self._started, None
        if link is None:
            return
        self.link = link
        self._opened()
        rolling = self._core.rolling
        if rolling is None or self._core.state is not State.LOST:
            return
        try:
            self._resume(self._core.lost_cause)
        except (TakechainError, OSError):
            self._drop(link)
            self._retry.later()
            self.interface_state = "lost"
            raise
        self.interface_gone, rolling.lost_ns = False, None
