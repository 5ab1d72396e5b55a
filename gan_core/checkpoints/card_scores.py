"""The section on scores of a model card, for each kind of evaluation."""

import shlex
from typing import Any

from gan_core.checkpoints.score_basis import score_warnings


def score_section(config: dict[str, Any]) -> str:
    """The scores of `evaluate --save`, beside the same scores of real images; empty before that."""
    scores = config["scores"]
    if not scores:
        return ""
    if "benchmarks" in scores:
        return benchmark_section(config["name"], scores["benchmarks"])
    if "captions" in scores:
        return text_to_image_section(config["name"], scores["captions"])
    if "class_names" not in scores:
        return unlabelled_section(config["name"], scores)
    baseline = scores["floor"]
    rows = [
        ("Fréchet distance (lower is better)", "frechet"),
        ("precision (k = 3)", "precision"),
        ("recall (k = 3)", "recall"),
    ]
    lines = [f"| {title} | {scores[key]:.3f} | {baseline[key]:.3f} |" for title, key in rows]
    if "accuracy" in scores:
        lines.append(f"| accuracy of the label | {scores['accuracy']:.2%} | {baseline['accuracy']:.2%} |")
        if "accuracy_truncated" in scores:
            lines.append(f"| accuracy at truncation 0.7 | {scores['accuracy_truncated']:.2%} | |")
    table = "\n".join(lines) + warning_text(scores)
    return (
        f"## Scores\n\n{scores['count']:,} samples against {scores['reference']:,} test images, on the features of the "
        f"classifier `{scores['judge']}` (accuracy {scores['judge_accuracy']:.2%} on the test set), beside the scores "
        "of as many real training images.\n\n"
        f"| score | this model | real images |\n|---|---|---|\n{table}\n\n"
        f"Made by `python -m gan_core evaluate {shlex.quote(config['name'])} --save`.\n\n{class_shares(config)}"
    )


def benchmark_section(name: str, benchmarks: dict[str, Any]) -> str:
    """PSNR, SSIM and sharpness on each benchmark, beside those of bicubic interpolation."""
    rows = [
        f"| {title}, {scores['pictures']} images | {scores['psnr']:.2f} ({scores['bicubic']['psnr']:.2f}) | "
        f"{scores['ssim']:.4f} ({scores['bicubic']['ssim']:.4f}) | "
        f"{scores['sharpness']:.2f} ({scores['bicubic']['sharpness']:.2f}) |"
        for title, scores in benchmarks.items()
    ]
    return (
        "## Scores\n\nOn the luma channel, without a border of as many pixels as the scale, bicubic interpolation in "
        "brackets. Sharpness is the energy of the upper half of the frequency band as a share of the original's, the "
        "median over the images.\n\n"
        "| benchmark | PSNR, dB | SSIM | sharpness |\n|---|---|---|---|\n" + "\n".join(rows) + "\n\n"
        f"Made by `python -m gan_core evaluate {shlex.quote(name)} --save`."
    )


def text_to_image_section(name: str, scores: dict[str, Any]) -> str:
    """How well images match their prompts, how realistic they are, and whether training images are memorised."""
    baseline = scores["floor"]
    rows = [
        f"| accuracy of the prompt's {column} | {share:.2%} | {baseline['accuracy'][column]:.2%} |"
        for column, share in scores["accuracy"].items()
    ]
    rows.append(f"| R-precision among 100 captions | {scores['r_precision']:.2%} | {baseline['r_precision']:.2%} |")
    rows.append(f"| Fréchet distance (lower is better) | {scores['frechet']:.3f} | {baseline['frechet']:.3f} |")
    if "variety" in scores:
        rows.append(
            f"| distance of two images of the same attributes | {scores['variety']:.3f} | {baseline['variety']:.3f} |"
        )
    ours, theirs = scores["nearest"], baseline["nearest"]
    rows += [
        f"| distance to the nearest training image, {title} | {ours[key]:.3f} | {theirs[key]:.3f} |"
        for key, title in {"median": "median", "closest": "closest 1%"}.items()
    ]
    everyday_scores = scores.get("everyday")
    more = "" if everyday_scores is None else (
        f"\n\nFor {everyday_scores['prompts']} everyday prompts, many with words that no caption has, "
        f"{everyday_scores['right']:.1%} of the images show what is meant."
    )  # fmt: skip
    return (
        f"## Scores\n\n{scores['count']:,} prompts, the captions of held-out images, measured by the classifier "
        f"`{scores['judge']}`, beside the scores of the real images.\n\n"
        "| score | this model | real images |\n|---|---|---|\n" + "\n".join(rows) + warning_text(scores) + more + "\n\n"
        f"Made by `python -m gan_core evaluate {shlex.quote(name)} --save`."
    )


