"""A recorder process of a test's own, and the begin fields that a station would send it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from capture.wire import Client
from tests.support.poll import until
from tests.support.takes import chain_text

REPOSITORY = Path(__file__).resolve().parent.parent.parent


class RecorderProcess:
    """`python -m capture.recorder` on an interface; `call` gives it orders."""

    def __init__(
        self,
        folder: Path,
        interface: str = "sim:8",
        channels: int = 8,
        rate: int = 48000,
        environment: dict[str, str] | None = None,
        **config: Any,
    ) -> None:
        self.runtime = folder / "run"
        self.runtime.mkdir(parents=True, exist_ok=True)
        self.config = {
            "interface": interface,
            "rate": rate,
            "channels": channels,
            "runtime": str(self.runtime),
            "config_dir": str(folder / "key"),
            **config,
        }
        self.environment = environment or dict(os.environ)

    def start(self) -> Self:
        """Start it and wait until it takes orders."""
        path = self.runtime / "config.json"
        path.write_text(json.dumps(self.config))
        (self.runtime / "recorder.json").unlink(missing_ok=True)
        self.log = (self.runtime / "recorder.log").open("w")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "capture.recorder", str(path)],
            cwd=REPOSITORY,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
            text=True,
            start_new_session=True,
        )
        until(lambda: (self.runtime / "recorder.json").exists() or self.process.poll() is not None)
        assert self.process.poll() is None, self.said()
        self.info = json.loads((self.runtime / "recorder.json").read_text())
        self.client = Client(Path(self.info["socket"]), timeout=30)
        return self

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.client.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        self.log.close()

    def said(self) -> str:
        """What it wrote on stdout and stderr."""
        return (self.runtime / "recorder.log").read_text()

    def call(self, do: str, **args: Any) -> dict[str, Any]:
        """Give an order."""
        return self.client.call(do, **args)

    def roll(self, folder: Path, begin: dict[str, Any], limit: int | None = None) -> Path:
        """Begin a take; returns its journal."""
        journal = folder / f"{begin['name']}.take.jsonl"
        self.call("roll", journal=str(journal), begin=begin, chain=chain_text()[0], limit_frames=limit)
        return journal

    def wait_frames(self, frames: int, *, written: bool = False) -> None:
        """Wait until the take is so long, or has so much on disk."""
        name = "written_frames" if written else "frames"
        until(lambda: ((self.call("status")["take"] or {}).get(name) or 0) >= frames)

    def wait_ended(self) -> dict[str, Any]:
        """Wait until the take has ended by itself; returns what the recorder says of it."""
        until(lambda: self.call("status")["take"] is None)
        return self.call("status")["last"]

    def kill(self) -> None:
        """End it as the kernel ends a process."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
        self.client.close()
        self.log.close()


def begin_of(
    inputs: Sequence[int],
    layout: str = "poly",
    format: str = "pcm24",  # noqa: A002
    rate: int = 48000,
    slate: str = "Aurora",
    number: int = 1,
    interface: str = "sim:8",
) -> dict[str, Any]:
    """The begin fields of a take of these inputs."""
    name = f"{slate}_T{number:03d}"
    return {
        "format": "takechain-take/1",
        "library": str(uuid.UUID(int=1)),
        "counter": number,
        "previous_begin": None,
        "take": str(uuid.uuid5(uuid.UUID(int=1), name)),
        "project": "Nordlys",
        "session": "2026-11-25",
        "slate": slate,
        "number": number,
        "name": name,
        "kind": "take",
        "covers": None,
        "by": "anna",
        "host": "studio-a",
        "interface": {
            "id": interface,
            "name": interface,
            "host_api": "test",
            "inputs": max(inputs),
            "origin": "unknown",
            "rate": rate,
        },
        "audio": {"rate": rate, "format": format, "layout": layout},
        "tracks": [
            {
                "number": n,
                "input": channel,
                "name": f"Input {channel}",
                "file": 0 if layout == "poly" else n - 1,
                "channel": n - 1 if layout == "poly" else 0,
            }
            for n, channel in enumerate(inputs, 1)
        ],
        "files": part_names(name, inputs, layout),
        "chain": {"file": f"{name}.chain.json", "digest": chain_text()[1]},
        "sensors": [],
        "air": [],
        "people": [],
        "origin": "",
        "software": {"takechain": "test"},
        "expected_frames": None,
    }


def part_names(name: str, inputs: Sequence[int], layout: str = "poly", part: int = 1) -> list[str]:
    """The files of one part of a take."""
    stem = name if part == 1 else f"{name}-{part}"
    if layout == "poly":
        return [f"{stem}.wav"]
    return [f"{stem}_{n:02d}_Input {channel}.wav" for n, channel in enumerate(inputs, 1)]
