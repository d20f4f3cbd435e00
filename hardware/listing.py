"""`python -m hardware.listing`: one JSON object of all PortAudio inputs, then the process ends.

Audio libraries print what they like to both output streams while they start, so our answer goes out
on a copy of standard output that they do not know.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from typing import Any

from hardware.errors import HardwareError, PortAudioMissing


def main() -> None:
    """Write the answer and leave without PortAudio's clean-up, which can hang."""
    answer_to = os.dup(1)
    os.dup2(2, 1)
    line = json.dumps(_answer()).encode()
    with os.fdopen(answer_to, "wb") as out:
        out.write(line)
    os._exit(0)


def _answer() -> dict[str, Any]:
    try:
        from hardware.portaudio import enumerate_inputs

        return {"interfaces": [asdict(interface) for interface in enumerate_inputs()]}
    except PortAudioMissing:
        return {"missing": True}
    except HardwareError as error:
        return {"failed": error.what}
    except Exception as error:  # PortAudio raises many things while it starts; each is an answer
        return {"failed": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    main()
