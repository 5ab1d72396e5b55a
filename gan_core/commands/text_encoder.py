"""The commands that make text encoders: `words` distils a word table, `encoder` trains it on captions."""

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

from gan_core.commands.common import add_command, data_folder, print_notes, progress_bar, read_prompt_cases
from gan_core.errors import UsageError

CAPTIONS_PER_DATASET = 1_000  # compared with the senses of words


def add_commands(subparsers: Any) -> None:
    add_words(subparsers)
    add_encoder(subparsers)


def add_words(subparsers: Any) -> None:
    parser = add_command(subparsers, "words", run_words, "distil a word table from a sentence transformer")
    parser.add_argument("transformer", type=Path, metavar="FOLDER", help="the sentence transformer's model folder")
    parser.add_argument("--wordnet", type=Path, required=True, metavar="FOLDER", help="WordNet's database files")
    parser.add_argument("--data", action="append", required=True, metavar="NAME", help="a data set with captions")
    parser.add_argument("--common", type=int, default=30_000, help="frequent English words to include; default 30000")
    parser.add_argument("--extra", type=int, default=8_000, help="rarer words similar to the captions; default 8000")
    parser.add_argument("--size", type=int, default=224, help="values per word; default 224")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="a .safetensors file")


def add_encoder(subparsers: Any) -> None:
    parser = add_command(subparsers, "encoder", run_encoder, "train a text encoder on the captions of a data set")
    parser.add_argument("--data", required=True, metavar="NAME", help="a data set with captions")
    parser.add_argument("--size", type=int, default=96, help="values per sentence; default 96")
    parser.add_argument("--wordnet", type=Path, metavar="FOLDER", help="WordNet's database files, for more synonyms")
    parser.add_argument("--like", type=Path, metavar="FILE", help="an encoder whose embeddings are to be reproduced")
    parser.add_argument("--seed", type=int, default=0, help="fixes all randomness; default 0")
    parser.add_argument("--out", type=Path, metavar="FILE", help="a .safetensors file to save the encoder in")
    parser.add_argument(
        "--try",
        dest="prompts",
        type=Path,
        metavar="FILE",
        help="prompts to test: JSON lines of prompt, articles, colours",
    )


def run_words(args: argparse.Namespace) -> None:
    from gan_core.text import captions, distillation, thesaurus, training_captions, wordnet
    from gan_core.text.tokenizer import tokenize

    counts: Counter[str] = Counter()
    sampled_captions: list[str] = []
    for name in args.data:
        rows = captioned_rows(name, args)
        texts = [captions.strip_brand(captions.row_attributes(row).get("text", "")) for row in rows]
        sampled_captions += sorted(set(texts))[:: max(1, len(set(texts)) // CAPTIONS_PER_DATASET)]
        for row in rows:
            counts.update(set(tokenize(" ".join(str(value) for key, value in row.items() if key != "file_name"))))
    frequent_words = [word for word, count in counts.items() if count >= training_captions.MIN_WORD_CAPTIONS]
    words = distillation.build_word_list([*frequent_words, *thesaurus.all_phrases()], args.common)
    senses = wordnet.read_senses(args.wordnet)
    with progress_bar(None, "text") as bar:
        transformer = distillation.SentenceTransformer(args.transformer, bar.update)
        table = distillation.distill_word_table(words, senses, sampled_captions, args.extra, args.size, transformer)
    table.save(args.out)
    print(f"{args.out}: {len(table.words)} words of {table.dim} values, {args.out.stat().st_size / 1e6:.1f} MB")


def run_encoder(args: argparse.Namespace) -> None:
    from gan_core.text import captions, encoder_training
    from gan_core.text.encoder import WORDS_FILE, TextEncoder
    from gan_core.text.synonyms import synonym_table

    rows = captioned_rows(args.data, args)
    train_rows = [row for row in rows if not captions.is_held_out(row["file_name"])]
    table = TextEncoder.load(WORDS_FILE)
    synonyms = synonym_table(train_rows, table, args.wordnet)
    teacher = TextEncoder.load(args.like) if args.like else None
    with progress_bar(encoder_training.STEPS, "step") as bar:
        trained = encoder_training.train_encoder(table, train_rows, args.size, args.seed, bar.update, synonyms, teacher)
    print_title_accuracy(trained, [row for row in rows if captions.is_held_out(row["file_name"])])
    if args.prompts:
        print_prompt_accuracy(trained, args.prompts)
    if args.out:
        trained.encoder.save(args.out)
        print(f"{args.out}: {args.out.stat().st_size / 1e6:.1f} MB, {trained.encoder.fingerprint}")


def print_title_accuracy(trained: Any, rows: list[dict[str, Any]]) -> None:
    """Prints for each column the share of titles whose value is predicted correctly."""
    for column in trained.columns:
        known = [row for row in rows if column in row and "text" in row and column != "words"]
        predictions = trained.predict([row["text"] for row in known], column)
        correct = [prediction == str(row[column]) for prediction, row in zip(predictions, known, strict=True)]
        print(f"{column}: {sum(correct) / max(len(correct), 1):.1%} of {len(correct)} held-out titles")


def print_prompt_accuracy(trained: Any, file: Path) -> None:
    """Prints for article and colour the share of prompts predicted correctly, and the others with their predictions."""
    cases = read_prompt_cases(file)
    for column, expected_key in (("article", "articles"), ("colour", "colours")):
        column_cases = [case for case in cases if case.get(expected_key)]
        if not column_cases:
            continue
        predictions = trained.predict([case["prompt"] for case in column_cases], column)
        wrong = [
            f"{case['prompt']}: {prediction}"
            for prediction, case in zip(predictions, column_cases, strict=True)
            if prediction not in case[expected_key]
        ]
        share = 1 - len(wrong) / len(column_cases)
        print(f"{column}: {share:.1%} of {len(column_cases)} prompts; wrong: {'; '.join(wrong)}")


def captioned_rows(name: str, args: argparse.Namespace) -> list[dict[str, Any]]:
    """The rows of a data set's metadata that have a caption."""
    from gan_core.text.captions import row_attributes

    return [row for row in metadata_rows(name, args) if row_attributes(row)]


def metadata_rows(name: str, args: argparse.Namespace) -> list[dict[str, Any]]:
    """The rows of a data set's metadata.jsonl; no image is decoded. Raises UsageError where there are none."""
    from gan_core.data import archives, metadata, row_matching

    path = archives.locate_dataset(name, data_folder(args))
    if path is None:
        raise UsageError(f"There is no data set {name!r} in {data_folder(args)}, and no folder or zip of that path.")
    archive = archives.open_archive(path)
    table, _, warnings = metadata.read_all_rows(archive, archives.visible_files(archive))
    print_notes(warnings)
    rows = list({row_matching.full_path(row): row.values for row in table}.values())
    if not rows:
        raise UsageError(f"{path} holds no metadata.jsonl, so that there are no captions: add one beside the images.")
    return rows
