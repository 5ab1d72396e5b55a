"""Where networks run and what the processor there can do: asked by whatever loads or trains one."""

from pathlib import Path

import torch


def default_device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"


def computes_bfloat16(on_cpu: bool) -> bool:
    """Whether the device has bfloat16 arithmetic, not merely its emulation (a hundred times slower)."""
    if on_cpu:
        found = torch.cpu.get_capabilities()
        return bool(found.get("avx512_bf16") or found.get("amx_bf16"))
    return torch.cuda.is_available() and torch.cuda.is_bf16_supported(including_emulation=False)


def out_of_memory(error: BaseException) -> bool:
    """Whether an error means that the device had no room: CUDA says so by its type, processors in words only."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    said = str(error)
    return isinstance(error, RuntimeError) and any(words in said for words in ("not enough memory", "out of memory"))


def free_memory() -> int | None:
    """Bytes that this process may still take without swapping; None where the system does not tell."""
    found = []
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        found += [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")]
        most, taken = (Path(f"/sys/fs/cgroup/memory.{name}").read_text().strip() for name in ("max", "current"))
        found += [int(most) - int(taken)] if most.isdecimal() else []
    except (OSError, ValueError):
        pass  # another system, or no container
    return min(found, default=None)
