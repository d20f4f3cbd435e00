"""The list of takes while the slate is changed and another thread reads a take of the slate before."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from capture.journal.record import TakeRecord, summary
from capture.library import Library
from capture.station import shelf
from tests.support.takes import build_take


def test_a_take_read_while_the_slate_is_changed_stays_out_of_the_new_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = Library.open(tmp_path)
    journal = build_take(tmp_path)
    before = summary(journal)
    takes = shelf.Shelf(library)
    takes.turn_to(before.project, before.slate)
    assert [take["uuid"] for take in takes.as_list()] == [before.take]
    reading, go_on = threading.Event(), threading.Event()

    def slowly(path: Path) -> TakeRecord:
        reading.set()
        assert go_on.wait(60)
        return summary(path)

    monkeypatch.setattr(shelf, "summary", slowly)
    hashed = threading.Thread(target=takes.update, args=(journal,))
    hashed.start()
    assert reading.wait(60)
    turned = threading.Thread(target=takes.turn_to, args=("Another project", before.slate))
    turned.start()
    turned.join(0.2)  # may be over by now, or wait for the reader: the list has to be right either way
    go_on.set()
    hashed.join()
    turned.join()
    assert takes.as_list() == []
