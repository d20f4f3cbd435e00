"""Loudness is filled behind Stop, in the pass that hashes: into header and journal, and kept by edits."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from capture.journal.finish import edit_after_end, unfinished, write_file_lines
from capture.journal.record import load
from capture.journal.verify import verify_take
from capture.wav.meta import Loudness
from capture.wav.read import read_wav
from tests.support import wav_files
from tests.support.takes import KEY, build_take, journal_fields

RATE = 8000


def _files(journal: Path) -> list[Path]:
    return sorted(journal.parent.glob("*.wav"))


def _white(path: Path) -> float:
    """LKFS of white noise of this power after K-weighting, from the samples alone: the weighting of noise of
    one spectrum is one number, found here by the filters' responses over all frequencies."""
    import soundfile

    from capture.wav.loudness import k_weighting

    samples, rate = soundfile.read(str(path))
    z = np.exp(-1j * np.linspace(0, np.pi, 20001))
    gain = np.ones(len(z))
    for b, a in k_weighting(rate):
        gain = gain * np.abs(np.polyval(b[::-1], z) / np.polyval(a[::-1], z)) ** 2
    return float(-0.691 + 10 * np.log10(np.mean(samples**2) * gain.mean()))


def test_it_stands_in_bext_aswg_and_the_journal_and_stays(tmp_path: Path) -> None:
    from wavinfo import WavInfoReader

    journal = build_take(tmp_path, rate=RATE, frames=4 * RATE, block=RATE)
    edit_after_end(journal, KEY, "verdict", "circled", "anna")
    record = load(journal)
    for path in _files(journal):
        told = record.files[path.name].loudness
        assert told is not None
        assert told.integrated == pytest.approx(_white(path), abs=0.1)
        bext = WavInfoReader(str(path)).bext
        assert bext is not None
        read = (
            bext.loudness_value,
            bext.loudness_range,
            bext.max_true_peak,
            bext.max_momentary_loudness,
            bext.max_shortterm_loudness,
        )
        assert read == told.values
        data = path.read_bytes()
        payload = next(data[at : at + size] for name, at, size in wav_files.chunks(data) if name == b"iXML")
        root = ET.fromstring(payload.rstrip(b" "))
        assert root.findtext("ASWG/loudness") == f"{told.integrated:.2f}"
        assert root.findtext("CIRCLED") == "TRUE"
    assert verify_take(journal).ok
    lines = [line for line in journal_fields(journal) if line["type"] == "file"]
    assert len(lines) == 4
    assert all(line["loudness"]["true_peak"] is not None for line in lines)


def test_until_the_pass_and_in_files_of_more_channels_it_is_not_measured(tmp_path: Path) -> None:
    journal = build_take(tmp_path, rate=RATE, frames=RATE, finished=False)
    bext = read_wav(_files(journal)[0]).bext
    assert bext is not None
    assert bext.loudness == Loudness()
    assert write_file_lines(journal, KEY, lambda: True).cancelled
    assert len(unfinished(load(journal))) == 2
    write_file_lines(journal, KEY)
    bext = read_wav(_files(journal)[0]).bext
    assert bext is not None
    assert bext.loudness.momentary is not None
    assert bext.loudness.short_term is None
    poly = build_take(tmp_path / "poly", tracks=("a", "b", "c"), layout="poly", frames=RATE)
    bext = read_wav(_files(poly)[0]).bext
    assert bext is not None
    assert bext.loudness == Loudness()
    assert load(poly).files[_files(poly)[0].name].loudness is None
    assert verify_take(poly).ok


def test_a_journal_that_tells_nonsense_of_it_is_read(tmp_path: Path) -> None:
    told = {"integrated": "loud", "range": True, "true_peak": 1e9, "momentary": -20, "short_term": None}
    assert Loudness.of(told) == Loudness(momentary=-20.0)
    assert Loudness.of("loud") is None
    assert Loudness.of(None) is None
