"""The vocabulary of a text-to-image model, and example prompts for it."""

import re

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.text.captions import singular_article

SAFE_NAME = re.compile(r"[\w '’&,./()-]{1,60}")  # a name without markup
MIN_EXAMPLES, MAX_EXAMPLES = 3, 6
FILLER_PROMPTS = ("something", "anything", "a surprise")
EXAMPLE_PROMPTS = {  # by data set
    "fashion-products": (
        "a red leather handbag for women", "men's navy blue shirt", "white running shoes", "black sunglasses",
        "a pink dress", "a watch with a brown strap", "yellow t-shirt for boys", "a gold necklace",
    ),
    "flowers102": ("a sunflower", "water lily", "a rose", "passion flower", "a yellow iris", "bird of paradise"),
}  # fmt: skip


def vocabulary(checkpoint: Checkpoint) -> dict[str, dict[str, int]]:
    """By attribute: each name in the training captions, and the number of images that have it.

    Empty where the config does not list them. A fetched config is untrusted input: names that could be markup are left
    out, for pages show them in labels and lists.
    """
    stored = checkpoint.description.data.get("subjects", {})
    attributes = stored if isinstance(stored, dict) else {}
    return {
        attribute: {
            name: count for name, count in names.items() if SAFE_NAME.fullmatch(name) and isinstance(count, int)
        }
        for attribute, names in attributes.items()
        if isinstance(names, dict)
    }


def example_prompts(checkpoint: Checkpoint) -> tuple[str, ...]:
    """Three to eight prompts that the model was trained on, or fillers where its vocabulary is not known."""
    data = checkpoint.description.data
    if data.get("name") in EXAMPLE_PROMPTS:
        return EXAMPLE_PROMPTS[data["name"]]
    names = [singular_article(name.lower()) for name in next(iter(vocabulary(checkpoint).values()), {})]
    return tuple(names[:MAX_EXAMPLES]) if len(names) >= MIN_EXAMPLES else (*names, *FILLER_PROMPTS)[:MIN_EXAMPLES]
