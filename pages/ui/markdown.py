"""Words for a page: those of strangers as text that means nothing to Markdown (names of files, cards, sentences that
repeat them), and times as one would say them."""

import re

SPECIAL_CHARACTERS = re.compile(r"([\\`*\[\]<>$~#|])")
FRONT_MATTER = re.compile(r"\A\s*---\n.*?\n---\s*", re.DOTALL)
IMAGE_MARKUP = re.compile(r"!\[([^\]]*)\](\([^)]*\)|\[[^\]]*\])")
HTML_TAG = re.compile(r"<[^>]{1,500}>")
IMAGE_PREFIX = re.compile(
    r"!+\["
)  # of a picture; what is left of one without it is a link, which fetches nothing unasked


def escape_markdown(text: str) -> str:
    """The text, letter by letter."""
    return SPECIAL_CHARACTERS.sub(r"\\\1", text)


def sanitise_model_card(text: str) -> str:
    """A model's card as Markdown that fetches nothing: without front matter, tags and pictures of other places."""
    without_images = IMAGE_MARKUP.sub(r"*\1*", HTML_TAG.sub("", FRONT_MATTER.sub("", text)))
    return IMAGE_PREFIX.sub("[", without_images).replace("$", r"\$").strip()


def humanise_duration(seconds: float) -> str:
    """A time as one would say it."""
    if seconds < 90:
        return f"{max(1, round(seconds))} seconds"
    if seconds < 5400:
        return f"{round(seconds / 60)} minutes"
    return f"{seconds / 3600:.1f} hours" if seconds < 172_800 else f"{seconds / 86_400:.1f} days"
