"""Loads a folder or zip of images, with labels from sub-folders or from `metadata.jsonl`."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from gan_core.data.archives import Archive, abbreviate_names, image_files, open_archive, visible_files
from gan_core.data.datasets import Dataset, InMemoryImages, StreamingImages
from gan_core.data.decoding import DECODE_ERRORS, MAX_IN_MEMORY_BYTES, decoding_threads
from gan_core.data.fingerprint import FingerprintedArchive
from gan_core.data.labels import infer_labels
from gan_core.data.metadata import read_metadata
from gan_core.errors import UsageError
from gan_core.images.tensors import from_pil

GREY_MODES = ("1", "L", "LA", "I", "I;16")  # of Pillow
INSPECTED_FILES = 16  # from whose modes the number of channels is inferred


def load_image_folder(path: Path, *, size: int, channels: int | None = None) -> Dataset:
    """All images of a folder or zip as squares of `size` pixels, in memory or streamed (MAX_IN_MEMORY_BYTES).

    `channels` is 1 or 3, None for those of the first images. Hidden files (names with a leading dot, __MACOSX) are
    ignored; unreadable images are skipped and named in `warnings`. Raises UsageError where none is usable.
    """
    archive = FingerprintedArchive(open_archive(path))
    visible = visible_files(archive)
    files = image_files(visible)
    metadata = read_metadata(archive, visible, files)
    channels = channels or infer_channels(archive, files)

    def load_image(name: str) -> Tensor:
        with Image.open(BytesIO(archive.read(name))) as image:
            return torch.from_numpy(from_pil(image, size, channels)).permute(2, 0, 1).contiguous()

    in_memory = len(files) * channels * size**2 <= MAX_IN_MEMORY_BYTES
    readable, broken, images = decode_images(load_image, files, in_memory=in_memory)
    if not readable:
        raise UsageError(f"{path} holds no usable image ({len(files)} found, {len(broken)} of them unreadable).")
    inferred = infer_labels(metadata, readable)
    classes = inferred.classes
    labels = torch.tensor([inferred.by_file[name] for name in readable]) if classes else None
    warning = f"{len(broken)} of {len(files)} images could not be read and were skipped: {abbreviate_names(broken)}."
    warnings = [*([warning] if broken else []), *inferred.warnings]
    readable_rows = [metadata.rows.get(name, {}) for name in readable]
    found = labels, classes, warnings, readable_rows, archive.fingerprint(readable, labels, classes, readable_rows)
    if images is None:
        return StreamingImages(path.stem, readable, load_image, channels, *found)
    return InMemoryImages(path.stem, images, *found)


def decode_images(
    load_image: Callable[[str], Tensor], files: list[str], *, in_memory: bool
) -> tuple[list[str], list[str], Tensor | None]:
    """Decodes every image once: names of readable files, of broken ones, and images (N, C, S, S) if `in_memory`.

    Images that will be streamed are decoded too, so that a broken one is found before training, not during it.
    """
    placeholder = torch.empty(0, dtype=torch.uint8)

    def try_load(name: str) -> Tensor | None:
        try:
            image = load_image(name)
        except DECODE_ERRORS:
            return None
        return image if in_memory else placeholder

    with decoding_threads() as executor:
        decoded = list(zip(files, executor.map(try_load, files), strict=True))
    readable = [name for name, image in decoded if image is not None]
    broken = [name for name, image in decoded if image is None]
    images = [image for _, image in decoded if image is not None]
    return readable, broken, torch.stack(images) if in_memory and images else None


def infer_channels(archive: Archive, files: list[str]) -> int:
    """1 if all readable ones of the first INSPECTED_FILES are greyscale, else 3."""
    for name in files[:INSPECTED_FILES]:
        try:
            with Image.open(BytesIO(archive.read(name))) as image:
                if image.mode not in GREY_MODES:
                    return 3
        except DECODE_ERRORS:
            continue
    return 1
