"""`python -m capture.station LIBRARY`: the station process, started by the first client."""

from __future__ import annotations

import sys
from pathlib import Path

from capture.clock import utc_text
from capture.errors import TakechainError

SWITCH_SECONDS = 0.0005
"""Long journals are read behind answers: those wait a tenth of what they would at Python's own 5 ms."""


def main(arguments: list[str]) -> int:
    """Serve one library until nobody needs it; returns the exit code."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m capture.station LIBRARY\n")
        return 2
    from capture.station.client import write_start_error
    from capture.station.service import serve

    sys.setswitchinterval(SWITCH_SECONDS)
    library = Path(arguments[0])
    try:
        why = serve(library)
    except TakechainError as error:
        write_start_error(library, error.as_dict())
        sys.stderr.write(f"{utc_text()} {error.what}\n{error.do}\n")
        return error.exit_code
    sys.stderr.write(f"{utc_text()} left: {why}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
