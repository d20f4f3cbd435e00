"""The errors of the WAV room."""

from __future__ import annotations

from capture.errors import TakechainError


class WavError(TakechainError):
    """A file is not a WAV file we can use, or a header cannot be made as asked."""

    code = "wav"
