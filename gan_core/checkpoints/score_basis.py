"""What scores were measured on: how many images, with which classifier; and whether these are enough.

The Fréchet distance is biased upwards: two samples of one law have a distance above 0, which falls as one over their
size. Measured for Gaussian features of equal spread, as a share of the features' total variance (the distance from
there to one single image): 1.7 with a twelfth as many images as features, 0.5 with as many, 0.05 with ten times as
many, 0.01 with forty times. With one small and one large sample it is about half of that; for features whose spread
falls off, as those of classifiers do, a tenth.
"""

from typing import Any

SOUND_RATIO = 10  # images for each feature, from which the bias is at most 5 % of the features' variance
LABELLED_FEATURES, OTHER_FEATURES = 128, 192  # of the classifiers, for scores that were saved without this number


def distance_scores(scores: dict[str, Any]) -> dict[str, Any]:
    """The part of a model's scores that holds its Fréchet distance, if it has one."""
    parts = scores.get("captions", scores)
    return parts if isinstance(parts, dict) else {}


def number(scores: dict[str, Any], name: str) -> float | None:
    """A score; None where there is none, or somebody has edited it to something else than a number."""
    value = scores.get(name)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def with_warnings(scores: dict[str, Any]) -> dict[str, Any]:
    """The scores with their `warnings`, also where an earlier version saved them without."""
    parts = distance_scores(scores)
    if "frechet" not in parts:
        return scores
    complete = parts | {"warnings": score_warnings(scores)}
    return {"captions": complete} if "captions" in scores else complete


def measured_on(scores: dict[str, Any]) -> str:
    """The number of images and the classifier, such as "2,000 images, judge-mnist"; empty where they are not known."""
    parts = distance_scores(scores)
    count, judge = parts.get("count"), parts.get("judge")
    noun = "prompts" if "captions" in scores else "images"
    texts = [f"{count:,} {noun}" if isinstance(count, int) else "", str(judge) if judge else ""]
    return ", ".join(text for text in texts if text)


def score_warnings(scores: dict[str, Any]) -> list[str]:
    """Sentences on what is unsound about the scores of a model; none where nothing is."""
    parts = distance_scores(scores)
    if isinstance(parts.get("warnings"), list):
        return [str(warning) for warning in parts["warnings"]]
    count = number(parts, "count")
    reference = number(parts, "reference") or count
    if number(parts, "frechet") is None or count is None or reference is None:
        return []
    features = LABELLED_FEATURES if "class_names" in parts else OTHER_FEATURES
    return frechet_warnings(round(count), round(reference), features)


def frechet_warnings(count: int, reference: int, features: int) -> list[str]:
    """A sentence where a Fréchet distance between `count` and `reference` images is told by too few of them."""
    fewest, enough = min(count, reference), SOUND_RATIO * features
    if fewest <= features:
        return [
            f"The Fréchet distance says nothing here: {fewest:,} images are fewer than needed for {features} features, "
            f"and even real images would seem far from real ones. It takes at least {enough:,} images to be sound."
        ]
    if fewest < enough:
        return [
            f"The Fréchet distance is too high, as {fewest:,} images are few for {features} features: compare it only "
            f"with one of as many images, such as that of real images. From {enough:,} on the excess is small."
        ]
    return []
