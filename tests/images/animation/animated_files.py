"""Animated files put together by hand, of every disposal and blend, with the pictures that they must show."""

import random
import struct
import zlib
from dataclasses import dataclass
from fractions import Fraction

Pixel = tuple[int, ...]
Picture = list[list[Pixel]]  # rows of RGBA
CLEAR: Pixel = (0, 0, 0, 0)
COLOURS = 8  # of the palettes
WIDTH, HEIGHT, FRAMES = 7, 5, 6


@dataclass
class AnimatedFile:
    """The bytes of a file, and what a reader must find: pictures, times in seconds, and how often it is shown."""

    data: bytes
    pictures: list[Picture]
    durations: list[Fraction]
    plays: int


def random_box(rng: random.Random, *, whole: bool) -> tuple[int, int, int, int]:
    """Left, top, width and height."""
    if whole:
        return 0, 0, WIDTH, HEIGHT
    width, height = rng.randint(1, WIDTH), rng.randint(1, HEIGHT)
    return rng.randint(0, WIDTH - width), rng.randint(0, HEIGHT - height), width, height


# GIF -----------------------------------------------------------------------------------------------------------------


def gif_loop(repetitions: int | None) -> bytes:
    """The extension that says how often a GIF is repeated; none where it is shown once."""
    if repetitions is None:
        return b""
    return b"!\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<H", repetitions) + b"\0"


def lzw(indices: list[int]) -> bytes:
    """LZW data of indices below COLOURS, of single codes and so many clear codes that these stay 4 bits long."""
    clear, end = COLOURS, COLOURS + 1
    codes = [code for position, index in enumerate(indices) for code in ((clear,) * (position % 5 == 0) + (index,))]
    codes.append(end)
    codes += [0] * (len(codes) % 2)
    packed = bytes(low | high << 4 for low, high in zip(codes[::2], codes[1::2], strict=True))
    blocks = (packed[start : start + 255] for start in range(0, len(packed), 255))
    return b"\x03" + b"".join(bytes([len(block)]) + block for block in blocks) + b"\0"


def make_gif(seed: int) -> AnimatedFile:
    """A GIF of random rectangles, palettes, transparent colours, disposals, times and loop; some frames interlaced."""
    rng = random.Random(seed)
    palette = bytes(rng.randrange(256) for _ in range(3 * COLOURS))
    repetitions = rng.choice([None, 0, 1, 5])
    file = b"GIF89a" + struct.pack("<HH", WIDTH, HEIGHT) + bytes([0x82, rng.randrange(COLOURS), 0]) + palette
    file += gif_loop(repetitions)
    canvas = [[CLEAR] * WIDTH for _ in range(HEIGHT)]
    found = AnimatedFile(b"", [], [], 1 if repetitions is None else repetitions + 1 if repetitions else 0)
    for _ in range(FRAMES):
        left, top, width, height = random_box(rng, whole=rng.random() < 0.2)
        transparent, disposal, delay = (
            rng.choice([None, rng.randrange(COLOURS)]), rng.choice([0, 1, 2, 3]), rng.choice([0, 1, 2, 7, 100]),
        )  # fmt: skip
        own_palette = bytes(rng.randrange(256) for _ in range(3 * COLOURS)) if rng.random() < 0.4 else b""
        rows = [[rng.randrange(COLOURS) for _ in range(width)] for _ in range(height)]
        interlaced = rng.random() < 0.3
        order = [row for start, step in ((0, 8), (4, 8), (2, 4), (1, 2)) for row in range(start, height, step)]
        stored = [rows[row] for row in order] if interlaced else rows
        flags = (0x82 if own_palette else 0) | (0x40 if interlaced else 0)
        file += b"!\xf9\x04" + struct.pack("<BHB", disposal << 2 | (transparent is not None), delay, transparent or 0)
        file += b"\0," + struct.pack("<HHHHB", left, top, width, height, flags) + own_palette
        file += lzw([index for row in stored for index in row])
        before = [[*row] for row in canvas]
        colours = own_palette or palette
        for y, row in enumerate(rows):
            for x, index in enumerate(row):
                if index != transparent:
                    red, green, blue = colours[3 * index : 3 * index + 3]
                    canvas[top + y][left + x] = (red, green, blue, 255)
        found.pictures.append([[*row] for row in canvas])
        found.durations.append(Fraction(delay, 100))
        if disposal == 2:
            for y in range(top, top + height):
                canvas[y][left : left + width] = [CLEAR] * width
        if disposal == 3:
            canvas = before
    found.data = file + b";"
    return found


# APNG ----------------------------------------------------------------------------------------------------------------


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def make_apng(seed: int, *, with_still: bool = False) -> AnimatedFile:
    """An RGBA APNG of random rectangles, disposals, blends, times and loop."""
    rng = random.Random(seed)
    plays = rng.choice([0, 1, 3])
    file = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 6, 0, 0, 0))
    file += chunk(b"acTL", struct.pack(">II", FRAMES, plays))
    if with_still:
        file += chunk(b"IDAT", zlib.compress(b"".join(b"\0" + bytes([9, 9, 9, 255]) * WIDTH for _ in range(HEIGHT))))
    canvas = [[CLEAR] * WIDTH for _ in range(HEIGHT)]
    found, sequence = AnimatedFile(b"", [], [], plays), 0
    for number in range(FRAMES):
        left, top, width, height = random_box(rng, whole=number == 0 and not with_still)
        delay = rng.choice([(0, 10), (1, 30), (7, 0), (40, 1000)])
        disposal, blend = rng.choice([0, 1, 2]), rng.choice([0, 1])
        control = struct.pack(">IIIIIHHBB", sequence, width, height, left, top, *delay, disposal, blend)
        file += chunk(b"fcTL", control)
        sequence += 1
        rows = [[(*(rng.randrange(256) for _ in range(3)), rng.choice([0, 255, rng.randrange(256)]))
                 for _ in range(width)] for _ in range(height)]  # fmt: skip
        data = zlib.compress(b"".join(b"\0" + bytes(value for pixel in row for value in pixel) for row in rows))
        if number == 0 and not with_still:
            file += chunk(b"IDAT", data)
        else:
            file += chunk(b"fdAT", struct.pack(">I", sequence) + data)
            sequence += 1
        before = [[*row] for row in canvas]
        for y, row in enumerate(rows):
            for x, pixel in enumerate(row):
                canvas[top + y][left + x] = over(pixel, canvas[top + y][left + x]) if blend else pixel
        found.pictures.append([[*row] for row in canvas])
        found.durations.append(Fraction(delay[0], delay[1] or 100))
        if disposal == 1 or (disposal == 2 and number == 0):
            for y in range(top, top + height):
                canvas[y][left : left + width] = [CLEAR] * width
        elif disposal == 2:
            canvas = before
    found.data = file + chunk(b"IEND", b"")
    return found


def over(upper: Pixel, lower: Pixel) -> Pixel:
    """One pixel laid over another, as the APNG specification says."""
    above, below = Fraction(upper[3], 255), Fraction(lower[3], 255)
    alpha = above + below * (1 - above)
    if not alpha:
        return CLEAR
    red, green, blue = (
        round((above * first + below * (1 - above) * second) / alpha)
        for first, second in zip(upper[:3], lower[:3], strict=True)
    )
    return red, green, blue, round(alpha * 255)
