"""Programs that are not ours read what we write, and agree."""

from __future__ import annotations

import struct
import wave
from pathlib import Path

import pytest

from capture import wav
from tests.support import wav_files
from tests.support.wav_files import READERS, TIME_REFERENCE

FOUR_GIB = 4 << 30


def _agree(path: Path, about: wav.FileMeta, frames: int) -> None:
    for reader in READERS:
        seen = reader(path)
        where = f"{reader.__name__} of {path.name}"
        assert (seen.frames, seen.channels, seen.rate) == (frames, about.channels, about.sample_rate), where
        # sox names the precision of float as 25 bits: what a float32 can hold
        assert seen.bits in (about.bits, 25 if about.format == "float32" else about.bits), where
        if seen.time_reference is not None:
            assert seen.time_reference == TIME_REFERENCE, where
    told = wav_files.wavinfo(path)
    assert (told.scene, told.take) == (about.scene, about.take)
    assert told.tracks == tuple(track.name for track in about.tracks)
    assert wav_files.ffprobe(path).time_reference == TIME_REFERENCE
    assert wav_files.mediainfo(path).time_reference == TIME_REFERENCE


@pytest.mark.parametrize("format_", ["pcm24", "float32"])
@pytest.mark.parametrize("channels", [1, 2, 8, 64])
def test_every_reader_sees_the_same_file(tmp_path: Path, channels: int, format_: str) -> None:
    about = wav_files.meta(channels, format_)
    path = tmp_path / "take.wav"
    wav_files.write(path, about, 9601)  # an odd length: mono 24-bit needs its pad byte
    _agree(path, about, 9601)


@pytest.mark.parametrize(
    ("channels", "format_"), [(1, "pcm24"), (2, "float32"), (8, "pcm24"), (64, "float32")]
)
def test_every_reader_sees_the_same_file_over_4_gib(tmp_path: Path, channels: int, format_: str) -> None:
    about = wav_files.meta(channels, format_)
    path = tmp_path / "long.wav"
    frames = FOUR_GIB // wav.Layout.plan(channels, about.format).block_align + 1001
    wav_files.write(path, about, frames)
    assert path.stat().st_size > FOUR_GIB
    assert wav_files.start(path, 4) == b"RF64"
    _agree(path, about, frames)


@pytest.mark.parametrize("step", [-1, 0, 1])
@pytest.mark.parametrize(("channels", "format_"), [(1, "pcm24"), (2, "pcm24"), (8, "float32")])
def test_every_reader_sees_the_border_to_rf64(tmp_path: Path, channels: int, format_: str, step: int) -> None:
    about = wav_files.meta(channels, format_)
    layout = wav.Layout.plan(channels, about.format)
    longest = (FOUR_GIB - 65536 - layout.data_offset) // layout.block_align  # whole file up to 4 GiB - 64 KiB
    path = tmp_path / "border.wav"
    wav_files.write(path, about, longest + step)
    assert wav_files.start(path, 4) == (b"RF64" if step == 1 else b"RIFF")
    _agree(path, about, longest + step)


def test_exiftool_reads_take_tracks_and_markers(tmp_path: Path) -> None:
    path = tmp_path / "take.wav"
    wav_files.write(path, wav_files.meta(2), 9600)
    seen = wav_files.exiftool(path)
    named = {key.split(":")[-1]: value for key, value in seen.items()}
    assert (named["NumChannels"], named["SampleRate"], named["BitsPerSample"]) == (2, 48000, 24)
    assert named["TimeReference"] == TIME_REFERENCE
    assert named["BWFVersion"] == 2
    assert named["BwfxmlScene"] == "Vers 2"
    assert named["BwfxmlTake"] == "007"
    assert named["BwfxmlTakechainVerdict"] == "none"
    assert named["Description"].startswith("Vers 2 take 007 ")
    assert "sSCENE=Vers 2\r\nsTAKE=007\r\n" in named["Description"]


def test_markers_and_gaps_are_seen_by_libsndfile_wavinfo_and_exiftool(tmp_path: Path) -> None:
    from wavinfo import WavInfoReader

    path = tmp_path / "take.wav"
    wav_files.write(path, wav_files.meta(8), 9600)
    assert wav_files.libsndfile_cues(path) == [100, 2000, 4000]
    assert WavInfoReader(str(path)).cues.to_dict() == {
        1: {"frame": 100, "label": "verse"},
        2: {"frame": 2000, "label": "gap: server stall", "length": 480},
        3: {"frame": 4000, "label": "coda"},
    }
    assert "1 verse" in str(wav_files.exiftool(path))


def test_guano_reads_its_lines(tmp_path: Path) -> None:
    import guano

    path = tmp_path / "take.wav"
    about = wav_files.meta(1, temperature_c=21.5, humidity_percent=44, pressure_hpa=1002.3, note="one\ntwo")
    wav_files.write(path, about, 9601)
    seen = guano.GuanoFile(str(path))
    assert seen["Timestamp"] == wav_files.WHEN
    assert (seen["Samplerate"], seen["Length"]) == (48000, pytest.approx(9601 / 48000, abs=1e-6))
    assert (seen["Temperature Ext"], seen["Humidity"]) == ("21.5", "44")
    assert seen["TKC", "Pressure hPa"] == "1002.3"
    assert seen["Note"] == "one\ntwo"


def test_the_standard_library_reads_mono_and_stereo(tmp_path: Path) -> None:
    path = tmp_path / "take.wav"
    wav_files.write(path, wav_files.meta(2), 9601)
    with wave.open(str(path)) as file:
        assert file.getparams()[:4] == (2, 3, 48000, 9601)


def test_samples_come_back_through_libsndfile(tmp_path: Path) -> None:
    import soundfile

    values = [0, 1, -1, 8388607, -8388608, 255, -256]
    audio = b"".join(struct.pack("<i", v)[:3] for v in values)
    path = tmp_path / "take.wav"
    wav_files.write(path, wav_files.meta(1), len(values), audio)
    read, _ = soundfile.read(str(path), dtype="int32")
    assert [int(v) >> 8 for v in read] == values
