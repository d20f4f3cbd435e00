"""Made-up machines: /sys and /proc as Linux lays them out, for what no test machine has."""

from __future__ import annotations

from pathlib import Path


def machine(root: Path, files: dict[str, str]) -> Path:
    """A tree with these files; `supply/`, `cpu/` and `proc/` are put where they belong."""
    places = {"supply/": "sys/class/power_supply/", "cpu/": "sys/devices/system/cpu/", "proc/": "proc/"}
    for name, text in files.items():
        prefix = next(prefix for prefix in places if name.startswith(prefix))
        path = root / places[prefix] / name.removeprefix(prefix)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    return root


def battery(name: str, percent: str, status: str, **more: str) -> dict[str, str]:
    """The files of one battery."""
    told = {"type": "Battery", "present": "1", "capacity": percent, "status": status, **more}
    return {f"supply/{name}/{file}": text for file, text in told.items()}


def adapter(name: str, online: str, kind: str = "Mains") -> dict[str, str]:
    """The files of one power adapter."""
    return {f"supply/{name}/type": kind, f"supply/{name}/online": online}


def core(number: int, governor: str, driver: str = "acpi-cpufreq", preference: str = "") -> dict[str, str]:
    """The files of one core's frequency scaling."""
    told = {"scaling_governor": governor, "scaling_driver": driver}
    told |= {"energy_performance_preference": preference} if preference else {}
    return {f"cpu/cpu{number}/cpufreq/{file}": text for file, text in told.items()}


def memory(available_kb: int) -> dict[str, str]:
    """/proc/meminfo as the kernel writes it."""
    lines = (
        "MemTotal:       16316412 kB",
        "MemFree:          201000 kB",
        f"MemAvailable:   {available_kb} kB",
    )
    return {"proc/meminfo": "\n".join(lines)}
