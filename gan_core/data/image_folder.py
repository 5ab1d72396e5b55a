"""Loads a folder or zip of images, with labels from sub-folders or from `metadata.jsonl`."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from gan_core.data.archives import open_archive
from gan_core.data.contrast import Contrast
from gan_core.data.datasets import Dataset, InMemoryImages, StreamingImages
from gan_core.data.decoding import DECODE_ERRORS, MAX_IN_MEMORY_BYTES, decode_square, decoding_threads
from gan_core.data.fingerprint import FingerprintedArchive
from gan_core.data.labels import infer_labels
from gan_core.data.listing import list_images
from gan_core.data.metadata import read_metadata
from gan_core.data.survey import survey_images
from gan_core.data.unreadable import describe_unreadable, reason_without_name
from gan_core.errors import UsageError


def load_image_folder(path: Path, *, size: int, channels: int | None = None) -> Dataset:
    """All images of a folder or zip as squares of `size` pixels, in memory or streamed (MAX_IN_MEMORY_BYTES).

    `channels` is 1 or 3, None for those of the images: 1 where all are grey. Hidden files (names with a leading dot,
    __MACOSX) are ignored; unreadable images are skipped. Both they and files that are no images are counted and named
    in `warnings`. Raises UsageError where none is usable.
    """
    opened = open_archive(path)
    listing = list_images(opened)
    if not listing.images:
        raise UsageError(f"{path} holds no usable image (0 found): {listing.explain_absence()}")
    files = listing.images
    metadata = read_metadata(opened, listing.visible, files)
    survey = survey_images(opened, files, channels)
    archive = FingerprintedArchive(opened)

    def load_image(name: str, count: int) -> Tensor:
        survey.require_values(name)
        known_whole = archive.has_read(name)  # by this function, and its content is the same
        return decode_square(archive.read(name), size, count, survey.ranges, name, known_whole)

    in_memory = len(files) * survey.channels * size**2 <= MAX_IN_MEMORY_BYTES
    contrast = Contrast()
    readable, broken, images = decode_images(
        partial(load_image, count=survey.channels), files, contrast, in_memory=in_memory
    )
    unreadable = describe_unreadable(broken, len(files))
    if not readable:
        raise UsageError(
            f"{path} holds no usable image ({len(files)} found, {len(broken)} of them unreadable)."
            + "".join(f" {sentence}" for sentence in (*unreadable, *listing.faults))
        )
    settled, mixture = survey.settle_channels(readable)  # one that cannot be read makes no set coloured
    inferred = infer_labels(metadata, readable)
    classes = inferred.classes
    labels = torch.tensor([inferred.by_file[name] for name in readable]) if classes else None
    warnings = [*unreadable, *listing.warnings, *inferred.warnings, *mixture, *survey.warnings, *contrast.warnings()]
    rows = [metadata.rows.get(name, {}) for name in readable]
    found = labels, classes, warnings, rows, archive.fingerprint(readable, labels, classes, rows)
    if images is None:
        return StreamingImages(path.stem, readable, partial(load_image, count=settled), settled, *found)
    return InMemoryImages(path.stem, images[:, :settled].contiguous(), *found)


def decode_images(
    load_image: Callable[[str], Tensor], files: Sequence[str], contrast: Contrast, *, in_memory: bool
) -> tuple[list[str], Mapping[str, str], Tensor | None]:
    """Decodes every image once: names of readable files, those of broken ones with the reason, images if `in_memory`.

    The images are (N, C, S, S). All are added to `contrast`. Those that will be streamed are decoded too, so that a
    broken one is found before training, not during it.
    """

    def try_load(name: str) -> Tensor | str:
        try:
            return load_image(name)
        except DECODE_ERRORS as error:
            return reason_without_name(error, name)

    images, readable, broken = [], [], {}
    with decoding_threads() as executor:
        for name, image in zip(files, executor.map(try_load, files), strict=True):
            if isinstance(image, str):
                broken[name] = image
                continue
            readable.append(name)
            contrast.add(image.numpy())
            if in_memory:
                images.append(image)
    return readable, broken, torch.stack(images) if images else None
