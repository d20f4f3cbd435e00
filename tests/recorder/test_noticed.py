"""What is noticed goes into the journal behind its audio, also where frames are lost or the disk gives up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from capture.journal.finish import write_file_lines
from capture.journal.lines import read_lines
from capture.journal.verify import verify_take
from capture.recorder.meter import FULL_SCALE
from tests.recorder import test_engine as scripted
from tests.support.takes import KEY


class OneDeadInput(scripted.ScriptedStream):
    """Input 2 gives zeros; input 3 clips for a moment each second."""

    def read(self) -> list[np.ndarray]:
        chunks = super().read()
        at = self.frames - sum(map(len, chunks))
        for chunk in chunks:
            chunk[:, 1] = 0
            chunk[np.arange(at, at + len(chunk)) % scripted.RATE < 4, 2] = FULL_SCALE
            at += len(chunk)
        return chunks


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> scripted.Bench:
    monkeypatch.setattr(scripted, "ScriptedStream", OneDeadInput)
    return scripted.Bench(tmp_path)


def test_a_loss_ends_what_went_on_at_its_place(bench: scripted.Bench) -> None:
    take = bench.start()
    bench.open(take)
    bench.turn(4.0)
    bench.stream.lose(20)
    bench.turn(4.0)
    record = bench.stop()
    (gap,) = record.gaps
    before, after = [signal for signal in record.signals if signal.kind == "zeros"]
    assert (before.input, before.first, before.end) == (2, 0, gap.first)
    assert (after.input, after.end) == (2, record.frames)
    behind = gap.first + gap.frames  # what came before the loss was seen is not counted
    assert behind <= after.first < behind + 0.7 * scripted.RATE
    assert all(signal.input == 3 for signal in record.signals if signal.kind != "zeros")
    assert not write_file_lines(bench.journal, KEY).problems
    report = verify_take(bench.journal)
    assert report.ok, report.findings


def test_no_line_speaks_of_audio_that_is_not_on_disk(bench: scripted.Bench) -> None:
    take = bench.start()
    bench.open(take)
    bench.turn(6.0)
    record = bench.stop()
    written = 0
    for line in read_lines(bench.journal).lines:
        if line.type == "block":
            written = line.fields["first"] + line.fields["frames"]
        if line.type == "signal":
            assert line.fields["first"] + line.fields["frames"] <= written
    clipped = [signal for signal in record.signals if signal.kind == "clipping"]
    assert [signal.input for signal in clipped] == [3]
    assert clipped[0].value == pytest.approx(6, abs=1)
    assert {signal.kind for signal in record.signals} == {"zeros", "clipping"}
