"""The device that networks run on, what it supports, and how much memory and how many processor cores are free."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch


def default_device() -> str:
    """`cuda` where a GPU is available, else `cpu`."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def supports_bfloat16(on_cpu: bool) -> bool:
    """Whether the device computes in bfloat16 natively. Emulation, a hundred times slower, does not count."""
    if on_cpu:
        capabilities = torch.cpu.get_capabilities()
        return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
    return torch.cuda.is_available() and torch.cuda.is_bf16_supported(including_emulation=False)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error means that memory ran out: CUDA raises a type of its own, the CPU a RuntimeError with text."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    message = str(error)
    return isinstance(error, RuntimeError) and any(
        phrase in message for phrase in ("not enough memory", "out of memory")
    )


def free_memory_bytes() -> int | None:
    """Bytes that this process can still allocate without swapping; None where the system does not report it."""
    candidates = []
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        candidates += [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")]
        limit, used = (Path(f"/sys/fs/cgroup/memory.{name}").read_text().strip() for name in ("max", "current"))
        candidates += [int(limit) - int(used)] if limit.isdecimal() else []
    except (OSError, ValueError):
        pass  # not Linux, or not in a container
    return min(candidates, default=None)


# Processor cores ------------------------------------------------------------------------------------------------------

PROCESSOR_TIMES = Path("/proc/stat")  # Linux; by core, in ticks
CGROUP_QUOTAS = (Path("/sys/fs/cgroup/cpu.max"), Path("/sys/fs/cgroup/cpu"))  # of version 2; the folder of version 1


def available_cores() -> int:
    """The processor cores that this process may use: by its affinity, and by a container's quota."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, int(cgroup_quota() or cores)))


def cgroup_quota() -> float | None:
    """The cores' worth of time that a container's quota allows; None without a quota."""
    file, folder = CGROUP_QUOTAS
    try:
        if file.is_file():
            quota, period = file.read_text().split()[:2]
        else:
            quota, period = ((folder / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period"))
        return int(quota) / int(period) if int(quota) > 0 else None
    except (OSError, ValueError):  # no such file, or "max"
        return None


class ProcessorMeter:
    """How many cores other programs keep busy, on average since the last reading."""

    def __init__(self) -> None:
        self.last = self.times()

    def times(self) -> tuple[float, float, float]:
        """Seconds of the clock, of all programs on the cores of this process, and of this process."""
        return time.monotonic(), busy_seconds(), time.process_time()

    def others(self) -> float:
        """Cores kept busy by other programs since the last call; 0 where the system does not report it."""
        before, self.last = self.last, self.times()
        elapsed, everything, own = (now - then for now, then in zip(self.last, before, strict=True))
        return max(0.0, (everything - own) / elapsed) if elapsed > 0 else 0.0


def busy_seconds() -> float:
    """Seconds that the cores which this process may use have worked since the machine started; 0 if unknown."""
    try:
        lines = PROCESSOR_TIMES.read_text().splitlines()
        allowed = {f"cpu{core}" for core in os.sched_getaffinity(0)}
        ticks = [line.split() for line in lines if line.split()[0] in allowed]
        # user, nice, system, idle, iowait, irq, softirq, steal; guest time is part of user
        busy = sum(int(row[column]) for row in ticks for column in (1, 2, 3, 6, 7, 8))
        return busy / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):  # not Linux
        return 0.0


def busy_cores(seconds: float = 0.3) -> float:
    """The cores that other programs keep busy now, measured for `seconds`."""
    meter = ProcessorMeter()
    time.sleep(seconds)
    return meter.others()


@contextmanager
def use_threads(count: int) -> Iterator[None]:
    """Makes torch compute on `count` threads within the block, in this thread of Python."""
    previous = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(previous)
