"""takechain stamp: a server for the library, roots that are trusted, a stamp for one take now."""

from __future__ import annotations

from pathlib import Path

from tests.support.cli import Cli
from tests.support.poll import until
from tests.support.tsa import Authority

RIG = ("--interface", "sim:2", "--rate", "48000", "--project", "P", "--session", "S", "--inputs", "1")


def test_seals_are_stamped_behind_takes_and_checked_offline(cli: Cli, tmp_path: Path) -> None:
    authority, other = Authority(tmp_path / "tsa"), Authority(tmp_path / "other", "Another")
    assert cli.run("stamp", "server", "gopher://x").code == 2
    first = cli.ok("record", *RIG, "--slate", "Aurora", "--seconds", "0.3")["journal"]
    with authority.serving() as url:
        assert cli.ok("stamp", "server", url) == {"server": url}
        second = cli.ok("record", *RIG, "--slate", "Aurora", "--seconds", "0.3")["journal"]
        until(lambda: b'"type":"stamp"' in Path(second).read_bytes())
        assert b'"type":"stamp"' not in Path(first).read_bytes()  # made before the server was chosen
        assert cli.ok("stamp", "take", first)["authority"] == "Test Time Stamps"
    assert cli.ok("stamp", "server", "none") == {"server": ""}
    assert cli.run("stamp", "take", second).code == 2
    assert cli.run("stamp", "take", second, "--server", url).code != 0  # it is not there any more
    for path in (first, second):
        assert "its signature was not checked" in cli.run("verify", path).out
        assert "holds" in cli.run("verify", path, "--tsa-roots", authority.root).out
        assert cli.run("verify", path, "--tsa-roots", other.root).code == 5
    assert cli.ok("stamp", "roots", authority.root)["roots"] == ["CN=Test Time Stamps Root"]
    assert "the time stamp of Test Time Stamps holds" in cli.run("verify", first).out
    assert cli.run("stamp", "roots", first).code == 2
