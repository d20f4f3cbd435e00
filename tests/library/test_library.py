"""A library: founded once, shared by processes, its takes found and counted from the folders."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
import tomllib
import uuid as uuids
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from capture.errors import EnvironmentLacking
from capture.journal.errors import JournalError
from capture.journal.finish import edit_many
from capture.library import AmbiguousTake, Library, LibraryError, NotALibrary, UnknownTake, default_library
from tests.support.takes import KEY, build_take, journal_fields


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library.open(tmp_path / "library")


def chain_holds(path: Path) -> bool:
    before = "0" * 64
    for seq, raw in enumerate(path.read_bytes().splitlines()):
        line = json.loads(raw)
        if line["seq"] != seq or line["prev"] != before:
            return False
        before = hashlib.sha256(raw).hexdigest()
    return True


class TestFounding:
    def test_it_is_made_once_and_found_again(self, tmp_path: Path) -> None:
        first = Library.open(tmp_path / "a" / "b")
        again = Library.open(tmp_path / "a" / "b", create=False)
        assert first.uuid == again.uuid
        fields = tomllib.loads((tmp_path / "a" / "b" / "takechain.toml").read_text())
        assert fields["format"] == "takechain-library/1"
        assert fields["uuid"] == first.uuid
        uuids.UUID(first.uuid)
        assert [p.name for p in first.path.iterdir()] == ["takechain.toml"]

    def test_many_at_once_found_one_library(self, tmp_path: Path) -> None:
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda _: Library.open(tmp_path / "x").uuid, range(16)))
        assert len(set(found)) == 1

    def test_nothing_is_made_unless_wanted(self, tmp_path: Path) -> None:
        with pytest.raises(NotALibrary, match="no library"):
            Library.open(tmp_path / "none", create=False)
        assert not (tmp_path / "none").exists()

    def test_a_folder_of_other_things_is_not_taken(self, tmp_path: Path) -> None:
        (tmp_path / "holiday.jpg").write_bytes(b"")
        with pytest.raises(NotALibrary, match="holiday") as found:
            Library.open(tmp_path)
        assert found.value.exit_code == 2
        assert Library.open(tmp_path, adopt=True).uuid

    @pytest.mark.parametrize("content", ["", "format = 3", "[", 'format = "takechain-library/1"', "\ufeff"])
    def test_a_broken_identity_is_told_and_kept(self, tmp_path: Path, content: str) -> None:
        (tmp_path / "takechain.toml").write_text(content)
        with pytest.raises((NotALibrary, EnvironmentLacking)):
            Library.open(tmp_path)
        assert (tmp_path / "takechain.toml").read_text() == content

    def test_a_newer_library_is_not_touched(self, tmp_path: Path) -> None:
        (tmp_path / "takechain.toml").write_text('format = "takechain-library/9"\n')
        with pytest.raises(EnvironmentLacking, match="another version"):
            Library.open(tmp_path)

    def test_a_file_in_its_place_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"")
        with pytest.raises(NotALibrary, match="is a file"):
            Library.open(tmp_path / "file")
        with pytest.raises(LibraryError):
            Library.open(tmp_path / "file" / "below")

    def test_the_environment_names_the_default(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        assert default_library() == tmp_path / "library"
        monkeypatch.delenv("TAKECHAIN_LIBRARY")
        assert default_library().name == "Takechain"


class TestItsOwnLines:
    def test_lines_are_chained_and_come_back(self, library: Library) -> None:
        library.append("gear", id="m1", model="SM57")
        library.append("person", id="p1", name="Anna")
        assert [line["type"] for line in library.lines()] == ["library", "gear", "person"]
        assert [line["model"] for line in library.lines("gear")] == ["SM57"]
        assert chain_holds(library.path / "library.jsonl")

    def test_the_last_word_counts(self, library: Library) -> None:
        library.set_setting("rate", 48000)
        library.set_setting("rate", 96000)
        library.set_setting("old", 1)
        library.set_setting("old", None)
        assert library.settings() == {"rate": 96000}
        library.put("gear", "m1", {"model": "SM57"}, by="anna")
        library.put("gear", "m1", {"model": "SM58"})
        library.put("gear", "m2", {"model": "U 87"})
        library.remove("gear", "m2")
        assert {name: line["model"] for name, line in library.records("gear").items()} == {"m1": "SM58"}

    def test_several_processes_may_write_at_once(self, library: Library) -> None:
        script = f"""
