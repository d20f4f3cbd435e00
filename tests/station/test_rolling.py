"""Takes through real processes: roll, mark, stop, say something of them, and read what lies on disk."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile
import wavinfo

from capture.errors import TakechainError
from capture.journal.record import summary
from capture.station.shelf import take_entry
from tests.support.poll import until
from tests.support.stations import Desk, assert_whole, desk, lines, samples


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One station for this file's tests: starting one takes longer than most of them."""
    with (
        pytest.MonkeyPatch.context() as patch,
        tempfile.TemporaryDirectory(prefix="tc-", dir="/tmp") as short,
    ):
        patch.setenv("TAKECHAIN_RUNTIME", short)
        patch.setenv("TAKECHAIN_CONFIG", str(tmp_path_factory.mktemp("config")))
        patch.setenv("TAKECHAIN_STATION_LINGER", "0")
        with desk(tmp_path_factory.mktemp("shared") / "library") as found:
            yield found
            patch.setenv("TAKECHAIN_RUNTIME", short)


@pytest.fixture
def studio(shared: Desk, request: pytest.FixtureRequest) -> Desk:
    """The shared station with a project of this test's own, and nothing set that the last test set."""
    shared.project = request.node.name.removeprefix("test_")[:40]
    shared.set_up(inputs="", links="", layout="track", numbering="slate")
    for number in range(1, 5):
        shared.call("track", input=number, name="")
    return shared


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Desk]:
    with desk(tmp_path / "library") as found:
        yield found


def test_a_take_lies_whole_in_its_folder_and_says_what_people_said(studio: Desk) -> None:
    studio.set_up(inputs="1,3")
    began = studio.call("roll")
    mark = studio.call("mark", text="entry")
    studio.until_rolled(0.6)
    studio.call("edit", field="note", value="lovely")
    done = studio.call("stop")
    studio.call("edit", field="verdict", value="circled")
    assert_whole(studio.client, began["journal"])

    assert began["name"] == "Aurora_T001"
    assert Path(began["journal"]).parent == studio.library / studio.project / "First" / "Aurora"
    assert [Path(name).name for name in began["files"]] == [
        "Aurora_T001_01_Input 1.wav",
        "Aurora_T001_02_Input 3.wav",
    ]
    assert done["condition"] == "clean"
    for name in began["files"]:
        assert soundfile.info(name).frames == done["frames"]
        ixml = wavinfo.WavInfoReader(name).ixml
        assert ixml.scene == "Aurora"
        assert int(ixml.take) == 1
        assert b"<CIRCLED>TRUE</CIRCLED>" in Path(name).read_bytes()
    marker = lines(began["journal"], "marker")[0]
    assert (marker["text"], marker["frame"]) == ("entry", mark["frame"])
    (take,) = studio.status()["takes"]
    assert (take["verdict"], take["note"], take["markers"]) == ("circled", "lovely", 1)


def test_a_mark_stands_at_the_frame_of_the_key_press(studio: Desk) -> None:
    studio.set_up()
    began = studio.call("roll")
    studio.until_rolled(0.5)
    begin = lines(began["journal"], "begin")[0]
    pressed = begin["clock"]["boottime_ns"] + 250_000_000
    mark = studio.call("mark", at_boottime_ns=pressed)
    studio.call("stop")
    # 0.25 s after frame 0 at 48 kHz; the drain period of the simulated interface is the uncertainty
    assert abs(mark["frame"] - 12_000) < 480


def test_marks_are_struck_named_and_undone(studio: Desk) -> None:
    studio.set_up()
    journal = studio.call("roll")["journal"]
    first, second = studio.call("mark"), studio.call("mark")
    assert (first["id"], second["id"]) == (1, 2)
    studio.call("marktext", id=1, text="verse")
    studio.call("unmark")
    marks = studio.status()["take"]["markers"]
    assert [(m["id"], m["text"]) for m in marks] == [(1, "verse")]
    studio.call("undo")  # the strike
    assert len(studio.status()["take"]["markers"]) == 2
    studio.call("stop")
    assert [line.get("strike") for line in lines(journal, "marker")] == [None, None, None, 2, None]


def test_undo_brings_back_what_was_said_before(studio: Desk) -> None:
    studio.set_up()
    studio.take()
    studio.call("edit", field="verdict", value="hold")
    studio.call("edit", field="verdict", value="no good")
    assert studio.call("undo")["verdict"] == "hold"
    assert studio.call("undo")["verdict"] == "none"


def test_a_second_roll_names_the_take_in_the_way(studio: Desk) -> None:
    studio.set_up()
    studio.call("roll")
    with pytest.raises(TakechainError, match="Aurora_T001 is rolling") as refused:
        studio.call("roll")
    assert refused.value.exit_code == 4
    with pytest.raises(TakechainError, match="Aurora_T001 is rolling"):
        studio.call("slate", name="Other")
    studio.call("stop")
    assert studio.call("roll")["number"] == 2
    studio.call("stop")


def test_numbers_go_on_over_sessions_and_slates_count_for_themselves(studio: Desk) -> None:
    studio.set_up()
    studio.take()
    studio.call("setup", session="Second")
    assert studio.status()["next"]["number"] == 2
    studio.take()
    assert studio.call("slate", name="Borealis")["next"] == 1
    studio.take()
    assert studio.call("slate", name="AURORA") == {"slate": "Aurora", "next": 3}
    assert studio.call("slates") == {"slates": ["Aurora", "Borealis"]}
    assert [take["number"] for take in studio.status()["takes"]] == [1, 2]
    studio.call("setup", numbering="project")
    studio.call("slate", name="Borealis")
    assert studio.status()["next"]["number"] == 3


