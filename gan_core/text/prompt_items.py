"""The items of a prompt: the phrases that a model knows, and every other word, each with its part in the sentence."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from gan_core.text import english
from gan_core.text.prompt_phrases import Meaning, Role, Via
from gan_core.text.prompt_words import Word
from gan_core.text.prompt_world import PromptWorld


class Part(StrEnum):
    """What a phrase is in its sentence."""

    KIND = "kind"
    COLOUR = "colour"
    ATTRIBUTE = "attribute"
    CAPTION = "caption"  # a word that captions contain
    OUTSIDE = "outside"  # an English word that no caption contains
    UNKNOWN = "unknown"  # a word without a vector
    NUMBER = "number"
    NEGATION = "negation"
    DETERMINER = "determiner"
    CONJUNCTION = "conjunction"
    PREPOSITION = "preposition"
    STOP = "stop"


NOUNS = frozenset((Part.KIND, Part.OUTSIDE, Part.UNKNOWN))
CONTENT = NOUNS | {Part.COLOUR, Part.ATTRIBUTE, Part.CAPTION}
NO_MEANING = Meaning(Role.ATTRIBUTE)


@dataclass(frozen=True)
class Item:
    """Words of a prompt that belong together, such as "navy blue"."""

    part: Part
    words: tuple[Word, ...]
    meaning: Meaning = NO_MEANING

    @property
    def text(self) -> str:
        return " ".join(word.word for word in self.words)

    @property
    def begins_phrase(self) -> bool:
        return self.words[0].begins_phrase


def find_items(words: Sequence[Word], world: PromptWorld) -> list[Item]:
    """The phrases of a prompt, the longest match first, and its single words."""
    items, start = [], 0
    while start < len(words):
        item = longest_phrase(words, start, world) or single_word(words, start, world)
        items.append(item)
        start += len(item.words)
    return items


def longest_phrase(words: Sequence[Word], start: int, world: PromptWorld) -> Item | None:
    """The longest phrase of the world that begins with a word; None where none does."""
    for count in range(min(world.longest_phrase, len(words) - start), 0, -1):
        part = tuple(words[start : start + count])
        meaning = world.phrases.get(tuple(word.word for word in part))
        if meaning is None or any(word.begins_phrase for word in part[1:]):
            continue
        if meaning.role == Role.ATTRIBUTE and (is_function_word(part[0].word) or names_more(part, world)):
            continue
        if count > 1 and adds_colour(part, meaning, world):
            continue
        if is_material(part, meaning, world):
            return Item(Part.CAPTION, part)
        return Item(Part(meaning.role), part, meaning)
    return None


def is_material(words: Sequence[Word], meaning: Meaning, world: PromptWorld) -> bool:
    """Whether a word is a synonym of a colour, but captions have it in a sense of its own: "leather", for tan."""
    word = words[0].word
    is_synonym = meaning.role == Role.COLOUR and meaning.via != Via.NAME and len(words) == 1
    return is_synonym and word not in english.BASIC_COLOUR_WORDS and world.in_captions(word)


def names_more(words: Sequence[Word], world: PromptWorld) -> bool:
    """Whether a word of a phrase names a kind or a colour itself, as both do in "black tie"."""
    meanings = (world.phrases.get((word.word,)) for word in words) if len(words) > 1 else ()
    return any(meaning and meaning.role != Role.ATTRIBUTE for meaning in meanings)


def adds_colour(words: Sequence[Word], meaning: Meaning, world: PromptWorld) -> bool:
    """Whether a synonym is only a colour before the name itself, as "red rose" is of "rose"."""
    rest = world.phrases.get(tuple(word.word for word in words[1:]))
    is_colour = words[0].word in english.BASIC_COLOUR_WORDS and meaning.via == Via.SYNONYM
    return is_colour and rest is not None and rest.via == Via.NAME and rest.names == meaning.names


def is_function_word(word: str) -> bool:
    return word in english.STOP_WORDS or word in english.PREPOSITIONS or word in english.NEGATIONS


def single_word(words: Sequence[Word], index: int, world: PromptWorld) -> Item:
    """A word that is no phrase of the world."""
    word = words[index]
    return Item(word_part(words, index, world), (word,))


def word_part(words: Sequence[Word], index: int, world: PromptWorld) -> Part:
    word = words[index].word
    followed_by_hyphen = index + 1 < len(words) and words[index + 1].is_hyphenated
    if word in english.NEGATIONS and not followed_by_hyphen and not words[index].is_hyphenated:
        return Part.NEGATION
    if is_number(words, index) or (word in english.GROUP_WORDS and not world.in_names(word)):
        return Part.NUMBER
    for part, members in (
        (Part.DETERMINER, english.DETERMINERS),
        (Part.CONJUNCTION, english.CONJUNCTIONS),
        (Part.PREPOSITION, english.PREPOSITIONS),
        (Part.STOP, english.STOP_WORDS),
        (Part.CAPTION, english.COLOUR_MODIFIERS),
    ):
        if word in members:
            return part
    if word.isdecimal():
        return Part.STOP
    if world.in_captions(word):
        return Part.CAPTION
    return Part.OUTSIDE if world.encoder.word_token_ids(word) else Part.UNKNOWN


def is_number(words: Sequence[Word], index: int) -> bool:
    """Whether a word counts things: a number word, or a figure that is no size and no year."""
    word = words[index].word
    if word.isdecimal():
        beside = {other.word for other in (*words[max(index - 1, 0) : index], *words[index + 1 : index + 2])}
        is_joined = words[index].is_hyphenated or (index + 1 < len(words) and words[index + 1].is_hyphenated)
        return 2 <= int(word) <= english.MAX_COUNT and not is_joined and not beside & english.UNIT_WORDS
    is_joined = index + 1 < len(words) and words[index + 1].is_hyphenated  # "two-tone"
    return word in english.NUMBER_WORDS and not is_joined
