"""The library: what `import gan_core` offers, as functions and classes over all packages but `runs` and `commands`.

Images go in and out as PIL images; a seed gives the same pixels here, on the command line and on the pages.
"""

from gan_core.api.images import make_grid
from gan_core.api.loading import ModelInfo, list_models, load, load_upscaler
from gan_core.api.model import Model
from gan_core.api.training import evaluate, export, train
from gan_core.api.upscaling import upscale
from gan_core.models import Task
from gan_core.training.events import Notice, Preview, Saved, Step
from gan_core.upscaling.upscaler import Upscaler

__all__ = [
    "Model",
    "ModelInfo",
    "Notice",
    "Preview",
    "Saved",
    "Step",
    "Task",
    "Upscaler",
    "evaluate",
    "export",
    "list_models",
    "load",
    "load_upscaler",
    "make_grid",
    "train",
    "upscale",
]