def test_a_name_that_exists_is_never_overwritten(studio: Desk) -> None:
    studio.set_up(inputs="1")
    folder = studio.library / studio.project / "First" / "Aurora"
    folder.mkdir(parents=True)
    taken = folder / "Aurora_T001_01_Input 1.wav"
    taken.write_bytes(b"mine")
    assert studio.take()["name"] == "Aurora_T002"
    assert taken.read_bytes() == b"mine"


def test_a_folder_that_cannot_be_made_records_nothing(studio: Desk) -> None:
    (studio.library / studio.project / "First").mkdir(parents=True)
    (studio.library / studio.project / "First" / "Aurora").write_text("in the way")
    with pytest.raises(TakechainError, match="cannot be made") as refused:
        studio.call("roll")
    assert refused.value.exit_code == 4
    assert studio.status()["state"] == "armed"


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_nothing_is_recorded_through_a_link(studio: Desk, tmp_path: Path, depth: int) -> None:
    studio.project = f"Linked {depth}"
    studio.set_up()
    link = studio.library.joinpath(*(studio.project, "First", "Aurora")[:depth])
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(tmp_path)
    with pytest.raises(TakechainError, match="is a link") as refused:
        studio.call("roll")
    assert refused.value.exit_code == 4
    assert not any(tmp_path.iterdir())
    assert studio.status()["state"] == "armed"


def test_a_take_ends_by_itself_after_its_seconds(studio: Desk) -> None:
    studio.set_up(rate=96000)
    studio.call("roll", limit_seconds=0.5)
    assert studio.call("wait", timeout=20)["settled"]
    (take,) = studio.status()["takes"]
    assert take["frames"] == 48_000  # 0.5 s at 96 kHz
    assert studio.status()["state"] == "armed"


def test_a_linked_pair_is_one_stereo_file(studio: Desk) -> None:
    studio.set_up(links="2-3")
    studio.call("names", text="Kick, Over L, Over R, Room")
    files = studio.call("roll")["files"]
    studio.until_rolled(0.3)
    studio.call("stop")
    assert [Path(name).name for name in files] == [
        "Aurora_T001_01_Kick.wav",
        "Aurora_T001_02_Over.wav",
        "Aurora_T001_04_Room.wav",
    ]
    assert [samples(name).shape[1] for name in files] == [1, 2, 1]


def test_room_tone_is_a_kind_of_take(studio: Desk) -> None:
    studio.set_up()
    studio.call("roomtone", limit_seconds=0.3)
    assert studio.call("wait", timeout=20)["settled"]
    takes = studio.status()["takes"]
    assert [take["kind"] for take in takes] == ["room tone"], takes


def test_bad_orders_are_one_clear_line(fresh: Desk) -> None:
    cases = [
        ("roll", {}, "no interface is chosen"),
        ("setup", {"interface": "alsa:nowhere"}, "nowhere|PortAudio"),
        ("setup", {"interface": "sim:4", "inputs": "5"}, "input 5 does not exist"),
        ("setup", {"interface": "sim:4", "rate": 12345}, "12345"),
        ("setup", {"colour": "red"}, "no setting 'colour'"),
        ("stop", {}, "cannot stop while"),
        ("mark", {}, "nothing is rolling"),
        ("edit", {"field": "verdict", "value": "circled"}, "there is no take yet"),
        ("undo", {}, "nothing to undo"),
        ("dance", {}, "no order 'dance'"),
        ("roll", {"speed": 2}, "speed"),
        ("roll", {"limit_seconds": "long"}, "limit_seconds cannot be 'long'"),
        ("track", {"input": "3"}, "input cannot be '3'"),
        ("people", {"people": "Anna"}, "people cannot be 'Anna'"),
        ("chain", {"line": "SM57 > in 1", "when": "soon"}, "neither now nor next"),
        ("air", {"temperature": True}, "temperature cannot be True"),
    ]
    for do, args, words in cases:
        with pytest.raises(TakechainError, match=words) as refused:
            fresh.call(do, **args)
        assert refused.value.code != "internal", (do, args, refused.value.what)
    status = fresh.status()
    assert (status["state"], status["takes"], status["setup"]["interface"]) == ("idle", [], None)


def test_strange_names_make_portable_folders_and_stay_true_in_the_journal(studio: Desk) -> None:
    name = 'AC/DC: "Live"? 🎸 ' + "x" * 200
    studio.set_up(slate=name, inputs="1")
    done = studio.take()
    begin = lines(done["journal"], "begin")[0]
    assert begin["slate"] == " ".join(name.split())
    folder = Path(done["journal"]).parent.name
    assert len(folder.encode()) <= 60
    assert not set(folder) & set('<>:"/\\|?*')


def test_the_files_behind_are_hashed_and_paused_while_rolling(studio: Desk) -> None:
    studio.set_up(inputs="1")
    first = studio.take()
    studio.call("roll")
    studio.until_rolled(0.3)
    studio.call("stop")
    assert studio.call("wait", files=True)["settled"]
    until(lambda: lines(first["journal"], "file"))
    assert [line["file"] for line in lines(first["journal"], "file")] == ["Aurora_T001_01_Input 1.wav"]


def test_the_list_says_of_a_take_at_stop_what_its_journal_says(fresh: Desk) -> None:
    """It is listed as it was followed while it rolled: reading a long journal again would hold up Stop."""
    fresh.set_up(inputs="1-2")
    fresh.call("roll")
    fresh.call("mark", text="here")
    fresh.until_rolled(0.3)
    done = fresh.call("stop")
    (listed,) = fresh.status()["takes"]
    assert listed == take_entry(summary(Path(done["journal"])))
    assert (listed["frames"], listed["markers"], listed["sealed"]) == (done["frames"], 1, True)
