"""Where networks run and what the processor there can do: asked by whatever loads or trains one."""

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
