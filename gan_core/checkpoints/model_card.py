"""The text of a checkpoint's README.md: a Hugging Face model card, made from its config alone."""

from typing import Any

LIMITATIONS = (
    "Small pictures of one kind: it knows nothing beyond its training data, draws an unreadable or mixed picture now "
    "and then, and repeats the data's habits. Not for producing evidence, records or training data that pass as real."
)

SUPER_RESOLUTION_LIMITATIONS = (
    "What is not in the small picture is invented: texture that looks likely, not what was there. Not for reading "
    "number plates, faces or documents, nor for any measurement or evidence."
)


def render_card(config: dict[str, Any]) -> str:
    """The card for a config (`checkpoints.Description` as a dict)."""
    training, data, name = config["training"], config["data"], config["name"]
    sections = [
        front_matter(config),
        f"# {name}\n\nA generative adversarial network of the family `{config['family']}`, trained from scratch on "
        f"{data.get('title', data['name'])} with GAN Atelier.",
        f"```sh\npython -m gan_core {usage(config)} --out {name}.png\n```",
        recipe_section(config["model"], training_phases(training | {"objective": config["objective"]})),
        f"## Data\n\n{data.get('title', data['name'])}, {data['pictures']:,} pictures. Licence as its source states "
        f"it: {data.get('licence', 'not known')}.{caution_text(data)}",
        score_section(config),
        f"## Limits\n\n{SUPER_RESOLUTION_LIMITATIONS if is_super_resolution(config) else LIMITATIONS}",
    ]
    return "\n\n".join(section.strip() for section in sections if section) + "\n"


def caution_text(data: dict[str, Any]) -> str:
    """What a licence does not settle."""
    return f"\n\n{data['caution']}" if data.get("caution") else ""


def is_super_resolution(config: dict[str, Any]) -> bool:
    return config["family"] == "srgan"


def usage(config: dict[str, Any]) -> str:
    """The command that shows what the model does."""
    if is_super_resolution(config):
        return f"upscale small.png --model {config['name']}"
    return f"sample {config['name']}" + (' --prompt "something red"' if config.get("text_encoder") else "")


def front_matter(config: dict[str, Any]) -> str:
    """The YAML that the Hub reads."""
    return (
        "---\n"
        f"license: {config['licence']}\n"
        "library_name: gan-core\n"
        f"tags:\n- gan\n- {config['family']}\n"
        f"datasets:\n- {config['data']['name']}\n"
        f"pipeline_tag: {pipeline_tag(config)}\n"
        "---"
    )


def pipeline_tag(config: dict[str, Any]) -> str:
    """What the Hub calls it."""
    if is_super_resolution(config):
        return "image-to-image"
    return "text-to-image" if config.get("text_encoder") else "unconditional-image-generation"


def training_phases(training: dict[str, Any]) -> list[dict[str, Any]]:
    """The trainings one after the other that led to the weights, the first one first."""
    parent = training.get("before")
    return [*(training_phases(parent) if parent else []), training]


def recipe_section(model: dict[str, Any], phases: list[dict[str, Any]]) -> str:
    """Steps, time and every setting of each phase, side by side; settings of objective and model too."""
    phase_texts = [
        f"{phase['steps']:,} steps of batch {phase['batch_size']}, {phase['seconds'] / 60:.0f} minutes on "
        f"{phase['hardware']}; objective `{phase['objective']['name']}`"
        for phase in phases
    ]
    columns = [
        {key: value for key, value in phase["objective"].items() if key != "name"} | phase.get("settings", {})
        for phase in phases
    ]
    headings = ["value"] if len(columns) == 1 else [f"phase {number}" for number in range(1, len(columns) + 1)]
    rows = [f"| setting | {' | '.join(headings)} |", "|---" * (1 + len(headings)) + "|"]
    for key in dict.fromkeys(key for column in columns for key in column):
        rows.append(f"| {key} | {' | '.join(str(column.get(key, '-')) for column in columns)} |")
    rows += [f"| {key} | {' | '.join([str(value)] * len(headings))} |" for key, value in model.items()]
    return (
        f"## Recipe\n\n{'. Then, from those weights: '.join(phase_texts)}. The published weights are the generator's moving "
        f"average{interpolation_note(phases[-1].get('toward'))}.{latent_std_note(phases[-1].get('spread'))}\n\n"
        + "\n".join(rows)
    )


def interpolation_note(toward: dict[str, Any] | None) -> str:
    """What another run's weights have to do with the published ones."""
    if not toward:
        return ""
    return (
        f", {1 - toward['share']:.0%} of it and {toward['share']:.0%} of that of the run `{toward['name']}` (network "
        "interpolation, Wang et al. 2018)"
    )


def latent_std_note(latent_std: dict[str, float] | None) -> str:
    """Where latents are drawn otherwise than in training."""
    if not latent_std:
        return ""
    direction = "nearer to" if latent_std["drawn"] < latent_std["trained"] else "farther from"
    return (
        f" It was trained with latents of spread {latent_std['trained']:g} and draws from those of spread {latent_std['drawn']:g}, "
        f"{direction} the middle of what it learned."
    )


