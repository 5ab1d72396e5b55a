"""What makes encoders of sentences: `words` distils a table of words, `encoder` turns it towards captions."""

import argparse
from pathlib import Path
from typing import Any

from gan_core.commands.common import add_command, data_folder, progress_bar, read_cases
from gan_core.errors import InputError

CAPTIONS = 1_000  # of each data set that senses are held against


def add_commands(commands: Any) -> None:
    parser = add_command(commands, "words", run_words, "distil a table of words from a sentence transformer")
    parser.add_argument("transformer", type=Path, metavar="FOLDER", help="a sentence transformer's model folder")
    parser.add_argument("--wordnet", type=Path, required=True, metavar="FOLDER", help="WordNet's database files")
    parser.add_argument("--data", action="append", required=True, metavar="NAME", help="captions that are to be read")
    parser.add_argument("--common", type=int, default=30_000, help="frequent English words to include; default 30000")
    parser.add_argument("--extra", type=int, default=8_000, help="rarer words on the captions' subjects; default 8000")
    parser.add_argument("--size", type=int, default=224, help="values a word; default 224")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="a .safetensors file")
    parser = add_command(commands, "encoder", run_encoder, "learn how to read the captions of a data set, and try it")
    parser.add_argument("--data", required=True, metavar="NAME", help="a data set with captions")
    parser.add_argument("--size", type=int, default=96, help="values a sentence; default 96")
    parser.add_argument(
        "--wordnet",
        type=Path,
        metavar="FOLDER",
        help="WordNet's database files, to learn synonyms from too",
    )
    parser.add_argument(
        "--like", type=Path, metavar="FILE", help="an encoder whose vectors of the captions this one is to give"
    )
    parser.add_argument("--seed", type=int, default=0, help="fixes all randomness; default 0")
    parser.add_argument("--out", type=Path, metavar="FILE", help="a .safetensors file to keep the encoder in")
    parser.add_argument(
        "--try", dest="prompts", type=Path, metavar="FILE", help="JSON lines of prompt, articles, colours"
    )


def run_words(chosen: argparse.Namespace) -> None:
    from collections import Counter

    from gan_core.text import captions, distillation, encoder_training, thesaurus, wordnet
    from gan_core.text.encoder import split

    counts: Counter[str] = Counter()
    told: list[str] = []
    for name in chosen.data:
        rows = [row for row in rows_of(name, chosen) if captions.attributes(row)]
        texts = [captions.without_brand(captions.attributes(row).get("text", "")) for row in rows]
        told += sorted(set(texts))[:: max(1, len(set(texts)) // CAPTIONS)]
        for row in rows:
            counts.update(set(split(" ".join(str(value) for key, value in row.items() if key != "file_name"))))
    usual = [word for word, count in counts.items() if count >= encoder_training.RARE]
    words = distillation.word_list([*usual, *thesaurus.phrases()], chosen.common)
    senses = wordnet.read_senses(chosen.wordnet)
    with progress_bar(None, "text") as bar:
        read = distillation.Transformer(chosen.transformer, bar.update)
        table = distillation.distil(words, senses, told, chosen.extra, chosen.size, read)
    table.save(chosen.out)
    print(f"{chosen.out}: {len(table.words)} words of {table.size} values, {chosen.out.stat().st_size / 1e6:.1f} MB")


def run_encoder(chosen: argparse.Namespace) -> None:
    from gan_core.text import captions, encoder_training
    from gan_core.text.encoder import WORDS_FILE, TextEncoder

    rows = [row for row in rows_of(chosen.data, chosen) if captions.attributes(row)]
    kept = [row for row in rows if not captions.held_out(row["file_name"])]
    table = TextEncoder.load(WORDS_FILE)
    instead = encoder_training.said_instead(kept, table, chosen.wordnet)
    like = TextEncoder.load(chosen.like) if chosen.like else None
    with progress_bar(encoder_training.STEPS, "step") as bar:
        learned = encoder_training.learn(table, kept, chosen.size, chosen.seed, bar.update, instead, like)
    held = [row for row in rows if captions.held_out(row["file_name"])]
    for name in learned.columns:
        told = learned.tell([row["text"] for row in held if name in row], name) if name != "words" else []
        right = [one == str(row[name]) for one, row in zip(told, (row for row in held if name in row), strict=True)]
        print(f"{name}: {sum(right) / max(len(right), 1):.1%} of {len(right)} held-out titles")
    if chosen.prompts:
        try_prompts(learned, chosen.prompts)
    if chosen.out:
        learned.encoder.save(chosen.out)
        print(f"{chosen.out}: {chosen.out.stat().st_size / 1e6:.1f} MB, {learned.encoder.fingerprint}")


def try_prompts(learned: Any, file: Path) -> None:
    """How many prompts are read as they are meant, column by column."""
    cases = read_cases(file)
    for column, meant in (("article", "articles"), ("colour", "colours")):
        asked = [case for case in cases if case.get(meant)]
        if not asked:
            continue
        told = learned.tell([case["prompt"] for case in asked], column)
        wrong = [f"{case['prompt']}: {one}" for one, case in zip(told, asked, strict=True) if one not in case[meant]]
        print(f"{column}: {1 - len(wrong) / len(asked):.1%} of {len(asked)} prompts; wrong: {'; '.join(wrong)}")


def rows_of(name: str, chosen: argparse.Namespace) -> list[dict[str, Any]]:
    """The rows of a data set's metadata.jsonl; no picture is read."""
    from gan_core.data import archives, image_folder

    path = archives.locate(name, data_folder(chosen))
    if path is None:
        raise InputError(f"There is no data set {name!r} in {data_folder(chosen)}, and no folder or zip of that path.")
    source = archives.open_source(path)
    rows = list(image_folder.metadata(source, archives.shown_names(source)).values())
    if not rows:
        raise InputError(f"{path} holds no metadata.jsonl: there are no captions.")
    return rows
