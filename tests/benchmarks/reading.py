"""Accuracy of text encoders on everyday prompts: `python -m tests.benchmarks.reading`.

Trains four encoders on the captions of fashion-products (GAN_CORE_DATA, or data/), and prints for each the share of the
everyday prompts beside this file, and of the held-out titles, whose article and colour are predicted correctly:

- bag of words: a random vector for each word of the captions, all others unknown;
- distilled: the word table of the project;
- both without and with the thesaurus, whose words a bag of words can learn too.

Nothing is asserted, and no image is generated.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gan_core.commands.text_encoder import captioned_rows
from gan_core.text import captions, encoder_training
from gan_core.text.encoder import WORDS_FILE, TextEncoder
from gan_core.text.synonyms import synonym_table
from gan_core.text.tokenizer import tokenize

PROMPTS_FILE = Path(__file__).parent / "everyday_prompts.jsonl"
EMBEDDING_SIZE = 96


def bag_of_words(rows: Sequence[dict[str, Any]], synonyms: dict[str, tuple[str, ...]], size: int) -> TextEncoder:
    """A random vector of `size` values for each word of these rows, of caption templates and of synonyms."""
    words = {word for row in rows for value in row.values() for word in tokenize(str(value))}
    sentences = [*template_texts(), *(synonym for names in synonyms.values() for synonym in names)]
    words |= {word for sentence in sentences for word in tokenize(sentence)}
    vectors = np.random.default_rng(0).normal(size=(len(words), size)).astype(np.float32)
    return TextEncoder.from_vectors(sorted(words), vectors, "chance")


def template_texts() -> tuple[str, ...]:
    return (
        *captions.ATTRIBUTE_TEMPLATES,
        *captions.ARTICLE_NAMES.values(),
        *captions.WEARER_POSSESSIVES.values(),
        *captions.WEARER_NAMES.values(),
    )


def accuracies(trained: encoder_training.TrainedEncoder, cases: Sequence[dict[str, Any]]) -> dict[str, float]:
    """The share of prompts with a correct prediction, by column, and in both."""
    hits = {}
    for column, expected in (("article", "articles"), ("colour", "colours")):
        predictions = trained.predict([case["prompt"] for case in cases], column)
        hits[column] = [
            not case.get(expected) or prediction in case[expected]
            for prediction, case in zip(predictions, cases, strict=True)
        ]
    hits["both"] = [all(both) for both in zip(*hits.values(), strict=True)]
    return {name: sum(outcomes) / len(outcomes) for name, outcomes in hits.items()}


def title_accuracy(trained: encoder_training.TrainedEncoder, rows: Sequence[dict[str, Any]], column: str) -> float:
    """The share of the rows' titles with a correct prediction of a column."""
    predictions = trained.predict([row["text"] for row in rows], column)
    return sum(prediction == row[column] for prediction, row in zip(predictions, rows, strict=True)) / len(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--try", dest="prompts", type=Path, default=PROMPTS_FILE, metavar="FILE")
    args = parser.parse_args()
    rows = captioned_rows("fashion-products", args)
    training_rows = [row for row in rows if not captions.is_held_out(row["file_name"])]
    held_out_rows = [row for row in rows if captions.is_held_out(row["file_name"])]
    cases = [json.loads(line) for line in args.prompts.read_text(encoding="utf-8").splitlines()]
    table = TextEncoder.load(WORDS_FILE)
    thesaurus = synonym_table(training_rows, table)
    print(f"{len(training_rows)} training rows, {len(held_out_rows)} held out, {len(cases)} prompts")
    for name, synonyms in (("", {}), (" + thesaurus", thesaurus)):
        for kind, words in (("bag of words", bag_of_words(training_rows, synonyms, table.dim)), ("distilled", table)):
            trained = encoder_training.train_encoder(words, training_rows, EMBEDDING_SIZE, synonyms=synonyms)
            accuracy = accuracies(trained, cases)
            titles = {column: title_accuracy(trained, held_out_rows, column) for column in ("article", "colour")}
            unknown = sum(bool(trained.encoder.unknown_words(case["prompt"])) for case in cases)
            print(
                f"{kind + name:25} prompts: article {accuracy['article']:.1%}, colour {accuracy['colour']:.1%},"
                f" both {accuracy['both']:.1%}, with unknown words {unknown};"
                f" titles: article {titles['article']:.1%}, colour {titles['colour']:.1%}",
                flush=True,
            )


if __name__ == "__main__":
    main()
