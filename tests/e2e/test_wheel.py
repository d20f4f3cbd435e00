"""The wheel, installed where no checkout is: everything it needs is inside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from capture.library import Library

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "--no-build-isolation",
            "-w",
            out,
            ROOT,
        ],
        check=True,
        capture_output=True,
    )
    return next(out.glob("takechain-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel in it; its dependencies are those of this environment.

    Only the folder of this environment's packages is put on the path, so the checkout's own editable
    install (a .pth file there) is not followed.
    """
    home = tmp_path_factory.mktemp("elsewhere") / "env"
    venv.create(home, with_pip=False, symlinks=True)
    site = next((home / "lib").glob("python3*/site-packages"))
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "--python",
            home / "bin" / "python",
            "install",
            "--quiet",
            "--no-deps",
            "--no-index",
            wheel,
        ],
        check=True,
        capture_output=True,
    )
    return home


def _run(installed: Path, *words: str, where: Path) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return subprocess.run(
        [installed / "bin" / "takechain", *words],
        cwd=where,
        env=env,
        text=True,
        capture_output=True,
        check=False,
    )


def test_the_wheel_ships_the_program_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        tops = {name.split("/")[0] for name in opened.namelist()}
    assert {t for t in tops if not t.endswith(".dist-info")} == {"capture", "hardware", "tui", "migrations"}


def test_it_runs_from_the_wheel_not_from_the_checkout(installed: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [
            installed / "bin" / "python",
            "-c",
            "import capture, migrations; print(capture.__file__, migrations.__file__)",
        ],
        cwd=tmp_path,
        text=True,
        capture_output=True,
        check=True,
    )
    assert str(ROOT) not in done.stdout


def test_migrations_work_from_an_installed_tool(installed: Path, tmp_path: Path) -> None:
    Library.open(Path(os.environ["TAKECHAIN_LIBRARY"]), create=True)
    done = _run(installed, "db", "upgrade", "--json", where=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (Path(os.environ["TAKECHAIN_LIBRARY"]) / "catalog.sqlite").exists()


def test_the_starter_catalogue_is_in_the_wheel(installed: Path, tmp_path: Path) -> None:
    done = _run(installed, "gear", "starter", "shure-sm57", "--json", where=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["gear"][0]["model"] == "SM57"


def test_a_take_and_its_sheet_from_an_installed_tool(installed: Path, tmp_path: Path) -> None:
    done = _run(
        installed,
        "record",
        "--interface",
        "sim:2",
        "--inputs",
        "1-2",
        "--rate",
        "48000",
        "--format",
        "pcm24",
        "--seconds",
        "1",
        "--project",
        "P",
        "--session",
        "S",
        "--slate",
        "Wheel",
        "--json",
        where=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    take = json.loads(done.stdout)
    assert take["frames"] == 48000
    sheet = tmp_path / "sheet.pdf"
    done = _run(installed, "sheet", "--take", take["take"], "--to", "pdf", "-o", str(sheet), where=tmp_path)
    assert done.returncode == 0, done.stderr
    assert sheet.read_bytes().startswith(b"%PDF-")
