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


@contextmanager
def server() -> Iterator[str]:
    """A running server's URL; it listens on a socket in a folder of its own, and on nothing else."""
    with tempfile.TemporaryDirectory(prefix="tc-pg-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        if os.geteuid() == 0:
            user = pwd.getpwnam("nobody")
            os.chown(home, user.pw_uid, user.pw_gid)
        data = home / "data"
        env = {**os.environ, "LC_ALL": "C.UTF-8", "HOME": str(home)}
        subprocess.run(
            _as_nobody(
                [_tool("initdb"), "-D", str(data), "-U", "takechain", "-A", "trust", "-E", "UTF8", "-N"]
            ),
            check=True,
            capture_output=True,
            cwd=home,
            env=env,
        )
        options = f"-k {home} -c listen_addresses= -c fsync=off -c shared_buffers=16MB"
        control = [_tool("pg_ctl"), "-D", str(data), "-l", str(home / "log")]
        subprocess.run(
            _as_nobody([*control, "-o", options, "-w", "start"]),
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=home,
            env=env,
        )
        try:
            yield f"postgresql://takechain@/postgres?host={home}"
        finally:
            subprocess.run(
                _as_nobody([*control, "-m", "immediate", "stop"]),
                check=False,
                stdout=subprocess.DEVNULL,
                cwd=home,
                env=env,
            )