def score_section(config: dict[str, Any]) -> str:
    """What `evaluate --save` measured, beside the same figures for real pictures."""
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
        lines.append(f"| accuracy against the asked label | {scores['accuracy']:.2%} | {baseline['accuracy']:.2%} |")
        if "accuracy_truncated" in scores:
            lines.append(f"| the same at truncation 0.7 | {scores['accuracy_truncated']:.2%} | |")
    table = "\n".join(lines)
    return (
        f"## Scores\n\n{scores['count']:,} samples against {scores['reference']:,} test pictures, on the features of "
        f"our judge `{scores['judge']}` ({scores['judge_accuracy']:.2%} on the test set); the floor is the same "
        "number of real training pictures.\n\n"
        f"| score | this model | real pictures |\n|---|---|---|\n{table}\n\n"
        f"Made by `python -m gan_core evaluate {config['name']} --save`.\n\n{class_shares(config)}"
    )


def benchmark_section(name: str, benchmarks: dict[str, Any]) -> str:
    """PSNR, SSIM and sharpness on each benchmark, bicubic beside them."""
    rows = [
        f"| {title}, {scores['pictures']} pictures | {scores['psnr']:.2f} ({scores['bicubic']['psnr']:.2f}) | "
        f"{scores['ssim']:.4f} ({scores['bicubic']['ssim']:.4f}) | "
        f"{scores['sharpness']:.2f} ({scores['bicubic']['sharpness']:.2f}) |"
        for title, scores in benchmarks.items()
    ]
    return (
        "## Scores\n\nOn luma, the border cut by the scale, bicubic in brackets; sharpness is the energy of the upper "
        "half band as a share of the original's, median over the pictures.\n\n"
        "| benchmark | PSNR, dB | SSIM | sharpness |\n|---|---|---|---|\n" + "\n".join(rows) + "\n\n"
        f"Made by `python -m gan_core evaluate {name} --save`."
    )


def text_to_image_section(name: str, scores: dict[str, Any]) -> str:
    """Whether what was asked for is drawn, how real it looks, and whether it was learned by heart."""
    baseline = scores["floor"]
    rows = [
        f"| {column} as asked | {share:.2%} | {baseline['accuracy'][column]:.2%} |"
        for column, share in scores["accuracy"].items()
    ]
    rows.append(f"| R-precision, among 100 | {scores['r_precision']:.2%} | {baseline['r_precision']:.2%} |")
    rows.append(f"| Fréchet distance (lower is better) | {scores['frechet']:.3f} | {baseline['frechet']:.3f} |")
    if "variety" in scores:
        rows.append(f"| distance between two of the same kinds | {scores['variety']:.3f} | {baseline['variety']:.3f} |")
    ours, theirs = scores["nearest"], baseline["nearest"]
    rows += [
        f"| distance to the nearest training picture, {title} | {ours[key]:.3f} | {theirs[key]:.3f} |"
        for key, title in {"median": "median", "closest": "of the closest hundredth"}.items()
    ]
    everyday_scores = scores.get("everyday")
    more = "" if everyday_scores is None else (
        f"\n\nOf {everyday_scores['prompts']} everyday prompts, many with words that no caption has, {everyday_scores['right']:.1%} "
        "of the pictures show what is meant."
    )  # fmt: skip
    return (
        f"## Scores\n\n{scores['count']:,} prompts, captions of pictures that nothing was trained on, as our judge "
        f"`{scores['judge']}` reads what is drawn; beside them the same figures for the real pictures.\n\n"
        "| score | this model | real pictures |\n|---|---|---|\n" + "\n".join(rows) + more + "\n\n"
        f"Made by `python -m gan_core evaluate {name} --save`."
    )


def unlabelled_section(name: str, scores: dict[str, Any]) -> str:
    """How like real pictures it draws, and whether by heart."""
    baseline, ours, theirs = scores["floor"], scores["nearest"], scores["floor"]["nearest"]
    rows = [
        f"| Fréchet distance (lower is better) | {scores['frechet']:.3f} | {baseline['frechet']:.3f} |",
        f"| precision (k = 3) | {scores['precision']:.3f} | {baseline['precision']:.3f} |",
        f"| recall (k = 3) | {scores['recall']:.3f} | {baseline['recall']:.3f} |",
        f"| distance to the nearest training picture, median | {ours['median']:.3f} | {theirs['median']:.3f} |",
        f"| the same of the closest hundredth | {ours['closest']:.3f} | {theirs['closest']:.3f} |",
        f"| share that lies nearer than that of real pictures | {ours['closer']:.2%} | {theirs['closer']:.2%} |",
    ]
    return (
        f"## Scores\n\n{scores['count']:,} samples against as many of the pictures, on the features of our judge "
        f"`{scores['judge']}` ({classifier_quality(scores['judge_accuracy'])}). Beside them what as many other pictures of the set "
        "get: a perfect model would score that. The nearest training picture of a real one is another one.\n\n"
        "| score | this model | real pictures |\n|---|---|---|\n" + "\n".join(rows) + "\n\n"
        f"Made by `python -m gan_core evaluate {name} --save`."
    )


def classifier_quality(accuracy: Any) -> str:
    """How well a judge sees, in a few words: it names kinds, or it knows pictures again."""
    if isinstance(accuracy, dict):
        return ", ".join(f"{column} told rightly {share:.2%}" for column, share in accuracy.items())
    return f"{accuracy:.2%} of pictures that it never saw known again"


def class_shares(config: dict[str, Any]) -> str:
    """Share of each class among the samples, as the judge reads them."""
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
    return scores["floor"]["shares"][index]
