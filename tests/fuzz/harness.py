"""Feeds a target in a process of its own: seeded, each input under a time limit, memory watched.

Input number N of a target depends on the seed, the target's name and N alone, so that any one can be made
again by itself.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Any

ADDRESS_SPACE = 1 << 30  # more than the process has when the corpus is made
GROWTH_MB = 192.0
_FINDINGS = 10
_LOOK_EVERY = 500


class Target(ABC):
    """One kind of input; it is made in the child process and may keep files in `place`."""

    def __init__(self, place: Path) -> None:
        self.place = place

    @abstractmethod
    def make(self, random: Random) -> tuple[str, bytes]:
        """An input, and the word for the reader that it is meant for."""

    @abstractmethod
    def feed(self, kind: str, data: bytes) -> bool:
        """Whether it was accepted (else: refused by an error of the room's own); raises for any fault."""

    def close(self) -> None:  # noqa: B027 - most hold nothing
        """Give back what it holds."""


@dataclass(frozen=True)
class Job:
    """What one child process is to do."""

    target: type[Target]
    name: str
    seed: int
    first: int
    inputs: int
    limit: float
    keep: Path


@dataclass
class Result:
    """What came of it; `findings` are words, empty when all is well."""

    name: str
    inputs: int = 0
    accepted: int = 0
    refused: int = 0
    seconds: float = 0.0
    peak_mb: float = 0.0
    growth_mb: float = 0.0
    findings: list[str] = field(default_factory=list)


class Hang(BaseException):
    """An input took longer than its limit; no room may catch this."""


def seeded(seed: int, name: str, number: int) -> Random:
    """The randomness of one input."""
    return Random(f"{seed}/{name}/{number}")


def run(job: Job) -> Result:
    """Do a job in a child process; a child that dies or stands still is a finding."""
    context = multiprocessing.get_context("spawn")
    progress: Any = context.Value("q", job.first)
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_work, args=(job, progress, theirs), name=f"fuzz {job.name}")
    child.start()
    theirs.close()
    try:
        return _await(job, child, progress, ours)
    finally:
        if child.is_alive():
            child.kill()
        child.join()


def _await(job: Job, child: Any, progress: Any, pipe: Connection) -> Result:
    patience, seen, since = 6 * job.limit + 30, -1, time.monotonic()
    while not pipe.poll(0.5):
        now = progress.value
        if now != seen:
            seen, since = now, time.monotonic()
        if not child.is_alive() and not pipe.poll(0):
            return Result(job.name, now - job.first, findings=[f"the process died of input {now}"])
        if time.monotonic() - since > patience:
            return Result(job.name, now - job.first, findings=[f"input {now} stops even signals"])
    try:
        result: Result = pipe.recv()
    except EOFError:
        at = progress.value
        return Result(job.name, at - job.first, findings=[f"the process died of input {at}"])
    return result


def _work(job: Job, progress: Any, pipe: Connection) -> None:
    """The child: make the target, feed it, send the result."""
    base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # in memory: no disk is worn out
    place = Path(tempfile.mkdtemp(prefix="tc-fuzz-", dir=base))
    try:
        target = job.target(place)
        try:
            result = _feed_all(job, target, progress)
        finally:
            target.close()
    except BaseException:
        result = Result(job.name, findings=[f"the target itself failed:\n{traceback.format_exc()}"])
    finally:
        shutil.rmtree(place, ignore_errors=True)
    pipe.send(result)
    pipe.close()


def _feed_all(job: Job, target: Target, progress: Any) -> Result:
    result, seen = Result(job.name), set[str]()
    loose: list[str] = []
    threading.excepthook = lambda args: loose.append(
        "".join(traceback.format_exception(args.exc_type, args.exc_value, args.exc_traceback))
    )
    space = int(_megabytes("VmSize")) * 2**20 + ADDRESS_SPACE
    resource.setrlimit(resource.RLIMIT_AS, (space, space))
    _feed_one(job, target, job.first, loose)  # what is imported late does not count as growth
    start_mb = _megabytes("VmHWM")
    started = time.monotonic()
    for number in range(job.first, job.first + job.inputs):
        progress.value = number
        accepted, fault = _feed_one(job, target, number, loose)
        result.inputs += 1
        result.accepted += accepted
        result.refused += not accepted and not fault
        if number % _LOOK_EVERY == 0 and not fault and _megabytes("VmHWM") - start_mb > GROWTH_MB:
            fault = f"memory grew by more than {GROWTH_MB:.0f} MB"
        if fault and _place_of(fault) not in seen:
            seen.add(_place_of(fault))
            result.findings.append(_told(job, target, number, fault))
            if len(result.findings) >= _FINDINGS:
                break
    result.seconds = time.monotonic() - started
    result.peak_mb = _megabytes("VmHWM")
    result.growth_mb = result.peak_mb - start_mb
    return result


def _feed_one(job: Job, target: Target, number: int, loose: list[str]) -> tuple[bool, str]:
    """Whether it was accepted, and the fault in words, if there was one."""
    late = False

    def alarm(*_: object) -> None:
        nonlocal late
        late = True
        raise Hang

    kind, data = target.make(seeded(job.seed, job.name, number))
    loose.clear()
    signal.signal(signal.SIGALRM, alarm)
    signal.setitimer(signal.ITIMER_REAL, job.limit)
    accepted, fault = False, ""
    try:
        accepted = target.feed(kind, data)
    except BaseException:
        fault = traceback.format_exc()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    if loose and not fault:
        fault = f"in a thread: {loose[0]}"
    if late and not fault:
        fault = f"it took more than {job.limit:.0f} s"
    return accepted, fault


def _place_of(fault: str) -> str:
    """The last place in our own code and the kind of error: one finding each."""
    lines = fault.splitlines()
    ours = [line.strip() for line in lines if "/capture/" in line or "/tests/fuzz/" in line]
    return f"{ours[-1] if ours else ''} {lines[-1].partition(':')[0]}"


def _told(job: Job, target: Target, number: int, fault: str) -> str:
    kind, data = target.make(seeded(job.seed, job.name, number))
    job.keep.mkdir(parents=True, exist_ok=True)
    kept = job.keep / f"{job.name}-{kind}-{job.seed}-{number}.bin"
    kept.write_bytes(data)
    again = f"python3 dev.py fuzz --target {job.name} --seed {job.seed} --first {number} --inputs 1"
    return f"input {number} ({kind}, {len(data)} bytes, kept as {kept})\nagain: {again}\n{fault}"


def _megabytes(name: str) -> float:
    """A figure of this process as the kernel keeps it (that of getrusage is inherited from the parent)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    return 0.0


def table(results: list[Result]) -> str:
    """The results in columns."""
    rows = [("target", "inputs", "accepted", "refused", "seconds", "peak MB", "grown MB", "faults")]
    rows += [
        (
            r.name,
            str(r.inputs),
            str(r.accepted),
            str(r.refused),
            f"{r.seconds:.1f}",
            f"{r.peak_mb:.0f}",
            f"{r.growth_mb:.0f}",
            str(len(r.findings)),
        )
        for r in results
    ]
    return "\n".join("  ".join(cell.rjust(9) for cell in row) for row in rows)


def report(results: list[Result]) -> int:
    """Print the table and what was found; an exit code."""
    print(table(results))
    for result in results:
        for finding in result.findings:
            print(f"\n{result.name}: {finding}", file=sys.stderr)
    return 1 if any(result.findings for result in results) else 0
