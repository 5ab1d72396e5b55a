"""Pictures to train on: named data sets, folders and zips of anybody's pictures, as an endless stream of batches.

What fits is decoded once and held as one uint8 tensor; a larger set streams from its files. Batch k of a seed is the
same however often and from wherever the stream is started, so a resumed training sees what an unbroken one would.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import torch
from torch import Tensor


@dataclass(frozen=True)
class Batch:
    """Pictures (N, C, S, S) uint8 and, where the set knows them, labels (N,) int64, small versions (N, C, s, s), or
    the vectors of sentences (N, dim) float32."""

    images: Tensor
    labels: Tensor | None = None
    low_res: Tensor | None = None
    text_embeddings: Tensor | None = None


class Dataset(Protocol):
    """Pictures of one size, by index."""

    name: str
    classes: tuple[str, ...]  # empty where there are no labels
    warnings: list[str]  # sentences on what was skipped

    @property
    def channels(self) -> int: ...

    def __len__(self) -> int: ...

    def get_batch(self, indices: Tensor, generator: torch.Generator | None = None) -> Batch:
        """The pictures of these indices; what is random about them (crops, noise) comes from `generator`."""
        ...


@dataclass
class InMemoryImages:
    """A data set in memory, as one uint8 tensor (N, C, S, S)."""

    name: str
    images: Tensor
    labels: Tensor | None = None
    classes: tuple[str, ...] = ()
    warnings: list[str] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)  # of metadata.jsonl, one a picture, {} where it has none

    @property
    def channels(self) -> int:
        return self.images.shape[1]

    def __len__(self) -> int:
        return len(self.images)

    def get_batch(self, indices: Tensor, generator: torch.Generator | None = None) -> Batch:
        return Batch(self.images[indices], None if self.labels is None else self.labels[indices])

    def subset(self, indices: list[int]) -> "InMemoryImages":
        """Only the pictures of these indices."""
        labels = None if self.labels is None else self.labels[indices]
        return replace(self, images=self.images[indices], labels=labels, rows=[self.rows[index] for index in indices])


@dataclass
class StreamingImages:
    """A data set too large to hold: each batch is read and decoded, in threads, when it is asked for."""

    name: str
    files: list[str]
    load_image: Callable[[str], Tensor]  # one picture (C, S, S) uint8
    channels: int
    labels: Tensor | None = None
    classes: tuple[str, ...] = ()
    warnings: list[str] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.executor = ThreadPoolExecutor(min(8, os.cpu_count() or 1))

    def __len__(self) -> int:
        return len(self.files)

    def get_batch(self, indices: Tensor, generator: torch.Generator | None = None) -> Batch:
        images = torch.stack(
            list(self.executor.map(lambda index: self.load_image(self.files[index]), indices.tolist()))
        )
        return Batch(images, None if self.labels is None else self.labels[indices])

    def subset(self, indices: list[int]) -> "StreamingImages":
        """Only the pictures of these indices."""
        files, rows = ([values[index] for index in indices] for values in (self.files, self.rows))
        return replace(self, files=files, labels=None if self.labels is None else self.labels[indices], rows=rows)


# Named sets ----------------------------------------------------------------------------------------------------------


# Anybody's pictures --------------------------------------------------------------------------------------------------
