"""The families of GANs that the project knows: adding one is a file beside this one and a line in this list."""

from gan_core.errors import InputError
from gan_core.models import conditional, dcgan, srgan, text_conditional, vanilla
from gan_core.models.family import Family, ModelConfig, Preset, draw_latents, modes_of

FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (vanilla.FAMILY, dcgan.FAMILY, conditional.FAMILY, text_conditional.FAMILY, srgan.FAMILY)
}


def find_family(name: str) -> Family:
    """The family of that name. Raises InputError naming those that exist."""
    if name not in FAMILIES:
        raise InputError(f"There is no family {name!r}; there are {', '.join(FAMILIES)}.")
    return FAMILIES[name]


__all__ = ["FAMILIES", "Family", "ModelConfig", "Preset", "draw_latents", "find_family", "modes_of"]
