"""Scores of a model that draws sentences: does it draw what was asked for, as real photos look, and nothing by heart?

Prompts are captions of pictures that neither the model nor the judge was trained on; the figures stand next to what
those real photos get from the same judge.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from gan_core.data.sampler import epoch_order
from gan_core.errors import UsageError
from gan_core.evaluation import class_conditional
from gan_core.evaluation.caption_classifier import OTHER, AttributeSchema, CaptionClassifier
from gan_core.metrics import frechet_distance, nearest_distances, nn_summary
from gan_core.sampling import Model
from gan_core.text.captions import compose_caption, row_attributes

BATCH_SIZE = 256  # pictures looked at together
DISTRACTOR_COUNT = 99  # other pictures' captions that a caption is ranked among
IMAGES_PER_PROMPT = 4  # pictures of each everyday prompt

Progress = Callable[[int, int], None]


def score_text_to_image(
    model: Model,
    classifier: CaptionClassifier,
    train: Any,
    held_out: Any,
    count: int = 2000,
    progress: Progress = lambda *_: None,
) -> dict[str, Any]:
    """Scores of `count` prompts drawn from held-out captions, as plain JSON; `floor` holds those of real photos.

    `accuracy` has for each column the share of pictures that show the kind asked for, among prompts that say it;
    `r_precision` the share that fits its own picture's metadata best, among 100; `frechet` lies between as many
    generated and real pictures; `variety` is the mean distance between two pictures of the same kinds; `nearest` are
    distances to the nearest training picture in the judge's features, their median and the closest hundredth.
    Raises InputError where count is out of range or judge and model do not fit.
    """
    if model.text_encoder is None or model.checkpoint.config.image_size != classifier.size:
        raise UsageError(
            f"{classifier.name} reads pictures of {classifier.size} pixels that were drawn after a sentence."
        )
    if not 200 <= count <= len(held_out):
        raise UsageError(f"--count must lie between 200 and {len(held_out)}, the captions held out, not be {count}.")
    held_out = held_out.subset(epoch_order(len(held_out), 0, 0)[:count].tolist())  # from all over: neighbours are alike
    rows, prompts = held_out.rows, sample_prompts(held_out.rows)
    fake = generate_for_prompts(model, prompts, lambda done: progress(done, count))
    features, predictions = classifier.features_and_scores(fake)
    real_features, real_predictions = classifier.features_and_scores(held_out.get_batch(torch.arange(count)).images)
    targets = classifier.schema.targets(rows)
    training_features = extract_features(classifier, train)
    training_sample = training_features[epoch_order(len(train), 0, 0)[:count]]
    return {
        "count": count,
        "judge": classifier.name,
        "judge_accuracy": classifier.accuracy,
        "accuracy": attribute_accuracy(predictions, targets, mentions_attribute(rows, prompts)),
        "r_precision": r_precision(predictions, targets),
        "frechet": frechet_distance(real_features, features),
        "variety": intra_class_diversity(features, targets),
        "nearest": nn_summary(nearest_distances(features, training_features)),
        "floor": {
            "accuracy": attribute_accuracy(real_predictions, targets, mentions_attribute(rows, prompts)),
            "r_precision": r_precision(real_predictions, targets),
            "frechet": frechet_distance(real_features, training_sample),
            "variety": intra_class_diversity(real_features, targets),
            "nearest": nn_summary(nearest_distances(real_features, training_features)),
        },
    }


def score_prompts(model: Model, classifier: CaptionClassifier, cases: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """How many pictures of everyday prompts show what is meant: each case has its `prompt`, and for each column, in the
    plural, the kinds that would be right. `right` is the share that is right in all of them."""
    prompts = [case["prompt"] for case in cases for _ in range(IMAGES_PER_PROMPT)]
    _, predictions = classifier.features_and_scores(generate_for_prompts(model, prompts, lambda _: None))
    correct = {
        name: matches_case(classifier.schema, name, predictions[name], cases)
        for name in predictions
        if any(f"{name}s" in case for case in cases)
    }
    if not correct:
        raise UsageError("These prompts name no kinds that the judge tells apart.")
    all_correct = torch.stack(list(correct.values())).all(dim=0)
    wrong = [
        case["prompt"]
        for case, share in zip(cases, all_correct.view(-1, IMAGES_PER_PROMPT).float().mean(1).tolist(), strict=True)
        if share < 0.5
    ]
    shares = {name: is_correct.float().mean().item() for name, is_correct in correct.items()}
    return {
        "prompts": len(cases),
        "draws": IMAGES_PER_PROMPT,
        "right": all_correct.float().mean().item(),
        **shares,
        "mostly_wrong": wrong,
    }


def matches_case(schema: AttributeSchema, column: str, scores: Tensor, cases: Sequence[dict[str, Any]]) -> Tensor:
    """Where the judge sees one of the kinds that would be right (cases x DRAWS,); where none is named, anything is."""
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
    return torch.tensor(
        [index in accepted for index, accepted in zip(scores.argmax(dim=1).tolist(), accepted_per_image, strict=True)]
    )


def sample_prompts(rows: Sequence[dict[str, Any]]) -> list[str]:
    """A caption of each picture; never none."""
    generator, prompts = torch.Generator().manual_seed(0), []
    for row in rows:
        while not (prompt := compose_caption(row, generator)):
            pass  # now and then nothing is said
        prompts.append(prompt)
    return prompts


def mentions_attribute(rows: Sequence[dict[str, Any]], prompts: Sequence[str]) -> dict[str, Tensor]:
    """Where a prompt says what its picture's colour is; the kind is said by all of them."""
    colours = [row_attributes(row).get("colour", "").lower() for row in rows]
    return {
        "colour": torch.tensor(
            [bool(colour) and colour in prompt.lower() for colour, prompt in zip(colours, prompts, strict=True)]
        )
    }


