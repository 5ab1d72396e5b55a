"""BMP files put together by hand, with every header and layout."""

import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 13, 7
GREY_RAMP = np.stack([np.arange(256)] * 3, 1)


def build_bmp(
    rows: bytes,
    depth: int,
    header_bytes: int = 40,
    compression: int = 0,
    masks: Sequence[int] = (),
    palette: NDArray[np.integer] | None = None,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    colours_used: int = 0,
    gap: int = 0,
) -> bytes:
    """`rows` are the pixels as stored; `palette` (N, 3) is red, green and blue; `gap` are bytes before the pixels."""
    width, height = size
    masks = (*masks, 0, 0, 0, 0)[:4] if masks and header_bytes >= 56 else tuple(masks)
    behind = b""
    if header_bytes == 12:
        header = struct.pack("<IHHHH", 12, width, height, 1, depth)
    else:
        header = struct.pack("<IiiHHIIiiI", header_bytes, width, height, 1, depth, compression, len(rows), 3937, 3937,
                             colours_used)  # fmt: skip
        mask_data = struct.pack(f"<{len(masks)}I", *masks)
        if header_bytes in (52, 56, 108, 124):
            header = header.ljust(40, b"\0") + mask_data
        else:
            behind = mask_data
        header = header.ljust(header_bytes, b"\0")[:header_bytes]
    if palette is not None:
        entry = [*(palette[:, 2], palette[:, 1], palette[:, 0])] + ([] if header_bytes == 12 else [palette[:, 0] * 0])
        behind += np.stack(entry, 1).astype(np.uint8).tobytes()
    position = 14 + len(header) + len(behind) + gap
    start = struct.pack("<2sIII", b"BM", position + len(rows), 0, position)
    return start + header + behind + bytes(gap) + rows


def pack_rows(values: NDArray[np.integer], depth: int) -> bytes:
    """Values (H, W) of a depth, the top row first, as the rows of a file: from the bottom, padded to 4 bytes."""
    packed = []
    for row in values[::-1]:
        if depth < 8:
            bits = ((row[:, None] >> np.arange(depth - 1, -1, -1)) & 1).astype(np.uint8)
            data = np.packbits(bits.reshape(-1)).tobytes()
        else:
            data = b"".join(int(value).to_bytes(depth // 8, "little") for value in row)
        packed.append(data + bytes(-len(data) % 4))
    return b"".join(packed)


def random_values(largest: int, seed: int = 0) -> NDArray[np.int64]:
    return np.random.default_rng(seed).integers(0, largest + 1, (HEIGHT, WIDTH))


def join_channels(channels: Sequence[NDArray[np.integer]], masks: Sequence[int]) -> NDArray[np.integer]:
    """Channels (H, W) as the pixels of masks."""
    return sum(
        (channel.astype(np.int64) << ((mask & -mask).bit_length() - 1)
        for channel, mask in zip(channels, masks, strict=True)), start=np.zeros((HEIGHT, WIDTH), np.int64)
    )  # fmt: skip
