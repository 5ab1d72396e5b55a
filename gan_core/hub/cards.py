"""Model cards and READMEs on the Hub: their front matter, their licence, and the signature of those written here.

An uploaded card ends in a signature, a hash of the text above it. A card whose signature fits was not changed since.
"""

import hashlib
import re

FRONT_MATTER = re.compile(r"\A\s*---\n(.*?)\n---", re.DOTALL)
SIGNATURE = re.compile(r"\n*<!-- written by gan-core: ([0-9a-f]{16}) -->\s*\Z")


def split_front_matter(text: str) -> tuple[str | None, str]:
    """The YAML between the two lines of `---` at the start, None where there is none, and the text after it."""
    match = FRONT_MATTER.match(text)
    return (match[1], text[match.end() :]) if match else (None, text)


def read_licence(card: str) -> str | None:
    """The licence in a card's front matter, None where it states none."""
    front_matter, _ = split_front_matter(card)
    match = re.search(r"^license:[ \t]*(\[[^\]\n]*|['\"]?[\w .+-]+)", front_matter or "", re.MULTILINE)
    names = [name.strip(" \t['\"") for name in match[1].split(",")] if match else []
    return ", ".join(filter(None, names)) or None


def with_licence(card: str, licence: str) -> str:
    """The card with this licence in its front matter, in place of the one stated there."""
    front_matter, body = split_front_matter(card)
    if front_matter is None:
        return f"---\nlicense: {licence}\n---\n\n{card.lstrip()}"
    kept = [line for line in front_matter.split("\n") if not re.match(r"license(_name|_link)?:", line)]
    return "\n".join(["---", f"license: {licence}", *kept, "---"]) + body


def with_signature(card: str) -> str:
    text = card.rstrip() + "\n"
    return f"{text}\n<!-- written by gan-core: {digest(text)} -->\n"


def without_signature(card: str) -> str:
    return SIGNATURE.sub("", card)


def is_unedited(card: str) -> bool:
    """Whether a card was written here and not changed since; the Hub's own card, front matter alone, counts as such."""
    signature = SIGNATURE.search(card)
    if signature is None:
        return not split_front_matter(card)[1].strip()
    return digest(card[: signature.start()].rstrip() + "\n") == signature[1]


def digest(text: str) -> str:
    """The first 16 hex digits of the SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
