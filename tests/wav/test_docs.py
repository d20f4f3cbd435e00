"""docs/wav.md says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from capture import wav

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "wav.md").read_text()


def test_the_offsets_in_the_manual_are_those_of_the_files() -> None:
    rows = re.findall(r"^\| (\d+) \| (\d+) \| (\d+) \|$", TEXT, re.MULTILINE)
    assert len(rows) == 5
    for channels, pcm, float_ in rows:
        assert wav.Layout.plan(int(channels), "pcm24").data_offset == int(pcm)
        assert wav.Layout.plan(int(channels), "float32").data_offset == int(float_)


def test_the_reserves_in_the_manual_are_those_of_the_files() -> None:
    assert "602 + 512 + 96 per channel" in TEXT
    assert "24576 + 512 per channel" in TEXT
    for channels in (1, 2, 64, 128):
        layout = wav.Layout.plan(channels, "pcm24")
        assert layout.bext_bytes == 602 + min(512 + 96 * channels, 8190)
        assert layout.ixml_bytes == 24576 + 512 * channels
        assert layout.guan_bytes == 2048
        assert 16384 <= layout.data_offset - 8 - layout.room_offset - 8 < 16384 + 4096
