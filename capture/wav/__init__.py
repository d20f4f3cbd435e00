"""Bytes of broadcast WAV: header, sizes, tolerant reader, repair; samples are packed by `wav.pack`."""

from capture.wav.errors import WavError
from capture.wav.meta import FileMeta, Format, GapMeta, MarkerMeta, TrackMeta, file_uid, usid

__all__ = ["FileMeta", "Format", "GapMeta", "MarkerMeta", "TrackMeta", "WavError", "file_uid", "usid"]
