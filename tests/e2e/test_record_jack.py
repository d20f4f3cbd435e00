"""`takechain record` on a real audio server: every sample of every channel, in both formats and layouts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from capture.take import parse_inputs
from tests.support.rig import INTERFACE, Rig, wrong_samples

pytestmark = [pytest.mark.rig, pytest.mark.timeout(900)]
SUBTYPES = {"pcm24": "PCM_24", "float32": "FLOAT"}


def _record(on: Rig, *, inputs: str, seconds: float, layout: str, form: str) -> dict[str, object]:
    words = f"record --interface {INTERFACE} --inputs {inputs} --rate {on.rate} --format {form} --json"
    place = f"--layout {layout} --seconds {seconds} --project Rig --session S --slate {layout}-{form}"
    done = subprocess.run(
        [sys.executable, "-m", "tui.cli", *words.split(), *place.split()],
        env=on.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 3), done.stderr
    take: dict[str, object] = json.loads(done.stdout)
    assert (done.returncode == 3) == (take["condition"] != "clean")
    return take


def _faults(on: Rig, inputs: str, seconds: float, layout: str, form: str) -> list[str]:
    take = _record(on, inputs=inputs, seconds=seconds, layout=layout, form=form)
    files = [Path(str(f["path"])) for f in take["files"]]  # type: ignore[attr-defined]
    frames = int(seconds * on.rate)
    wrong = wrong_samples(files, parse_inputs(inputs), frames, SUBTYPES[form])
    if take["frames"] != frames or take["lost_frames"] or take["gaps"]:
        wrong.append(
            f"the take says {take['frames']} frames, {take['lost_frames']} lost, gaps {take['gaps']}"
        )
    for file in files:
        file.unlink()  # gigabytes would pile up over the matrix; the journal stays
    return wrong


@pytest.mark.parametrize("form", ["pcm24", "float32"])
@pytest.mark.parametrize("layout", ["poly", "track"])
@pytest.mark.parametrize(
    ("channels", "rate", "period", "seconds"), [(16, 48000, 1024, 60), (64, 96000, 2048, 20)]
)
def test_every_sample_is_right(
    channels: int, rate: int, period: int, seconds: int, layout: str, form: str
) -> None:
    with Rig(channels, rate, period) as on:
        on.judge(lambda: _faults(on, f"1-{channels}", seconds, layout, form))


@pytest.mark.parametrize("layout", ["poly", "track"])
def test_chosen_inputs_land_in_their_tracks(layout: str) -> None:
    with Rig(18) as on:
        on.judge(lambda: _faults(on, "3,5,16", 3, layout, "pcm24"))
