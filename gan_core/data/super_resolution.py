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

from gan_core.data.archives import Source, ZipSource, first_few, locate, open_source, picture_names, shown_names
from gan_core.data.datasets import Batch
from gan_core.data.image_folder import HELD_BYTES, UNREADABLE
from gan_core.errors import InputError
from gan_core.images.tensors import bicubic, flatten, rounded, to_pil

MARGIN = 4  # pixels of the small picture around a patch, so that its edges are made small like its middle
BENCHMARKS = ("set5", "set14", "kodak")
PAIR = re.compile(r"^(?P<stem>.*)_SRF_(?P<scale>\d)_(?P<kind>HR|LR)\.png$")
DEGRADATIONS = ("bicubic", "photo")


@dataclass
class Photos:
    """Photos by index, as batches of patches: `images` (N, C, P, P), `small` (N, C, P / scale, P / scale)."""

    name: str
    source: Source
    files: list[str]
    channels: int
    patch: int
    scale: int
    degradation: str
    warnings: list[str] = field(default_factory=list)
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.held: OrderedDict[int, Tensor] = OrderedDict()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self.files)

    def photo(self, index: int) -> Tensor:
        """One photo (C, H, W) uint8; those used last stay in memory, up to HELD_BYTES."""
        if index in self.held:
            self.held.move_to_end(index)
            return self.held[index]
        photo = decoded(self.source.read(self.files[index]), self.channels)
        self.held[index] = photo
        self.bytes += photo.numel()
        while self.bytes > HELD_BYTES and len(self.held) > 1:
            self.bytes -= self.held.popitem(last=False)[1].numel()
        return photo

    def take(self, indices: Tensor, generator: torch.Generator | None = None) -> Batch:
        """A patch of each photo; where it lies, how it is turned and what it has suffered comes from `generator`."""
        generator = generator or torch.Generator().manual_seed(0)
        pairs = [self.pair(self.photo(index), generator) for index in indices.tolist()]
        return Batch(torch.stack([large for large, _ in pairs]), small=torch.stack([small for _, small in pairs]))

    def pair(self, photo: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """A random patch (C, P, P) and its small version (C, P / scale, P / scale), turned alike."""
        top, left = (draw(0, side - self.patch, generator) for side in photo.shape[1:])
        above, before = (min(MARGIN, start // self.scale) for start in (top, left))  # in small pixels
        region = photo[
            :,
            top - above * self.scale : top + self.patch + MARGIN * self.scale,
            left - before * self.scale : left + self.patch + MARGIN * self.scale,
        ]
        region = region[:, : whole(region.shape[1], self.scale), : whole(region.shape[2], self.scale)]
        small = degrade(region, self.scale, generator) if self.degradation == "photo" else reduced(region, self.scale)
        side = self.patch // self.scale
        small = small[:, above : above + side, before : before + side]
        turn = draw(0, 7, generator)
        return turned(photo[:, top : top + self.patch, left : left + self.patch], turn), turned(small, turn)


def draw(low: int, high: int, generator: torch.Generator) -> int:
    """A whole number in [low, high]."""
    return int(torch.randint(low, high + 1, (), generator=generator))


def whole(side: int, scale: int) -> int:
    """The largest multiple of the scale that fits."""
    return side // scale * scale


def turned(picture: Tensor, turn: int) -> Tensor:
    """One of the eight ways to lay a picture (C, H, W): flips and a transpose."""
    if turn & 1:
        picture = picture.flip(2)
    if turn & 2:
        picture = picture.flip(1)
    return (picture.transpose(1, 2) if turn & 4 else picture).contiguous()


# Making small --------------------------------------------------------------------------------------------------------


def reduced(picture: Tensor, scale: int) -> Tensor:
    """(C, H, W) uint8 -> (C, H / scale, W / scale): antialiased bicubic, rounded to 8 bits as the benchmarks are."""
    return bicubic(picture, picture.shape[1] // scale, picture.shape[2] // scale)


def degrade(picture: Tensor, scale: int, generator: torch.Generator) -> Tensor:
    """What people really upload, after Real-ESRGAN (Wang et al. 2021, section 3): blur, reduction by one of three
    filters, noise and JPEG, each in random strength, noise and blur left out now and then. (C, H, W) uint8 in and out.
    """
    values = picture.float()
    if chance(0.8, generator):
        values = blurred(values, uniform(0.2, 2.0, generator), uniform(0.2, 2.0, generator), generator)
    mode = ("bicubic", "bilinear", "area")[draw(0, 2, generator)]
    size = (picture.shape[1] // scale, picture.shape[2] // scale)
    smooth = {} if mode == "area" else {"antialias": True}
    values = interpolate(values[None], size=size, mode=mode, **smooth)[0]
    if chance(0.7, generator):
        shape = values.shape if chance(0.6, generator) else (1, *values.shape[1:])  # coloured or grey grain
        values = values + uniform(1, 15, generator) * torch.randn(shape, generator=generator)
    small = rounded(values)
    return pressed(small, draw(40, 95, generator)) if chance(0.8, generator) else small


def chance(share: float, generator: torch.Generator) -> bool:
    return torch.rand((), generator=generator).item() < share


def uniform(low: float, high: float, generator: torch.Generator) -> float:
    return low + (high - low) * torch.rand((), generator=generator).item()


def blurred(values: Tensor, along: float, across: float, generator: torch.Generator) -> Tensor:
    """A Gaussian blur with two widths in pixels, at a random angle."""
    reach = 6
    axis = torch.arange(-reach, reach + 1).float()
    rows, columns = torch.meshgrid(axis, axis, indexing="ij")
    angle = torch.tensor(uniform(0, torch.pi, generator))
    first, second = (
        columns * angle.cos() + rows * angle.sin(),
        rows * angle.cos() - columns * angle.sin(),
    )
    kernel = torch.exp(-((first / along) ** 2 + (second / across) ** 2) / 2)
    kernel = (kernel / kernel.sum()).expand(len(values), 1, -1, -1)
    return conv2d(pad(values[None], (reach,) * 4, mode="replicate"), kernel, groups=len(values))[0]


def pressed(small: Tensor, quality: int) -> Tensor:
    """Through JPEG and back."""
    buffer = BytesIO()
    to_pil(small.permute(1, 2, 0).numpy()).save(buffer, "JPEG", quality=quality)
    return decoded(buffer.getvalue(), len(small))


# Reading -------------------------------------------------------------------------------------------------------------


def decoded(file: bytes, channels: int) -> Tensor:
    """A picture file as (C, H, W) uint8, in its own size; orientation and transparency as for training pictures."""
    with Image.open(BytesIO(file)) as picture:
        flat = flatten(ImageOps.exif_transpose(picture), "L" if channels == 1 else "RGB")
    return torch.from_numpy(np.atleast_3d(np.array(flat))).permute(2, 0, 1).contiguous()


def find_source(name: str, folder: Path) -> tuple[Source, str]:
    """A folder or zip of photos by path, or by its name in the data folder, and its short name."""
    path = locate(name, folder)
    if path is None:
        raise InputError(
            f"There are no photos {name!r}: it is no folder or zip, and {folder} holds neither {name}.zip nor a folder "
            f"{name}. Set --data-dir to where data sets lie."
        )
    return open_source(path), path.stem if path.is_file() else path.name


def load_photos(name: str, folder: Path, *, patch: int, scale: int, channels: int, degradation: str) -> Photos:
    """Photos to train on, by path or name. All are decoded once: what is broken or too small is skipped and counted.

    Raises InputError where none can be used.
    """
    source, short = find_source(name, folder)
    files = picture_names(shown_names(source))

    def look(file: str) -> str:
        try:
            with Image.open(BytesIO(source.read(file))) as picture:
                picture.load()
                return "" if min(picture.size) >= patch else "small"
        except UNREADABLE:
            return "broken"

    with ThreadPoolExecutor(4) as threads:
        faults = list(threads.map(look, files))
    kept = [file for file, fault in zip(files, faults, strict=True) if not fault]
    warnings = []
    for fault, words in (("broken", "could not be read"), ("small", f"are smaller than a patch of {patch} pixels")):
        found = [file for file, each in zip(files, faults, strict=True) if each == fault]
        if found:
            warnings.append(f"{len(found)} of {len(files)} photos {words} and were skipped: {first_few(found)}.")
    if not kept:
        raise InputError(f"{name} holds no usable photo of at least {patch} pixels a side ({len(files)} found).")
    return Photos(short, source, kept, channels, patch, scale, degradation, warnings)


# Benchmarks ----------------------------------------------------------------------------------------------------------


def pairs(name: str, folder: Path, scale: int) -> Iterator[tuple[str, Tensor, Tensor]]:
    """Name, original and small picture (C, H, W) uint8 of a benchmark (set5, set14, kodak) or a folder or zip.

    Pairs that a benchmark brings are taken as they are; else the original, cut to a multiple of the scale, is reduced.
    Raises InputError where there is no picture.
    """
    source, files = benchmark_files(name, folder)
    for file in files:
        match = PAIR.match(file)
        large = decoded(source.read(file), 3)
        large = large[:, : whole(large.shape[1], scale), : whole(large.shape[2], scale)]
        if match and int(match["scale"]) == scale:
            yield PurePosixPath(file).stem, large, decoded(source.read(f"{match['stem']}_SRF_{scale}_LR.png"), 3)
        else:
            yield PurePosixPath(file).stem, large, reduced(large, scale)


def benchmark_files(name: str, folder: Path) -> tuple[Source, list[str]]:
    """Where a benchmark's originals lie: its part of sr-benchmarks.zip, or a folder or zip of its own."""
    bundle = folder / "sr-benchmarks.zip"
    if name in BENCHMARKS and bundle.is_file():
        source, inside = ZipSource(bundle), f"{name}/"
    else:
        (source, _), inside = find_source(name, folder), ""
    files = [file for file in picture_names(shown_names(source)) if file.startswith(inside)]
    originals = [file for file in files if not ((match := PAIR.match(file)) and match["kind"] == "LR")]
    if not originals:
        raise InputError(f"{name} holds no picture to measure on.")
    return source, originals
