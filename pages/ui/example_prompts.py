"""Example prompts for a text-to-image model."""

import re

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.text.captions import singular_article

SAFE_NAME = re.compile(r"[\w '’&,./()-]{1,60}")  # a name that no markup is hidden in


def vocabulary(checkpoint: Checkpoint) -> dict[str, dict[str, int]]:
    """What it was shown, by kind: names and how many pictures each had; empty where nobody noted it. The notes may be
    a stranger's: names that could be markup stay out, for labels and lists would follow it."""
    stored = checkpoint.description.data.get("subjects", {})
    attributes = (
        {attribute: names for attribute, names in stored.items() if isinstance(names, dict)}
        if isinstance(stored, dict)
        else {}
    )
    return {
        attribute: {
            name: count for name, count in names.items() if SAFE_NAME.fullmatch(name) and isinstance(count, int)
        }
        for attribute, names in attributes.items()
    }


EXAMPLE_PROMPTS = {
    "fashion-products": (
        "a red leather handbag for women", "men's navy blue shirt", "white running shoes", "black sunglasses",
        "a pink dress", "a watch with a brown strap", "yellow t-shirt for boys", "a gold necklace",
    ),
    "flowers102": ("a sunflower", "water lily", "a rose", "passion flower", "a yellow iris", "bird of paradise"),
}  # fmt: skip


def example_prompts(checkpoint: Checkpoint) -> tuple[str, ...]:
    """Sentences to begin with: at least three, of what the model was shown."""
    data = checkpoint.description.data
    if data.get("name") in EXAMPLE_PROMPTS:
        return EXAMPLE_PROMPTS[data["name"]]
    names = [singular_article(name.lower()) for name in next(iter(vocabulary(checkpoint).values()), {})]
    return tuple(names[:6]) if len(names) > 2 else (*names, "something", "anything", "a surprise")[:3]
