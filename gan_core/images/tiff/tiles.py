"""Where the tiles or strips of an image in a TIFF file lie, and whether all of them are listed."""

from gan_core.images.tiff import layout as layouts
from gan_core.images.tiff import structure as tags
from gan_core.images.tiff.layout import Layout
from gan_core.images.tiff.structure import DamagedTiffError, Directory, TiffFile

MAX_TILE_BYTES = 256 * 1024**2


def row_bytes(layout: Layout) -> int:
    """Bytes of one row of a tile, unpacked."""
    return (layout.tile_size[0] * layout.interleaved * layout.depth + 7) // 8


def tile_table(file: TiffFile, directory: Directory, layout: Layout) -> tuple[list[int], list[int]]:
    """The position of each tile or strip and its bytes.

    Raises DamagedTiffError where some are missing, or tiles are larger than any image.
    """
    if layout.is_tiled and row_bytes(layout) * layout.tile_size[1] > MAX_TILE_BYTES:
        raise DamagedTiffError("its tiles are larger than any image")
    across, down = layout.grid
    count, noun = across * down * layout.planes, "tiles" if layout.is_tiled else "strips"
    has_tile_tags = tags.TILE_OFFSETS in directory.fields
    position_tag, bytes_tag = (
        (tags.TILE_OFFSETS, tags.TILE_BYTES) if has_tile_tags else (tags.STRIP_OFFSETS, tags.STRIP_BYTES)
    )
    positions, sizes = file.integers(directory, position_tag), file.integers(directory, bytes_tag)
    if len(positions) < count:
        raise DamagedTiffError(f"it lists {len(positions)} of {count} {noun}")
    if len(sizes) < count:
        if layout.compression != layouts.UNCOMPRESSED and count > 1:
            raise DamagedTiffError(f"it lists the sizes of {len(sizes)} of {count} {noun}")
        sizes = [max(0, file.size - position) for position in positions]
    return positions[:count], sizes[:count]
