"""Whether every model still draws what it drew when it was published: a smoke test for a host, in seconds.

Beside a model's weights lies `reference.png`, a few small pictures with the hash of the weights that drew them. They
are drawn again and compared. A library that computes otherwise, a torn file, a changed network: all of them show.
"""

import io
import os
import platform
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from gan_core import __version__, sampling
from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.description import REFERENCE_IMAGE_FILE
from gan_core.checkpoints.store import list_checkpoints
from gan_core.devices import default_device
from gan_core.errors import UsageError
from gan_core.images import tensors
from gan_core.tasks import Task
from gan_core.upscaling.upscaler import load_native_upscaler, tensor_to_pixels, upscale_window

TOLERANCE_GREY_LEVELS = 2  # grey levels: processors round differently, never by so much
MAX_IMAGES = 8  # a generator draws from the first seeds, fewer where
MAX_PIXELS = 16_384  # would be passed: photos are large in a file
REFERENCE_PROMPTS = ("a red one", "a blue one")  # in turn, of a model that draws sentences
CHART_SIDE_PX = 24  # of the picture that is enlarged


class CheckState(StrEnum):
    SAME = "same"
    DIFFERENT = "different"
    WEIGHTS_CHANGED = "stale"
    MISSING = "no reference"
    BROKEN = "broken"


@dataclass(frozen=True)
class CheckResult:
    """What became of one model; `difference` is the largest in grey levels, where two were compared."""

    name: str
    state: CheckState
    text: str
    difference: int | None = None

    @property
    def passed(self) -> bool:
        return self.state is CheckState.SAME


def check_model(checkpoint: Checkpoint) -> CheckResult:
    """Draw and compare. Nothing is raised: what goes wrong is the finding."""
    name = checkpoint.name
    try:
        drawn, weights_hash = draw_reference(checkpoint), checkpoint.weights_hash
    except (UsageError, OSError, RuntimeError) as error:
        return CheckResult(name, CheckState.BROKEN, str(error))
    try:
        data = (checkpoint.folder / REFERENCE_IMAGE_FILE).read_bytes()
        metadata, reference = tensors.read_png_metadata(data), decode_png(data)
    except FileNotFoundError:
        return CheckResult(
            name,
            CheckState.MISSING,
            f"it draws, but there is no {REFERENCE_IMAGE_FILE} to compare with: {renewal_hint(name)}",
        )
    except Exception as error:  # decoders raise whatever they please on broken files
        return CheckResult(
            name, CheckState.BROKEN, f"its {REFERENCE_IMAGE_FILE} cannot be read ({error}): {renewal_hint(name)}"
        )
    if metadata.get("weights") != weights_hash:
        reference_weights = metadata.get("weights", "unknown ones")
        return CheckResult(
            name, CheckState.WEIGHTS_CHANGED,
            f"its weights ({weights_hash}) are not those that drew its reference ({reference_weights}): if they were changed on purpose,"
            f" {renewal_hint(name)}; if not, the file is damaged",
        )  # fmt: skip
    if reference.shape != drawn.shape:
        return CheckResult(
            name, CheckState.DIFFERENT, f"it draws {drawn.shape} where its reference has {reference.shape}"
        )
    difference = int(np.abs(drawn.astype(int) - reference).max())
    if difference > TOLERANCE_GREY_LEVELS:
        return CheckResult(
            name, CheckState.DIFFERENT,
            f"the same weights draw up to {difference} grey levels away from the reference ({TOLERANCE_GREY_LEVELS} are allowed)",
            difference,
        )  # fmt: skip
    return CheckResult(name, CheckState.SAME, "draws what it drew", difference)


def renewal_hint(name: str) -> str:
    return f"`python -m gan_core check {name} --renew` makes a new one"


def update_reference(checkpoint: Checkpoint) -> Path:
    """Store what the model draws now as its reference. Raises InputError where it cannot be loaded."""
    metadata = {"model": checkpoint.name, "weights": checkpoint.weights_hash, "torch": torch.__version__}
    file = checkpoint.folder / REFERENCE_IMAGE_FILE
    partial = file.with_name(f".{REFERENCE_IMAGE_FILE}.partial")
    partial.write_bytes(tensors.encode_png(tensors.to_pil(draw_reference(checkpoint)), metadata))
    partial.replace(file)
    return file


def draw_reference(checkpoint: Checkpoint) -> NDArray[np.uint8]:
    """What the model draws for the comparison: uint8 (H, W, C). Raises InputError where it cannot be loaded."""
    if checkpoint.family.task == Task.SUPER_RESOLUTION:
        network = load_native_upscaler(checkpoint)
        enlarged = upscale_window(
            network, draw_test_chart(network.channels), use_bfloat16=False
        )  # bfloat16 is not everywhere the same
        return tensor_to_pixels(enlarged, np.uint8)
    model = sampling.model_from_checkpoint(checkpoint)
    prompts = REFERENCE_PROMPTS if model.text_encoder else None
    count = min(MAX_IMAGES, max(1, MAX_PIXELS // checkpoint.description.model["image_size"] ** 2))
    return tensors.make_grid(sampling.sample(model, range(count), prompts=prompts), columns=count, gap=0)


def draw_test_chart(channels: int) -> NDArray[np.uint8]:
    """A picture of ramps, an edge and a fine grid, made by whole numbers alone: uint8 (SIDE, SIDE, C)."""
    rows, columns = np.mgrid[:CHART_SIDE_PX, :CHART_SIDE_PX]
    planes = (columns * 255 // (CHART_SIDE_PX - 1), rows * 255 // (CHART_SIDE_PX - 1), (columns + rows) % 2 * 255)
    image = np.stack(planes[:channels], axis=-1)
    image[CHART_SIDE_PX // 3 : CHART_SIDE_PX * 2 // 3, CHART_SIDE_PX // 3 : CHART_SIDE_PX * 2 // 3] = 255
    return image.astype(np.uint8)


def decode_png(data: bytes) -> NDArray[np.uint8]:
    """A PNG as uint8 (H, W, C)."""
    return np.atleast_3d(np.asarray(Image.open(io.BytesIO(data), formats=("PNG",))))


def all_models(root: Path) -> list[Checkpoint]:
    """All models that draw or enlarge. Raises InputError where there is none."""
    checkpoints = list_checkpoints(root)
    if not checkpoints:
        raise UsageError(f"{root} holds no model to check.")
    return checkpoints


# The host ------------------------------------------------------------------------------------------------------------


def host_report() -> dict[str, Any]:
    """Versions, device, threads and this process's memory in megabytes."""
    device = default_device()
    return {
        "version": __version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "device": torch.cuda.get_device_name() if device == "cuda" else "cpu",
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "threads": torch.get_num_threads(),
        "memory": memory_usage_mb(),
    }


def memory_usage_mb() -> dict[str, float]:
    """Megabytes: private, resident, and the most that was resident; nothing where the system does not tell."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return {}
    values = {key: value.split() for key, _, value in (line.partition(":") for line in lines)}
    field_of = {"private": "RssAnon", "resident": "VmRSS", "peak": "VmHWM"}
    return {name: round(int(values[key][0]) / 1024, 1) for name, key in field_of.items() if key in values}
