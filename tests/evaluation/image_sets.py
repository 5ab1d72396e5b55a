"""Small data sets that a classifier learns within seconds, and a network and a generator for them."""

from typing import Any

import torch
from torch.nn.functional import interpolate

from gan_core.data.datasets import InMemoryImages
from gan_core.evaluation.classifier import ClassifierNetwork
from gan_core.images.tensors import to_uint8
from tests import factories

SIDE_PX = 28
ARTICLES, COLOURS = ("Tops", "Bags"), ("Red", "Blue")


def bar_images(count: int) -> InMemoryImages:
    """Grey images of three classes that differ in the height of a bright bar."""
    labels = torch.arange(count) % 3
    images = torch.randint(0, 60, (count, 1, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    for index, label in enumerate(labels.tolist()):
        images[index, :, 6 + 7 * label : 10 + 7 * label] = 255
    return InMemoryImages("bars", images, labels, factories.CLASSES)


def bar_network() -> ClassifierNetwork:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return ClassifierNetwork(1, 3)


def wardrobe_images(count: int, size: int = SIDE_PX, seed: int = 0) -> InMemoryImages:
    """Captioned images: tops are bright above, bags below; red ones in the first channel, blue ones in the last."""
    torch.manual_seed(seed)
    images, rows = torch.randint(0, 60, (count, 3, size, size), dtype=torch.uint8), []
    for index in range(count):
        article, colour = index % 2, index // 2 % 2
        half = slice(0, size // 2) if article == 0 else slice(size // 2, size)
        images[index, 0 if colour == 0 else 2, half] = 220
        attributes = {"article": ARTICLES[article], "colour": COLOURS[colour], "text": f"number {index}"}
        rows.append({"file_name": f"{index}.png"} | attributes)
    return InMemoryImages("wardrobe", images, rows=rows)


def quilt_images(count: int, seed: int = 0) -> InMemoryImages:
    """Images without labels: four by four coloured patches, each image unlike all others."""
    generator = torch.Generator().manual_seed(seed)
    patches = torch.rand(count, 3, 4, 4, generator=generator) * 2 - 1
    images = to_uint8(interpolate(patches, scale_factor=SIDE_PX / 4))
    return InMemoryImages("quilt", images, rows=[{} for _ in range(count)])


class FakeGenerator:
    """Returns wardrobe images that show what a prompt names, or always the same one."""

    def __init__(self, mode: str) -> None:
        self.mode = mode

    def __call__(self, model: Any, prompts: list[str], progress: Any) -> torch.Tensor:
        images = wardrobe_images(4, seed=4).images
        if self.mode == "collapsed":
            return images[:1].expand(len(prompts), -1, -1, -1)
        indices = [("bag" in prompt.lower()) + 2 * ("blue" in prompt.lower()) for prompt in prompts]
        return images[indices]
