"""Photographs for super-resolution: sharp patches with what a bad camera or a small screen would have left of them.

Photos keep their size; a batch is a patch of each, cut, turned and made small at the moment it is asked for, all of it
by the batch's own randomness. Benchmarks are whole pictures in pairs.
"""

import re
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path, PurePosixPath

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor
from torch.nn.functional import conv2d, interpolate, pad

from gan_core.data.archives import (
    Archive,
    ZipArchive,
    abbreviate_names,
    image_files,
    locate_dataset,
    open_archive,
    visible_files,
)
from gan_core.data.datasets import Batch
from gan_core.data.image_folder import DECODE_ERRORS, MAX_IN_MEMORY_BYTES
from gan_core.errors import UsageError
from gan_core.images.tensors import resize_bicubic, round_to_uint8, to_opaque, to_pil

MARGIN_PX = 4  # pixels of the small picture around a patch, so that its edges are made small like its middle
BENCHMARKS = ("set5", "set14", "kodak")
PAIR_FILE_PATTERN = re.compile(r"^(?P<stem>.*)_SRF_(?P<scale>\d)_(?P<kind>HR|LR)\.png$")
DEGRADATIONS = ("bicubic", "photo")


@dataclass
class PatchDataset:
    """Photos by index, as batches of patches: `images` (N, C, P, P), `small` (N, C, P / scale, P / scale)."""

    name: str
    archive: Archive
    files: list[str]
    channels: int
    patch_size: int
    scale: int
    degradation: str
    warnings: list[str] = field(default_factory=list)
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.cache: OrderedDict[int, Tensor] = OrderedDict()
        self.cache_bytes = 0

    def __len__(self) -> int:
        return len(self.files)

    def load_photo(self, index: int) -> Tensor:
        """One photo (C, H, W) uint8; those used last stay in memory, up to HELD_BYTES."""
        if index in self.cache:
            self.cache.move_to_end(index)
            return self.cache[index]
        photo = decode_image(self.archive.read(self.files[index]), self.channels)
        self.cache[index] = photo
        self.cache_bytes += photo.numel()
        while self.cache_bytes > MAX_IN_MEMORY_BYTES and len(self.cache) > 1:
            self.cache_bytes -= self.cache.popitem(last=False)[1].numel()
        return photo

    def get_batch(self, indices: Tensor, generator: torch.Generator | None = None) -> Batch:
        """A patch of each photo; where it lies, how it is turned and what it has suffered comes from `generator`."""
        generator = generator or torch.Generator().manual_seed(0)
        pairs = [self.sample_pair(self.load_photo(index), generator) for index in indices.tolist()]
        return Batch(
            torch.stack([high_res for high_res, _ in pairs]), low_res=torch.stack([low_res for _, low_res in pairs])
        )

    def sample_pair(self, photo: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """A random patch (C, P, P) and its small version (C, P / scale, P / scale), turned alike."""
        top, left = (randint(0, side - self.patch_size, generator) for side in photo.shape[1:])
        margin_top, margin_left = (min(MARGIN_PX, start // self.scale) for start in (top, left))  # in small pixels
        region = photo[
            :,
            top - margin_top * self.scale : top + self.patch_size + MARGIN_PX * self.scale,
            left - margin_left * self.scale : left + self.patch_size + MARGIN_PX * self.scale,
        ]
        region = region[
            :, : floor_to_multiple(region.shape[1], self.scale), : floor_to_multiple(region.shape[2], self.scale)
        ]
        low_res = (
            degrade(region, self.scale, generator)
            if self.degradation == "photo"
            else bicubic_downscale(region, self.scale)
        )
        low_res_side = self.patch_size // self.scale
        low_res = low_res[:, margin_top : margin_top + low_res_side, margin_left : margin_left + low_res_side]
        orientation = randint(0, 7, generator)
        return apply_dihedral(
            photo[:, top : top + self.patch_size, left : left + self.patch_size], orientation
        ), apply_dihedral(low_res, orientation)


def randint(low: int, high: int, generator: torch.Generator) -> int:
    """A whole number in [low, high]."""
    return int(torch.randint(low, high + 1, (), generator=generator))


def floor_to_multiple(side: int, scale: int) -> int:
    """The largest multiple of the scale that fits."""
    return side // scale * scale


def apply_dihedral(image: Tensor, orientation: int) -> Tensor:
    """One of the eight ways to lay a picture (C, H, W): flips and a transpose."""
    if orientation & 1:
        image = image.flip(2)
    if orientation & 2:
        image = image.flip(1)
    return (image.transpose(1, 2) if orientation & 4 else image).contiguous()


# Making small --------------------------------------------------------------------------------------------------------


def bicubic_downscale(image: Tensor, scale: int) -> Tensor:
    """(C, H, W) uint8 -> (C, H / scale, W / scale): antialiased bicubic, rounded to 8 bits as the benchmarks are."""
    return resize_bicubic(image, image.shape[1] // scale, image.shape[2] // scale)


def degrade(image: Tensor, scale: int, generator: torch.Generator) -> Tensor:
    """What people really upload, after Real-ESRGAN (Wang et al. 2021, section 3): blur, reduction by one of three
    filters, noise and JPEG, each in random strength, noise and blur left out now and then. (C, H, W) uint8 in and out.
    """
    values = image.float()
    if random_chance(0.8, generator):
        values = gaussian_blur(
            values, random_uniform(0.2, 2.0, generator), random_uniform(0.2, 2.0, generator), generator
        )
    mode = ("bicubic", "bilinear", "area")[randint(0, 2, generator)]
    size = (image.shape[1] // scale, image.shape[2] // scale)
    options = {} if mode == "area" else {"antialias": True}
    values = interpolate(values[None], size=size, mode=mode, **options)[0]
    if random_chance(0.7, generator):
        shape = values.shape if random_chance(0.6, generator) else (1, *values.shape[1:])  # coloured or grey grain
        values = values + random_uniform(1, 15, generator) * torch.randn(shape, generator=generator)
    low_res = round_to_uint8(values)
    return jpeg_compress(low_res, randint(40, 95, generator)) if random_chance(0.8, generator) else low_res


def random_chance(probability: float, generator: torch.Generator) -> bool:
    return torch.rand((), generator=generator).item() < probability


def random_uniform(low: float, high: float, generator: torch.Generator) -> float:
    return low + (high - low) * torch.rand((), generator=generator).item()


def gaussian_blur(values: Tensor, sigma_along: float, sigma_across: float, generator: torch.Generator) -> Tensor:
    """A Gaussian blur with two widths in pixels, at a random angle."""
    radius = 6
    offsets = torch.arange(-radius, radius + 1).float()
    rows, columns = torch.meshgrid(offsets, offsets, indexing="ij")
    angle = torch.tensor(random_uniform(0, torch.pi, generator))
    distance_along, distance_across = (
        columns * angle.cos() + rows * angle.sin(),
        rows * angle.cos() - columns * angle.sin(),
    )
    kernel = torch.exp(-((distance_along / sigma_along) ** 2 + (distance_across / sigma_across) ** 2) / 2)
    kernel = (kernel / kernel.sum()).expand(len(values), 1, -1, -1)
    return conv2d(pad(values[None], (radius,) * 4, mode="replicate"), kernel, groups=len(values))[0]


def jpeg_compress(image: Tensor, quality: int) -> Tensor:
    """Through JPEG and back."""
    buffer = BytesIO()
    to_pil(image.permute(1, 2, 0).numpy()).save(buffer, "JPEG", quality=quality)
    return decode_image(buffer.getvalue(), len(image))


# Reading -------------------------------------------------------------------------------------------------------------


def decode_image(file: bytes, channels: int) -> Tensor:
    """A picture file as (C, H, W) uint8, in its own size; orientation and transparency as for training pictures."""
    with Image.open(BytesIO(file)) as image:
        flattened = to_opaque(ImageOps.exif_transpose(image), "L" if channels == 1 else "RGB")
    return torch.from_numpy(np.atleast_3d(np.array(flattened))).permute(2, 0, 1).contiguous()


def find_archive(name: str, folder: Path) -> tuple[Archive, str]:
    """A folder or zip of photos by path, or by its name in the data folder, and its short name."""
    path = locate_dataset(name, folder)
    if path is None:
        raise UsageError(
            f"There are no photos {name!r}: it is no folder or zip, and {folder} holds neither {name}.zip nor a folder "
            f"{name}. Set --data-dir to where data sets lie."
        )
    return open_archive(path), path.stem if path.is_file() else path.name


def load_photos(
    name: str, folder: Path, *, patch_size: int, scale: int, channels: int, degradation: str
) -> PatchDataset:
    """Photos to train on, by path or name. All are decoded once: what is broken or too small is skipped and counted.

    Raises InputError where none can be used.
    """
    archive, short_name = find_archive(name, folder)
    files = image_files(visible_files(archive))

    def find_fault(file: str) -> str:
        try:
            with Image.open(BytesIO(archive.read(file))) as image:
                image.load()
                return "" if min(image.size) >= patch_size else "small"
        except DECODE_ERRORS:
            return "broken"

    with ThreadPoolExecutor(4) as executor:
        faults = list(executor.map(find_fault, files))
    usable = [file for file, fault in zip(files, faults, strict=True) if not fault]
    warnings = []
    for fault, reason in (
        ("broken", "could not be read"),
        ("small", f"are smaller than a patch of {patch_size} pixels"),
    ):
        affected = [file for file, file_fault in zip(files, faults, strict=True) if file_fault == fault]
        if affected:
            warnings.append(
                f"{len(affected)} of {len(files)} photos {reason} and were skipped: {abbreviate_names(affected)}."
            )
    if not usable:
        raise UsageError(f"{name} holds no usable photo of at least {patch_size} pixels a side ({len(files)} found).")
    return PatchDataset(short_name, archive, usable, channels, patch_size, scale, degradation, warnings)


# Benchmarks ----------------------------------------------------------------------------------------------------------


def benchmark_pairs(name: str, folder: Path, scale: int) -> Iterator[tuple[str, Tensor, Tensor]]:
    """Name, original and small picture (C, H, W) uint8 of a benchmark (set5, set14, kodak) or a folder or zip.

    Pairs that a benchmark brings are taken as they are; else the original, cut to a multiple of the scale, is reduced.
    Raises InputError where there is no picture.
    """
    archive, files = benchmark_files(name, folder)
    for file in files:
        match = PAIR_FILE_PATTERN.match(file)
        high_res = decode_image(archive.read(file), 3)
        high_res = high_res[
            :, : floor_to_multiple(high_res.shape[1], scale), : floor_to_multiple(high_res.shape[2], scale)
        ]
        if match and int(match["scale"]) == scale:
            yield (
                PurePosixPath(file).stem,
                high_res,
                decode_image(archive.read(f"{match['stem']}_SRF_{scale}_LR.png"), 3),
            )
        else:
            yield PurePosixPath(file).stem, high_res, bicubic_downscale(high_res, scale)


def benchmark_files(name: str, folder: Path) -> tuple[Archive, list[str]]:
    """Where a benchmark's originals lie: its part of sr-benchmarks.zip, or a folder or zip of its own."""
    bundle = folder / "sr-benchmarks.zip"
    if name in BENCHMARKS and bundle.is_file():
        archive, prefix = ZipArchive(bundle), f"{name}/"
    else:
        (archive, _), prefix = find_archive(name, folder), ""
    files = [file for file in image_files(visible_files(archive)) if file.startswith(prefix)]
    originals = [file for file in files if not ((match := PAIR_FILE_PATTERN.match(file)) and match["kind"] == "LR")]
    if not originals:
        raise UsageError(f"{name} holds no picture to measure on.")
    return archive, originals