def generate_for_prompts(model: Model, prompts: Sequence[str], progress: Callable[[int], None]) -> Tensor:
    """A picture for each prompt, from the seeds 0, 1, ..., as uint8 (N, C, S, S)."""
    return class_conditional.generate_images(model, range(len(prompts)), 1.0, progress, prompts)


def extract_features(classifier: Any, data: Any) -> Tensor:
    """The features of every picture of a set (N, FEATURES)."""
    return torch.cat(
        [
            classifier.features_and_scores(data.get_batch(indices).images)[0]
            for indices in torch.arange(len(data)).split(BATCH_SIZE)
        ]
    )


def attribute_accuracy(
    predictions: dict[str, Tensor], targets: dict[str, Tensor], mentioned: dict[str, Tensor]
) -> dict[str, float]:
    """For each column the share told right, where it is known and was said."""
    shares = {}
    for name, scores in predictions.items():
        counted = targets[name] >= 0
        counted = counted & mentioned[name] if name in mentioned else counted
        shares[name] = (scores.argmax(dim=1) == targets[name])[counted].float().mean().item()
    return shares


def r_precision(predictions: dict[str, Tensor], targets: dict[str, Tensor]) -> float:
    """The share of pictures (N,) whose own metadata fit what is seen best, among theirs and those of RIVALS others
    (Xu et al. 2018, AttnGAN, section 4.1); among equally good ones a share each."""
    count = len(next(iter(predictions.values())))
    generator, hits = torch.Generator().manual_seed(0), 0.0
    for index in range(count):
        others = torch.randperm(count, generator=generator)[: DISTRACTOR_COUNT + 1]
        candidates = torch.cat([torch.tensor([index]), others[others != index][:DISTRACTOR_COUNT]])
        log_likelihood = torch.zeros(len(candidates))
        for name, scores in predictions.items():
            classes = targets[name][candidates]
            log_likelihood += torch.where(classes >= 0, scores[index][classes.clamp(min=0)], scores[index].mean())
        best = log_likelihood >= log_likelihood.max() - 1e-6
        hits += (best[0] / best.sum()).item()
    return hits / count


def intra_class_diversity(features: Tensor, targets: dict[str, Tensor]) -> float:
    """The mean distance between two pictures whose kinds are the same in every column, in features (N, D): what is left
    of it tells a model that draws one picture for each name. 0 where no two are of the same kinds."""
    classes = torch.stack(list(targets.values()))  # (columns, N)
    same = (classes[:, :, None] == classes[:, None]).all(dim=0) & (classes >= 0).all(dim=0)
    pairs = same.triu(diagonal=1)
    distances = torch.cdist(features, features, compute_mode="donot_use_mm_for_euclid_dist")  # alike ones are at 0
    return (distances[pairs].sum() / pairs.sum().clamp(min=1)).item()
