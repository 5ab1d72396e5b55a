"""Models on the Hub that were tested with this package.

Licence and size are those at the time of the test; both are read again and shown before each download. A reference
names a file where the repository holds several, and a commit where the file's name alone would mislead.
"""

from dataclasses import dataclass

from gan_core.tasks import Task


@dataclass(frozen=True)
class RecommendedModel:
    """A model to recommend; its `licence` is None where its owner states none."""

    reference: str
    title: str
    about: str
    task: Task
    size_mb: float
    licence: str | None


RECOMMENDED = (
    RecommendedModel(
        "hub:2kpr/Real-ESRGAN/RealESRGAN_x4plus.pth@33adcbe305c326365eba1c8b731027a6308e3847",
        "Real-ESRGAN, small",
        "Upscales 4x, for photographs with blur, noise and JPEG: by its hash the general model of Real-ESRGAN in the "
        "compact architecture, in spite of the file's name.",
        Task.SUPER_RESOLUTION,
        4.9,
        "bsd-3-clause",
    ),
    RecommendedModel(
        "hub:EsteefAi/RealESRGAN-x4plus-mirror/RealESRGAN_x4plus.pth",
        "Real-ESRGAN x4plus",
        "Upscales 4x with more invented detail: the large model of Real-ESRGAN, in an unchanged copy.",
        Task.SUPER_RESOLUTION,
        67.0,
        "bsd-3-clause",
    ),
    RecommendedModel(
        "hub:Phips/4xNomos2_realplksr_dysample",
        "RealPLKSR, Nomos 2",
        "Upscales 4x, for photographs straight from a camera, JPEG down to quality 70.",
        Task.SUPER_RESOLUTION,
        29.6,
        "cc-by-4.0",
    ),
    RecommendedModel(
        "hub:Phips/4xNomosWebPhoto_RealPLKSR",
        "RealPLKSR, web photographs",
        "Upscales 4x, for photographs that were downscaled and compressed for the web.",
        Task.SUPER_RESOLUTION,
        29.6,
        "cc-by-4.0",
    ),
    RecommendedModel(
        "hub:huggan/dcgan-mnist",
        "DCGAN, handwritten digits",
        "PyTorch's DCGAN tutorial on MNIST at 64 pixels, from the HugGAN sprint of 2022.",
        Task.UNCONDITIONAL,
        14.3,
        None,
    ),
)
