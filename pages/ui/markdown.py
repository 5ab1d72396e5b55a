"""Text for Markdown elements: untrusted text escaped, model cards sanitised, durations in words."""

import re

SPECIAL_CHARACTERS = re.compile(r"([\\`*\[\]<>$~#|])")
FRONT_MATTER = re.compile(r"\A\s*---\n.*?\n---\s*", re.DOTALL)
IMAGE_MARKUP = re.compile(r"!\[([^\]]*)\](\([^)]*\)|\[[^\]]*\])")
IMAGE_PREFIX = re.compile(r"!+\[")  # without it an image that IMAGE_MARKUP missed is a link, which loads nothing
HTML_TAG = re.compile(r"<[^>]{1,500}>")


def escape_markdown(text: str) -> str:
    """The text with every character escaped that means something to Markdown."""
    return SPECIAL_CHARACTERS.sub(r"\\\1", text)


def sanitise_model_card(text: str) -> str:
    """A model card as Markdown that makes a browser load nothing: without front matter, HTML tags and images."""
    without_images = IMAGE_MARKUP.sub(r"*\1*", HTML_TAG.sub("", FRONT_MATTER.sub("", text)))
    return IMAGE_PREFIX.sub("[", without_images).replace("$", r"\$").strip()


def humanise_duration(seconds: float) -> str:
    """A duration in the largest unit that fits: "40 seconds", "17 minutes", "2.5 hours", "3.0 days"."""
    if seconds < 1.5:
        return "1 second"
    if seconds < 90:
        return f"{round(seconds)} seconds"
    if seconds < 5400:
        return f"{round(seconds / 60)} minutes"
    return f"{seconds / 3600:.1f} hours" if seconds < 172_800 else f"{seconds / 86_400:.1f} days"


def humanise_range(low: float, high: float) -> str:
    """A range of durations: "3 to 5 minutes", "40 seconds to 2 minutes"; one duration where they read alike."""
    first, last = humanise_duration(low), humanise_duration(high)
    if first == last:
        return first
    number, unit = first.split()
    return f"{number if unit == last.split()[1] else first} to {last}"
