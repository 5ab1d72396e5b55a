"""The words of a prompt with their places in it, so that a part of it can be replaced or left out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gan_core.text.tokenizer import COMBINING_MARKS, MAX_CHARACTERS, normalize_word

LETTERS = rf"[^\W_](?:[^\W_]|[{COMBINING_MARKS}])*"
# The same words as `tokenize`: "T-shirt" is one word, "men's" is "men", "isn't" is "isnt".
PLACED_WORD = re.compile(rf"(?:\b[tT][- ](?=[sS]hirt))?{LETTERS}(?:['’](?!s\b)(?=[^\W_]){LETTERS})*(?:['’]s\b)?")


@dataclass(frozen=True)
class Word:
    """A word as it is written, and normalised; `start` and `end` are its place in the prompt, in characters.

    `after` is what stands between it and the word before.
    """

    text: str
    word: str
    start: int
    end: int
    after: str = ""

    @property
    def is_hyphenated(self) -> bool:
        """Whether a hyphen joins it to the word before."""
        return self.after in ("-", "‐", "–")

    @property
    def begins_phrase(self) -> bool:
        """Whether punctuation separates it from the word before."""
        return any(not character.isspace() and character not in "-‐'’" for character in self.after)


def place_words(prompt: str) -> list[Word]:
    """The words of a prompt, up to MAX_CHARACTERS, with their places."""
    found: list[Word] = []
    for match in PLACED_WORD.finditer(prompt[:MAX_CHARACTERS]):
        text = match.group()
        if text == "s" and prompt[: match.start()].endswith(("'", "’")):
            continue  # `tokenize` takes it for a genitive
        bare = re.sub(r"['’]s?\b", "", re.sub(r"^([tT])[- ](?=[sS]hirt)", r"\1", text))
        after = prompt[found[-1].end : match.start()] if found else ""
        found.append(Word(text, normalize_word(bare), match.start(), match.end(), after))
    return found


def join_words(words: Sequence[Word]) -> str:
    """The words as they are written, with a space or their hyphen between."""
    parts: list[str] = []
    for index, word in enumerate(words):
        joined = index > 0 and word.is_hyphenated and words[index - 1].end + len(word.after) == word.start
        parts += [word.after if joined else " " * bool(index), word.text]
    return "".join(parts)
