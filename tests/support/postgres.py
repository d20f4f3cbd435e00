"""A real PostgreSQL server for the tests, run by an unprivileged user (initdb refuses root)."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def _tool(name: str) -> str:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    path = str(found[-1]) if found else shutil.which(name)
    assert path, f"{name} is not installed: the test command installs postgresql"
    return path


def _as_nobody(command: list[str]) -> list[str]:
    if os.geteuid() != 0:
        return command
    user = pwd.getpwnam("nobody")
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", *command]


class Postgres:
    """A server with its data in `home`; it listens on a socket there, and on nothing else."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.url = f"postgresql://takechain@/postgres?host={home}"
        self._env = {**os.environ, "LC_ALL": "C.UTF-8", "HOME": str(home)}
        data = home / "data"
        self._control = [_tool("pg_ctl"), "-D", str(data), "-l", str(home / "log")]
        if os.geteuid() == 0:
            user = pwd.getpwnam("nobody")
            os.chown(home, user.pw_uid, user.pw_gid)
        make = [_tool("initdb"), "-D", str(data), "-U", "takechain", "-A", "trust", "-E", "UTF8", "-N"]
        self._run(make, check=True)

    def start(self) -> None:
        """Let it answer."""
        options = f"-k {self.home} -c listen_addresses= -c fsync=off -c shared_buffers=16MB"
        self._run([*self._control, "-o", options, "-w", "start"], check=True)

    def stop(self) -> None:
        """End it at once, as a crash does."""
        self._run([*self._control, "-m", "immediate", "stop"], check=False)

    def _run(self, command: list[str], check: bool) -> None:
        subprocess.run(
            _as_nobody(command), check=check, stdout=subprocess.DEVNULL, cwd=self.home, env=self._env
        )


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A running server, gone with its data afterwards."""
    with tempfile.TemporaryDirectory(prefix="tc-pg-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        made = Postgres(Path(folder))
        made.start()
        try:
            yield made
        finally:
            made.stop()


@contextmanager
def server() -> Iterator[str]:
    """A running server's URL."""
    with postgres() as made:
        yield made.url
