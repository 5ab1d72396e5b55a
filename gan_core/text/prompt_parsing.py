"""Splits a prompt into the things that it asks for, and what it says about them.

A grammar of few rules, for the sentences that people type: articles, prepositions, conjunctions and punctuation
separate chunks; the last kind of thing in a chunk is what the chunk is about, the words before it modify it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from gan_core.text import english
from gan_core.text.prompt_items import CONTENT, NOUNS, Item, Part, find_items
from gan_core.text.prompt_phrases import KnownName, Via, singular
from gan_core.text.prompt_words import Word, place_words
from gan_core.text.prompt_world import PromptWorld

PURPOSE_PREPOSITIONS = frozenset(("for", "of", "from", "to", "during", "before", "after"))


@dataclass
class Chunk:
    """Items between two separators; `connector` is the preposition or conjunction before them, "" for none."""

    connector: Item | None = None
    has_determiner: bool = False
    negation: Item | None = None
    items: list[Item] = field(default_factory=list)

    @property
    def link(self) -> str:
        return self.connector.text if self.connector else ""

    @property
    def is_prepositional(self) -> bool:
        return self.connector is not None and self.connector.part == Part.PREPOSITION

    def has(self, *parts: Part) -> bool:
        return any(item.part in parts for item in self.items)

    def of(self, *parts: Part) -> list[Item]:
        return [item for item in self.items if item.part in parts]

    @property
    def kind_index(self) -> int:
        """The place of the kind that the chunk is about, the last one; -1 without one.

        The last word of many names gives way to a kind that says more: "perfume" in "perfume bottle".
        """
        indices = [index for index, item in enumerate(self.items) if item.part == Part.KIND]
        if not indices:
            return -1
        last = self.items[indices[-1]]
        if last.meaning.via != Via.HEAD:
            return indices[-1]
        return max(indices, key=lambda index: (specificity(self.items[index]), index))


@dataclass
class Thing:
    """Something that a prompt asks for: a chunk with a kind, and the chunks that say more about it."""

    chunk: Chunk
    names: tuple[KnownName, ...]  # that the kind may mean, those of most images first
    extras: list[Chunk] = field(default_factory=list)

    @property
    def kind(self) -> Item:
        return self.chunk.items[self.chunk.kind_index]

    @property
    def colours(self) -> list[Item]:
        """The colours asked for, in order."""
        colours = self.chunk.of(Part.COLOUR)
        return colours + [item for extra in self.extras if not extra.has(Part.KIND) for item in extra.of(Part.COLOUR)]


@dataclass
class ParsedPrompt:
    """The parts of a prompt; `outside` are the chunks about what no caption contains, `stray` those about no thing."""

    words: list[Word]
    items: list[Item]
    things: list[Thing] = field(default_factory=list)
    outside: list[Chunk] = field(default_factory=list)
    stray: list[Chunk] = field(default_factory=list)
    negated: list[Chunk] = field(default_factory=list)

    @property
    def unknown(self) -> list[Item]:
        return [item for item in self.items if item.part == Part.UNKNOWN]


def parse_prompt(prompt: str, world: PromptWorld) -> ParsedPrompt:
    """The parts of a prompt, by the words of a model's world."""
    words = place_words(prompt)
    parsed = ParsedPrompt(words, find_items(words, world))
    chunks = split_chunks(parsed.items)
    for chunk in chunks:
        assign_chunk(parsed, chunk, world)
    keep_last_kind(parsed, world)
    if parsed.things:  # "a bee" beside a sunflower is a thing, whatever captions have the word
        nouns = [chunk for chunk in parsed.stray if chunk.has_determiner and chunk.items[-1].part == Part.CAPTION]
        parsed.outside += nouns
    return parsed


