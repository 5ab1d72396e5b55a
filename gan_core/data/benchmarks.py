"""Super-resolution benchmarks: whole images in pairs of high and low resolution, clean or degraded."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

import torch
from torch import Tensor

from gan_core.data.archives import Archive, ListableArchive, ZipArchive, printable_name
from gan_core.data.decoding import DECODE_ERRORS, decode_image
from gan_core.data.deep_images import Ranges
from gan_core.data.degradation import bicubic_downscale, jpeg_compress
from gan_core.data.listing import list_images
from gan_core.data.super_resolution import find_archive, floor_to_multiple
from gan_core.data.survey import survey_images
from gan_core.data.unreadable import reason_without_name
from gan_core.errors import UsageError
from gan_core.images.tensors import round_to_uint8

BENCHMARKS = ("set5", "set14", "kodak")
DEGRADED = "degraded"  # stands for all of DEGRADED_BENCHMARKS
DEGRADED_SOURCE = "kodak"  # the photos that are degraded
JPEG_QUALITIES = (30, 50, 75, 90, 97)
NOISE_LEVELS = (3, 6, 12, 24)  # standard deviations in each channel, in levels of 8 bits
DEGRADED_BENCHMARKS: dict[str, tuple[str, int]] = {  # by name: what is done to the low-resolution images, how strongly
    f"{DEGRADED_SOURCE}-{kind}{strength}": (kind, strength)
    for kind, strengths in (("jpeg", JPEG_QUALITIES), ("noise", NOISE_LEVELS))
    for strength in strengths
}
BUNDLE_FILE = "sr-benchmarks.zip"  # in the data folder, with a folder for each of BENCHMARKS
PAIR_FILE_PATTERN = re.compile(r"^(?P<stem>.*)_SRF_(?P<scale>\d)_(?P<kind>HR|LR)\.png$")


def benchmark_names(name: str | None) -> Sequence[str]:
    """The benchmarks that a name stands for: BENCHMARKS for None, DEGRADED_BENCHMARKS for DEGRADED, else itself."""
    if name is None:
        return BENCHMARKS
    return [*DEGRADED_BENCHMARKS] if name == DEGRADED else [name]


def benchmark_pairs(name: str, folder: Path, scale: int) -> Iterator[tuple[str, Tensor, Tensor]]:
    """Name, high-resolution and low-resolution image (C, H, W) uint8 of a benchmark, or of a folder or zip.

    A low-resolution file of the benchmark itself is used where it fits the scale; else the high-resolution image,
    cropped to a multiple of the scale, is downscaled. The low-resolution images of DEGRADED_BENCHMARKS are compressed
    or get noise. Raises UsageError where there is no image.
    """
    kind, strength = DEGRADED_BENCHMARKS.get(name, ("", 0))
    archive, files = benchmark_files(DEGRADED_SOURCE if kind else name, folder)
    ranges = survey_images(archive, files, 3).ranges
    generator = torch.Generator().manual_seed(0)
    for file in files:
        match = PAIR_FILE_PATTERN.match(file)
        high_res = read_photo(archive, file, name, ranges)
        height, width = (floor_to_multiple(side, scale) for side in high_res.shape[1:])
        if not height or not width:
            raise UsageError(f"{printable_name(file)} of {name} is smaller than {scale} pixels: take it out.")
        high_res = high_res[:, :height, :width]
        if match and int(match["scale"]) == scale:
            low_res = read_photo(archive, f"{match['stem']}_SRF_{scale}_LR.png", name, ranges)
        else:
            low_res = bicubic_downscale(high_res, scale)
        if kind == "jpeg":
            low_res = jpeg_compress(low_res, strength)
        elif kind == "noise":
            low_res = round_to_uint8(low_res + strength * torch.randn(low_res.shape, generator=generator))
        yield PurePosixPath(file).stem, high_res, low_res


def read_photo(archive: Archive, file: str, name: str, ranges: Ranges) -> Tensor:
    """A photo (3, H, W) of a benchmark. Raises UsageError where it cannot be read, for a mean over fewer misleads."""
    try:
        return decode_image(archive.read(file), 3, ranges, file)
    except DECODE_ERRORS as error:
        reason = reason_without_name(error, file)
        raise UsageError(
            f"{printable_name(file)} of {name} cannot be read ({reason}): replace it, or take it out."
        ) from error


def benchmark_files(name: str, folder: Path) -> tuple[ListableArchive, list[str]]:
    """The high-resolution files of a benchmark: its part of the bundle, or a folder or zip of its own."""
    bundle = folder / BUNDLE_FILE
    if name in BENCHMARKS and bundle.is_file():
        archive, prefix = ZipArchive(bundle), f"{name}/"
    else:
        (archive, _), prefix = find_archive(name, folder), ""
    files = [file for file in list_images(archive).images if file.startswith(prefix)]
    originals = [file for file in files if not ((match := PAIR_FILE_PATTERN.match(file)) and match["kind"] == "LR")]
    if not originals:
        raise UsageError(f"{name} holds no image to measure on.")
    return archive, originals
