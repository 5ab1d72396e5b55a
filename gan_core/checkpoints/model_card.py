"""The text of a checkpoint's README.md: a Hugging Face model card, made from its config alone."""

from typing import Any

LIMITS = (
    "Small pictures of one kind: it knows nothing beyond its training data, draws an unreadable or mixed picture now "
    "and then, and repeats the data's habits. Not for producing evidence, records or training data that pass as real."
)

SR_LIMITS = (
    "What is not in the small picture is invented: texture that looks likely, not what was there. Not for reading "
    "number plates, faces or documents, nor for any measurement or evidence."
)


def card(facts: dict[str, Any]) -> str:
    """The card for a config (`checkpoints.Description` as a dict)."""
    training, data, name = facts["training"], facts["data"], facts["name"]
    sections = [
        front_matter(facts),
        f"# {name}\n\nA generative adversarial network of the family `{facts['family']}`, trained from scratch on "
        f"{data.get('title', data['name'])} with GAN Atelier.",
        f"```sh\npython -m gan_core {use(facts)} --out {name}.png\n```",
        recipe_section(facts["model"], phases(training | {"objective": facts["objective"]})),
        f"## Data\n\n{data.get('title', data['name'])}, {data['pictures']:,} pictures. Licence as its source states "
        f"it: {data.get('licence', 'not known')}.{caution(data)}",
        score_section(facts),
        f"## Limits\n\n{SR_LIMITS if enlarges(facts) else LIMITS}",
    ]
    return "\n\n".join(section.strip() for section in sections if section) + "\n"


def caution(data: dict[str, Any]) -> str:
    """What a licence does not settle."""
    return f"\n\n{data['caution']}" if data.get("caution") else ""


def enlarges(facts: dict[str, Any]) -> bool:
    return facts["family"] == "srgan"


def use(facts: dict[str, Any]) -> str:
    """The command that shows what the model does."""
    if enlarges(facts):
        return f"upscale small.png --model {facts['name']}"
    return f"sample {facts['name']}" + (' --prompt "something red"' if facts.get("text_encoder") else "")


def front_matter(facts: dict[str, Any]) -> str:
    """The YAML that the Hub reads."""
    return (
        "---\n"
        f"license: {facts['licence']}\n"
        "library_name: gan-core\n"
        f"tags:\n- gan\n- {facts['family']}\n"
        f"datasets:\n- {facts['data']['name']}\n"
        f"pipeline_tag: {task(facts)}\n"
        "---"
    )


def task(facts: dict[str, Any]) -> str:
    """What the Hub calls it."""
    if enlarges(facts):
        return "image-to-image"
    return "text-to-image" if facts.get("text_encoder") else "unconditional-image-generation"


def phases(training: dict[str, Any]) -> list[dict[str, Any]]:
    """The trainings one after the other that led to the weights, the first one first."""
    before = training.get("before")
    return [*(phases(before) if before else []), training]


def recipe_section(model: dict[str, Any], trainings: list[dict[str, Any]]) -> str:
    """Steps, time and every setting of each phase, side by side; settings of objective and model too."""
    told = [
        f"{each['steps']:,} steps of batch {each['batch_size']}, {each['seconds'] / 60:.0f} minutes on "
        f"{each['hardware']}; objective `{each['objective']['name']}`"
        for each in trainings
    ]
    columns = [
        {key: value for key, value in each["objective"].items() if key != "name"} | each.get("settings", {})
        for each in trainings
    ]
    heads = ["value"] if len(columns) == 1 else [f"phase {number}" for number in range(1, len(columns) + 1)]
    rows = [f"| setting | {' | '.join(heads)} |", "|---" * (1 + len(heads)) + "|"]
    for key in dict.fromkeys(key for column in columns for key in column):
        rows.append(f"| {key} | {' | '.join(str(column.get(key, '-')) for column in columns)} |")
    rows += [f"| {key} | {' | '.join([str(value)] * len(heads))} |" for key, value in model.items()]
    return (
        f"## Recipe\n\n{'. Then, from those weights: '.join(told)}. The published weights are the generator's moving "
        f"average{mixture(trainings[-1].get('toward'))}.{spread(trainings[-1].get('spread'))}\n\n" + "\n".join(rows)
    )


