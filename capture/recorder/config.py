"""What the recorder is started with, and what it says of itself to who may adopt it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from capture.clock import boot_id, utc_text
from capture.errors import UsageError
from capture.recorder.page import PAGE_NAME
from capture.recorder.preroll import BUDGET_BYTES
from capture.wav.meta import SAMPLE_BYTES, Format
from capture.wire import Json

INFO_NAME = "recorder.json"
SOCKET_NAME = "recorder.sock"
_MOST = 10**7  # Hz, and channels: far beyond any interface, far below what overflows
_MOST_BYTES = 1 << 40
_LONGEST_S = 1e8  # tests ask for recorders that stay for good


@dataclass(frozen=True)
class Config:
    """The recorder's orders for its life: which interface, and where it is to be found."""

    interface: str
    rate: int
    channels: int
    runtime: Path
    config_dir: Path | None = None  # where the signing key lies
    ring_seconds: float = 8.0
    idle_exit_s: float = 60.0
    mirror: bool = False  # takes will have one: keep a process for it ready
    mirror_stall_s: float = 5.0  # a mirror that brought nothing to its disk for so long is lost
    lost_grace_s: float = 120.0  # a lost interface that is back by then goes on with its take
    format: Format = "pcm24"  # of the takes to come: pre-roll is kept in it
    pre_roll_s: float = 0.0
    pre_roll_bytes: int = BUDGET_BYTES

    @staticmethod
    def load(path: Path) -> Config:
        """Read a config file; raises UsageError."""
        try:
            fields = json.loads(path.read_bytes())
            return Config.from_fields(fields)
        except (OSError, ValueError, RecursionError) as error:
            raise UsageError(f"the recorder's settings {path} cannot be read ({error})") from error

    @staticmethod
    def from_fields(fields: Any) -> Config:
        """A config from its JSON form; unknown members are passed over; raises UsageError."""
        try:
            key = fields.get("config_dir")
            config = Config(
                interface=str(fields["interface"]),
                rate=int(fields["rate"]),
                channels=int(fields["channels"]),
                runtime=Path(fields["runtime"]),
                config_dir=Path(key) if key else None,
                ring_seconds=float(fields.get("ring_seconds", 8.0)),
                idle_exit_s=float(fields.get("idle_exit_s", 60.0)),
                mirror=fields.get("mirror") is True,
                mirror_stall_s=float(fields.get("mirror_stall_s", 5.0)),
                lost_grace_s=float(fields.get("lost_grace_s", 120.0)),
                format=fields.get("format", "pcm24"),
                pre_roll_s=float(fields.get("pre_roll_s", 0.0)),
                pre_roll_bytes=int(fields.get("pre_roll_bytes", BUDGET_BYTES)),
            )
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
            raise UsageError(f"the recorder's settings are not right ({error})") from error
        if not 1 <= config.rate <= _MOST or not 1 <= config.channels <= _MOST:
            raise UsageError("the recorder needs a rate and a channel count above 0")
        if config.format not in tuple(SAMPLE_BYTES) or not 0 <= config.pre_roll_bytes <= _MOST_BYTES:
            raise UsageError("the recorder's settings name a format or a memory that cannot be")
        spans = (
            config.pre_roll_s,
            config.ring_seconds,
            config.idle_exit_s,
            config.lost_grace_s,
            config.mirror_stall_s,
        )
        if not all(0 <= span <= _LONGEST_S for span in spans):
            raise UsageError("the recorder's settings name a time that cannot be")
        if "\0" in f"{config.runtime}{config.config_dir}":
            raise UsageError("the recorder's settings name a folder that cannot be")
        return config


def announce(config: Config) -> Json:
    """Write `recorder.json`, whole or not at all; returns its fields."""
    fields: Json = {
        "pid": os.getpid(),
        "boot_id": boot_id(),
        "socket": str(config.runtime / SOCKET_NAME),
        "page": str(config.runtime / PAGE_NAME),
        "interface": config.interface,
        "rate": config.rate,
        "channels": config.channels,
        "started": utc_text(),
    }
    _write_json(config.runtime / INFO_NAME, fields)
    return fields


def _write_json(path: Path, fields: Json) -> None:
    """Put a small file in place at once."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(json.dumps(fields))
    fresh.replace(path)
