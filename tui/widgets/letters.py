"""Letters large enough to be read across a room, drawn with half blocks so that a pixel is nearly square."""

from __future__ import annotations

from functools import lru_cache

_FONT = {
    "0": ".##. #..# #..# #..# .##.",
    "1": ".#. ##. .#. .#. ###",
    "2": "###. ...# .##. #... ####",
    "3": "###. ...# .##. ...# ###.",
    "4": "#..# #..# #### ...# ...#",
    "5": "#### #... ###. ...# ###.",
    "6": ".##. #... ###. #..# .##.",
    "7": "#### ...# ..#. .#.. .#..",
    "8": ".##. #..# .##. #..# .##.",
    "9": ".##. #..# .### ...# .##.",
    ":": ". # . # .",
    ".": ". . . . #",
    "-": "... ... ### ... ...",
    " ": ".. .. .. .. ..",
    "A": ".##. #..# #### #..# #..#",
    "C": ".### #... #... #... .###",
    "D": "###. #..# #..# #..# ###.",
    "E": "#### #... ###. #... ####",
    "F": "#### #... ###. #... #...",
    "G": ".### #... #.## #..# .###",
    "I": "# # # # #",
    "L": "#... #... #... #... ####",
    "M": "#...# ##.## #.#.# #...# #...#",
    "N": "#..# ##.# #.## #..# #..#",
    "O": ".##. #..# #..# #..# .##.",
    "R": "###. #..# ###. #.#. #..#",
    "S": ".### #... .##. ...# ###.",
    "T": "### .#. .#. .#. .#.",
    "V": "#..# #..# #..# .##. .##.",
    "Y": "#.# #.# .#. .#. .#.",
    "■": "##### ##### ##### ##### #####",
    "●": ".###. #...# #...# #...# .###.",
    "⏺": ".###. ##### ##### ##### .###.",
    "◌": ".#.#. #...# ..... #...# .#.#.",
    "✖": "#...# .#.#. ..#.. .#.#. #...#",
    "…": "..... ..... ..... ..... #.#.#",
}
PIXEL_ROWS = 5


@lru_cache(maxsize=64)
def width(text: str, scale: int = 1) -> int:
    """How many cells `drawn` needs."""
    return len(_pixels(text)[0]) * scale


@lru_cache(maxsize=64)
def drawn(text: str, scale: int = 1) -> list[str]:
    """The text in 3 rows at scale 1, 5 rows at scale 2; signs the font lacks are left out."""
    rows = ["".join(pixel * scale for pixel in row) for row in _pixels(text) for _ in range(scale)]
    if len(rows) % 2:
        rows.append("." * len(rows[0]))
    return [_half(upper, lower) for upper, lower in zip(rows[::2], rows[1::2], strict=True)]


def _pixels(text: str) -> list[str]:
    glyphs = [_FONT[sign].split() for sign in text if sign in _FONT]
    return [".".join(glyph[y] for glyph in glyphs) for y in range(PIXEL_ROWS)]


def _half(upper: str, lower: str) -> str:
    signs = {"..": " ", "#.": "▀", ".#": "▄", "##": "█"}
    return "".join(signs[a + b] for a, b in zip(upper, lower, strict=True))
