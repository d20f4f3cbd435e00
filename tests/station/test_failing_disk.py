"""A library's disk that turns read-only under a rolling take: said in words, and mended at the next start."""

from __future__ import annotations

from pathlib import Path

import pytest

from capture.errors import TakechainError
from tests.support.disks import small_disk
from tests.support.poll import until
from tests.support.stations import assert_whole, desk, end_processes


def test_a_disk_that_turns_read_only_is_said_and_the_take_mended_later(tmp_path: Path) -> None:
    with small_disk(tmp_path) as disk:
        library = disk.folder / "library"
        with desk(library) as studio:
            studio.set_up()
            journal = studio.call("roll")["journal"]
            studio.until_rolled(2)
            disk.turn_read_only()
            until(lambda: studio.status()["state"] == "armed")
            told = " / ".join(warning["text"] for warning in studio.status()["warnings"])
            assert "Aurora_T001 ended by itself" in told
            assert "the disk is read-only" in told
            assert "Error" not in told
            with pytest.raises(TakechainError, match="read-only") as refused:
                studio.call("roll")
            assert refused.value.exit_code == 4
        end_processes(library)
        disk.mount_again()
        with desk(library) as studio:
            until(lambda: (studio.status()["takes"] or [{}])[0].get("sealed"))
            assert_whole(studio.client, journal)
            (take,) = studio.status()["takes"]
            assert take["condition"] == "recovered"
            assert take["seconds"] > 1
        end_processes(library)
