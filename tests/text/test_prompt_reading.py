"""What the committed models make of prompts: a list of prompts with what is to be said about each.

`prompt_readings.jsonl` has a line for each prompt: the topics of its findings in order (none without `topics`), and
where it matters what is drawn, all offers, and whether anything is understood.
"""

import json
import time
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from gan_core.checkpoints.store import DEFAULT_ROOT, find_checkpoint
from gan_core.text.encoder import TextEncoder
from gan_core.text.prompt_findings import Topic
from gan_core.text.prompt_reading import Reading, read_prompt
from gan_core.text.prompt_world import PromptWorld, build_world
from pages.ui.example_prompts import EXAMPLE_PROMPTS

CASES_FILE = Path(__file__).parent / "prompt_readings.jsonl"
CASES: list[dict[str, Any]] = [json.loads(line) for line in CASES_FILE.read_text(encoding="utf-8").splitlines()]
EVERYDAY_FILE = Path(__file__).parents[1] / "benchmarks" / "everyday_prompts.jsonl"
EVERYDAY: list[str] = [json.loads(line)["prompt"] for line in EVERYDAY_FILE.read_text(encoding="utf-8").splitlines()]
# The encoder learned nothing about these two words, and says so; what is drawn for them is the colour's usual thing.
UNREADABLE = {"mint sleeveless camisole", "sky coloured chemise"}
TEXT_MODELS = ("fashion-text", "flowers-text")
MAX_MILLISECONDS = 5.0  # of a reading; most take less than one


@cache
def world(name: str) -> PromptWorld:
    checkpoint = find_checkpoint(name, DEFAULT_ROOT)
    description = checkpoint.description
    encoder = TextEncoder.load(checkpoint.folder / "text.safetensors")
    built = build_world(description.data["subjects"], encoder, description.scores)
    built.prepare()
    return built


def offers_of(reading: Reading) -> list[str]:
    return [offer for finding in reading.findings for offer in finding.offers]


def test_the_list_is_long_and_has_good_prompts_too() -> None:
    assert sum("topics" in case for case in CASES) >= 60
    assert sum("topics" not in case for case in CASES) >= 40
    assert {topic for case in CASES for topic in case.get("topics", ())} == set(Topic)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['model']}: {case['prompt']}")
def test_a_prompt_is_read_for_what_it_is(case: dict[str, Any]) -> None:
    reading = read_prompt(case["prompt"], world(case["model"]))
    assert [str(topic) for topic in reading.topics] == case.get("topics", [])
    assert reading.is_understood == case.get("understood", True)
    if "topics" not in case:
        assert reading.drawn == case["prompt"]
    if "drawn" in case:
        assert reading.drawn == case["drawn"]
    if "offers" in case:
        assert offers_of(reading) == case["offers"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['model']}: {case['prompt']}")
def test_what_is_drawn_or_offered_instead_is_drawn_as_it_stands(case: dict[str, Any]) -> None:
    reading = read_prompt(case["prompt"], world(case["model"]))
    for prompt in {reading.drawn, *offers_of(reading)} - {case["prompt"]}:
        again = read_prompt(prompt, world(case["model"]))
        assert again.is_understood
        assert again.drawn == prompt


@pytest.mark.parametrize("prompt", [prompt for prompt in EVERYDAY if prompt not in UNREADABLE])
def test_nothing_is_said_about_an_everyday_prompt(prompt: str) -> None:
    assert read_prompt(prompt, world("fashion-text")).findings == ()


@pytest.mark.parametrize(
    ("name", "prompt"),
    [
        (name, prompt)
        for name, data in zip(TEXT_MODELS, EXAMPLE_PROMPTS, strict=True)
        for prompt in EXAMPLE_PROMPTS[data]
    ],
)
def test_nothing_is_said_about_an_example_of_the_page(name: str, prompt: str) -> None:
    reading = read_prompt(prompt, world(name))
    assert (reading.findings, reading.drawn, reading.is_understood) == ((), prompt, True)


@pytest.mark.parametrize("word", ["cat", "moon", "with", "thorns", "house", "bungalow", "chair", "wool", "mole"])
def test_a_real_word_is_never_taken_for_a_slip(word: str) -> None:
    for name in TEXT_MODELS:
        assert Topic.SPELLING not in read_prompt(f"a {word}", world(name)).topics


def test_a_message_names_numbers_that_were_measured() -> None:
    (finding,) = read_prompt("japanese anemone", world("flowers-text")).findings
    description = find_checkpoint("flowers-text", DEFAULT_ROOT).description
    images = description.data["subjects"]["text"]["japanese anemone"]
    share = description.scores["captions"]["by_value"]["text"]["japanese anemone"]
    assert f"{images} pictures" in finding.message
    assert f"{round(10 * share)} of 10" in finding.message


def test_a_prompt_is_read_in_milliseconds() -> None:
    prompts = [case["prompt"] for case in CASES]
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        for prompt in prompts:
            read_prompt(prompt, world("fashion-text"))
        seconds.append(time.perf_counter() - start)
    assert 1000 * min(seconds) / len(prompts) < MAX_MILLISECONDS
