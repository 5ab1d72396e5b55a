"""How the values of one image in a TIFF file are laid out: number type, channels, compression, tiles."""

from dataclasses import dataclass
from math import ceil

import numpy as np

from gan_core.images.tiff import structure as tags
from gan_core.images.tiff.structure import DamagedTiffError, Directory, TiffFile

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, MASK, SEPARATED, YCBCR, CIE_LAB, ICC_LAB, ITU_LAB = *range(6), 6, 8, 9, 10
COLOUR_CHANNELS = {
    WHITE_IS_ZERO: 1, BLACK_IS_ZERO: 1, RGB: 3, PALETTE: 1, MASK: 1, SEPARATED: 4, YCBCR: 3, CIE_LAB: 3, ICC_LAB: 3,
    ITU_LAB: 3,
}  # fmt: skip
UNSPECIFIED, ASSOCIATED_ALPHA, UNASSOCIATED_ALPHA = 0, 1, 2  # values of ExtraSamples
COREL_DRAW_ALPHA = 999  # which means the same as UNASSOCIATED_ALPHA
UNSIGNED, SIGNED, FLOAT, UNDEFINED, COMPLEX_INTEGER, COMPLEX_FLOAT = range(1, 7)  # values of SampleFormat
MAX_CHANNELS = 1024

UNCOMPRESSED, OLD_JPEG, JPEG = 1, 6, 7
LOSSLESS_COMPRESSIONS = {5: "LZW", 8: "Deflate", 32946: "Deflate", 32773: "PackBits", 34925: "LZMA", 50000: "Zstandard"}
IMAGE_COMPRESSIONS = {  # whose tiles are files of another format, as Pillow calls that
    33003: "JPEG2000", 33004: "JPEG2000", 33005: "JPEG2000", 34712: "JPEG2000", 34933: "PNG", 50001: "WEBP",
}  # fmt: skip
PILLOW_COMPRESSIONS = {
    2: "CCITT", 3: "CCITT Group 3", 4: "CCITT Group 4", 6: "JPEG of the old kind", 7: "JPEG", 32771: "CCITT",
}  # fmt: skip
OTHER_COMPRESSIONS = {
    9: "JBIG", 10: "JBIG", 32766: "NeXT", 32809: "ThunderScan", 34661: "JBIG", 34676: "SGILog", 34677: "SGILog24",
    34887: "LERC", 34892: "lossy DNG", 34934: "JPEG XR", 22610: "JPEG XR", 50002: "JPEG XL",
    52546: "JPEG XL",
}  # fmt: skip
COMPRESSIONS = {
    UNCOMPRESSED: "none", **LOSSLESS_COMPRESSIONS, **IMAGE_COMPRESSIONS, **PILLOW_COMPRESSIONS, **OTHER_COMPRESSIONS
}  # fmt: skip


@dataclass(frozen=True)
class Layout:
    """The layout of an image; `bits` are per value, of each channel; `tile_size` is (width, height) of tiles or strips.

    `planes` is the number of channels that are stored one after the other, 1 where they are interleaved; `channels`
    counts all, `extras` is ExtraSamples, one entry for each channel beyond those of the colours.
    """

    width: int
    height: int
    channels: int
    bits: tuple[int, ...]
    sample_format: int
    photometric: int
    compression: int
    planes: int
    extras: tuple[int, ...]
    predictor: int
    fill_order: int
    tile_size: tuple[int, int]
    is_tiled: bool
    orientation: int

    @property
    def depth(self) -> int:
        """Bits per value, the same in all channels that are read."""
        return self.bits[0]

    @property
    def number_type(self) -> np.dtype:
        """The number type of the values once they are unpacked: the next larger one where the depth is odd."""
        kind = {FLOAT: "f", SIGNED: "i"}.get(self.sample_format, "u")
        sizes = (2, 4) if kind == "f" else (1, 2, 4)
        return np.dtype(f"{kind}{next((size for size in sizes if self.depth <= 8 * size), 8)}")

    @property
    def interleaved(self) -> int:
        """Channels of one tile."""
        return 1 if self.planes > 1 else self.channels

    @property
    def grid(self) -> tuple[int, int]:
        """Tiles across and down."""
        return ceil(self.width / self.tile_size[0]), ceil(self.height / self.tile_size[1])

    @property
    def compression_name(self) -> str:
        return COMPRESSIONS.get(self.compression, f"number {self.compression}")


def read_layout(file: TiffFile, directory: Directory) -> Layout:
    """The layout of the image that a directory describes. Raises DamagedTiffError where it contradicts itself."""
    for tag in tags.LAYOUT_TAGS:
        if tag in directory.fields and not len(file.numbers(directory, tag)):
            raise DamagedTiffError("the values of its tags are cut off")
    width, height = (file.integer(directory, tag, 0) for tag in (tags.WIDTH, tags.HEIGHT))
    channels = file.integer(directory, tags.SAMPLES, 1)
    if width < 1 or height < 1:
        raise DamagedTiffError("it states no size")
    if not 1 <= channels <= MAX_CHANNELS:
        raise DamagedTiffError(f"it states {channels} channels")
    is_tiled = tags.TILE_WIDTH in directory.fields
    if is_tiled:
        tile_size = (file.integer(directory, tags.TILE_WIDTH, 0), file.integer(directory, tags.TILE_HEIGHT, 0))
    else:
        tile_size = (width, min(file.integer(directory, tags.ROWS_PER_STRIP, height) or height, height))
    if min(tile_size) < 1:
        raise DamagedTiffError("it states no size of its tiles")
    photometric = file.integer(directory, tags.PHOTOMETRIC, RGB if channels >= 3 else WHITE_IS_ZERO)
    formats = file.integers(directory, tags.SAMPLE_FORMAT) or [UNSIGNED]
    return Layout(
        width,
        height,
        channels,
        read_bits(file, directory, channels),
        formats[0] if len(set(formats[:channels])) == 1 else 0,
        photometric,
        file.integer(directory, tags.COMPRESSION, UNCOMPRESSED),
        channels if file.integer(directory, tags.PLANAR, 1) == 2 else 1,
        read_extras(file, directory, photometric, channels),
        file.integer(directory, tags.PREDICTOR, 1),
        file.integer(directory, tags.FILL_ORDER, 1),
        tile_size,
        is_tiled,
        file.integer(directory, tags.ORIENTATION, 1),
    )


def read_bits(file: TiffFile, directory: Directory, channels: int) -> tuple[int, ...]:
    """Bits per value of each channel."""
    bits = file.integers(directory, tags.BITS) or [1]
    bits = bits * channels if len(bits) == 1 else bits[:channels]
    if len(bits) < channels or not all(1 <= value <= 128 for value in bits):
        raise DamagedTiffError(f"it states {', '.join(map(str, bits[:8]))} bits for {channels} channels")
    return tuple(bits)


def read_extras(file: TiffFile, directory: Directory, photometric: int, channels: int) -> tuple[int, ...]:
    """What the channels beyond the colours mean; where the file does not tell, the fourth of RGB is alpha."""
    count = max(0, channels - COLOUR_CHANNELS.get(photometric, channels))
    stated = file.integers(directory, tags.EXTRA_SAMPLES)[:count]
    if not stated and photometric == RGB and count == 1:
        stated = [UNASSOCIATED_ALPHA]
    stated = [UNASSOCIATED_ALPHA if value == COREL_DRAW_ALPHA else value for value in stated]
    return (*stated, *[UNSPECIFIED] * (count - len(stated)))
