"""What the simulated interface plays: a small band at 96 beats a minute, mixed anew for every input.

Eight parts (kick, snare, hat, bass, guitar, keys, voice, a room microphone) repeat over the inputs with
other gains and offsets. A part is a loop of its own length, so the mix takes minutes to come round; the noise
floor under it (-75 to -60 dBFS, different per input) is cut anew from a long stretch for every block. All
values lie on the 24-bit grid: integers over 2^23.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from hardware.interfaces import Samples

BEAT_SECONDS = 60 / 96
BLOCK = 1024  # frames for which one cut of the noise serves
_NOISE_FRAMES = 1 << 15
_GRID = np.float32(1 << 23)
_CEILING = np.float32(1 - 2**-23)
PARTS = ("kick", "snare", "hat", "bass", "guitar", "keys", "voice", "room")


class Sources:
    """The band at one rate for a number of inputs; the same seed plays the same samples for ever."""

    def __init__(self, rate: int, channels: int, seed: int = 1) -> None:
        self.rate = rate
        self.channels = channels
        self.seed = seed
        random = np.random.default_rng([seed, rate])
        self._loops = [_LOOPS[part](rate, random) for part in PARTS[: min(channels, len(PARTS) - 1)]]
        self._places = [self._place(channel) for channel in range(channels)]
        floors = 10 ** (_floors_db(channels, seed) / 20)
        noise = random.standard_normal((_NOISE_FRAMES + BLOCK, channels), np.float32)
        self._noise = noise * floors.astype(np.float32)

    def _place(self, channel: int) -> list[tuple[Samples, int, np.float32]]:
        """Loop, offset in frames and gain of everything this input hears."""
        group, part = divmod(channel, len(PARTS))
        if part < len(PARTS) - 1:
            offset = int(group * 3 * BEAT_SECONDS * self.rate)
            return [(self._loops[part], offset, np.float32(0.8**group))]
        metres = (3.1, 3.6, 4.0, 5.2, 4.4, 4.9, 2.7)  # from each player to the room microphone
        return [
            (loop, -int(distance / 344 * self.rate), np.float32(0.35 / distance * 0.9**group))
            for loop, distance in zip(self._loops, metres, strict=True)
        ]

    def render(self, first: int, out: Samples) -> None:
        """Fill `out` (frames, channels) with the frames from `first` on."""
        done = 0
        while done < len(out):
            block, within = divmod(first + done, BLOCK)
            count = min(BLOCK - within, len(out) - done)
            self._render_block(block, within, out[done : done + count])
            done += count

    def _render_block(self, block: int, within: int, out: Samples) -> None:
        cut = _scramble(block + (self.seed << 40)) % _NOISE_FRAMES + within
        out[:] = self._noise[cut : cut + len(out)]
        frame = block * BLOCK + within
        for channel, heard in enumerate(self._places):
            column = out[:, channel]
            for loop, offset, gain in heard:
                _add_loop(column, loop, frame + offset, gain)
        np.multiply(out, _GRID, out=out)
        np.rint(out, out=out)
        np.divide(out, _GRID, out=out)
        np.clip(out, np.float32(-1), _CEILING, out=out)


def _add_loop(column: Samples, loop: Samples, at: int, gain: np.float32) -> None:
    start, done = at % len(loop), 0
    while done < len(column):
        piece = loop[start : start + len(column) - done]
        column[done : done + len(piece)] += piece * gain
        done += len(piece)
        start = 0


def _scramble(value: int) -> int:
    """A well mixed 64-bit number from a counter (the finaliser of SplitMix64, Steele et al. 2014)."""
    mask = (1 << 64) - 1
    value = (value + 0x9E3779B97F4A7C15) & mask
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & mask
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & mask
    return value ^ (value >> 31)


def _floors_db(channels: int, seed: int) -> NDArray[np.float64]:
    places = [_scramble(seed * 1009 + channel) % 1000 for channel in range(channels)]
    return -75 + 15 * np.array(places) / 999


def _empty(rate: int, beats: int) -> Samples:
    return np.zeros(int(beats * BEAT_SECONDS * rate), np.float32)


def _strike(loop: Samples, rate: int, beat: float, sound: Samples, gain: float) -> None:
    """Add a sound at a beat; what rings past the end comes round at the start."""
    at = int(beat * BEAT_SECONDS * rate)
    places = np.arange(at, at + len(sound)) % len(loop)
    loop[places] += np.float32(gain) * sound


def _time(rate: int, seconds: float) -> Samples:
    return np.arange(int(seconds * rate), dtype=np.float32) / np.float32(rate)


def _kick(rate: int, random: np.random.Generator) -> Samples:
    loop, t = _empty(rate, 8), _time(rate, 0.4)
    body = np.sin(2 * np.pi * (48 * t + 4 * (1 - np.exp(-t / 0.03)))) * np.exp(-t / 0.12)
    for beat in (0, 2, 3.5, 4, 6):
        _strike(loop, rate, beat, body.astype(np.float32), 0.5 * random.uniform(0.85, 1))
    return loop


def _snare(rate: int, random: np.random.Generator) -> Samples:
    loop, t = _empty(rate, 12), _time(rate, 0.25)
    for beat in (1, 3, 5, 7, 7.75, 9, 11):
        rattle = random.standard_normal(len(t), np.float32) * np.exp(-t / 0.06) * 0.35
        shell = np.sin(2 * np.pi * 187 * t) * np.exp(-t / 0.08) * 0.5
        _strike(loop, rate, beat, (rattle + shell).astype(np.float32), 0.35 * random.uniform(0.8, 1))
    return loop


def _hat(rate: int, random: np.random.Generator) -> Samples:
    loop, t = _empty(rate, 10), _time(rate, 0.08)
    for half in range(20):
        bright = np.diff(random.standard_normal(len(t) + 1, np.float32))
        sound = bright * np.exp(-t / 0.015)
        _strike(loop, rate, half / 2, sound.astype(np.float32), 0.06 * random.uniform(0.6, 1))
    return loop


def _pluck(rate: int, hertz: float, seconds: float) -> Samples:
    """A string: partials that die away the faster the higher they are."""
    t = _time(rate, seconds)
    sound = np.zeros(len(t), np.float32)
    for partial in range(1, 9):
        sound += np.sin(2 * np.pi * hertz * partial * t) * np.exp(-t * partial / seconds * 2) / partial**1.3
    attack = np.minimum(t / 0.002, 1)
    struck: Samples = (sound * attack).astype(np.float32)
    return struck


def _bass(rate: int, random: np.random.Generator) -> Samples:
    loop = _empty(rate, 16)
    for beat, semitone in enumerate((0, 0, 7, 5, 0, 3, 5, 7, 0, 0, 10, 7, 5, 3)):
        sound = _pluck(rate, 41.2 * 2 ** (semitone / 12), 0.9)
        _strike(loop, rate, beat, sound, 0.22 * random.uniform(0.8, 1))
    return loop


def _guitar(rate: int, random: np.random.Generator) -> Samples:
    loop = _empty(rate, 14)
    for chord in range(6):
        for string, semitone in enumerate((0, 7, 12, 16)):
            sound = _pluck(rate, 164.8 * 2 ** ((semitone + (0, 5, 3)[chord % 3]) / 12), 1.3)
            _strike(loop, rate, chord * 2 + string * 0.03, sound, 0.06 * random.uniform(0.7, 1))
    return loop


def _keys(rate: int, random: np.random.Generator) -> Samples:
    loop, t = _empty(rate, 18), _time(rate, 2.2)
    swell = np.sin(np.pi * np.minimum(t / 2.2, 1)) ** 0.5
    for chord, root in enumerate((220.0, 196.0, 261.6, 174.6)):
        for ratio in (1, 1.26, 1.498):
            tone = np.sin(2 * np.pi * root * ratio * t) * swell
            _strike(loop, rate, chord * 4, tone.astype(np.float32), 0.05 * random.uniform(0.8, 1))
    return loop


def _voice(rate: int, random: np.random.Generator) -> Samples:
    """Sung phrases of a few notes with breaths of a beat or more between them."""
    loop = _empty(rate, 22)
    for phrase in (0.5, 7, 14):
        for note in range(4):
            seconds = BEAT_SECONDS * random.uniform(0.8, 1.3)
            t = _time(rate, seconds)
            hertz = 220 * 2 ** (random.integers(0, 8) / 12)
            turns = hertz * t - 0.006 * hertz / 5.5 * np.cos(2 * np.pi * 5.5 * t)  # vibrato, 5.5 Hz
            sound = np.zeros(len(t), np.float32)
            for partial in range(1, 13):
                formant = math.exp(-(((hertz * partial - 650) / 500) ** 2)) + 0.3 / partial
                sound += np.float32(formant) * np.sin(2 * np.pi * partial * turns).astype(np.float32)
            shape = np.minimum(np.minimum(t / 0.04, (seconds - t) / 0.12), 1)
            _strike(loop, rate, phrase + note * 1.25, (sound * shape).astype(np.float32), 0.09)
    return loop


_LOOPS = {
    "kick": _kick,
    "snare": _snare,
    "hat": _hat,
    "bass": _bass,
    "guitar": _guitar,
    "keys": _keys,
    "voice": _voice,
}
