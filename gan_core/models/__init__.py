"""The families of GANs that the project knows: adding one is a file beside this one and a line in this list."""

from gan_core.errors import InputError
from gan_core.models import conditional, dcgan, imported, residual, srgan, text_conditional, vanilla
from gan_core.models.family import Family, ModelConfig, Preset, draw_latents, modes_of

FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (each.FAMILY for each in (vanilla, dcgan, residual, conditional, text_conditional, srgan))
}

FOREIGN: dict[str, Family] = {  # what others trained: it can be used, not trained
    family.name: family for family in (imported.DRAWING, imported.CONDITIONAL, imported.UPSCALER)
}


def find_family(name: str) -> Family:
    """The family of that name. Raises InputError naming those that exist."""
    known = FAMILIES | FOREIGN
    if name not in known:
        raise InputError(f"There is no family {name!r}; there are {', '.join(FAMILIES)}.")
    return known[name]


__all__ = ["FAMILIES", "FOREIGN", "Family", "ModelConfig", "Preset", "draw_latents", "find_family", "modes_of"]
