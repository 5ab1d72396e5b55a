"""Words for a page: those of strangers as text that means nothing to Markdown (names of files, cards, sentences that
repeat them), and times as one would say them."""

import re

SPECIAL = re.compile(r"([\\`*\[\]<>$~#|])")
FRONT = re.compile(r"\A\s*---\n.*?\n---\s*", re.DOTALL)
PICTURE = re.compile(r"!\[([^\]]*)\](\([^)]*\)|\[[^\]]*\])")
TAG = re.compile(r"<[^>]{1,500}>")
MARK = re.compile(r"!+\[")  # of a picture; what is left of one without it is a link, which fetches nothing unasked


def plain(text: str) -> str:
    """The text, letter by letter."""
    return SPECIAL.sub(r"\\\1", text)


def card_text(text: str) -> str:
    """A model's card as Markdown that fetches nothing: without front matter, tags and pictures of other places."""
    told = PICTURE.sub(r"*\1*", TAG.sub("", FRONT.sub("", text)))
    return MARK.sub("[", told).replace("$", r"\$").strip()


def duration(seconds: float) -> str:
    """A time as one would say it."""
    if seconds < 90:
        return f"{max(1, round(seconds))} seconds"
    if seconds < 5400:
        return f"{round(seconds / 60)} minutes"
    return f"{seconds / 3600:.1f} hours" if seconds < 172_800 else f"{seconds / 86_400:.1f} days"
