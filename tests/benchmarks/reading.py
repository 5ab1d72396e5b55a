"""How well sentences are read, by what they are read with: `python -m tests.benchmarks.reading`.

Learns an encoder of the captions of fashion-products (GAN_CORE_DATA, or data/) four times, and prints for each how
many of the everyday prompts beside this file it reads as the kind and the colour that are meant, and how many held-out
titles:

- bag of words: every word of the captions a vector by chance, all others unknown;
- distilled: the table of words that the project carries;
- each of them without and with the thesaurus, whose words a bag of words can learn too.

Nothing here asserts, and no picture is drawn.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gan_core.commands.common import data_folder
from gan_core.commands.text_encoder import metadata_rows
from gan_core.text import captions, encoder_training
from gan_core.text.encoder import WORDS_FILE, TextEncoder, tokenize

PROMPTS_FILE = Path(__file__).parent / "everyday_prompts.jsonl"
EMBEDDING_SIZE = 96


def bag_of_words(rows: Sequence[dict[str, Any]], synonyms: dict[str, tuple[str, ...]], size: int) -> TextEncoder:
    """A vector by chance for each word of these rows, and of what may be said instead."""
    words = {word for row in rows for value in row.values() for word in tokenize(str(value))}
    words |= {word for sentence in (*template_texts(), *(synonym for name in synonyms.values() for synonym in name))
             for word in tokenize(sentence)}  # fmt: skip
    vectors = np.random.default_rng(0).normal(size=(len(words), size)).astype(np.float32)
    return TextEncoder.from_vectors(sorted(words), vectors, "chance")


def template_texts() -> tuple[str, ...]:
    return (
        *captions.ATTRIBUTE_TEMPLATES,
        *captions.ARTICLE_NAMES.values(),
        *captions.WEARER_POSSESSIVES.values(),
        *captions.WEARER_NAMES.values(),
    )


def accuracies(learned: encoder_training.TrainedEncoder, cases: Sequence[dict[str, Any]]) -> dict[str, float]:
    """The share of prompts read as one of the kinds meant, by column, and in all of them."""
    hits = {}
    for column, meant in (("article", "articles"), ("colour", "colours")):
        predictions = learned.predict([case["prompt"] for case in cases], column)
        hits[column] = [
            not case.get(meant) or predicted in case[meant] for predicted, case in zip(predictions, cases, strict=True)
        ]
    hits["both"] = [all(hit_row) for hit_row in zip(*hits.values(), strict=True)]
    return {name: sum(outcomes) / len(outcomes) for name, outcomes in hits.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--try", dest="prompts", type=Path, default=PROMPTS_FILE, metavar="FILE")
    args = parser.parse_args()
    rows = [row for row in metadata_rows("fashion-products", args) if captions.row_attributes(row)]
    training_rows, held_out_rows = (
        [row for row in rows if captions.is_held_out(row["file_name"]) is out] for out in (False, True)
    )
    cases = [json.loads(line) for line in args.prompts.read_text(encoding="utf-8").splitlines()]
    table = TextEncoder.load(WORDS_FILE)
    thesaurus = encoder_training.synonym_table(training_rows, table)
    print(
        f"{data_folder(args)}: {len(training_rows)} rows learned from, {len(held_out_rows)} held out, {len(cases)} prompts"
    )
    for name, synonyms in (("", {}), (" + thesaurus", thesaurus)):
        for kind, words in (("bag of words", bag_of_words(training_rows, synonyms, table.dim)), ("distilled", table)):
            learned = encoder_training.train_encoder(words, training_rows, EMBEDDING_SIZE, synonyms=synonyms)
            accuracy = accuracies(learned, cases)
            titles = {
                column: np.mean([predicted == row[column] for predicted, row in zip(
                    learned.predict([row["text"] for row in held_out_rows], column), held_out_rows, strict=True)])
                for column in ("article", "colour")
            }  # fmt: skip
            unknown = sum(bool(learned.encoder.unknown_words(case["prompt"])) for case in cases)
            print(
                f"{kind + name:25} prompts: article {accuracy['article']:.1%}, colour {accuracy['colour']:.1%}, both"
                f" {accuracy['both']:.1%}, with unknown words {unknown}; titles: article {titles['article']:.1%}, colour"
                f" {titles['colour']:.1%}",
                flush=True,
            )


if __name__ == "__main__":
    main()
