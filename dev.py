#!/usr/bin/env python3
"""Takechain's own tool: `python3 dev.py demo`, `test`, `check`, `fuzz`, `faults`, `vm`.

Standard library only, so that it runs before anything is installed. It makes a virtual environment in
.venv, installs the pinned packages of requirements.lock (hashes checked), and says what it does.
Running it again is cheap: a stamp remembers what was installed.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
STAMP = VENV / ".takechain-stamp"
LOCK = HERE / "requirements.lock"
DISK_NEEDED = 12 * 10**9

# What the tests use of the system: a program that must be on PATH, and the Debian package that has it.
TOOLS = {
    "jackd": "jackd2",
    "jack_capture": "jack-capture",
    "ffprobe": "ffmpeg",
    "sox": "sox",
    "mediainfo": "mediainfo",
    "exiftool": "libimage-exiftool-perl",
    "pdftotext": "poppler-utils",
    "tmux": "tmux",
    "cc": "build-essential",
    "openssl": "openssl",
    "jq": "jq",
    "pgrep": "procps",
    "setpriv": "util-linux",
    "mkfs.ext4": "e2fsprogs",
    "mount": "mount",
}

# What only `vm` needs besides; the guest's kernel is downloaded and unpacked, never installed.
VM_TOOLS = {"qemu-system-x86_64": "qemu-system-x86", "aplay": "alsa-utils"}


def say(text: str) -> None:
    """One line for the person who waits."""
    print(f"dev.py: {text}", flush=True)


def fail(what: str, do: str, code: int = 6) -> None:
    """Say what is missing and how to get it, and end."""
    print(f"dev.py: {what}\ndev.py: {do}", file=sys.stderr, flush=True)
    raise SystemExit(code)


def run(*command: str | Path, env: dict[str, str] | None = None) -> int:
    """Run a command where the project lies; its exit code."""
    return subprocess.run([str(part) for part in command], cwd=HERE, env=env, check=False).returncode


def must(*command: str | Path) -> None:
    """Run a quiet command that has to work; show its output only when it fails."""
    done = subprocess.run(
        [str(p) for p in command],
        cwd=HERE,
        check=False,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode:
        print(done.stdout, file=sys.stderr)
        fail(f"{command[0]} ended with {done.returncode}", "the lines above say why", 1)


def environment() -> None:
    """Make .venv and install what is pinned; nothing is done when it is already there."""
    wanted = hashlib.sha256(
        LOCK.read_bytes() + (HERE / "pyproject.toml").read_bytes() + str(HERE).encode()
    ).hexdigest()
    if PYTHON.exists() and STAMP.exists() and STAMP.read_text() == wanted:
        return
    if sys.version_info < (3, 11):  # noqa: UP036 - the one file that an older Python may be asked to run
        fail(f"this is Python {sys.version.split()[0]}", "Takechain needs Python 3.11 or newer")
    pip = make_venv()
    say("installing the pinned packages of requirements.lock into .venv (about a minute)")
    must(
        *pip,
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--only-binary",
        ":all:",
        "--require-hashes",
        "-r",
        LOCK,
    )
    must(
        *pip,
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--no-build-isolation",
        "-e",
        HERE,
    )
    STAMP.write_text(wanted)


def make_venv() -> list[str | Path]:
    """Create .venv, and the pip command that installs into it (Debian may split ensurepip out)."""
    if PYTHON.exists():
        has_pip = run(PYTHON, "-c", "import pip") == 0
    else:
        say("making a virtual environment in .venv")
        has_pip = importlib.util.find_spec("ensurepip") is not None
        must(sys.executable, "-m", "venv", *([] if has_pip else ["--without-pip"]), VENV)
    if has_pip:
        return [PYTHON, "-m", "pip"]
    if importlib.util.find_spec("pip") is None:
        fail("neither ensurepip nor pip is here", "sudo apt install python3-pip  (or python3-venv)")
    return [sys.executable, "-m", "pip", "--python", PYTHON]


def missing_packages(tools: dict[str, str]) -> list[str]:
    """Debian packages that the tests need and this machine lacks."""
    from ctypes.util import find_library

    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"  # where not every user looks
    lacking = {package for tool, package in tools.items() if shutil.which(tool, path=path) is None}
    if find_library("portaudio") is None:
        lacking.add("libportaudio2")
    if not Path("/usr/include/jack/jack.h").exists():
        lacking.add("libjack-jackd2-dev")
    if not list(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        lacking.add("postgresql")
    return sorted(lacking)


def system_tools(tools: dict[str, str] = TOOLS) -> None:
    """Install what the tests need of the system with apt, or say which line to type."""
    lacking = missing_packages(tools)
    if not lacking:
        return
    line = f"apt-get install -y --no-install-recommends {' '.join(lacking)}"
    if shutil.which("apt-get") is None:
        fail(f"the tests need {', '.join(lacking)}", "install them with this system's package manager")
    root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    say(f"installing for the tests: {' '.join(lacking)}")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in ("apt-get update -qq", line.replace("-y", "-y -qq", 1)):
        done = subprocess.run(
            [*root, *command.split()],
            env=quiet,
            check=False,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    if done.returncode or missing_packages(tools):
        print(done.stdout[-3000:], file=sys.stderr)
        fail("apt could not install what the tests need", f"sudo {line}")


def demo(_: argparse.Namespace) -> int:
    """A scripted session on the simulated rig: no root, no PortAudio, no screen needed."""
    environment()
    say(
        "a session on the simulated rig; a real interface needs PortAudio "
        "(Debian: sudo apt install libportaudio2)"
    )
    env = {**os.environ}
    if "TAKECHAIN_LIBRARY" not in env:
        env["TAKECHAIN_LIBRARY"] = str(Path(tempfile.gettempdir()) / f"takechain-demo-{os.getuid()}")
    return subprocess.run(
        [BIN / "takechain", "demo"], cwd=HERE, env=env, check=False, stdin=subprocess.DEVNULL
    ).returncode


def check(_: argparse.Namespace) -> int:
    """Style, types and the floor plan."""
    environment()
    steps = (("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",), ("lint-imports",))
    failed = [" ".join(step) for step in steps if run(BIN / step[0], *step[1:])]
    if failed:
        say(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


def test(args: argparse.Namespace) -> int:
    """Everything that must be green before work lands, on a machine with only Python, pip and apt."""
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if free < DISK_NEEDED:
        fail(
            f"{free / 1e9:.1f} GB free in {tempfile.gettempdir()}, the tests need {DISK_NEEDED / 1e9:.0f} GB",
            "free some space, or point TMPDIR at a larger disk",
        )
    system_tools()
    environment()
    results = {"check": check(args)}
    pytest = [PYTHON, "-m", "pytest", "-q"]
    # The rig tests measure lost samples on a real audio server: they run alone, one after another.
    results["tests"] = run(*pytest, "-n", "2", "-m", "not rig and not vm", *args.pytest)
    results["rig tests"] = run(*pytest, "-m", "rig", *args.pytest)
    bad = [name for name, code in results.items() if code]
    say(f"failed: {', '.join(bad)}" if bad else "all green")
    return 1 if bad else 0


def fuzz(args: argparse.Namespace) -> int:
    """Damaged and random input for everything that reads what others may have written."""
    environment()
    return run(PYTHON, HERE / "tests" / "fuzz" / "run.py", *args.rest)


def faults(args: argparse.Namespace) -> int:
    """Real faults on real takes at random moments, many rounds of each, and a table of what was lost."""
    system_tools()
    environment()
    return run(PYTHON, "-m", "tests.faults.rounds", *args.rest)


def vm(args: argparse.Namespace) -> int:
    """Takes under a guest's kernel: a real ALSA card and USB serial adapter, pulled while a take rolls."""
    system_tools(TOOLS | VM_TOOLS)
    environment()
    say("the guest's kernel comes from Debian's packages, unpacked into .vm")
    lacking = run(PYTHON, "-m", "tests.vm.image")
    if lacking:
        return lacking
    return run(PYTHON, "-m", "pytest", "-q", "-m", "vm", "tests/vm", *args.rest)


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Takechain's own tool (standard library only)")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, work in (("demo", demo), ("test", test), ("check", check)):
        command = commands.add_parser(name, help=(work.__doc__ or "").splitlines()[0])
        command.set_defaults(work=work, pytest=[])
    commands.choices["test"].add_argument("pytest", nargs="*", help="further words for pytest")
    for name, work in (("fuzz", fuzz), ("faults", faults), ("vm", vm)):
        words = commands.add_parser(name, help=(work.__doc__ or "").splitlines()[0], add_help=False)
        words.set_defaults(work=work)
    args, args.rest = parser.parse_known_args()
    if args.rest and args.work not in (fuzz, faults, vm):
        parser.error(f"unrecognized arguments: {' '.join(args.rest)}")
    return int(args.work(args))


if __name__ == "__main__":
    sys.exit(main())
