"""What a take sheet says of sound in the air of the take: figures, and distances with their times."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SoundFigure:
    """One figure of the air, in words; `note` says what its ± leaves out."""

    what: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class DistanceRow:
    """A distance in metres: `where` (inputs), `what`, how it is known; ms and its ± from the take's air.

    Of one source at two microphones also how much lower it is at the far one: `level_db` by distance alone,
    `air_db` by the air at 8 kHz. None is *not known*.
    """

    where: str
    what: str
    metres: float
    how: str
    ms: float | None
    ms_pm: float | None
    level_db: float | None
    air_db: float | None


@dataclass(frozen=True)
class Sound:
    """What the take's air does, what was assumed for it, and the distances sound went."""

    figures: tuple[SoundFigure, ...]
    assumed: tuple[str, ...]
    distances: tuple[DistanceRow, ...]
