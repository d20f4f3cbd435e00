"""Files mended and headers made again: audio is never moved, shortened or guessed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capture import wav
from capture.take import Verdict
from tests.support import wav_files


def _crashed(path: Path, about: wav.FileMeta, said: int, audio: bytes) -> wav.Layout:
    """A file whose header speaks of `said` frames and whose audio goes on."""
    path.write_bytes(wav.header(about, said) + audio)
    return wav.Layout.plan(about.channels, about.format)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 4), st.sampled_from(["pcm24", "float32"]), st.integers(0, 50), st.binary(max_size=2000))
def test_repair_counts_what_is_there(
    tmp_path: Path, channels: int, format_: str, said: int, audio: bytes
) -> None:
    path = tmp_path / "take.wav"
    layout = _crashed(path, wav_files.meta(channels, format_), said, audio)
    frames, partial = divmod(len(audio), layout.block_align)
    assert wav.read_wav(path).frames == frames or said * layout.block_align == len(audio) - 1
    done = wav.repair_sizes(path)
    assert done.frames == frames
    after = path.read_bytes()
    assert after[layout.data_offset :][: len(audio)] == audio
    assert len(after) - layout.data_offset - len(audio) in (0, 1)
    assert wav.read_wav(path).frames == frames
    assert not wav.repair_sizes(path).changed
    if partial == 0:
        assert wav.read_wav(path).sizes_true
    elif (frames * layout.block_align) % 2 == 0 or partial > 1:
        assert done.partial_bytes == partial


@pytest.mark.parametrize(("channels", "format_"), [(1, "pcm24"), (2, "float32"), (8, "pcm24")])
def test_every_reader_agrees_after_a_repair(tmp_path: Path, channels: int, format_: str) -> None:
    path = tmp_path / "take.wav"
    layout = wav.Layout.plan(channels, wav_files.meta(channels, format_).format)
    for extra in (0, 2):  # with and without a last frame cut short
        audio = bytes(range(1, 241)) * 40
        audio = audio[: 301 * layout.block_align + extra]
        _crashed(path, wav_files.meta(channels, format_), 17, audio)
        assert wav.repair_sizes(path) == wav.Repair(301, extra, True)
        for reader in wav_files.READERS:
            assert reader(path).frames == 301, reader.__name__


def test_a_file_that_is_whole_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "take.wav"
    for channels, frames in ((1, 101), (2, 100), (8, 0)):
        wav_files.write(path, wav_files.meta(channels), frames)
        before = (path.read_bytes(), path.stat().st_mtime_ns)
        assert wav.repair_sizes(path) == wav.Repair(frames, 0, False)
        assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_a_file_of_others_is_left_alone(tmp_path: Path) -> None:
    import numpy as np
    import soundfile

    path = tmp_path / "other.wav"
    soundfile.write(str(path), np.zeros((10, 2), np.float32), 48000, "PCM_24")
    before = path.read_bytes()
    with pytest.raises(wav.WavError, match="left alone"):
        wav.repair_sizes(path)
    with pytest.raises(wav.WavError, match="not written by Takechain"):
        wav.rewrite_header(path, wav_files.meta(2))
    assert path.read_bytes() == before
    with pytest.raises(wav.WavError, match="cannot be mended"):
        wav.repair_sizes(tmp_path / "none.wav")


def test_a_link_is_never_written_through(tmp_path: Path) -> None:
    away, link = tmp_path / "away.wav", tmp_path / "take.wav"
    _crashed(away, wav_files.meta(1), 17, bytes(range(1, 241)))
    link.symlink_to(away)
    before = away.read_bytes()
    for act in (
        wav.repair_sizes,
        lambda p: wav.write_header(p, before[:45056]),
        lambda p: wav.replace_header(p, b"x"),
    ):
        with pytest.raises(wav.WavError, match="symbolic link"):
            act(link)
    assert away.read_bytes() == before


def test_only_looking_says_the_same_and_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "take.wav"
    _crashed(path, wav_files.meta(1), 17, bytes(range(1, 241)))
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    path.chmod(0o400)
    assert wav.repair_sizes(path, dry_run=True) == wav.Repair(80, 0, True)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    path.chmod(0o600)
    assert wav.repair_sizes(path) == wav.Repair(80, 0, True)


def test_a_header_made_again_says_the_new_and_moves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "take.wav"
    about = wav_files.meta(2, markers=(), gaps=(), note="")
    audio = bytes(range(240)) * 25
    layout = _crashed(path, about, 1000, audio)
    edited = replace(
        about,
        verdict=Verdict.CIRCLED,
        note="the one",
        markers=(wav.MarkerMeta(500, "solo"),),
        tracks=tuple(replace(t, name=f"{t.name} renamed") for t in about.tracks),
    )
    fresh = wav.rewrite_header(path, edited)
    assert path.read_bytes()[layout.data_offset :] == audio
    assert len(fresh) == layout.data_offset
    wav.write_header(path, fresh)
    data = path.read_bytes()
    assert data[: len(fresh)] == fresh
    assert data[len(fresh) :] == audio
    info = wav.read_wav(path)
    assert info.ixml is not None
    assert (info.frames, info.sizes_true, info.ixml.fields["CIRCLED"]) == (1000, True, "TRUE")
    assert info.ixml.fields["NOTE"] == "the one"
    assert [t.name for t in info.ixml.tracks] == ["Mic 3 renamed", "Mic 4 renamed"]
    assert [(c.frame, c.text) for c in info.cues] == [(500, "solo")]
    assert wav.rewrite_header(path, edited) == fresh
    for reader in wav_files.READERS:
        assert reader(path).frames == 1000


def test_reserves_are_those_of_the_file_not_of_the_program(tmp_path: Path) -> None:
    path = tmp_path / "old.wav"
    about = wav_files.meta(2)
    planned = wav.Layout.plan(2, "pcm24")
    old = replace(planned, ixml_bytes=8192, guan_bytes=600, data_offset=20480)
    path.write_bytes(wav.header(about, 10, old) + bytes(60))
    assert wav.layout_of(wav.read_wav(path)) == old
    assert len(wav.rewrite_header(path, about)) == 20480


def test_a_header_of_another_length_or_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "take.wav"
    wav_files.write(path, wav_files.meta(2), 10)
    before = path.read_bytes()
    with pytest.raises(wav.WavError, match="length"):
        wav.write_header(path, before[:4096])
    with pytest.raises(wav.WavError, match="Hz"):
        wav.rewrite_header(path, wav_files.meta(2, rate=96000))
    with pytest.raises(wav.WavError, match="does not fit"):
        wav.rewrite_header(path, wav_files.meta(1))
    assert path.read_bytes() == before


def test_a_header_over_4_gib_is_made_again_as_rf64(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    about = wav_files.meta(8)
    frames = (4 << 30) // 24 + 10
    layout = wav_files.write(path, about, frames)
    wav.write_header(path, wav.rewrite_header(path, replace(about, verdict=Verdict.NO_GOOD)))
    assert path.stat().st_size == layout.data_offset + frames * 24
    for reader in wav_files.READERS:
        assert reader(path).frames == frames
    assert wav_files.start(path, 4) == b"RF64"
