"""`python -m tests.vm.image`: the guest's kernel and first file system, made from Debian's own packages.

Nothing is installed: a kernel and a static busybox are unpacked into `.vm`, and the few modules the guest
needs are packed, with what they depend on, into an initial file system written here. Standard library only.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parent.parent / ".vm"
INIT = HERE / "init.sh"
MODULES = ("virtio_pci", "9pnet_virtio", "9p", "overlay", "xhci_pci", "ftdi_sio", "snd_aloop")
LACKING = 6
_DEPENDS = re.compile(rb"\0depends=([^\0]*)\0")
_FOLDERS = ("bin", "proc", "sys", "dev", "tmp", "host", "over", "exchange", "modules")


class Lacking(Exception):
    """What this machine does not have, and how to get it."""

    def __init__(self, what: str, do: str) -> None:
        super().__init__(what)
        self.what, self.do = what, do


@dataclass(frozen=True)
class Image:
    """What QEMU boots."""

    kernel: Path
    initrd: Path
    version: str


def built() -> Image | None:
    """The image as it was built last, if it fits the sources as they are."""
    made = Image(FOLDER / "vmlinuz", FOLDER / "initrd.gz", "")
    stamp = FOLDER / "stamp"
    if not (made.kernel.exists() and made.initrd.exists() and stamp.exists()):
        return None
    sources, _, version = stamp.read_text().partition(" ")
    return Image(made.kernel, made.initrd, version) if sources == _sources() else None


def build() -> Image:
    """The image, made now unless it is there; raises Lacking."""
    if (found := built()) is not None:
        return found
    if platform.machine() not in ("x86_64", "AMD64"):
        raise Lacking(f"the guest is an x86-64 machine, this one is {platform.machine()}", "use another one")
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise Lacking(f"{tool} is not here", "the guest's kernel comes from Debian's packages")
    with tempfile.TemporaryDirectory(prefix="takechain-vm-") as made:
        root = Path(made)
        package = _kernel_package()
        _unpack([package, "busybox-static"], root)
        (kernel,) = (root / "boot").glob("vmlinuz-*")
        FOLDER.mkdir(exist_ok=True)
        (FOLDER / "initrd.gz").write_bytes(gzip.compress(b"".join(_archive(root)), 1))
        shutil.copyfile(kernel, FOLDER / "vmlinuz")
    (FOLDER / "stamp").write_text(f"{_sources()} {package}")
    return Image(FOLDER / "vmlinuz", FOLDER / "initrd.gz", package)


def _sources() -> str:
    return hashlib.sha256(Path(__file__).read_bytes() + INIT.read_bytes()).hexdigest()


def _kernel_package() -> str:
    """The package that Debian's newest ordinary kernel stands for."""
    for update in (False, True):
        if update:
            _run(*([] if os.geteuid() == 0 else ["sudo", "-n"]), "apt-get", "update", "-qq")
        said = _run("apt-cache", "depends", "linux-image-amd64").stdout
        if found := re.search(r"Depends: (linux-image-\S+)", said):
            return found[1]
    raise Lacking("apt knows no linux-image-amd64", "sudo apt-get update  (a Debian or Ubuntu machine)")


def _unpack(packages: list[str], root: Path) -> None:
    """Download packages and lay out what is in them; nothing is installed."""
    done = _run("apt-get", "download", "-qq", *packages, cwd=root)
    found = sorted(root.glob("*.deb"))
    if done.returncode or len(found) != len(packages):
        words = (done.stderr.strip().splitlines() or ["no answer"])[-1]
        raise Lacking(f"apt could not download {' and '.join(packages)}: {words}", "sudo apt-get update")
    for package in found:
        if _run("dpkg-deb", "-x", str(package), str(root)).returncode:
            raise Lacking(f"{package.name} could not be unpacked", "is there room in the temporary folder?")


def _run(*command: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def _in_order(root: Path) -> list[Path]:
    """The module files in an order in which each finds what it depends on."""
    files = {path.stem.replace("-", "_"): path for path in root.glob("lib/modules/*/kernel/**/*.ko")}
    order: dict[str, Path] = {}

    def add(name: str) -> None:
        if name in order or name not in files:  # one that is not a file is built into the kernel
            return
        depends = _DEPENDS.search(files[name].read_bytes())
        for needed in depends[1].decode().split(",") if depends else ():
            add(needed.replace("-", "_"))
        order[name] = files[name]

    for name in MODULES:
        add(name)
    return list(order.values())


def _archive(root: Path) -> Iterator[bytes]:
    """The first file system in the kernel's "newc" form: busybox, init, and the modules numbered in order."""
    busybox = next(path for path in root.glob("**/bin/busybox") if path.is_file())
    yield from (_entry(name, 0o040755) for name in _FOLDERS)
    yield _entry("bin/busybox", 0o100755, busybox.read_bytes())
    yield _entry("bin/sh", 0o120777, b"busybox")
    yield _entry("init", 0o100755, INIT.read_bytes())
    for number, module in enumerate(_in_order(root)):
        yield _entry(f"modules/{number:02}-{module.name}", 0o100644, module.read_bytes())
    yield _entry("TRAILER!!!", 0)


def _entry(name: str, mode: int, data: bytes = b"") -> bytes:
    raw = name.encode() + b"\0"
    numbers = (0, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(raw), 0)
    head = b"070701" + b"".join(b"%08x" % number for number in numbers) + raw
    return _padded(head) + _padded(data)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def main() -> int:
    """Build the image, or say what is lacking."""
    try:
        image = build()
    except Lacking as lacking:
        print(f"{lacking.what}\n{lacking.do}", file=sys.stderr)
        return LACKING
    print(f"{image.version}: {image.initrd.stat().st_size / 1e6:.1f} MB beside the kernel in {FOLDER}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
