"""Photos for super-resolution: random patches in high resolution, each with its low-resolution version.

Photos keep their size. Position, orientation and degradation of a patch are drawn anew for each batch, from the batch's
own generator.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from gan_core.data.archives import Archive, ListableArchive, abbreviate_names, locate_dataset, open_archive
from gan_core.data.contrast import Contrast
from gan_core.data.datasets import Batch, reading
from gan_core.data.decoding import (
    DECODE_ERRORS,
    MAX_IN_MEMORY_BYTES,
    Ranges,
    decode_image,
    decode_opaque,
    decoding_threads,
    to_tensor,
)
from gan_core.data.degradation import bicubic_downscale, degrade, randint
from gan_core.data.fingerprint import Fingerprint, FingerprintedArchive
from gan_core.data.foreign_files import explain_file
from gan_core.data.listing import list_images
from gan_core.data.survey import survey_images
from gan_core.data.unreadable import describe_unreadable, reason_without_name
from gan_core.errors import UsageError

THUMBNAIL_PX = 32  # a side of the images by which the contrast of a set is measured
MARGIN_PX = 4  # low-resolution pixels around a patch, so that its edges are downscaled like its middle


@dataclass
class PatchDataset:
    """Photos by index, as batches of patches: `images` (N, C, P, P), `low_res` (N, C, P / scale, P / scale)."""

    name: str
    archive: Archive
    files: list[str]
    channels: int
    patch_size: int
    scale: int
    degradation: str  # one of degradation.DEGRADATIONS
    warnings: list[str] = field(default_factory=list)
    classes: tuple[str, ...] = ()
    fingerprint: Fingerprint | None = None
    ranges: Ranges = field(default_factory=dict)  # of photos with more than 8 bits

    def __post_init__(self) -> None:
        self.cache: OrderedDict[int, Tensor] = OrderedDict()
        self.cache_bytes = 0

    def __len__(self) -> int:
        return len(self.files)

    def load_photo(self, index: int) -> Tensor:
        """One photo (C, H, W) uint8; the most recently used ones stay in memory, up to MAX_IN_MEMORY_BYTES.

        Raises UnreadableImage where its file is gone, damaged, or another one by now.
        """
        if index in self.cache:
            self.cache.move_to_end(index)
            return self.cache[index]
        file = self.files[index]
        with reading(file, self.name):
            photo = decode_image(self.archive.read(file), self.channels, self.ranges, file, known_whole=True)
        self.cache[index] = photo
        self.cache_bytes += photo.numel()
        while self.cache_bytes > MAX_IN_MEMORY_BYTES and len(self.cache) > 1:
            self.cache_bytes -= self.cache.popitem(last=False)[1].numel()
        return photo

    def get_batch(self, indices: Tensor, generator: torch.Generator | None = None) -> Batch:
        """A patch of each photo; `generator` determines position, orientation and degradation."""
        generator = generator or torch.Generator().manual_seed(0)
        pairs = [self.sample_pair(self.load_photo(index), generator) for index in indices.tolist()]
        return Batch(
            torch.stack([high_res for high_res, _ in pairs]), low_res=torch.stack([low_res for _, low_res in pairs])
        )

    def sample_pair(self, photo: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """A random patch (C, P, P) and its low-resolution version (C, P / scale, P / scale), oriented alike."""
        patch_size, scale = self.patch_size, self.scale
        top, left = (randint(0, side - patch_size, generator) for side in photo.shape[1:])
        margin_top, margin_left = (min(MARGIN_PX, start // scale) for start in (top, left))  # in low-resolution pixels
        region = photo[
            :,
            top - margin_top * scale : top + patch_size + MARGIN_PX * scale,
            left - margin_left * scale : left + patch_size + MARGIN_PX * scale,
        ]
        height, width = (floor_to_multiple(side, scale) for side in region.shape[1:])
        region = region[:, :height, :width]
        low_res = degrade(region, scale, generator) if self.degradation == "photo" else bicubic_downscale(region, scale)
        low_res_side = patch_size // scale
        low_res = low_res[:, margin_top : margin_top + low_res_side, margin_left : margin_left + low_res_side]
        patch = photo[:, top : top + patch_size, left : left + patch_size]
        orientation = randint(0, 7, generator)
        return apply_dihedral(patch, orientation), apply_dihedral(low_res, orientation)


def floor_to_multiple(side: int, scale: int) -> int:
    """The largest multiple of the scale that is at most `side`."""
    return side // scale * scale


def apply_dihedral(image: Tensor, orientation: int) -> Tensor:
    """An image (C, H, W) in one of the eight orientations of the dihedral group: flips and a transpose."""
    if orientation & 1:
        image = image.flip(2)
    if orientation & 2:
        image = image.flip(1)
    return (image.transpose(1, 2) if orientation & 4 else image).contiguous()


def find_archive(name: str, folder: Path) -> tuple[ListableArchive, str]:
    """The folder or zip of photos at a path, or of that name in the data folder, and its short name.

    Raises UsageError where there is none, or where the zip cannot be used.
    """
    path = locate_dataset(name, folder)
    if path is None:
        if Path(name).is_file():
            raise UsageError(explain_file(Path(name)))
        raise UsageError(
            f"There are no photos {name!r}: it is no folder or zip, and {folder} holds neither {name}.zip nor a folder "
            f"{name}. Set --data-dir to the folder of data sets."
        )
    return open_archive(path), path.stem if path.is_file() else path.name


def load_photos(
    name: str, folder: Path, *, patch_size: int, scale: int, channels: int, degradation: str
) -> PatchDataset:
    """The photos at a path, or of that name in the data folder.

    Each is decoded once: broken ones and those smaller than a patch are skipped and named in `warnings`. Raises
    UsageError where none is usable.
    """
    opened, short_name = find_archive(name, folder)
    listing = list_images(opened)
    if not listing.images:
        raise UsageError(f"{name} holds no usable photo (0 found): {listing.explain_absence()}")
    files = listing.images
    survey = survey_images(opened, files, channels)
    archive = FingerprintedArchive(opened)
    sides: dict[str, int] = {}

    def load_thumbnail(file: str) -> Tensor | str:
        try:
            survey.require_values(file)
            photo = decode_opaque(archive.read(file), channels, survey.ranges, file)
        except DECODE_ERRORS as error:
            return reason_without_name(error, file)
        sides[file] = min(photo.size)
        return to_tensor(photo.resize((THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.BOX))

    broken, contrast = {}, Contrast()
    with decoding_threads() as executor:
        for file, thumbnail in zip(files, executor.map(load_thumbnail, files), strict=True):
            if isinstance(thumbnail, str):
                broken[file] = thumbnail
            else:
                contrast.add(thumbnail.numpy())
    warnings = describe_unreadable(broken, len(files), "photos")
    usable = [file for file in files if sides.get(file, 0) >= patch_size]
    if not usable:
        raise UsageError(
            f"{name} holds no usable photo of at least {patch_size} pixels a side ({len(files)} found)."
            + "".join(f" {warning}" for warning in warnings)
        )
    if small := [file for file in files if sides.get(file, patch_size) < patch_size]:
        warnings.append(
            f"{len(small)} of {len(files)} photos are smaller than a patch of {patch_size} pixels and were skipped: "
            f"{abbreviate_names(small)}."
        )
    warnings += [*listing.warnings, *survey.warnings, *contrast.warnings()]
    return PatchDataset(
        short_name, archive, usable, channels, patch_size, scale, degradation, warnings,
        fingerprint=archive.fingerprint(usable), ranges=survey.ranges,
    )  # fmt: skip