def split_chunks(items: Sequence[Item]) -> list[Chunk]:
    """The items in chunks."""
    chunks = [Chunk()]
    for item in items:
        chunk = chunks[-1]
        if item.begins_phrase and chunk.items and not awaits_noun(chunk):
            chunks.append(chunk := Chunk())
        if item.part == Part.PREPOSITION or (item.part == Part.CONJUNCTION and not awaits_noun(chunk)):
            if chunk.items or chunk.negation or not chunk.is_prepositional:  # "next to" is one
                chunks.append(Chunk(item))
        elif item.part == Part.CONJUNCTION:
            chunk.items.append(item)  # "red and blue shirt"
        elif item.part == Part.NEGATION:
            chunks.append(Chunk(negation=item))
        elif item.part == Part.DETERMINER:
            if chunk.has(*CONTENT):
                chunks.append(chunk := Chunk())
            chunk.has_determiner = True
        elif item.part != Part.STOP:
            if chunk.negation and chunk.has(Part.KIND):
                chunks.append(chunk := Chunk())
            chunk.items.append(item)
    return [chunk for chunk in chunks if chunk.items or chunk.negation]


def specificity(item: Item) -> int:
    """The fewer names a kind may mean, the more it says."""
    return -len(item.meaning.names) if item.meaning.via == Via.HEAD else 0


def awaits_noun(chunk: Chunk) -> bool:
    """Whether a chunk has only what stands before a noun: "red" in "a red, leather handbag"."""
    return bool(chunk.items) and not chunk.is_prepositional and not chunk.negation and not chunk.has(*NOUNS)


def assign_chunk(parsed: ParsedPrompt, chunk: Chunk, world: PromptWorld) -> None:
    """Adds a chunk to what it belongs to."""
    last = parsed.things[-1] if parsed.things else None
    if chunk.negation:
        parsed.negated.append(chunk)
    elif chunk.has(Part.KIND):
        if last and chunk.link == "of" and last.kind.meaning.via == Via.HEAD:  # "a bottle of perfume"
            parsed.things[-1] = make_thing(chunk, world)
        elif last and chunk.is_prepositional and not is_companion(chunk):
            last.extras.append(chunk)
        else:
            parsed.things.append(make_thing(chunk, world))
    elif chunk.has(Part.OUTSIDE, Part.UNKNOWN) and not (last and chunk.link in PURPOSE_PREPOSITIONS):
        parsed.outside.append(chunk)
    elif last:
        last.extras.append(chunk)
    else:
        parsed.stray.append(chunk)


def is_companion(chunk: Chunk) -> bool:
    """Whether a chunk after a preposition is about a thing of its own: "with a tie", "with blue jeans"."""
    return chunk.link in english.COMPANION_PREPOSITIONS and (
        chunk.has_determiner or chunk.has(Part.COLOUR, Part.NUMBER)
    )


def make_thing(chunk: Chunk, world: PromptWorld) -> Thing:
    """A thing; where its kind is the last word of names, those that contain the words before it: "white lily"."""
    kind = chunk.items[chunk.kind_index]
    names = kind.meaning.names
    if kind.meaning.via != Via.NAME:
        modifiers = {word.word for item in chunk.items[: chunk.kind_index] for word in item.words}
        ending_in_it = world.heads.get(singular(kind.text), ())
        if not any(modifiers & set(name.words) for name in names):
            names = tuple(name for name in ending_in_it if modifiers & set(name.words)) or names
        elif kind.meaning.via == Via.HEAD:
            names = tuple(name for name in names if modifiers & set(name.words))
    return Thing(chunk, names)


def keep_last_kind(parsed: ParsedPrompt, world: PromptWorld) -> None:
    """Keeps a negated kind where nothing else is wanted and a word before it is meant: the t-shirt in "no logo
    t-shirt", the rose in "a not so red rose"."""
    if parsed.things or parsed.outside:
        return
    for chunk in parsed.negated:
        text = chunk.negation.text if chunk.negation else ""
        if chunk.kind_index > 0 and (text == "not" or (text == "no" and not chunk.has(Part.COLOUR))):
            kept = Chunk(items=[chunk.items.pop(chunk.kind_index)])
            parsed.things.append(make_thing(kept, world))
            return
