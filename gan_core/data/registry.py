"""The named data sets, and loading any data set."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from gan_core.data.archives import locate_dataset
from gan_core.data.datasets import Dataset, InMemoryImages
from gan_core.data.image_folder import load_image_folder
from gan_core.errors import ExternalError, UsageError
from gan_core.images.tensors import from_pil

MNIST_CLASSES = tuple("0123456789")


FASHION_CLASSES = (
    "t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
)  # fmt: skip


TORCHVISION_DATASETS: dict[str, tuple[str, tuple[str, ...]]] = {
    "mnist": ("MNIST", MNIST_CLASSES),
    "fashion-mnist": ("FashionMNIST", FASHION_CLASSES),
}


DATASET_INFO = {
    "mnist": {
        "title": "MNIST (LeCun, Cortes and Burges), handwritten digits",
        "licence": "CC BY-SA 3.0, as it is commonly passed on; its first page states none",
    },
    "fashion-mnist": {"title": "Fashion-MNIST (Xiao, Rasul and Vollgraf 2017), photos of clothes", "licence": "MIT"},
    "lfw-faces": {
        "title": "Labeled Faces in the Wild (Huang et al. 2007; deep-funneled, cropped to the face)",
        "licence": "none stated: press photos, gathered for research",
        "caution": "The people on these photos were not asked, and no licence settles that. What is drawn is to be "
        "nobody: how near it comes to single photos is told where scores are. It draws whom the press showed around "
        "2004, mostly men and mostly light-skinned.",
    },
    "flowers102": {
        "title": "Oxford 102 Flowers (Nilsback and Zisserman 2008)",
        "licence": "none stated: photos from the web, gathered for research",
        "caution": "The photographers were not asked, and no licence settles that.",
    },
    "photos": {
        "title": "1,302 photos: BSDS500 (train and test), T91 and halved samples of ImageNet",
        "licence": "research sets, none stated",
    },
}


def dataset_info(name: str) -> dict[str, str]:
    """Name, title and licence of a data set as a model card states them; of a path, its last part only."""
    return {"name": Path(name).stem, "title": Path(name).stem} | DATASET_INFO.get(name, {})


def load_dataset(name: str, folder: Path, *, size: int, channels: int | None = None, split: str = "train") -> Dataset:
    """A data set by name, or any folder or zip of pictures, as squares of `size` pixels.

    `folder` is where named sets lie (torchvision's layout, NAME.zip or a folder NAME); those of torchvision are
    downloaded there where they are missing. `channels` is 1 or 3, None for what the pictures have.
    Raises InputError where nothing usable is found, OutsideError where a download fails.
    """
    if name in TORCHVISION_DATASETS:
        return load_torchvision_dataset(name, folder, size=size, channels=channels, split=split)
    if path := locate_dataset(name, folder):
        return load_image_folder(path, size=size, channels=channels)
    if Path(name).is_file():
        raise UsageError(f"{name} is a file, but neither a folder nor a zip of pictures.")
    raise UsageError(
        f"There is no data set {name!r}: it is none of {', '.join(TORCHVISION_DATASETS)}, no folder or zip of that path, "
        f"and {folder} holds neither {name}.zip nor a folder {name}. Set --data-dir to where data sets lie."
    )


def load_torchvision_dataset(name: str, folder: Path, *, size: int, channels: int | None, split: str) -> InMemoryImages:
    """MNIST or Fashion-MNIST through torchvision, downloaded into `folder` where missing."""
    from torchvision import datasets  # costs a second and 160 MB: only where data are read

    class_name, classes = TORCHVISION_DATASETS[name]
    dataset_class = getattr(datasets, class_name)
    train = split == "train"
    try:
        dataset = dataset_class(str(folder), train=train, download=False)
    except (RuntimeError, ValueError, AssertionError, OSError, IndexError, KeyError) as open_error:
        if "not found" not in str(open_error):  # torchvision's word for files that are not there
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
    images = dataset.data[:, None]  # (N, 1, 28, 28) uint8
    if size != images.shape[2]:
        resized = [from_pil(Image.fromarray(image[0].numpy()), size, 1) for image in images]
        images = torch.from_numpy(np.stack(resized)).permute(0, 3, 1, 2).contiguous()
    if channels == 3:
        images = images.expand(-1, 3, -1, -1)
    return InMemoryImages(name, images, dataset.targets, classes)
