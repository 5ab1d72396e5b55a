"""Scores a text-to-image model value by value: of each kind of thing and each colour, how many images are recognised.

The average over all captions hides the rare kinds, which a model has seen least and draws worst. Here each value that
the classifier predicts is asked for equally often, by short prompts. Beside its share stands that of real images: a
classifier that does not recognise a kind in photographs says nothing about a model that draws it.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from gan_core.evaluation.caption_classifier import OTHER, CaptionClassifier
from gan_core.evaluation.features import DATASET_BATCH_SIZE, fraction_true, generate_images
from gan_core.evaluation.text_to_image import DEFAULT_COUNT
from gan_core.sampling import Model
from gan_core.text.captions import row_attributes, singular_article

IMAGES_PER_VALUE, MIN_IMAGES_PER_VALUE = 40, 4
COMPANION_COUNT = 7  # of the colours that a kind is asked for in, and of the kinds that a colour is asked for with
OTHER_COLUMN = {"article": "colour", "colour": "article"}


def score_values(
    model: Model,
    classifier: CaptionClassifier,
    train_rows: Sequence[dict[str, Any]],
    held_out: Any,
    draws: int = IMAGES_PER_VALUE,
    progress: Callable[[int], Any] = lambda _: None,
) -> dict[str, Any]:
    """The share of recognised images of each value, by column, as plain JSON: {"draws": 40, "article": {"Caps": 0.9}}.

    Each value of the classifier's classes is drawn `draws` times, from the seeds 0, 1, ... An image is
    recognised where the classifier's most likely class is the value. `floor` holds the shares of the real images in
    `held_out`, for the values that these have. `progress` is called with the number of images done.
    """
    columns = {
        column: [value for value in values if value != OTHER] for column, values in classifier.schema.columns.items()
    }
    prompts = [
        prompt
        for column, values in columns.items()
        for value in values
        for prompt in prompts_for_value(column, value, train_rows, draws)
    ]
    seeds = [index % draws for index in range(len(prompts))]
    images = generate_images(model, seeds, progress, prompts=prompts)
    _, predictions = classifier.features_and_scores(images)
    shares: dict[str, Any] = {"draws": draws}
    start = 0
    for column, values in columns.items():
        end = start + draws * len(values)
        asked = torch.arange(len(values)).repeat_interleave(draws)
        scores = predictions[column][start:end]
        shares[column] = recognised_shares(scores, asked, values, classifier.schema.columns[column])
        start = end
    return shares | {"floor": real_shares(classifier, columns, held_out)}


def draws_per_value(count: int | None) -> int:
    """The images of each value in an evaluation with `count` prompts: fewer where these are fewer than by default."""
    if count is None:
        return IMAGES_PER_VALUE
    return min(IMAGES_PER_VALUE, max(MIN_IMAGES_PER_VALUE, IMAGES_PER_VALUE * count // DEFAULT_COUNT))


def count_images(classifier: CaptionClassifier, draws: int = IMAGES_PER_VALUE) -> int:
    """The number of images that `score_values` draws."""
    return draws * sum(value != OTHER for values in classifier.schema.columns.values() for value in values)


def recognised_shares(scores: Tensor, asked: Tensor, values: Sequence[str], classes: Sequence[str]) -> dict[str, float]:
    """The share of images whose most likely class is the value asked for, by value; without those never asked for.

    `scores` are log-probabilities (N, classes), `asked` indices into `values` (N,), -1 where there is none.
    """
    wanted = torch.tensor([classes.index(value) for value in values])
    hits = scores.argmax(dim=1) == wanted[asked.clamp(min=0)]
    return {
        value: round(fraction_true(hits[asked == index]), 4)
        for index, value in enumerate(values)
        if (asked == index).any()
    }


def real_shares(classifier: CaptionClassifier, columns: dict[str, list[str]], held_out: Any) -> dict[str, Any]:
    """The same shares of the images of a data set, by column."""
    batches = torch.arange(len(held_out)).split(DATASET_BATCH_SIZE)
    predictions = [classifier.features_and_scores(held_out.get_batch(batch).images)[1] for batch in batches]
    rows = [row_attributes(row) for row in held_out.rows]
    shares = {}
    for column, values in columns.items():
        indices = {value: index for index, value in enumerate(values)}
        asked = torch.tensor([indices.get(fields.get(column, ""), -1) for fields in rows])
        scores = torch.cat([batch[column] for batch in predictions])
        shares[column] = recognised_shares(scores, asked, values, classifier.schema.columns[column])
    return shares


def prompts_for_value(column: str, value: str, rows: Sequence[dict[str, Any]], count: int) -> list[str]:
    """`count` prompts that ask for a value: a kind by its name and in the colours that it has most often, a
    colour with the kinds that most often have it ("mustard kurta"), in turn."""
    name, other = value.lower(), OTHER_COLUMN.get(column, "")
    fields_of_value = [fields for fields in map(row_attributes, rows) if other and fields.get(column) == value]
    counts = Counter(fields[other] for fields in fields_of_value if other in fields)
    companions = [companion.lower() for companion, _ in counts.most_common(COMPANION_COUNT)]
    if column == "article":
        kind = singular_article(name)
        prompts = [kind, *(f"{colour} {kind}" for colour in companions)]
    else:
        prompts = [f"{name} {singular_article(kind)}" for kind in companions] or [name]
    return [prompts[index % len(prompts)] for index in range(count)]
