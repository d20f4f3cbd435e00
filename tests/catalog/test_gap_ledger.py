"""A gap has its place, length, ± and cause in journal, database, file and sheet: the same everywhere."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from sqlalchemy import select
from sqlalchemy.orm import Session as Work

from capture.catalog import models as m
from capture.catalog.catalog import Catalog
from capture.journal.finish import write_file_lines
from capture.journal.record import load
from capture.journal.verify import verify_take
from capture.journal.writer import JournalWriter
from capture.library import Library
from capture.sheets import build_take as build_sheet
from tests.support.takes import (
    KEY,
    STARTED,
    Clock,
    build_take,
    end_take,
    journal_fields,
    samples,
    write_audio,
)
from tests.support.wav_files import libsndfile_cues

MEMBERS = ("first", "frames", "first_pm", "frames_pm", "cause", "filled")
INSIDE = (300, 20, 2, 3, "clock <&> step", True)
BETWEEN = (1200, 800, 0, 47, "the recorder was restarted", False)


def _fields(gap: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(MEMBERS, gap, strict=True))


def two_parts(library: Library) -> Path:
    """A take with a silence in its first part and a hole before its second."""
    lines = [("gap", INSIDE[0], _fields(INSIDE))]
    path = build_take(library.path, library_uuid=library.uuid, lines=lines, ended=False)
    names, clock = ["Aurora_T001-2_01_Kick.wav", "Aurora_T001-2_02_Snare.wav"], Clock(STARTED + timedelta(1))
    with JournalWriter.reopen(path) as writer:
        writer.append("gap", BETWEEN[0], **_fields(BETWEEN))
        place = {"first": 2000, "first_pm": 47, "time_reference": writer.record.time_reference + 2000}
        writer.append("part", 2000, part=2, files=names, cause=BETWEEN[4], **place)
        audio = samples(700, 2, seed=2)
        write_audio(writer, audio, 500, clock)
        end_take(writer, audio, clock)
        writer.seal(KEY)
    assert not write_file_lines(path, KEY).problems
    return path


def told_by(wav: Path) -> list[tuple[Any, ...]]:
    """The gaps of a file's iXML, as the journal would have them."""
    xml = re.search(rb"<\?xml.*</BWFXML>", wav.read_bytes(), re.DOTALL)
    assert xml
    part = 2000 if "-2_" in wav.name else 0
    rows = [gap.attrib for gap in ET.fromstring(xml[0].decode()).iter("GAP")]
    return [
        (
            int(row["first"]) + part,
            *(int(row[name]) for name in ("frames", "first_pm", "frames_pm")),
            row["cause"],
            row["filled"] == "yes",
        )
        for row in rows
    ]


def test_journal_database_file_and_sheet_tell_the_same_of_a_gap(catalog: Catalog, library: Library) -> None:
    path = two_parts(library)
    assert verify_take(path).ok
    lines = [line for line in journal_fields(path) if line["type"] == "gap"]
    assert [tuple(line[name] for name in MEMBERS) for line in lines] == [INSIDE, BETWEEN]

    catalog.ingest(path)
    with Work(catalog.engine) as work:
        rows = work.scalars(select(m.Gap).order_by(m.Gap.first)).all()
        assert [tuple(getattr(row, name) for name in MEMBERS) for row in rows] == [INSIDE, BETWEEN]

    for _, _, name in load(path).media:
        wav = path.parent / name
        assert told_by(wav) == ([BETWEEN] if "-2_" in name else [INSIDE, BETWEEN])
        assert libsndfile_cues(wav) == ([] if "-2_" in name else [300])

    sheet = build_sheet(path)
    assert [tuple(getattr(gap, name) for name in MEMBERS) for gap in sheet.gaps] == [INSIDE, BETWEEN]
