"""The `ASWG` block of iXML: ASWG-G006 v1.1, in the order of its schema; only what is known stands in it."""

from __future__ import annotations

from capture.wav.meta import FileMeta, PathMeta

SCHEMA_VERSION = "1.1"
_ARRAYS = {"xy": "XY", "ortf": "ORTF", "ab": "AB", "ms": "MS"}


def fields(meta: FileMeta) -> list[tuple[str, str]]:
    """Tag and text of each element, `schemaVersion` left out, which stands last.

    A sound of physical origin was not generated and not designed. Of any other we do not know, and the
    elements are left out: false would be a claim, and so would true.
    """
    microphones = [path for path in meta.paths if path.microphone]
    loud = meta.loudness
    values = [
        ("project", meta.project),
        ("notes", meta.note),
        ("session", meta.tape),
        ("state", "raw"),
        ("isGenerated", "false" if meta.physical else ""),
        ("channelConfig", _channels(meta)),
        ("micType", ", ".join(f"{n}-{_item(path.microphone)}" for n, path in enumerate(microphones, 1))),
        ("micConfig", _config(meta, microphones)),
        ("micDistance", _distances(microphones)),
        ("recordingLoc", meta.location),
        ("isDesigned", "false" if meta.physical else ""),
        ("recEngineer", meta.engineer),
        ("recStudio", meta.studio),
        *meta.ucs,
        ("loudness", _decimals(loud.integrated if loud else None)),
        ("loudnessRange", _decimals(loud.range if loud else None)),
        ("maxPeak", _decimals(meta.peak_dbfs)),
        ("artist", meta.artist),
        ("songTitle", meta.title),
        ("producer", meta.producer),
        ("instrument", ", ".join(dict.fromkeys(path.source for path in meta.paths if path.source))),
    ]
    return [(tag, text) for tag, text in values if text]


def _channels(meta: FileMeta) -> str:
    """Two channels are stereo only where they were declared a pair: a poly of two is two microphones."""
    if meta.channels == 1:
        return "Mono"
    return "Stereo" if meta.channels == 2 and meta.linked else ""


def _config(meta: FileMeta, microphones: list[PathMeta]) -> str:
    if meta.channels == 1:
        return "Mono" if microphones else ""
    arrays = {path.array for path in microphones}
    if len(microphones) != meta.channels or len(arrays) != 1:
        return ""
    array = arrays.pop()
    known = "".join(c for c in array.casefold() if c.isalnum())
    return _ARRAYS.get(known, "other") if array else ""


def _distances(microphones: list[PathMeta]) -> str:
    """Metres in the order of `micType`; N/A (a word of the standard) where one has none."""
    known = ["N/A" if path.distance_m is None else f"{path.distance_m:.10g}" for path in microphones]
    return ", ".join(known) if set(known) - {"N/A"} else ""


def _item(text: str) -> str:
    """A name inside of a list with commas."""
    return text.replace(",", ";")


def _decimals(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
