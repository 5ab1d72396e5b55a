"""Where the sampling commands write images: a PNG grid, an .npz file of arrays, or a folder of PNG files."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gan_core.errors import UsageError
from gan_core.files import write_atomically

IMAGE_SUFFIXES = {".png", ".npz"}
MAX_NAME_CHARACTERS = 40  # of a class, in the name of a file
MAX_PROMPT_LENGTH = 1000  # characters of a prompt in the metadata of a PNG


def validate_output(out: Path) -> None:
    """Raises UsageError, before anything is computed, where --out is none of the three forms."""
    if out.suffix and out.suffix.lower() not in IMAGE_SUFFIXES and not out.is_dir():
        raise UsageError(f"--out {out} must end in .png (a grid) or .npz (arrays), or name a folder without a suffix.")
    if out.suffix.lower() in IMAGE_SUFFIXES and out.is_dir():
        raise UsageError(f"--out {out} is a folder; give it a name without suffix, or another file.")
    if not out.suffix and out.is_file():
        raise UsageError(f"--out {out} is a file; end the name in .png or .npz, or choose a folder.")


def write_images(
    out: Path,
    pixels: Any,
    seeds: list[int],
    metadata: dict[str, str],
    labels: list[int] | None = None,
    prompts: list[str] | None = None,
    classes: Sequence[str] = (),
) -> None:
    """Writes images (N, H, W, C) uint8, with their N seeds, and labels or prompts, in the form that `out` asks for.

    `labels` are indices of `classes`, whose names are part of the names of files in a folder. `metadata` is written
    into each PNG beside seed, label (the index), class (its name, where it is another) and prompt. Raises OSError.
    """
    if out.suffix.lower() in IMAGE_SUFFIXES:
        out.parent.mkdir(parents=True, exist_ok=True)
    if out.suffix.lower() == ".npz":
        write_arrays(out, pixels, seeds, labels, prompts)
    elif out.suffix.lower() == ".png":
        write_grid(out, pixels, seeds, metadata | label_metadata(list(dict.fromkeys(labels or ())), classes), prompts)
    else:
        out.mkdir(parents=True, exist_ok=True)
        for index, (image, seed) in enumerate(zip(pixels, seeds, strict=True)):
            name = f"{index:05d}-seed-{seed}"
            image_metadata = {"seed": str(seed)}
            if labels is not None:
                name += f"-label-{name_part(labels[index], classes)}"
                image_metadata |= label_metadata([labels[index]], classes)
            image_metadata |= {} if prompts is None else {"prompt": prompts[index][:MAX_PROMPT_LENGTH]}
            write_png(out / f"{name}.png", image, metadata | image_metadata)


def label_metadata(labels: list[int], classes: Sequence[str]) -> dict[str, str]:
    """The text chunks on labels: their indices and, where these are known and differ, the names of their classes."""
    if not labels:
        return {}
    indices = ",".join(map(str, labels))
    names = ",".join(classes[label] for label in labels)[:MAX_PROMPT_LENGTH] if classes else indices
    return {"label": indices} | ({} if names == indices else {"class": names})


def name_part(label: int, classes: Sequence[str]) -> str:
    """The name of a label's class as a part of a file's name; the label itself where there is no such name."""
    name = classes[label] if classes else ""
    return re.sub(r"[^\w.+-]+", "-", name)[:MAX_NAME_CHARACTERS].strip(".") or str(label)


def write_arrays(out: Path, pixels: Any, seeds: list[int], labels: list[int] | None, prompts: list[str] | None) -> None:
    import numpy as np

    arrays: dict[str, Any] = {"images": pixels, "seeds": np.array(seeds)}
    arrays |= {} if labels is None else {"labels": np.array(labels)}
    arrays |= {} if prompts is None else {"prompts": np.array(prompts)}

    def write(partial: Path) -> None:
        with partial.open("wb") as file:
            np.savez_compressed(file, **arrays)

    write_atomically(out, write)


def write_grid(
    out: Path,
    pixels: Any,
    seeds: list[int],
    metadata: dict[str, str],
    prompts: list[str] | None,
) -> None:
    from gan_core.images import tensors

    grid_metadata = {"seed": str(seeds[0]), "count": str(len(seeds))}
    grid_metadata |= {} if prompts is None else {"prompt": "; ".join(dict.fromkeys(prompts))[:MAX_PROMPT_LENGTH]}
    write_png(out, tensors.make_grid(pixels), metadata | grid_metadata)


def write_png(file: Path, pixels: Any, metadata: dict[str, str]) -> None:
    from gan_core.images import encoding, tensors

    png = encoding.encode_png(tensors.to_pil(pixels), metadata)
    write_atomically(file, lambda partial: partial.write_bytes(png))