def mixture(toward: dict[str, Any] | None) -> str:
    """What another run's weights have to do with the published ones."""
    if not toward:
        return ""
    return (
        f", {1 - toward['share']:.0%} of it and {toward['share']:.0%} of that of the run `{toward['name']}` (network "
        "interpolation, Wang et al. 2018)"
    )


def spread(told: dict[str, float] | None) -> str:
    """Where latents are drawn otherwise than in training."""
    if not told:
        return ""
    where = "nearer to" if told["drawn"] < told["trained"] else "farther from"
    return (
        f" It was trained with latents of spread {told['trained']:g} and draws from those of spread {told['drawn']:g}, "
        f"{where} the middle of what it learned."
    )


def score_section(facts: dict[str, Any]) -> str:
    """What `evaluate --save` measured, beside the same figures for real pictures."""
    scores = facts["scores"]
    if not scores:
        return ""
    if "benchmarks" in scores:
        return benchmark_section(facts["name"], scores["benchmarks"])
    if "captions" in scores:
        return caption_section(facts["name"], scores["captions"])
    if "class_names" not in scores:
        return likeness_section(facts["name"], scores)
    floor = scores["floor"]
    rows = [
        ("Fréchet distance (lower is better)", "frechet"),
        ("precision (k = 3)", "precision"),
        ("recall (k = 3)", "recall"),
    ]
    lines = [f"| {title} | {scores[key]:.3f} | {floor[key]:.3f} |" for title, key in rows]
    if "accuracy" in scores:
        lines.append(f"| accuracy against the asked label | {scores['accuracy']:.2%} | {floor['accuracy']:.2%} |")
        if "accuracy_truncated" in scores:
            lines.append(f"| the same at truncation 0.7 | {scores['accuracy_truncated']:.2%} | |")
    table = "\n".join(lines)
    return (
        f"## Scores\n\n{scores['count']:,} samples against {scores['reference']:,} test pictures, on the features of "
        f"our judge `{scores['judge']}` ({scores['judge_accuracy']:.2%} on the test set); the floor is the same "
        "number of real training pictures.\n\n"
        f"| score | this model | real pictures |\n|---|---|---|\n{table}\n\n"
        f"Made by `python -m gan_core evaluate {facts['name']} --save`.\n\n{shares(facts)}"
    )


def benchmark_section(name: str, benchmarks: dict[str, Any]) -> str:
    """PSNR, SSIM and sharpness on each benchmark, bicubic beside them."""
    rows = [
        f"| {title}, {each['pictures']} pictures | {each['psnr']:.2f} ({each['bicubic']['psnr']:.2f}) | "
        f"{each['ssim']:.4f} ({each['bicubic']['ssim']:.4f}) | "
        f"{each['sharpness']:.2f} ({each['bicubic']['sharpness']:.2f}) |"
        for title, each in benchmarks.items()
    ]
    return (
        "## Scores\n\nOn luma, the border cut by the scale, bicubic in brackets; sharpness is the energy of the upper "
        "half band as a share of the original's, median over the pictures.\n\n"
        "| benchmark | PSNR, dB | SSIM | sharpness |\n|---|---|---|---|\n" + "\n".join(rows) + "\n\n"
        f"Made by `python -m gan_core evaluate {name} --save`."
    )


