"""Small image files, as folders and zips, and data sets whose images are their own index."""

import json
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from gan_core.data import registry
from gan_core.data.datasets import Dataset, InMemoryImages


def index_images(count: int) -> InMemoryImages:
    """Images of one pixel whose value is their index."""
    return InMemoryImages("numbers", torch.arange(count, dtype=torch.uint8).reshape(-1, 1, 1, 1))


def png(value: int | tuple[int, int, int] = 9, size: tuple[int, int] = (6, 6), image_format: str = "PNG") -> bytes:
    """The file of an image of one colour: grey for a number, else RGB."""
    buffer = BytesIO()
    Image.new("L" if isinstance(value, int) else "RGB", size, value).save(buffer, image_format)
    return buffer.getvalue()


def write_zip(
    path: Path,
    members: Mapping[str, bytes] | Mapping[str | zipfile.ZipInfo, bytes],
    compression: int = zipfile.ZIP_STORED,
) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def write_dataset(root: Path, files: dict[str, bytes], storage: str) -> Path:
    """The files as a folder or as a zip (`storage`)."""
    root.mkdir(parents=True, exist_ok=True)
    if storage == "zip":
        return write_zip(root / "set.zip", files)
    path = root / "set"
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


def metadata_lines(*rows: object) -> bytes:
    """JSON lines, as of a metadata.jsonl."""
    return "\n".join(json.dumps(row) for row in rows).encode()


def load_images(path: Path, **options: int) -> Dataset:
    """The data set at a path, at 4 pixels a side by default."""
    return registry.load_dataset(str(path), path.parent, **{"size": 4} | options)  # type: ignore[arg-type]


def synthetic_photo(width: int, height: int, seed: int = 0) -> Image.Image:
    """A smooth picture with edges, so that a shift of a pixel shows."""
    noise = np.random.default_rng(seed).integers(0, 256, (max(height // 6, 1), max(width // 6, 1), 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)
