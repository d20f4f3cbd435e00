"""What is known of one audio file after the end of its take: the content of its newest `file` line."""

from __future__ import annotations

from dataclasses import dataclass

from capture.wav.meta import Loudness


@dataclass(frozen=True)
class FileLine:
    """Sums of a file as it lies on disk; `rest` are the bytes behind its last whole frame."""

    part: int
    file: str
    size: int
    data_offset: int
    header_sha256: str
    data_sha256: str
    frames: int
    rest: bytes = b""
    keyid: str = ""  # who signed the line
    loudness: Loudness | None = None  # None: it was not measured
