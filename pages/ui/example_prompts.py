"""Example prompts for a text-to-image model."""

import re

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.text.captions import singular_article

PLAIN = re.compile(r"[\w '’&,./()-]{1,60}")  # a name that no markup is hidden in


def subjects(checkpoint: Checkpoint) -> dict[str, dict[str, int]]:
    """What it was shown, by kind: names and how many pictures each had; empty where nobody noted it. The notes may be
    a stranger's: names that could be markup stay out, for labels and lists would follow it."""
    noted = checkpoint.description.data.get("subjects", {})
    kinds = {kind: names for kind, names in noted.items() if isinstance(names, dict)} if isinstance(noted, dict) else {}
    return {
        kind: {name: count for name, count in names.items() if PLAIN.fullmatch(name) and isinstance(count, int)}
        for kind, names in kinds.items()
    }


EXAMPLES = {
    "fashion-products": (
        "a red leather handbag for women", "men's navy blue shirt", "white running shoes", "black sunglasses",
        "a pink dress", "a watch with a brown strap", "yellow t-shirt for boys", "a gold necklace",
    ),
    "flowers102": ("a sunflower", "water lily", "a rose", "passion flower", "a yellow iris", "bird of paradise"),
}  # fmt: skip


def examples(checkpoint: Checkpoint) -> tuple[str, ...]:
    """Sentences to begin with: at least three, of what the model was shown."""
    data = checkpoint.description.data
    if data.get("name") in EXAMPLES:
        return EXAMPLES[data["name"]]
    kinds = [singular_article(each.lower()) for each in next(iter(subjects(checkpoint).values()), {})]
    return tuple(kinds[:6]) if len(kinds) > 2 else (*kinds, "something", "anything", "a surprise")[:3]
