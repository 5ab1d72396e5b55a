"""GAN Atelier as a library: load, sample, upscale, train and evaluate generative adversarial networks.

Importing it loads nothing else: each name of `__all__` comes from `gan_core.api` or `gan_core.errors` at its first use.

    import gan_core

    model = gan_core.load("mnist-cgan")
    model.sample(seeds=range(16), label=7)  # a list of PIL images
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gan_core.api import (
        Model,
        ModelInfo,
        Notice,
        Preview,
        Saved,
        Step,
        Task,
        Upscaler,
        evaluate,
        export,
        list_models,
        load,
        load_upscaler,
        make_grid,
        train,
        upscale,
    )
    from gan_core.errors import ExternalError, UsageError

__version__ = "0.1.0"

__all__ = [
    "ExternalError",
    "Model",
    "ModelInfo",
    "Notice",
    "Preview",
    "Saved",
    "Step",
    "Task",
    "Upscaler",
    "UsageError",
    "evaluate",
    "export",
    "list_models",
    "load",
    "load_upscaler",
    "make_grid",
    "train",
    "upscale",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = "gan_core.errors" if name.endswith("Error") else "gan_core.api"
    value = globals()[name] = getattr(import_module(module), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
