"""Findings about the words of a prompt: misspelt, unknown, or about what the model does not draw."""

from collections.abc import Sequence

from gan_core.text import english
from gan_core.text.colours import BASIC_COLOURS
from gan_core.text.prompt_findings import Finding, Topic, quoted
from gan_core.text.prompt_items import Item, Part
from gan_core.text.prompt_parsing import Chunk, ParsedPrompt, parse_prompt
from gan_core.text.prompt_words import Word
from gan_core.text.prompt_world import PromptWorld
from gan_core.text.spelling import MAX_DISTANCE

MIN_OFFER_COSINE = 0.8  # of a word and the kind offered for it
MAX_OFFERS = 4


def spelling_finding(prompt: str, parsed: ParsedPrompt, world: PromptWorld) -> list[Finding]:
    """Misspelt words, with the corrected prompt as an offer."""
    corrections: list[tuple[Word, str]] = []
    for item in parsed.items:
        if item.part in (Part.UNKNOWN, Part.OUTSIDE, Part.CAPTION):
            corrections += [(word, meant) for word in item.words if (meant := corrected(word.word, world))]
    if not corrections:
        return []
    parts, end = [], 0
    for word, meant in corrections:
        parts += [prompt[end : word.start], meant]
        end = word.end
    offer = "".join([*parts, prompt[end:]]).strip()
    meant = parse_prompt(offer, world)
    if world.kinds and not meant.things and not any(chunk.has(Part.COLOUR) for chunk in meant.stray):
        return []  # words of another language are near English ones, too
    words = tuple(dict.fromkeys(word.word for word, _ in corrections))
    verb = "looks" if len(words) == 1 else "look"
    return [Finding(Topic.SPELLING, f"{quoted(words)} {verb} misspelt.", words, (offer,))]


def corrected(word: str, world: PromptWorld) -> str:
    """The word that was probably meant; "" for a word that is spelt right, or that nothing is near.

    A rare word of the encoder's table is only taken for a slip of the name of a kind or of a colour.
    """
    if world.is_word(word) or world.in_names(word):
        return ""
    if word not in world.encoder.word_indices:
        return world.spelling.nearest(word)
    return world.name_spelling.nearest(word, MAX_DISTANCE)


def unknown_finding(parsed: ParsedPrompt, misspelt: set[str], world: PromptWorld | None = None) -> list[Finding]:
    """Words without a vector that are not misspelt; with `world`, which has no kinds, numbers and negations too."""
    items = [item for item in parsed.unknown if item.text not in misspelt]
    if world:
        others = (item for item in parsed.items if item.part in (Part.NUMBER, Part.NEGATION))
        items += [item for item in others if not world.encoder.token_ids(item.text)]
    words = tuple(dict.fromkeys(item.words[0].text for item in items))
    return [Finding(Topic.UNKNOWN, f"Unknown to this model, and left out: {quoted(words)}.", words)] if words else []


def not_drawn_finding(wanted: Sequence[Item], chunks: Sequence[Chunk], world: PromptWorld) -> Finding:
    """Of a prompt that names no kind: what it asks for instead, with the nearest kinds as offers."""
    others = [item for item in wanted if item.text not in english.COLOUR_MODIFIERS]
    nouns = [item for item in others if item.part not in (Part.COLOUR, Part.ATTRIBUTE)] or others or list(wanted)
    words = noun_phrases(chunks, nouns) or tuple(dict.fromkeys(item.text for item in nouns))
    if all(item.text in BASIC_COLOURS for item in nouns):
        offers = tuple(nearest_kinds(nouns, world)[:MAX_OFFERS])
        return Finding(
            Topic.FIXED_COLOUR, f"It cannot choose a colour: it does not follow {quoted(words)}.", words, offers
        )
    colour = next((item.text for item in wanted if item.part == Part.COLOUR and world.colours), "")
    offers = [f"{colour} {name}".strip() for name in nearest_kinds(nouns, world)]
    return Finding(Topic.OUTSIDE, outside_message(words), words, tuple(offers[:MAX_OFFERS]))


def noun_phrases(chunks: Sequence[Chunk], items: Sequence[Item]) -> tuple[str, ...]:
    """The items at the end of each chunk that are among `items`, together: "polka dots"."""
    phrases = []
    for chunk in chunks:
        last: list[Item] = []
        for item in reversed(chunk.items):
            if item not in items:
                break
            last.insert(0, item)
        phrases += [" ".join(item.text for item in last)] if last else []
    return tuple(dict.fromkeys(phrases))


def nearest_kinds(items: Sequence[Item], world: PromptWorld) -> list[str]:
    """The names that contain one of the words, and the kinds that the encoder takes it for."""
    found: list[str] = []
    for item in items:
        found += [kind.name for kind in world.kinds if item.text in kind.words and item.text not in english.STOP_WORDS]
        name, cosine = world.nearest_kind(item.text)
        found += [name] if cosine >= MIN_OFFER_COSINE else []
    return list(dict.fromkeys(found))


def outside_finding(parsed: ParsedPrompt, misspelt: set[str], *, is_long: bool) -> list[Finding]:
    """What a prompt says beside what the model knows; not of a long one, of which one part is read anyway."""
    if is_long:
        return []
    chunks = [*parsed.outside, *(thing.chunk for thing in parsed.things)]
    items = [item for chunk in parsed.outside for item in chunk.of(Part.OUTSIDE, Part.CAPTION)]
    for thing in parsed.things:
        items += [item for item in thing.chunk.items[thing.chunk.kind_index + 1 :] if item.part == Part.OUTSIDE]
    words = noun_phrases(chunks, [item for item in items if item.text not in misspelt])
    return [Finding(Topic.OUTSIDE, outside_message(words), words)] if words else []


def outside_message(words: Sequence[str]) -> str:
    verb = "is" if len(words) == 1 else "are"
    return f"{quoted(words)} {verb} not among what it draws."
