"""Bytes of broadcast WAV: header, sizes, tolerant reader, repair; samples are packed by `wav.pack`."""

from capture.wav.errors import WavError
from capture.wav.header import Layout, header
from capture.wav.meta import (
    FileMeta,
    Format,
    GapMeta,
    Loudness,
    MarkerMeta,
    PathMeta,
    TrackMeta,
    file_uid,
    usid,
)
from capture.wav.read import WavInfo, parse, read_wav
from capture.wav.repair import Repair, layout_of, repair_sizes, replace_header, rewrite_header, write_header
from capture.wav.sizes import all_sizes, needs_rf64, size_patches, tail

__all__ = [
    "FileMeta", "Format", "GapMeta", "Layout", "Loudness", "MarkerMeta", "PathMeta", "Repair", "TrackMeta",
    "WavError", "WavInfo", "all_sizes", "file_uid", "header", "layout_of", "needs_rf64", "parse", "read_wav",
    "repair_sizes", "replace_header", "rewrite_header", "size_patches", "tail", "usid", "write_header",
]  # fmt: skip
