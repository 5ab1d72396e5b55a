"""Loads a data set by name or path; titles and licences of the named data sets."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from gan_core.data.archives import locate_dataset, open_archive, visible_files
from gan_core.data.datasets import Dataset, InMemoryImages
from gan_core.data.fingerprint import tensor_fingerprint
from gan_core.data.foreign_files import explain_file
from gan_core.data.idx_files import find_idx_files, read_idx_images
from gan_core.data.image_folder import load_image_folder
from gan_core.data.listing import list_images
from gan_core.errors import ExternalError, UsageError
from gan_core.images.tensors import from_pil

MNIST_CLASSES = tuple("0123456789")
FASHION_CLASSES = (
    "t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
)  # fmt: skip
TORCHVISION_DATASETS: dict[str, tuple[str, tuple[str, ...]]] = {  # name -> torchvision's class, names of the classes
    "mnist": ("MNIST", MNIST_CLASSES),
    "fashion-mnist": ("FashionMNIST", FASHION_CLASSES),
}
DATASET_INFO = {  # as model cards state it
    "mnist": {
        "title": "MNIST (LeCun, Cortes and Burges), handwritten digits",
        "licence": "CC BY-SA 3.0 as commonly redistributed; the original page states none",
    },
    "fashion-mnist": {"title": "Fashion-MNIST (Xiao, Rasul and Vollgraf 2017), photos of clothes", "licence": "MIT"},
    "lfw-faces": {
        "title": "Labeled Faces in the Wild (Huang et al. 2007; deep-funneled, cropped to the face)",
        "licence": "none stated: press photos, collected for research",
        "caution": "The people in these photos were not asked for consent, and no licence replaces it. Generated faces "
        "are not meant to show any real person; the scores state how close they come to single photos. The faces are "
        "those that the press showed around 2004: mostly men, mostly light-skinned.",
    },
    "flowers102": {
        "title": "Oxford 102 Flowers (Nilsback and Zisserman 2008)",
        "licence": "none stated: photos from the web, collected for research",
        "caution": "The photographers were not asked for consent, and no licence replaces it.",
    },
    "photos": {
        "title": "1,302 photos: BSDS500 (train and test), T91 and samples of ImageNet at half size",
        "licence": "none stated: data sets for research",
    },
}


def dataset_info(name: str) -> dict[str, str]:
    """Name, title and licence of a data set, and a caution where there is one; of a path, only the file's own name."""
    return {"name": Path(name).stem, "title": Path(name).stem} | DATASET_INFO.get(name, {})


def load_dataset(name: str, folder: Path, *, size: int, channels: int | None = None, split: str = "train") -> Dataset:
    """A data set by name, or any folder or zip of images, as squares of `size` pixels.

    `folder` contains the named data sets (torchvision's layout, NAME.zip or a folder NAME); missing ones of torchvision
    are downloaded into it. `channels` is 1 or 3, None for those of the images. `split` is "train" or "test", for
    torchvision's data sets only. Raises UsageError where nothing usable is found, ExternalError where a download fails.
    """
    if name in TORCHVISION_DATASETS:
        return load_torchvision_dataset(name, folder, size=size, channels=channels, split=split)
    if path := locate_dataset(name, folder):
        return load_image_folder(path, size=size, channels=channels)
    if Path(name).is_file():
        raise UsageError(explain_file(Path(name)))
    raise UsageError(
        f"There is no data set {name!r}: it is none of {', '.join(TORCHVISION_DATASETS)}, no folder or zip of that "
        f"path, and {folder} holds neither {name}.zip nor a folder {name}. Set --data-dir to the folder of data sets."
    )


def load_torchvision_dataset(name: str, folder: Path, *, size: int, channels: int | None, split: str) -> Dataset:
    """MNIST or Fashion-MNIST in torchvision's layout or in NAME.zip or the folder NAME; downloaded if missing.

    Raises UsageError where its files are damaged, ExternalError where the download fails.
    """
    if path := locate_own_images(name, folder):
        return load_image_folder(path, size=size, channels=channels)
    class_name, classes = TORCHVISION_DATASETS[name]
    path = locate_own_copy(name, folder)
    archive = open_archive(path) if path else None
    names = visible_files(archive) if archive else []
    if archive and find_idx_files(names):
        own = [file for file in names if f"{class_name}/" in file] or names  # one zip may hold both data sets
        images, labels = read_idx_images(archive, own, split, str(path))
    else:
        images, labels = read_through_torchvision(name, folder, split)
    images = images[:, None]  # (N, 1, 28, 28) uint8
    found = tensor_fingerprint(images, labels, classes)
    if size != images.shape[2]:
        resized = [from_pil(Image.fromarray(image[0].numpy()), size, 1) for image in images]
        images = torch.from_numpy(np.stack(resized)).permute(0, 3, 1, 2).contiguous()
    if channels == 3:
        images = images.expand(-1, 3, -1, -1)
    return InMemoryImages(name, images, labels, classes, fingerprint=found)


def locate_own_copy(name: str, folder: Path) -> Path | None:
    """`folder`/NAME.zip or the folder `folder`/NAME, where torchvision's layout of the data set is missing."""
    class_name, _ = TORCHVISION_DATASETS[name]
    paths = (folder / f"{name}.zip", folder / name)
    return None if (folder / class_name / "raw").is_dir() else next((path for path in paths if path.exists()), None)


def locate_own_images(name: str, folder: Path) -> Path | None:
    """The same where it holds images as files instead of torchvision's. Raises UsageError where a zip is unreadable."""
    path = locate_own_copy(name, folder)
    if path is None:
        return None
    listing = list_images(open_archive(path))
    return path if listing.images and not find_idx_files(listing.visible) else None


def read_through_torchvision(name: str, folder: Path, split: str) -> tuple[Tensor, Tensor]:
    """Images (N, 28, 28) uint8 and labels (N,) int64, downloaded into `folder` if missing."""
    from torchvision import datasets  # takes a second and 160 MB: imported only where data are read

    class_name, _ = TORCHVISION_DATASETS[name]
    dataset_class = getattr(datasets, class_name)
    train = split == "train"
    try:
        dataset = dataset_class(str(folder), train=train, download=False)
    except (RuntimeError, ValueError, AssertionError, OSError, IndexError, KeyError) as open_error:
        if "not found" not in str(open_error):  # torchvision's message for missing files
            raise UsageError(
                f"{folder}/{class_name}/raw cannot be read ({open_error}): delete it and try again."
            ) from open_error
        try:
            dataset = dataset_class(str(folder), train=train, download=True)
        except (OSError, RuntimeError) as error:
            raise ExternalError(
                f"{name} is not in {folder} and could not be downloaded ({error}). Connect once, or put torchvision's "
                f"files into {folder}/{class_name}/raw, or set --data-dir to where they are."
            ) from error
    return dataset.data, dataset.targets
