"""Findings about the things that a prompt asks for: how many, in which colours, and how well the model draws them."""

from collections.abc import Sequence

from gan_core.text import english
from gan_core.text.colours import BASIC_COLOURS
from gan_core.text.prompt_findings import Finding, Topic, quoted
from gan_core.text.prompt_items import NOUNS, Item, Part
from gan_core.text.prompt_parsing import Chunk, ParsedPrompt, Thing
from gan_core.text.prompt_phrases import KnownName, Via
from gan_core.text.prompt_words import Word, join_words
from gan_core.text.prompt_world import PromptWorld
from gan_core.text.wordnet import pluralize

LONG_PROMPT_WORDS = 15  # from here on the vectors of all words blur what is asked for
MIN_HEAD_COSINE = 0.75  # of "lily" and the nearest name, for "lily" alone to give a clear picture
POOR_SHARE = 0.55  # of recognised images, below which a name is said to be drawn badly
RELIABLE_SHARE = 0.5  # of recognised photographs, for a classifier's word on a name to count
FEW_IMAGES = 25  # training images, below which a name is said to be rare,
RARE_SHARE = 0.2  # where it has fewer than this share of the mean, too
MAX_OFFERS = 4


def thing_phrase(thing: Thing, world: PromptWorld, *, with_extras: bool = True) -> str:
    """The words about a thing that the model can follow, as they are written."""
    chunk = thing.chunk
    end = chunk.kind_index + 1
    words = phrase_words(chunk.items[:end], thing, world, is_short=not with_extras)
    for extra in thing.extras if with_extras else ():
        said = phrase_words(extra.items, thing, world)
        if said and extra.connector:
            words += [*extra.connector.words, *said]
        else:
            words += said
    return join_words(words)


def phrase_words(items: Sequence[Item], thing: Thing, world: PromptWorld, *, is_short: bool = False) -> list[Word]:
    """The words of items, without numbers, unknown words and colours that cannot be chosen; `is_short`: without words
    of no caption, too."""
    left_out = {Part.NUMBER, Part.UNKNOWN} | ({Part.OUTSIDE} if is_short else set())
    fixed = set(fixed_colours(thing, world))
    kept = [item for item in items if item.part not in left_out and item not in fixed]
    while kept and kept[0].part == Part.CONJUNCTION:
        kept = kept[1:]
    return [word for item in kept for word in item.words]


def fixed_colours(thing: Thing, world: PromptWorld) -> list[Item]:
    """The colours asked for that the model cannot choose: all that are in no name of the thing, and the words that
    modify them, where its captions have no colours."""
    if world.colours:
        return []
    items = [*thing.chunk.items, *(item for extra in thing.extras for item in extra.items)]
    name_words = {word for name in thing.names for word in name.words}
    has_colour = any(item.part == Part.COLOUR and item.text not in name_words for item in items)
    return [
        item
        for item in items
        if item.text not in name_words
        and (item.part == Part.COLOUR or (has_colour and item.text in english.COLOUR_MODIFIERS))
    ]


def long_finding(parsed: ParsedPrompt, phrase: str) -> list[Finding]:
    if len(parsed.words) < LONG_PROMPT_WORDS:
        return []
    return [Finding(Topic.LONG, f"Of these {len(parsed.words)} words it knows {quoted([phrase])}.", (), (phrase,))]


def things_finding(parsed: ParsedPrompt, main: Thing, world: PromptWorld) -> list[Finding]:
    """Several things, each as an offer, the one that is drawn first."""
    things = [main, *(thing for thing in parsed.things if thing is not main)]
    phrases = tuple(dict.fromkeys(thing_phrase(thing, world, with_extras=False) for thing in things))
    if len(phrases) < 2 or any(thing.kind.text == main.kind.text and not thing.colours for thing in things[1:]):
        return []
    return [Finding(Topic.THINGS, "It draws one thing at a time.", (), phrases[:MAX_OFFERS])]


def negation_finding(prompt: str, parsed: ParsedPrompt) -> list[Finding]:
    phrases = []
    for chunk in parsed.negated:
        words = [word for item in (chunk.negation, *chunk.items) if item for word in item.words]
        phrases.append(prompt[words[0].start : max(word.end for word in words)])
    if not phrases:
        return []
    message = f"It cannot leave things out: it does not understand {quoted(phrases)}."
    return [Finding(Topic.NEGATION, message, tuple(phrases))]


def count_finding(parsed: ParsedPrompt, main: Thing) -> list[Finding]:
    chunks = [thing.chunk for thing in parsed.things] + parsed.stray + parsed.outside
    words = tuple(dict.fromkeys(item.text for chunk in chunks for item in chunk.of(Part.NUMBER)))
    if not words:
        return []
    is_group = all(word in english.GROUP_WORDS for word in words)
    reason = "It draws no groups" if is_group else "It cannot count"
    return [Finding(Topic.COUNT, f"{reason}: it does not understand {quoted(words)}.", words)]


