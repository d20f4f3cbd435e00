"""Headers and files for the tests of the WAV room, and independent readers of them."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from capture import wav
from capture.take import Origin

TAKE = "9c09c9c8-2598-48e9-9db8-0182e25d2c24"
WHEN = datetime(2026, 11, 25, 14, 3, 12, 345000, timezone(timedelta(hours=1)))
TIME_REFERENCE = (14 * 3600 + 3 * 60 + 12) * 48000


def meta(channels: int, format: str = "pcm24", rate: int = 48000, **changes: Any) -> wav.FileMeta:  # noqa: A002
    """A take with everything said of it that a header can say."""
    uid = wav.file_uid(TAKE, 1, 0)
    fields: dict[str, Any] = {
        "project": "Aurora",
        "scene": "Vers 2",
        "take": "007",
        "tape": "Day 1",
        "take_uuid": TAKE,
        "file_uid": uid,
        "originated": WHEN,
        "time_reference": TIME_REFERENCE,
        "originator_reference": wav.usid("NO", "TKC", "24012345", WHEN, uid),
        "interface": "Babyface",
        "software": "Takechain 0.1",
        "filename": "Vers 2_T007.wav",
        "family_uid": TAKE,
        "family_name": "Vers 2_T007",
        "file_set_index": "A",
        "origin": Origin.PHYSICAL,
        "coding_history": ("A=ANALOGUE,M=mono,T=U87 SN123; 1073 +42dB",),
        "note": "late entry",
        "markers": (wav.MarkerMeta(100, "verse"), wav.MarkerMeta(4000, "coda")),
        "gaps": (wav.GapMeta(2000, 480, "server stall"),),
    }
    tracks = tuple(wav.TrackMeta(i + 3, i + 1, f"Mic {i + 3}") for i in range(channels))
    return wav.FileMeta(rate, format, tracks, **(fields | changes))  # type: ignore[arg-type]


def write(path: Path, about: wav.FileMeta, frames: int, audio: bytes | None = None) -> wav.Layout:
    """A finished file; without `audio` its samples are a hole in the file (digital silence).

    Beyond 4 GiB the first bytes are FF: sox skips the audio by the lower 32 bits of its size, and would
    then walk through a hole by 8 bytes at a time.
    """
    layout = wav.Layout.plan(about.channels, about.format)
    with path.open("wb") as file:
        file.write(wav.header(about, frames))
        if audio is None:
            length = frames * layout.block_align
            file.write(b"\xff" * (max(0, length - (4 << 30)) and length - (4 << 30) + 64))
            file.truncate(layout.data_offset + length)
        else:
            file.write(audio)
        file.seek(0, 2)
        file.write(wav.tail(layout, frames))
    return layout


def chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, payload offset and size of every chunk, read as the RIFF specification says."""
    at = 12
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        yield name, at + 8, size
        at += 8 + size + size % 2


@dataclass(frozen=True)
class Seen:
    """What one independent reader says of a file; None where it does not tell."""

    frames: int
    channels: int
    rate: int
    bits: int | None = None
    time_reference: int | None = None
    scene: str | None = None
    take: str | None = None
    tracks: tuple[str, ...] | None = None


def _run(*command: str) -> str:
    assert shutil.which(command[0]), f"{command[0]} is not installed, and the tests need it"
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def ffprobe(path: Path) -> Seen:
    found = json.loads(
        _run("ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", str(path))
    )
    stream, tags = found["streams"][0], found["format"].get("tags", {})
    bits = int(stream["bits_per_sample"])
    return Seen(
        stream["duration_ts"],
        stream["channels"],
        int(stream["sample_rate"]),
        bits,
        _int(tags, "time_reference"),
    )


def _int(tags: dict[str, str], key: str) -> int | None:
    return int(tags[key]) if key in tags else None


def soxi(path: Path) -> Seen:
    frames, channels, rate, bits = (_run("soxi", f"-{what}", str(path)).strip() for what in "scrb")
    return Seen(int(frames), int(channels), int(rate), int(bits))


def mediainfo(path: Path) -> Seen:
    tracks = json.loads(_run("mediainfo", "--Output=JSON", str(path)))["media"]["track"]
    audio = next(t for t in tracks if t["@type"] == "Audio")
    frames, channels, rate, bits = (
        int(audio[k]) for k in ("SamplingCount", "Channels", "SamplingRate", "BitDepth")
    )
    delay = audio.get("Delay")
    return Seen(frames, channels, rate, bits, round(float(delay) * rate) if delay else None)


def exiftool(path: Path) -> dict[str, Any]:
    out = _run("exiftool", "-j", "-n", "-a", "-G1:3", "-s", "-api", "LargeFileSupport=1", str(path))
    return dict(json.loads(out)[0])


def soundfile(path: Path) -> Seen:
    import soundfile as library

    info = library.info(str(path))
    return Seen(info.frames, info.channels, info.samplerate, {"PCM_24": 24, "FLOAT": 32}[info.subtype])


def wavinfo(path: Path) -> Seen:
    from wavinfo import WavInfoReader

    found = WavInfoReader(str(path))
    assert found.fmt
    assert found.bext
    assert found.ixml
    assert found.data
    return Seen(
        found.data.frame_count,
        found.fmt.channel_count,
        found.fmt.sample_rate,
        found.fmt.bits_per_sample,
        found.bext.time_reference,
        found.ixml.scene,
        found.ixml.take,
        tuple(str(t.name) for t in found.ixml.track_list),
    )


READERS = (ffprobe, soxi, mediainfo, soundfile, wavinfo)


def libsndfile_cues(path: Path) -> list[int]:
    """Frames of the cue points as libsndfile's own command SFC_GET_CUE gives them."""
    import soundfile as library

    count_command, cue_command = 0x10CD, 0x10CE
    with library.SoundFile(str(path)) as file:
        count = library._ffi.new("uint32_t *")
        library._snd.sf_command(file._file, count_command, count, 4)
        point_bytes = 6 * 4 + 256
        buffer = library._ffi.new("char[]", 4 + count[0] * point_bytes)
        buffer_count = library._ffi.cast("uint32_t *", buffer)
        buffer_count[0] = count[0]
        library._snd.sf_command(file._file, cue_command, buffer, 4 + count[0] * point_bytes)
        raw = bytes(library._ffi.buffer(buffer))
    points = (raw[4 + i * point_bytes : 4 + (i + 1) * point_bytes] for i in range(count[0]))
    return [struct.unpack_from("<iIiiiI", point)[5] for point in points]


def start(path: Path, count: int) -> bytes:
    """The first bytes of a file."""
    with path.open("rb") as file:
        return file.read(count)
