"""Models on the Hub that are known to load here: where they lie, what they do, and what their owners state.

Licence and size are what was seen when a model was put on this list; both are read anew at every fetch and shown
before anything comes. A file is named where the model has several, a commit where the name alone would mislead.
"""

from dataclasses import dataclass

from gan_core.tasks import Task


@dataclass(frozen=True)
class RecommendedModel:
    """A model to recommend: `licence` None where its owner states none."""

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
        "Four times larger, for photographs with blur, noise and JPEG: the general model of Real-ESRGAN's compact kind "
        "(the file's name says otherwise, its hash does not).",
        Task.SUPER_RESOLUTION,
        4.9,
        "bsd-3-clause",
    ),
    RecommendedModel(
        "hub:EsteefAi/RealESRGAN-x4plus-mirror/RealESRGAN_x4plus.pth",
        "Real-ESRGAN x4plus",
        "Four times larger and bolder in its inventions: the large model of Real-ESRGAN, in an unchanged copy.",
        Task.SUPER_RESOLUTION,
        67.0,
        "bsd-3-clause",
    ),
    RecommendedModel(
        "hub:Phips/4xNomos2_realplksr_dysample",
        "RealPLKSR, Nomos 2",
        "Four times larger, for photographs as they come out of a camera, JPEG down to quality 70.",
        Task.SUPER_RESOLUTION,
        29.6,
        "cc-by-4.0",
    ),
    RecommendedModel(
        "hub:Phips/4xNomosWebPhoto_RealPLKSR",
        "RealPLKSR, web photographs",
        "Four times larger, for photographs that were shrunk and packed for the web.",
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