def vague_finding(thing: Thing, world: PromptWorld) -> list[Finding]:
    """A last word such as "lily", which alone is near none of the names that end in it."""
    kind = thing.kind
    if (
        not thing.names
        or kind.meaning.via == Via.NAME
        or (kind.meaning.via == Via.SYNONYM and thing.names == kind.meaning.names)
    ):
        return []
    name_words = {word for name in thing.names for word in name.words}
    before = [item for item in thing.chunk.items[: thing.chunk.kind_index] if item.text in name_words]
    phrase = join_words([word for item in (*before, kind) for word in item.words])
    nearest, cosine = world.nearest_name(phrase)
    if not nearest or cosine >= MIN_HEAD_COSINE:
        return []
    colour = "".join(f"{item.text} " for item in thing.colours[:1]) if world.colours else ""
    names = [name.name for name in thing.names[:MAX_OFFERS]]
    offers = tuple(colour + name for name in names)
    if len(offers) == 1:
        return [Finding(Topic.VAGUE, f"It knows {quoted([phrase])} only as {quoted(names)}.", (phrase,), offers)]
    return [Finding(Topic.VAGUE, f"{quoted([phrase])} alone is blurred: it knows several kinds.", (phrase,), offers)]


def fixed_colour_finding(thing: Thing, world: PromptWorld) -> list[Finding]:
    words = tuple(dict.fromkeys(item.text for item in fixed_colours(thing, world) if item.part == Part.COLOUR))
    if not words:
        return []
    message = f"It draws {pluralize(thing.kind.text)}, and cannot choose their colour."
    return [Finding(Topic.FIXED_COLOUR, message, words)]


def colours_finding(thing: Thing, world: PromptWorld) -> list[Finding]:
    """Several colours of one thing, each as an offer."""
    if not world.colours:
        return []
    texts = list(dict.fromkeys(colour.text for group in colour_groups(thing) for colour in group[-1:]))
    if len(texts) < 2:
        return []
    offers = tuple(f"{text} {join_words(thing.kind.words)}" for text in texts)
    return [Finding(Topic.COLOURS, "It follows one colour at a time.", tuple(texts), offers[:MAX_OFFERS])]


def colour_groups(thing: Thing) -> list[list[Item]]:
    """The colours asked for, in groups of those that make one ("rose gold"); two basic colours never do."""
    groups: list[list[Item]] = []
    for chunk in (thing.chunk, *(extra for extra in thing.extras if not extra.has(Part.KIND, *NOUNS))):
        previous: Item | None = None
        for item in chunk.items:
            if item.part == Part.COLOUR:
                joins = previous is not None and previous.part == Part.COLOUR and not item.begins_phrase
                is_pair = joins and previous is not None and {item.text, previous.text} <= BASIC_COLOURS
                if joins and not is_pair:
                    groups[-1].append(item)
                else:
                    groups.append([item])
            previous = item
    return groups


def part_colour_finding(parsed: ParsedPrompt, thing: Thing) -> list[Finding]:
    """A colour for something that the model does not draw: the buttons of a shirt."""
    chunks: list[Chunk] = [
        chunk
        for chunk in parsed.outside
        if chunk.has(Part.COLOUR) and chunk.is_prepositional and chunk.items[-1].text not in english.BACKGROUND_WORDS
    ]
    words = tuple(join_words([word for item in chunk.items for word in item.words]) for chunk in chunks)
    if not words:
        return []
    message = f"It colours the whole {join_words(thing.kind.words)}: {quoted(words)} is more than it can follow."
    return [Finding(Topic.PART_COLOUR, message, words)]


def quality_findings(names: Sequence[KnownName], thing: Thing, world: PromptWorld) -> list[Finding]:
    """Names that the model draws badly by its own scores, or of which it saw few images."""
    colours = [colour.meaning.names[0] for colour in thing.colours if colour.meaning.names]
    findings = []
    for name in dict.fromkeys((*names, *colours)):
        is_measured = name.recognised is not None and (name.recognised_real or 0.0) >= RELIABLE_SHARE
        if is_measured and name.recognised is not None and name.recognised < POOR_SHARE:
            message = (
                f"It saw {name.images:,} pictures of {quoted([name.name])}, and draws it recognisably in"
                f" {round(10 * name.recognised)} of 10 cases."
            )
            findings.append(Finding(Topic.POOR, message, (name.name,)))
        elif name in names and not is_measured and is_rare(name, thing, world):
            pictures = f"{name.images:,} picture" + ("" if name.images == 1 else "s")
            findings.append(Finding(Topic.RARE, f"It saw only {pictures} of {quoted([name.name])}.", (name.name,)))
    return findings


def is_rare(name: KnownName, thing: Thing, world: PromptWorld) -> bool:
    """Whether a name was asked for by itself, and is near none that the model saw more often."""
    few_images = min(FEW_IMAGES, RARE_SHARE * sum(kind.images for kind in world.kinds) / len(world.kinds))
    is_named = thing.kind.meaning.via == Via.NAME and name.images < few_images
    return is_named and not world.has_frequent_neighbour(name, FEW_IMAGES)
