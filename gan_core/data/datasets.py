"""Data sets as images by index: in memory as one uint8 tensor, or streamed from files."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import torch
from torch import Tensor

from gan_core.data.decoding import decoding_threads
from gan_core.data.fingerprint import Fingerprint
from gan_core.errors import ExternalError


@dataclass(frozen=True)
class Batch:
    """Images (N, C, S, S) uint8 and, where the data set has them, labels (N,) int64, low-resolution versions
    (N, C, s, s) uint8, or text embeddings of captions (N, dim) float32."""

    images: Tensor
    labels: Tensor | None = None
    low_res: Tensor | None = None
    text_embeddings: Tensor | None = None


class Dataset(Protocol):
    """Images of one size, by index."""

    name: str
    classes: tuple[str, ...]  # empty without labels
    warnings: list[str]  # sentences on what was skipped

    @property
    def fingerprint(self) -> Fingerprint | None:
        """That of the whole data set, also where this is a part of it; None for one that is made in memory."""
        ...

    @property
    def channels(self) -> int: ...

    def __len__(self) -> int: ...

    def get_batch(self, indices: Tensor, generator: torch.Generator | None = None) -> Batch:
        """The images of these indices; anything random about them (crops, noise, captions) comes from `generator`.

        Raises UnreadableImage where one cannot be read any more.
        """
        ...


class UnreadableImage(ExternalError):
    """An image that could be read before cannot be read now; the text names it."""


@contextmanager
def reading(file: str, name: str) -> Iterator[None]:
    """Turns whatever fails while the image `file` of the data set `name` is read and decoded into UnreadableImage."""
    try:
        yield
    except Exception as error:  # decoders raise more than they document, for a file that is cut off or overwritten
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise UnreadableImage(f"The image {file} of {name} cannot be read any more ({reason})") from error


@dataclass
class InMemoryImages:
    """A data set in memory, as one uint8 tensor (N, C, S, S)."""

    name: str
    images: Tensor
    labels: Tensor | None = None
    classes: tuple[str, ...] = ()
    warnings: list[str] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)  # of metadata.jsonl, one an image, {} where it has none
    fingerprint: Fingerprint | None = None

    @property
    def channels(self) -> int:
        return self.images.shape[1]

    def __len__(self) -> int:
        return len(self.images)

    def get_batch(self, indices: Tensor, generator: torch.Generator | None = None) -> Batch:
        return Batch(self.images[indices], None if self.labels is None else self.labels[indices])

    def subset(self, indices: list[int]) -> "InMemoryImages":
        """The data set of these indices only."""
        labels = None if self.labels is None else self.labels[indices]
        return replace(self, images=self.images[indices], labels=labels, rows=[self.rows[index] for index in indices])


@dataclass
class StreamingImages:
    """A data set too large for memory: each batch is read from its files and decoded in threads."""

    name: str
    files: list[str]
    load_image: Callable[[str], Tensor]  # one image (C, S, S) uint8
    channels: int
    labels: Tensor | None = None
    classes: tuple[str, ...] = ()
    warnings: list[str] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    fingerprint: Fingerprint | None = None

    def __post_init__(self) -> None:
        self.executor = decoding_threads()

    def __len__(self) -> int:
        return len(self.files)

    def get_batch(self, indices: Tensor, generator: torch.Generator | None = None) -> Batch:
        files = [self.files[index] for index in indices.tolist()]
        images = torch.stack(list(self.executor.map(self.read_image, files)))
        return Batch(images, None if self.labels is None else self.labels[indices])

    def read_image(self, file: str) -> Tensor:
        """One image (C, S, S). Raises UnreadableImage where its file is gone, damaged, or another one by now."""
        with reading(file, self.name):
            return self.load_image(file)

    def subset(self, indices: list[int]) -> "StreamingImages":
        """The data set of these indices only."""
        files, rows = ([values[index] for index in indices] for values in (self.files, self.rows))
        return replace(self, files=files, labels=None if self.labels is None else self.labels[indices], rows=rows)