def caption_section(name: str, scores: dict[str, Any]) -> str:
    """Whether what was asked for is drawn, how real it looks, and whether it was learned by heart."""
    floor = scores["floor"]
    rows = [
        f"| {column} as asked | {share:.2%} | {floor['accuracy'][column]:.2%} |"
        for column, share in scores["accuracy"].items()
    ]
    rows.append(f"| R-precision, among 100 | {scores['r_precision']:.2%} | {floor['r_precision']:.2%} |")
    rows.append(f"| Fréchet distance (lower is better) | {scores['frechet']:.3f} | {floor['frechet']:.3f} |")
    if "variety" in scores:
        rows.append(f"| distance between two of the same kinds | {scores['variety']:.3f} | {floor['variety']:.3f} |")
    ours, theirs = scores["nearest"], floor["nearest"]
    rows += [
        f"| distance to the nearest training picture, {title} | {ours[key]:.3f} | {theirs[key]:.3f} |"
        for key, title in {"median": "median", "closest": "of the closest hundredth"}.items()
    ]
    everyday = scores.get("everyday")
    more = "" if everyday is None else (
        f"\n\nOf {everyday['prompts']} everyday prompts, many with words that no caption has, {everyday['right']:.1%} "
        "of the pictures show what is meant."
    )  # fmt: skip
    return (
        f"## Scores\n\n{scores['count']:,} prompts, captions of pictures that nothing was trained on, as our judge "
        f"`{scores['judge']}` reads what is drawn; beside them the same figures for the real pictures.\n\n"
        "| score | this model | real pictures |\n|---|---|---|\n" + "\n".join(rows) + more + "\n\n"
        f"Made by `python -m gan_core evaluate {name} --save`."
    )


def likeness_section(name: str, scores: dict[str, Any]) -> str:
    """How like real pictures it draws, and whether by heart."""
    floor, ours, theirs = scores["floor"], scores["nearest"], scores["floor"]["nearest"]
    rows = [
        f"| Fréchet distance (lower is better) | {scores['frechet']:.3f} | {floor['frechet']:.3f} |",
        f"| precision (k = 3) | {scores['precision']:.3f} | {floor['precision']:.3f} |",
        f"| recall (k = 3) | {scores['recall']:.3f} | {floor['recall']:.3f} |",
        f"| distance to the nearest training picture, median | {ours['median']:.3f} | {theirs['median']:.3f} |",
        f"| the same of the closest hundredth | {ours['closest']:.3f} | {theirs['closest']:.3f} |",
        f"| share that lies nearer than that of real pictures | {ours['closer']:.2%} | {theirs['closer']:.2%} |",
    ]
    return (
        f"## Scores\n\n{scores['count']:,} samples against as many of the pictures, on the features of our judge "
        f"`{scores['judge']}` ({sight(scores['judge_accuracy'])}). Beside them what as many other pictures of the set "
        "get: a perfect model would score that. The nearest training picture of a real one is another one.\n\n"
        "| score | this model | real pictures |\n|---|---|---|\n" + "\n".join(rows) + "\n\n"
        f"Made by `python -m gan_core evaluate {name} --save`."
    )


def sight(accuracy: Any) -> str:
    """How well a judge sees, in a few words: it names kinds, or it knows pictures again."""
    if isinstance(accuracy, dict):
        return ", ".join(f"{column} told rightly {share:.2%}" for column, share in accuracy.items())
    return f"{accuracy:.2%} of pictures that it never saw known again"


def shares(facts: dict[str, Any]) -> str:
    """Share of each class among the samples, as the judge reads them."""
    scores = facts["scores"]
    head = "| class | share of samples | share of data |" + (" accuracy |" if "accuracy_per_class" in scores else "")
    lines = [head, "|---" * head.count(" | ") + "|---|"]
    for index, name in enumerate(scores["class_names"]):
        line = f"| {name} | {scores['shares'][index]:.1%} | {floor_share(scores, index):.1%} |"
        if "accuracy_per_class" in scores:
            line += f" {scores['accuracy_per_class'][index]:.1%} |"
        lines.append(line)
    return "\n".join(lines)


def floor_share(scores: dict[str, Any], index: int) -> float:
    return scores["floor"]["shares"][index]
