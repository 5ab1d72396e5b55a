"""Device, precision and processes of a training, by Hugging Face Accelerate."""

import atexit
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import torch

from gan_core.devices import supports_bfloat16
from gan_core.training.config import TrainingConfig

if TYPE_CHECKING:
    from accelerate import Accelerator

LEAVING_TIMEOUT = timedelta(seconds=10)  # that a process waits for the others at its end


def create_accelerator(settings: TrainingConfig) -> "Accelerator":
    """The Accelerator of this process, as the launcher's environment and the settings ask."""
    on_cpu = settings.device == "cpu" or not (torch.cuda.is_available() or torch.backends.mps.is_available())
    from accelerate import Accelerator  # late: the app estimates costs with the trainer and never needs it

    accelerator = Accelerator(mixed_precision="bf16" if uses_bfloat16(settings, on_cpu) else "no", cpu=on_cpu)
    if accelerator.num_processes > 1:
        atexit.register(leave_process_group)
    return accelerator


def leave_process_group() -> None:
    """Closes the connections to the other processes, once all are about to.

    A process that ends without it, or whose peer closes first, may be aborted by the threads of its connections, after
    all its work is done.
    """
    if not torch.distributed.is_initialized():
        return
    if torch.distributed.get_backend() == "gloo":
        with suppress(RuntimeError):  # another process has failed, or is still at work
            torch.distributed.monitored_barrier(timeout=LEAVING_TIMEOUT)
    torch.distributed.destroy_process_group()


def uses_bfloat16(settings: TrainingConfig, on_cpu: bool) -> bool:
    """Whether the training computes in bfloat16: where the settings say so, or leave it open and the device can."""
    return settings.precision == "bfloat16" or (settings.precision == "auto" and supports_bfloat16(on_cpu))


def describe_hardware(accelerator: "Accelerator") -> str:
    """Devices and processes, for the model card."""
    count = accelerator.num_processes
    if accelerator.device.type == "cuda":
        return f"{count} x {torch.cuda.get_device_name()}"
    cpu = torch.cpu.get_capabilities().get("cpu_name", "CPU")
    return f"{cpu}, {torch.get_num_threads()} threads" + (f", {count} processes" if count > 1 else "")
