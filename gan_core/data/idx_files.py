"""Reads the raw files of MNIST and Fashion-MNIST (images and labels in IDX form) from a folder or zip of any layout."""

import gzip
import re
import zlib
from collections.abc import Sequence
from io import BytesIO
from pathlib import PurePosixPath

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan_core.data.archives import MAX_MEMBER_BYTES, Archive
from gan_core.errors import UsageError

IDX_FILE = re.compile(r"(?P<part>train|t10k)-(?P<content>images|labels)[-.]idx[13]-ubyte(\.gz)?")
PARTS = {"train": "train", "test": "t10k"}  # by split
MAGIC = {"images": 0x0803, "labels": 0x0801}  # type uint8, number of dimensions


def find_idx_files(names: Sequence[str], part: str | None = None) -> dict[str, str]:
    """The paths of the files of a part, "train" or "t10k", by content, "images" and "labels"; those of any for None."""
    found = {}
    for name in names:
        match = IDX_FILE.fullmatch(PurePosixPath(name).name)
        if match and part in (None, match["part"]):
            found.setdefault(match["content"], name)
    return found


def read_idx_images(archive: Archive, names: Sequence[str], split: str, place: str) -> tuple[Tensor, Tensor]:
    """Images (N, H, W) uint8 and labels (N,) int64 of a split; `place` is what messages call the folder or zip.

    Raises UsageError where a file is missing or damaged.
    """
    files = find_idx_files(names, PARTS[split])
    arrays = {}
    for content in ("images", "labels"):
        if content not in files:
            dimensions = MAGIC[content] & 0xFF
            raise UsageError(f"{place} holds no {PARTS[split]}-{content}-idx{dimensions}-ubyte.")
        try:
            arrays[content] = parse_idx(decompress(archive.read(files[content])), MAGIC[content])
        except (OSError, ValueError, EOFError, zlib.error) as error:
            raise UsageError(
                f"{files[content]} in {place} cannot be read ({error}): copy or download it again."
            ) from error
    images, labels = arrays["images"], arrays["labels"]
    if len(images) != len(labels):
        raise UsageError(f"{place} holds {len(images)} images and {len(labels)} labels: it is damaged.")
    return torch.from_numpy(images), torch.from_numpy(labels.astype(np.int64))


def decompress(content: bytes) -> bytes:
    """The content of a file that may be compressed by gzip. Raises OSError where that would take too much memory."""
    if not content.startswith(b"\x1f\x8b"):
        return content
    with gzip.GzipFile(fileobj=BytesIO(content)) as file:
        plain = file.read(MAX_MEMBER_BYTES + 1)
    if len(plain) > MAX_MEMBER_BYTES:
        raise OSError(f"it would take more than {MAX_MEMBER_BYTES // 1024**2} MB of memory")
    return plain


def parse_idx(content: bytes, magic: int) -> NDArray[np.uint8]:
    """An array in IDX form: magic number, size of each dimension, values. Raises ValueError where it is damaged."""
    dimensions = magic & 0xFF
    header = 4 * (1 + dimensions)
    if len(content) < header or int.from_bytes(content[:4], "big") != magic:
        raise ValueError("it is no file of this form")
    shape = [int.from_bytes(content[offset : offset + 4], "big") for offset in range(4, header, 4)]
    values = np.frombuffer(content, np.uint8, offset=header)
    if 0 in shape or len(values) != np.prod(shape, dtype=object):
        raise ValueError("it is cut off, or its size is wrong")
    return values.reshape(shape).copy()
