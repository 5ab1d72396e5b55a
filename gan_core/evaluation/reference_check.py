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
from gan_core.checkpoints.description import REFERENCE
from gan_core.checkpoints.store import available
from gan_core.devices import default_device
from gan_core.errors import InputError
from gan_core.images import tensors
from gan_core.upscaling.upscaler import draw, load_checkpoint, to_array

TOLERANCE = 2  # grey levels: processors round differently, never by so much
PICTURES = 8  # a generator draws from the first seeds, fewer where
PIXELS = 16_384  # would be passed: photos are large in a file
PROMPTS = ("a red one", "a blue one")  # in turn, of a model that draws sentences
SIDE = 24  # of the picture that is enlarged


class State(StrEnum):
    SAME = "same"
    DIFFERENT = "different"
    STALE = "stale"
    MISSING = "no reference"
    BROKEN = "broken"


@dataclass(frozen=True)
class Finding:
    """What became of one model; `difference` is the largest in grey levels, where two were compared."""

    name: str
    state: State
    text: str
    difference: int | None = None

    @property
    def good(self) -> bool:
        return self.state is State.SAME


def check(checkpoint: Checkpoint) -> Finding:
    """Draw and compare. Nothing is raised: what goes wrong is the finding."""
    name = checkpoint.name
    try:
        drawn, weights = specimen(checkpoint), checkpoint.weights_hash
    except (InputError, OSError, RuntimeError) as error:
        return Finding(name, State.BROKEN, str(error))
    try:
        data = (checkpoint.folder / REFERENCE).read_bytes()
        facts, wanted = tensors.read_facts(data), opened(data)
    except FileNotFoundError:
        return Finding(name, State.MISSING, f"it draws, but there is no {REFERENCE} to compare with: {renewal(name)}")
    except Exception as error:  # decoders raise whatever they please on broken files
        return Finding(name, State.BROKEN, f"its {REFERENCE} cannot be read ({error}): {renewal(name)}")
    if facts.get("weights") != weights:
        made = facts.get("weights", "unknown ones")
        return Finding(
            name, State.STALE,
            f"its weights ({weights}) are not those that drew its reference ({made}): if they were changed on purpose,"
            f" {renewal(name)}; if not, the file is damaged",
        )  # fmt: skip
    if wanted.shape != drawn.shape:
        return Finding(name, State.DIFFERENT, f"it draws {drawn.shape} where its reference has {wanted.shape}")
    difference = int(np.abs(drawn.astype(int) - wanted).max())
    if difference > TOLERANCE:
        return Finding(
            name, State.DIFFERENT,
            f"the same weights draw up to {difference} grey levels away from the reference ({TOLERANCE} are allowed)",
            difference,
        )  # fmt: skip
    return Finding(name, State.SAME, "draws what it drew", difference)


def renewal(name: str) -> str:
    return f"`python -m gan_core check {name} --renew` makes a new one"


def renew(checkpoint: Checkpoint) -> Path:
    """Store what the model draws now as its reference. Raises InputError where it cannot be loaded."""
    facts = {"model": checkpoint.name, "weights": checkpoint.weights_hash, "torch": torch.__version__}
    file = checkpoint.folder / REFERENCE
    partial = file.with_name(f".{REFERENCE}.partial")
    partial.write_bytes(tensors.png_bytes(tensors.to_pil(specimen(checkpoint)), facts))
    partial.replace(file)
    return file


def specimen(checkpoint: Checkpoint) -> NDArray[np.uint8]:
    """What the model draws for the comparison: uint8 (H, W, C). Raises InputError where it cannot be loaded."""
    if checkpoint.family.condition == "picture":
        network = load_checkpoint(checkpoint)
        large = draw(network, chart(network.channels), half=False)  # bfloat16 is not everywhere the same
        return to_array(large, np.uint8)
    model = sampling.opened(checkpoint)
    prompts = PROMPTS if model.encoder else None
    count = min(PICTURES, max(1, PIXELS // checkpoint.description.model["image_size"] ** 2))
    return tensors.grid(sampling.sample(model, range(count), prompts=prompts), columns=count, gap=0)


def chart(channels: int) -> NDArray[np.uint8]:
    """A picture of ramps, an edge and a fine grid, made by whole numbers alone: uint8 (SIDE, SIDE, C)."""
    down, across = np.mgrid[:SIDE, :SIDE]
    planes = (across * 255 // (SIDE - 1), down * 255 // (SIDE - 1), (across + down) % 2 * 255)
    card = np.stack(planes[:channels], axis=-1)
    card[SIDE // 3 : SIDE * 2 // 3, SIDE // 3 : SIDE * 2 // 3] = 255
    return card.astype(np.uint8)


def opened(data: bytes) -> NDArray[np.uint8]:
    """A PNG as uint8 (H, W, C)."""
    return np.atleast_3d(np.asarray(Image.open(io.BytesIO(data), formats=("PNG",))))


def every(root: Path) -> list[Checkpoint]:
    """All models that draw or enlarge. Raises InputError where there is none."""
    found = available(root)
    if not found:
        raise InputError(f"{root} holds no model to check.")
    return found


# The host ------------------------------------------------------------------------------------------------------------


def host() -> dict[str, Any]:
    """Versions, device, threads and this process's memory in megabytes."""
    device = default_device()
    return {
        "version": __version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "device": torch.cuda.get_device_name() if device == "cuda" else "cpu",
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "threads": torch.get_num_threads(),
        "memory": memory(),
    }


def memory() -> dict[str, float]:
    """Megabytes: private, resident, and the most that was resident; nothing where the system does not tell."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return {}
    values = {key: value.split() for key, _, value in (line.partition(":") for line in lines)}
    wanted = {"private": "RssAnon", "resident": "VmRSS", "peak": "VmHWM"}
    return {name: round(int(values[key][0]) / 1024, 1) for name, key in wanted.items() if key in values}
