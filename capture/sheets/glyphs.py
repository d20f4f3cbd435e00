"""Finds the characters that no font at hand can show.

typst sets a box for such a character and says nothing. So every character is measured in two fonts whose
boxes differ in size: one that is as large as the box in both has no glyph anywhere.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable
from typing import Any

EXTRA = "japanese"
_ASIAN = ("CJK ", "HIRAGANA ", "KATAKANA ", "HANGUL ", "IDEOGRAPHIC ", "FULLWIDTH ", "HALFWIDTH ")
NOBODY_HAS = "\U0010fffe"  # a noncharacter (Unicode 17, section 23.7): its measure is that of the box

_PROBE = b"""
#let signs = json(bytes(sys.inputs.signs))
#let sizes(font) = signs.map(sign => {
  let size = measure(text(font: font, size: 1000pt, top-edge: "bounds", bottom-edge: "bounds", sign))
  (size.width.pt(), size.height.pt())
})
#context [#metadata((sizes("Libertinus Serif"), sizes("DejaVu Sans Mono"))) <sizes>]
"""


def missing(texts: Iterable[str], fonts: Any) -> str:
    """The characters of these texts that no font of `fonts` (typst.Fonts) has, in order, each once."""
    import typst

    signs = sorted({sign for text in texts for sign in text if sign > "~"})
    if not signs:
        return ""
    answer = typst.query(
        _PROBE,
        "<sizes>",
        field="value",
        one=True,
        font_paths=fonts,
        ignore_system_fonts=True,
        sys_inputs={"signs": json.dumps([NOBODY_HAS, *signs])},
    )
    serif, mono = json.loads(answer)
    return "".join(
        sign for sign, a, b in zip(signs, serif[1:], mono[1:], strict=True) if (a, b) == (serif[0], mono[0])
    )


def hint(signs: str) -> str:
    """How to get a font for them, where a package has one; else nothing."""
    asian = any(unicodedata.name(sign, "").startswith(_ASIAN) for sign in signs)
    return f"for Japanese: pip install 'takechain[{EXTRA}]', then make the sheet again" if asian else ""


def words(signs: str) -> str:
    """`3 characters could not be shown: 日本語`, or nothing."""
    if not signs:
        return ""
    noun = "character" if len(signs) == 1 else "characters"
    codes = " ".join(f"U+{ord(sign):04X}" for sign in signs[:12]) + (
        " \N{HORIZONTAL ELLIPSIS}" if len(signs) > 12 else ""
    )
    return f"{len(signs)} {noun} could not be shown: {signs} ({codes})"
