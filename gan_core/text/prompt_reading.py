"""Reads a prompt against the world of a model: what it understands, what it cannot do, and what to ask instead.

A reading never changes what a prompt draws. It says what the model makes of it (findings, each with prompts that
would do better), and offers as `drawn` the part of the prompt that the model knows.
"""

from dataclasses import dataclass, replace

from gan_core.text.prompt_findings import Finding, Topic
from gan_core.text.prompt_items import CONTENT, Part
from gan_core.text.prompt_parsing import Chunk, ParsedPrompt, Thing, parse_prompt
from gan_core.text.prompt_phrases import Via
from gan_core.text.prompt_thing_findings import (
    LONG_PROMPT_WORDS,
    colours_finding,
    count_finding,
    fixed_colour_finding,
    long_finding,
    negation_finding,
    part_colour_finding,
    quality_findings,
    thing_phrase,
    things_finding,
    vague_finding,
)
from gan_core.text.prompt_word_findings import not_drawn_finding, outside_finding, spelling_finding, unknown_finding
from gan_core.text.prompt_words import join_words, place_words
from gan_core.text.prompt_world import PromptWorld


@dataclass(frozen=True)
class Reading:
    """What a model makes of a prompt.

    `drawn` is what to draw: the prompt itself where nothing speaks against it, else the part of it that the model
    knows. `is_understood`: it names something that the model knows. `read_as` is the name that the model takes it for,
    where that has other words; "" for most prompts.
    """

    prompt: str
    findings: tuple[Finding, ...] = ()
    drawn: str = ""
    is_understood: bool = True
    read_as: str = ""

    @property
    def topics(self) -> tuple[Topic, ...]:
        return tuple(finding.topic for finding in self.findings)


def read_prompt(prompt: str, world: PromptWorld) -> Reading:
    """The reading of a prompt: a few milliseconds."""
    parsed = parse_prompt(prompt, world)
    reading = read_parsed(prompt, parsed, world)
    if reading.is_understood or reading.findings:
        return reading
    return replace(reading, findings=(Finding(Topic.EMPTY, "The prompt names nothing to draw."),))


def read_parsed(prompt: str, parsed: ParsedPrompt, world: PromptWorld) -> Reading:
    """The reading of a prompt, which may have no findings although nothing is understood."""
    spelling = spelling_finding(prompt, parsed, world)
    misspelt = {word for finding in spelling for word in finding.words}
    unknown = unknown_finding(parsed, misspelt)
    if not world.kinds:
        unknown = unknown_finding(parsed, misspelt, world)
        is_understood = bool(world.encoder.encode([prompt]).any())
        return Reading(prompt, (*spelling, *unknown), prompt, is_understood, read_as(prompt, world))
    if not parsed.things:
        return read_without_thing(prompt, parsed, world, spelling, unknown)
    main = main_thing(parsed)
    is_long = len(parsed.words) >= LONG_PROMPT_WORDS
    phrase = thing_phrase(main, world, with_extras=not is_long)
    vague = vague_finding(main, world)
    findings = [
        *long_finding(parsed, phrase),
        *things_finding(parsed, main, world),
        *negation_finding(prompt, parsed),
        *count_finding(parsed, main),
        *outside_finding(parsed, misspelt, is_long=is_long),
        *part_colour_finding(parsed, main),
        *fixed_colour_finding(main, world),
        *vague,
        *colours_finding(main, world),
    ]
    changes = any(finding.topic not in (Topic.COLOURS, Topic.PART_COLOUR) for finding in findings)
    drawn = (vague[0].offers[0] if vague else phrase) if changes else prompt
    names = main.names[:1] if vague else main.names if len(main.names) == 1 else ()
    findings += quality_findings(names, main, world)
    is_renamed = drawn == prompt and main.kind.meaning.via != Via.NAME and len(main.names) == 1
    return Reading(prompt, (*spelling, *unknown, *findings), drawn, read_as=read_as(drawn, world, always=is_renamed))


def read_as(prompt: str, world: PromptWorld, *, always: bool = False) -> str:
    """The name that the encoder takes a prompt for, where a word of it is in no caption, or `always`; "" where the
    prompt has all words of that name."""
    encoder = world.encoder
    name = world.nearest_name(prompt)[0] if always else encoder.nearest_prototype(prompt)
    written = {word.word for word in place_words(prompt)}
    return name if {word.word for word in place_words(name)} - written else ""


def read_without_thing(
    prompt: str, parsed: ParsedPrompt, world: PromptWorld, spelling: list[Finding], unknown: list[Finding]
) -> Reading:
    """The reading of a prompt that names no kind of thing.

    A colour or a wearer alone can be drawn, and so can what the encoder reads as a name.
    """
    items = [item for chunk in parsed.stray for item in chunk.items]
    colours = [item for item in items if item.part == Part.COLOUR and world.colours]
    is_named = colours or any(names_wearer(chunk) for chunk in parsed.stray)
    said = [item for chunk in (*parsed.stray, *parsed.outside) for item in chunk.items if item.part in CONTENT]
    is_clear = not parsed.negated and world.is_clear(" ".join(item.text for item in said))
    negations = negation_finding(prompt, parsed)
    if is_clear or (is_named and not parsed.outside and not any(map(names_something, parsed.stray))):
        kept = join_words([word for item in items if item.part in CONTENT for word in item.words])
        drawn = f"something {kept}" if negations else prompt
        reads_as = read_as(drawn, world, always=is_clear)
        return Reading(prompt, (*spelling, *unknown, *negations), drawn, read_as=reads_as)
    misspelt = {word for finding in spelling for word in finding.words}
    wanted = [item for item in said if item.text not in misspelt]
    unsaid = (Part.UNKNOWN, Part.COLOUR, Part.ATTRIBUTE) if misspelt else (Part.UNKNOWN,)
    wanted = [item for item in wanted if item.part not in unsaid]
    outside = [not_drawn_finding(wanted, [*parsed.stray, *parsed.outside], world)] if wanted else []
    return Reading(prompt, (*spelling, *unknown, *negations, *outside), prompt, is_understood=False)


def names_wearer(chunk: Chunk) -> bool:
    """Whether a chunk names a wearer or an occasion: "women", and after "for" also "my mother"."""
    attributes = chunk.of(Part.ATTRIBUTE)
    return bool(attributes) and (chunk.link == "for" or any(item.meaning.via == Via.NAME for item in attributes))


def names_something(chunk: Chunk) -> bool:
    """Whether a chunk without a kind ends in a noun all the same: "a red cat", where captions have the word "cat"."""
    said = [item for item in chunk.items if item.part in CONTENT]
    return len(said) > 1 and said[-1].part == Part.CAPTION


def main_thing(parsed: ParsedPrompt) -> Thing:
    """The first thing with a colour of its own, or else the first thing."""
    return next((thing for thing in parsed.things if thing.chunk.has(Part.COLOUR)), parsed.things[0])
