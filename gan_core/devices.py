"""The device that networks run on, what it supports, and how much memory is free."""

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