def unlabelled_section(name: str, scores: dict[str, Any]) -> str:
    """How realistic images are, and whether training images are memorised; for models without labels."""
    baseline, ours, theirs = scores["floor"], scores["nearest"], scores["floor"]["nearest"]
    rows = [
        f"| Fréchet distance (lower is better) | {scores['frechet']:.3f} | {baseline['frechet']:.3f} |",
        f"| precision (k = 3) | {scores['precision']:.3f} | {baseline['precision']:.3f} |",
        f"| recall (k = 3) | {scores['recall']:.3f} | {baseline['recall']:.3f} |",
        f"| distance to the nearest training image, median | {ours['median']:.3f} | {theirs['median']:.3f} |",
        f"| distance to the nearest training image, closest 1% | {ours['closest']:.3f} | {theirs['closest']:.3f} |",
        f"| share of images nearer than the closest 1% of real ones | {ours['closer']:.2%} | {theirs['closer']:.2%} |",
    ]
    return (
        f"## Scores\n\n{scores['count']:,} samples against as many images of the data set, on the features of the "
        f"classifier `{scores['judge']}` ({classifier_quality(scores['judge_accuracy'])}), beside the scores of as "
        "many other images of the data set, which a perfect model would reach. The nearest training image of a real "
        f"image is another one.{other_data_note(scores)}\n\n"
        "| score | this model | real images |\n|---|---|---|\n" + "\n".join(rows) + warning_text(scores) + "\n\n"
        f"Made by `python -m gan_core evaluate {shlex.quote(name)} --save`."
    )


def warning_text(scores: dict[str, Any]) -> str:
    """A paragraph for each warning on the scores; empty without any."""
    return "".join(f"\n\n**{warning}**" for warning in score_warnings(scores))


def other_data_note(scores: dict[str, Any]) -> str:
    """A remark on a classifier that was trained on other images; empty for one of these."""
    if not scores.get("judge_of_other_data"):
        return ""
    return " The classifier was trained on other images: the scores compare models of these data, and no others."


def classifier_quality(accuracy: Any) -> str:
    """The accuracy of a classifier in a few words: of attributes, or of recognising single images."""
    if isinstance(accuracy, dict):
        return ", ".join(f"accuracy of {column} {share:.2%}" for column, share in accuracy.items())
    return f"it recognises {accuracy:.2%} of held-out images under augmentation"


def class_shares(config: dict[str, Any]) -> str:
    """A table of the share of each class among the samples, as the classifier reads them."""
    scores = config["scores"]
    head = "| class | share of samples | share of data |" + (" accuracy |" if "accuracy_per_class" in scores else "")
    lines = [head, "|---" * head.count(" | ") + "|---|"]
    for index, name in enumerate(scores["class_names"]):
        line = f"| {name} | {scores['shares'][index]:.1%} | {data_share(scores, index):.1%} |"
        if "accuracy_per_class" in scores:
            line += f" {scores['accuracy_per_class'][index]:.1%} |"
        lines.append(line)
    return "\n".join(lines)


def data_share(scores: dict[str, Any], index: int) -> float:
    """The share of a class among the real images."""
    return scores["floor"]["shares"][index]