from pathlib import Path
from capture.library import Library
library = Library.open(Path({str(library.path)!r}))
for n in range(20):
    library.append("gear", id=str(n))
"""
        running = [subprocess.Popen([sys.executable, "-c", script]) for _ in range(3)]
        threads = [
            threading.Thread(target=lambda: [library.append("person", id=str(n)) for n in range(20)])
            for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [process.wait() for process in running] == [0, 0, 0]
        assert len(library.lines()) == 1 + 100
        assert chain_holds(library.path / "library.jsonl")

    def test_a_torn_line_is_kept_beside_and_the_next_one_follows(self, library: Library) -> None:
        library.append("gear", id="a")
        path = library.path / "library.jsonl"
        path.write_bytes(path.read_bytes() + b'{"half')
        assert len(library.lines()) == 2
        library.append("gear", id="b")
        assert chain_holds(path)
        assert (library.path / "library.jsonl.torn-1").read_bytes() == b'{"half'

    def test_a_damaged_last_line_is_told_and_nothing_lost(self, library: Library) -> None:
        library.append("gear", id="a")
        path = library.path / "library.jsonl"
        path.write_bytes(path.read_bytes() + b"garbage\n")
        before = path.read_bytes()
        with pytest.raises(JournalError, match="last line"):
            library.append("gear", id="b")
        assert path.read_bytes() == before
        assert [line["id"] for line in library.lines("gear")] == ["a"]

    def test_the_room_log_is_by_day(self, library: Library) -> None:
        written = library.room_log("reading", sensor="s1", value=21.5)
        day = written["utc"][:10]
        assert [line["type"] for line in library.room_lines(day)] == ["log", "reading"]
        assert library.room_lines(day, "reading")[0]["value"] == 21.5
        assert library.room_lines("1999-01-01") == []
        assert chain_holds(library.path / "room-log" / f"{day}.jsonl")


class TestOrderOfTakes:
    def build(self, library: Library, number: int, **more: object) -> Path:
        journal = library.slate_path("Nordlys", "2026-11-25", "Aurora") / f"Aurora_T{number:03d}.take.jsonl"
        counter, previous = library.next_counter(journal)
        made = build_take(
            library.path, number=number, counter=counter, previous_begin=previous,
            library_uuid=library.uuid, frames=10, **more,  # type: ignore[arg-type]
        )  # fmt: skip
        assert made == journal
        return made

    def test_each_take_names_the_one_before(self, library: Library) -> None:
        before = None
        for number in (1, 2, 3):
            path = self.build(library, number)
            begin = journal_fields(path)[0]
            assert (begin["counter"], begin["previous_begin"]) == (number, before)
            before = hashlib.sha256(path.read_bytes().split(b"\n")[0]).hexdigest()

    def test_a_place_that_no_take_took_is_given_again(self, library: Library) -> None:
        self.build(library, 1)
        never = library.path / "never.take.jsonl"
        first = library.next_counter(never)
        assert first.counter == 2
        assert library.next_counter(never) == first

    def test_the_order_survives_the_loss_of_the_librarys_own_file(self, library: Library) -> None:
        self.build(library, 1)
        last = self.build(library, 2)
        (library.path / "library.jsonl").unlink()
        digest = hashlib.sha256(last.read_bytes().split(b"\n")[0]).hexdigest()
        assert library.next_counter(library.path / "x.take.jsonl") == (3, digest)

    def test_a_long_file_is_searched_to_its_beginning(self, library: Library) -> None:
        self.build(library, 1)
        library.append("gear", id="big", text="x" * 900_000)
        library.append("gear", id="big", text="x" * 900_000)
        assert library.next_counter(library.path / "x.take.jsonl").counter == 2


class TestNumbers:
    def test_numbers_count_per_slate_over_all_sessions(self, library: Library) -> None:
        assert library.next_number("Nordlys", "Aurora") == 1
        build_take(library.path, session="one", number=1, frames=1)
        build_take(library.path, session="two", slate="aurora", number=4, prefix="Room_T9", frames=1)
        build_take(library.path, session="two", slate="Borealis", number=9, frames=1)
        build_take(library.path, project="Other", number=20, frames=1)
        assert library.next_number("Nordlys", "AURORA") == 5
        assert library.next_number("nordlys", "Borealis") == 10
        assert library.next_number("Nordlys", "New slate") == 1
        assert library.next_number("Nordlys", "New slate", scope="project") == 10

    def test_any_file_of_a_number_keeps_it_taken(self, library: Library) -> None:
        folder = library.slate_path("P", "S", "Aurora")
        folder.mkdir(parents=True)
        (folder / "Aurora_T012-3_01_Kick.wav").write_bytes(b"")
        assert library.next_number("P", "Aurora") == 13

    def test_folders_keep_their_case_and_the_librarys_names_are_its_own(self, library: Library) -> None:
        library.slate_path("Nordlys", "One", "Aurora").mkdir(parents=True)
        assert library.slate_path("NORDLYS", "one", "AURORA") == library.path / "Nordlys" / "One" / "Aurora"
        assert library.slate_path("room-log", "s", "sheets") == library.path / "room-log_" / "s" / "sheets_"
        assert library.slate_path("../..", "a/b", "..") == library.path / "_" / "a_b" / "untitled"


class TestFinding:
    def test_takes_are_found_by_every_name_they_have(self, library: Library) -> None:
        path = build_take(library.path, number=3)
        build_take(library.path, number=4)
        take = journal_fields(path)[0]["take"]
        for ref in (
            take, take[:8], take.upper(), "Aurora_T003", "aurora_t003", "Aurora/3", "aurora/T003",
            "2026-11-25/Aurora/3", "Nordlys/2026-11-25/Aurora/003", str(path),
            str(path.parent / "Aurora_T003_01_Kick.wav"), "Aurora_T003.take.jsonl",
            str(path.relative_to(library.path)),
        ):  # fmt: skip
            assert library.find_take(ref) == path, ref

    def test_a_moved_take_is_found_by_both_names(self, library: Library) -> None:
        path = build_take(library.path, number=3)
        edit_many(path, KEY, [("slate", "Borealis"), ("number", 7)], "anna")
        for ref in ("Aurora_T003", "Borealis_T007", "borealis/7"):
            assert library.find_take(ref) == path

    @pytest.mark.parametrize(
        "ref", ["", "x", "Aurora/9", "0" * 8, "\0", "a" * 5000, "Aurora", "../..", "💥/1"]
    )
    def test_what_is_not_there_is_told(self, library: Library, ref: str) -> None:
        build_take(library.path)
        with pytest.raises(UnknownTake) as found:
            library.find_take(ref)
        assert found.value.exit_code == 2

    def test_what_is_there_twice_is_told(self, library: Library) -> None:
        build_take(library.path, project="A")
        build_take(library.path, project="B")
        with pytest.raises(AmbiguousTake, match="2 takes"):
            library.find_take("Aurora_T001")

    def test_links_out_of_the_library_are_not_followed(self, library: Library, tmp_path: Path) -> None:
        path = build_take(tmp_path / "elsewhere")
        inside = build_take(library.path)
        (library.path / "linked").symlink_to(tmp_path / "elsewhere" / "Nordlys")
        (inside.parent / "Aurora_T009.take.jsonl").symlink_to(path)
        assert list(library.journals()) == [inside]

    def test_journals_come_in_order_and_can_be_narrowed(self, library: Library) -> None:
        one = build_take(library.path, project="A", slate="x")
        two = build_take(library.path, project="A", slate="y")
        three = build_take(library.path, project="B", slate="x")
        assert list(library.journals()) == [one, two, three]
        assert list(library.journals(project="a")) == [one, two]
        assert list(library.journals(project="A", slate="Y")) == [two]
