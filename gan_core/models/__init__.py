"""The model families: configs, networks and presets. Imports only objectives, tasks, configuration and errors.

To add a family, write a module with a `FAMILY` beside this one and list the module in FAMILIES.
"""

from gan_core.errors import UsageError
from gan_core.models import conditional, dcgan, imported, residual, srgan, text_conditional, vanilla
from gan_core.models.family import Family, ModelConfig, Preset, cluster_count, sample_latents
from gan_core.tasks import Task

FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (module.FAMILY for module in (vanilla, dcgan, residual, conditional, text_conditional, srgan))
}

# Families of models that others trained: they can be used, not trained.
IMPORTED_FAMILIES: dict[str, Family] = {
    family.name: family for family in (imported.UNCONDITIONAL, imported.CLASS_CONDITIONAL, imported.SUPER_RESOLUTION)
}


def find_family(name: str) -> Family:
    """The family of that name. Raises UsageError that lists the known ones."""
    families = FAMILIES | IMPORTED_FAMILIES
    if name not in families:
        raise UsageError(f"There is no family {name!r}; there are {', '.join(FAMILIES)}.")
    return families[name]


__all__ = [
    "FAMILIES",
    "IMPORTED_FAMILIES",
    "Family",
    "ModelConfig",
    "Preset",
    "Task",
    "cluster_count",
    "find_family",
    "sample_latents",
]
