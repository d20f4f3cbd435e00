"""The `guan` chunk: GUANO 1.0 lines with the air of the take; bytes in and out, no I/O."""

from __future__ import annotations

from capture.wav.meta import FileMeta
from capture.wav.text import one_line


def encode(meta: FileMeta, frames: int, payload_bytes: int) -> tuple[bytes, list[str]]:
    """The chunk's payload, space padded to `payload_bytes`, and words for what had no room."""
    kept, left_out, free = "", [], payload_bytes
    for key, value in _lines(meta, frames).items():
        line = f"{key}: {one_line(value)}\n"
        if not value:
            continue
        if len(line.encode()) > free:
            left_out.append(key)
            continue
        kept += line
        free -= len(line.encode())
    words = [f"guano {', '.join(left_out)}"] if left_out else []
    return kept.encode().ljust(payload_bytes, b" "), words


def _lines(meta: FileMeta, frames: int) -> dict[str, str]:
    return {
        "GUANO|Version": "1.0",
        "Timestamp": meta.originated.isoformat(timespec="milliseconds"),
        "Make": meta.originator,
        "Model": meta.recorder_model or meta.interface,
        "Serial": meta.recorder_serial,
        "Firmware Version": meta.software,
        "Samplerate": str(meta.sample_rate),
        "Length": f"{frames / meta.sample_rate:.6f}",
        "Temperature Ext": _number(meta.temperature_c),
        "Humidity": _number(meta.humidity_percent),
        "TKC|Pressure hPa": _number(meta.pressure_hpa),
        "TKC|Air": meta.air,
        "TKC|Take": meta.take_uuid,
        "TKC|Chain": meta.chain_digest,
        "Original Filename": meta.filename,
        "Note": meta.note,
    }


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.10g}"


def decode(payload: bytes) -> dict[str, str]:
    """Key and value of every line that has a colon; the first of equal keys counts; never raises."""
    fields: dict[str, str] = {}
    for line in payload.decode(errors="replace").split("\n"):
        key, colon, value = line.partition(":")
        if colon and key.strip():
            fields.setdefault(key.strip(), value.strip(" \0\r").replace("\\n", "\n"))
    return fields
