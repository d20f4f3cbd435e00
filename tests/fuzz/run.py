"""Feeds damaged and random input to everything that reads what others may have written.

    python3 dev.py fuzz [--inputs 100000] [--target wav] [--seed 1] [--first 0] [--keep FOLDER]

Per target: how many inputs, how many were accepted and refused (by an error of the room's own), seconds, the
process's peak memory and how far it grew. A fault is any other exception, an input over its time limit,
memory over its bound, or a promise of the reader that does not hold; each is kept as a file and can be made
again by its number. Exit code 1 when there was one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from tests.fuzz.harness import Job, Target, report, run
from tests.fuzz.journal_target import JournalTarget
from tests.fuzz.settings_target import SettingsTarget
from tests.fuzz.socket_target import SocketTarget
from tests.fuzz.wav_target import WavTarget

TARGETS: dict[str, type[Target]] = {
    "wav": WavTarget,
    "journal": JournalTarget,
    "settings": SettingsTarget,
    "socket": SocketTarget,
}
LIMIT_SECONDS = 10.0


def main(arguments: list[str]) -> int:
    """Read the command line, run the targets one after another, print the table."""
    parser = argparse.ArgumentParser(prog="dev.py fuzz", description="Damaged input for every reader.")
    parser.add_argument("--inputs", type=int, default=20_000, help="inputs for each target")
    parser.add_argument("--target", choices=sorted(TARGETS), help="this one alone")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the number of the first input")
    parser.add_argument("--limit", type=float, default=LIMIT_SECONDS, help="seconds for one input")
    keep = Path(tempfile.gettempdir()) / "takechain-fuzz"
    parser.add_argument("--keep", type=Path, default=keep, help="where inputs that found a fault are put")
    given = parser.parse_args(arguments)
    names = [given.target] if given.target else list(TARGETS)
    return report(
        [
            run(Job(TARGETS[name], name, given.seed, given.first, given.inputs, given.limit, given.keep))
            for name in names
        ]
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
