"""Finds the images among the files of a data set, by ending or by content, and counts what is left out."""

from collections import Counter
from dataclasses import dataclass
from pathlib import PurePosixPath

from gan_core.data.archives import ListableArchive, image_files, read_head, visible_files
from gan_core.data.idx_files import find_idx_files
from gan_core.data.metadata import METADATA_FILES, UNREAD_PATTERN
from gan_core.images.sniffing import INPUT_FORMATS, INPUT_FORMATS_TEXT, identify_format

PACKED_SUFFIXES = (".zip", ".tar", ".gz", ".tgz", ".7z", ".rar")  # of archives within a data set
RAW_FILES = (
    "it has the raw files of MNIST or Fashion-MNIST. Give the name mnist or fashion-mnist instead of the path, and with"
    " --data-dir the folder that holds MNIST/raw, FashionMNIST/raw, mnist.zip or fashion-mnist.zip."
)
MAX_LISTED_ENDINGS = 8
MAX_ENDING_CHARACTERS = 12


@dataclass(frozen=True)
class ImageListing:
    """All visible files of a data set, those of them that are images, and those that are left out."""

    visible: list[str]
    images: list[str]
    left_out: list[str]
    faults: list[str]  # sentences on what could not be listed

    @property
    def warnings(self) -> list[str]:
        """Sentences on what is left out."""
        if not self.left_out:
            return self.faults
        count, endings = len(self.left_out), count_endings(self.left_out)
        phrase = "file that is no image was" if count == 1 else "files that are no images were"
        return [f"{count:,} {phrase} left out: {endings}.", *self.faults]

    def explain_absence(self) -> str:
        """What is needed, and what there is instead, where there is no image: the end of a sentence."""
        if find_idx_files(self.left_out):
            return RAW_FILES
        text = f"{INPUT_FORMATS_TEXT} files are needed"
        text += f", and there are {count_endings(self.left_out)}" if self.left_out else ""
        if any(file.lower().endswith(PACKED_SUFFIXES) for file in self.left_out):
            text += "; unpack the archives in it first"
        return " ".join([text + ".", *self.faults])


def list_images(archive: ListableArchive) -> ImageListing:
    """The images of an archive: files with the ending of an image format, and others whose content is one.

    Hidden files and metadata are neither images nor left out. Raises UsageError where a folder cannot be opened.
    """
    visible = visible_files(archive)
    named = set(image_files(visible))
    images, left_out = [], []
    for name in visible:
        if name in named or identify_format(read_head(archive, name)) in INPUT_FORMATS:
            images.append(name)
        elif not is_metadata(PurePosixPath(name).name):
            left_out.append(name)
    return ImageListing(visible, images, left_out, archive.faults())


def is_metadata(file_name: str) -> bool:
    """Whether a file holds metadata, or looks like it: `read_metadata` reads it or says that it does not."""
    return file_name.lower() in METADATA_FILES or UNREAD_PATTERN.fullmatch(file_name) is not None


def count_endings(names: list[str]) -> str:
    """How many names there are of each ending, the most frequent ones first: `9 .txt, 3 .mp4`."""
    counts = Counter(ending(name) for name in names).most_common()
    listed = [f"{count:,} {text}" for text, count in counts[:MAX_LISTED_ENDINGS]]
    if len(counts) > MAX_LISTED_ENDINGS:
        listed.append(f"{sum(count for _, count in counts[MAX_LISTED_ENDINGS:]):,} others")
    return ", ".join(listed)


def ending(name: str) -> str:
    """The ending of a file's name in lower case; a phrase where there is none that tells anything."""
    suffix = PurePosixPath(name).suffix.lower()
    return suffix if suffix.isprintable() and 1 < len(suffix) <= MAX_ENDING_CHARACTERS else "without an ending"
