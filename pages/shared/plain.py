"""Words of strangers as text that means nothing to Markdown: names of files, cards, sentences that repeat them."""

import re

SPECIAL = re.compile(r"([\\`*\[\]<>$~#|])")
FRONT = re.compile(r"\A\s*---\n.*?\n---\s*", re.DOTALL)
PICTURE = re.compile(r"!\[([^\]]*)\](\([^)]*\)|\[[^\]]*\])")
TAG = re.compile(r"<[^>]{1,500}>")


def plain(text: str) -> str:
    """The text, letter by letter."""
    return SPECIAL.sub(r"\\\1", text)


def card_text(text: str) -> str:
    """A model's card as Markdown that fetches nothing: without front matter, tags and pictures of other places."""
    return TAG.sub("", PICTURE.sub(r"*\1*", FRONT.sub("", text))).replace("$", r"\$").strip()
