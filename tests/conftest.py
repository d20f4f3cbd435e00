"""What every test shares: places of its own, and no skip where none is allowed."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

# Children inherit what is ignored: under nohup a closed terminal would not reach the commands we test.
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# No test keeps this person's machine awake, or depends on whether it may.
os.environ["PATH"] = f"{Path(__file__).parent / 'support' / 'tools'}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture(autouse=True)
def own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test may see this person's library, key or running station; socket paths stay short."""
    with tempfile.TemporaryDirectory(prefix="tc-", dir="/tmp") as short:
        monkeypatch.setenv("TAKECHAIN_RUNTIME", short)
        monkeypatch.setenv("TAKECHAIN_CONFIG", str(tmp_path / "config"))
        monkeypatch.setenv("TAKECHAIN_LIBRARY", str(tmp_path / "library"))
        monkeypatch.setenv("TAKECHAIN_STATION_LINGER", "0")
        monkeypatch.delenv("TAKECHAIN_DATABASE", raising=False)
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Where TAKECHAIN_NO_SKIP is set, a skipped test is a failed one."""
    report = yield
    if report.skipped and os.environ.get("TAKECHAIN_NO_SKIP"):
        report.outcome = "failed"
    return report
