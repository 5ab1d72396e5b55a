"""Scores a text-to-image model on everyday prompts whose meaning was written down by hand."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from gan_core.errors import UsageError
from gan_core.evaluation.caption_classifier import OTHER, AttributeSchema, CaptionClassifier
from gan_core.evaluation.features import fraction_true
from gan_core.evaluation.text_to_image import generate_for_prompts
from gan_core.sampling import Model

IMAGES_PER_PROMPT = 4


def score_prompts(model: Model, classifier: CaptionClassifier, cases: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The share of images that show what their prompt means, as plain JSON.

    A case has its `prompt` and, for a metadata column under its plural, the classes that are correct, such as
    {"prompt": "crimson purse", "articles": ["Handbags"], "colours": ["Red"]}. The result holds the share of each
    column, and as `right` the share that is correct in all of them; `mostly_wrong` lists the prompts of which fewer
    than half of the images are correct.
    Raises UsageError where no case names a column that the classifier predicts.
    """
    prompts = [case["prompt"] for case in cases for _ in range(IMAGES_PER_PROMPT)]
    _, predictions = classifier.features_and_scores(generate_for_prompts(model, prompts, lambda _: None))
    correct = {
        column: matches_case(classifier.schema, column, scores, cases)
        for column, scores in predictions.items()
        if any(f"{column}s" in case for case in cases)
    }
    if not correct:
        names = ", ".join(f"{column}s" for column in predictions)
        raise UsageError(f"These prompts name nothing that {classifier.name} predicts: add the correct {names}.")
    all_correct = torch.stack(list(correct.values())).all(dim=0)  # (cases x IMAGES_PER_PROMPT,)
    share_of_case = all_correct.view(-1, IMAGES_PER_PROMPT).float().mean(dim=1).tolist()
    return {
        "prompts": len(cases),
        "draws": IMAGES_PER_PROMPT,
        "right": fraction_true(all_correct),
        **{column: fraction_true(is_correct) for column, is_correct in correct.items()},
        "mostly_wrong": [case["prompt"] for case, share in zip(cases, share_of_case, strict=True) if share < 0.5],
    }


def matches_case(schema: AttributeSchema, column: str, scores: Tensor, cases: Sequence[dict[str, Any]]) -> Tensor:
    """Whether the class predicted by `scores` (cases x IMAGES_PER_PROMPT, classes) is among the correct ones of its
    case, (cases x IMAGES_PER_PROMPT,); all classes are where the case names none."""
    values = schema.columns[column]
    accepted_per_image = []
    for case in cases:
        accepted_values = case.get(f"{column}s") or values
        accepted = {
            values.index(value if value in values else OTHER)
            for value in accepted_values
            if value in values or OTHER in values
        }
        accepted_per_image += [accepted] * IMAGES_PER_PROMPT
    predicted = scores.argmax(dim=1).tolist()
    return torch.tensor([index in accepted for index, accepted in zip(predicted, accepted_per_image, strict=True)])
