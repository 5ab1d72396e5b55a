"""The fingerprint of a data set: whether two places hold the same images, labels and captions in the same order.

It is made of the bytes of the image files, not of their names or of the folders around them: a set that was moved,
renamed, or packed as a zip keeps it. A run and a classifier keep it, to know the set that they were trained on.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any, Self
from unicodedata import normalize

from torch import Tensor

from gan_core.data.archives import Archive

SHOWN_CLASSES = 6  # names of classes in a sentence
UNCAPTIONED_COLUMNS = ("file_name", "label")  # of metadata: no caption, and no attribute of one


@dataclass(frozen=True)
class Fingerprint:
    """What is told apart of a data set: the number of images, the names of the classes, and hashes of what it holds.

    `images` is the hash of the images in their order, `content` the same in no order; `labels` that of the class of
    each image, by its name, `captions` that of the captions and attributes. The order of the classes does not count.
    """

    count: int
    classes: tuple[str, ...]
    images: str
    content: str
    labels: str
    captions: str

    @property
    def short(self) -> str:
        """All of it in 16 characters."""
        return combine([str(self.count), self.images, self.labels, self.captions])

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {"fingerprint": self.short} | asdict(self) | {"classes": list(self.classes)}

    @classmethod
    def from_dict(cls, values: Any) -> Self | None:
        """Rebuilds from `to_dict`; None where the values are none of this version."""
        try:
            texts = {name: str(values[name]) for name in ("images", "content", "labels", "captions")}
            return cls(int(values["count"]), tuple(map(str, values["classes"])), **texts)
        except (KeyError, TypeError, ValueError):
            return None

    def difference_from(self, earlier: "Fingerprint") -> str:
        """How this data set differs from an earlier one, in words for a sentence; empty where it is the same."""
        parts = []
        if self.count != earlier.count:
            parts.append(f"it had {earlier.count:,} images and has {self.count:,} now")
        if changed_classes := class_difference(earlier.classes, self.classes):
            parts.append(changed_classes)
        if self.count == earlier.count and self.images != earlier.images:
            is_reordered = self.content == earlier.content
            parts.append(
                "the images are in another order (that of their names)" if is_reordered else "some images have changed"
            )
        if not parts and self.labels != earlier.labels:
            parts.append("some images have another label")
        if not parts and self.captions != earlier.captions:
            parts.append("some captions or attributes have changed")
        return ", and ".join(parts)


def class_difference(earlier: Sequence[str], now: Sequence[str]) -> str:
    """How the names of classes differ, in words for a sentence; empty where they are the same in any order."""
    if set(map(normal_form, earlier)) == set(map(normal_form, now)):
        return ""
    return f"its classes were {list_classes(earlier)} and are {list_classes(now)} now"


def list_classes(names: Sequence[str]) -> str:
    """The first SHOWN_CLASSES names, comma-separated."""
    if not names:
        return "none"
    return ", ".join(names[:SHOWN_CLASSES]) + (f", ... ({len(names)})" if len(names) > SHOWN_CLASSES else "")


def normal_form(text: str) -> str:
    """A name as all systems have it: some of them take letters with accents apart in the names of files."""
    return normalize("NFC", text)


# Making one -----------------------------------------------------------------------------------------------------------


class FingerprintedArchive:
    """An archive whose files are hashed when they are first read, and must not change while the data set is used."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.digests: dict[str, bytes] = {}

    def names(self) -> list[str]:
        return self.archive.names()

    def has_read(self, name: str) -> bool:
        """Whether the file was read before."""
        return name in self.digests

    def read(self, name: str) -> bytes:
        """The content of a file. Raises OSError also where it is not the one that was read first."""
        content = self.archive.read(name)
        digest = hashlib.sha256(content).digest()
        if self.digests.setdefault(name, digest) != digest:
            raise OSError("its content has changed since the data set was read first")
        return content

    def fingerprint(
        self,
        files: Sequence[str],
        labels: Tensor | None = None,
        classes: tuple[str, ...] = (),
        rows: Sequence[dict[str, Any]] = (),
    ) -> Fingerprint:
        """The fingerprint of a data set of these images, which have been read before."""
        return make_fingerprint([self.digests[name] for name in files], labels, classes, rows)


def make_fingerprint(
    digests: Sequence[bytes], labels: Tensor | None, classes: tuple[str, ...], rows: Sequence[dict[str, Any]] = ()
) -> Fingerprint:
    """The fingerprint of a data set, given a hash, a label (N,) and a row of metadata for each image."""
    names = [] if labels is None else [normal_form(classes[label]) for label in labels.tolist()]
    captions = [caption_text(row) for row in rows]
    return Fingerprint(
        count=len(digests),
        classes=tuple(classes),
        images=combine(digest.hex() for digest in digests),
        content=combine(sorted(digest.hex() for digest in digests)),
        labels=combine(names),
        captions=combine(captions if any(captions) else []),
    )


def tensor_fingerprint(images: Tensor, labels: Tensor | None, classes: tuple[str, ...]) -> Fingerprint:
    """The fingerprint of images (N, ...) that come as one tensor, not as files."""
    digests = [hashlib.sha256(image.numpy().tobytes()).digest() for image in images.contiguous()]
    return make_fingerprint(digests, labels, classes)


def caption_text(row: dict[str, Any]) -> str:
    """Captions and attributes of an image, and the name of its file, which decides whether it is held out.

    Empty where the row has no caption.
    """
    values = {
        name: str(value).strip() for name, value in row.items() if name not in UNCAPTIONED_COLUMNS and value is not None
    }
    values = {normal_form(name): normal_form(value) for name, value in sorted(values.items()) if value}
    file_name = normal_form(PurePosixPath(str(row.get("file_name", ""))).name)
    return json.dumps([file_name, values]) if values else ""


def combine(texts: Iterable[str]) -> str:
    """The first 16 characters of a hash of texts in their order."""
    digest = hashlib.sha256()
    for text in texts:
        content = text.encode("utf-8", "surrogatepass")
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()[:16]
