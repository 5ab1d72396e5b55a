"""Renders a checkpoint's README.md, a Hugging Face model card, from its config and title alone."""

import shlex
from typing import Any

from gan_core.checkpoints.card_scores import score_section
from gan_core.errors import UsageError

LIMITATIONS = (
    "The model generates small images of one kind. It knows nothing beyond its training data and reproduces the biases "
    "of that data; some images are unreadable or a mixture of several. Do not use it to produce evidence, records or "
    "training data that pass as real."
)

SUPER_RESOLUTION_LIMITATIONS = (
    "Detail that is not in the low-resolution image is invented: plausible texture, not what was there. Do not use the "
    "model to read number plates, faces or documents, nor for any measurement or evidence."
)

# The section of a card whose config names no licence for the weights; `publish`, which asks for one, removes it.
LICENCE_SECTION = (
    "## Licence\n\nNo licence is stated for the weights: all rights are reserved. Whoever publishes them names one.\n\n"
)


def render_card(config: dict[str, Any], title: str | None = None) -> str:
    """The card for a config, a `Description` as a dict, under the model's title, by default its name.

    Raises UsageError where somebody has edited the config so that it tells no training, data or scores any more.
    """
    try:
        return render_sections(config, title)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise UsageError(
            f"The config.json of {config['name']} does not tell of training, data and scores what a model card needs: "
            "it was edited, or is of another program."
        ) from error


def render_sections(config: dict[str, Any], title: str | None) -> str:
    training, data, name = config["training"], config["data"], config["name"]
    sections = [
        front_matter(config),
        f"# {title or name}\n\nA generative adversarial network of the family `{config['family']}`, trained from "
        f"scratch on {data.get('title', data['name'])} with GAN Atelier.",
        f"```sh\npython -m gan_core {usage(config)} --out {shlex.quote(f'{name}.png')}\n```",
        recipe_section(config["model"], training_phases(training | {"objective": config["objective"]})),
        f"## Data\n\n{data.get('title', data['name'])}, {data['pictures']:,} images. Licence as its source states "
        f"it: {data.get('licence', 'not known')}.{caution_text(data)}",
        score_section(config),
        "" if config["licence"] else LICENCE_SECTION,
        f"## Limits\n\n{SUPER_RESOLUTION_LIMITATIONS if is_super_resolution(config) else LIMITATIONS}",
    ]
    return "\n\n".join(section.strip() for section in sections if section) + "\n"


def caution_text(data: dict[str, Any]) -> str:
    """A paragraph on concerns about the data besides its licence, where the config has one."""
    return f"\n\n{data['caution']}" if data.get("caution") else ""


def is_super_resolution(config: dict[str, Any]) -> bool:
    """Whether the model upscales images."""
    return config["family"] == "srgan"


def usage(config: dict[str, Any]) -> str:
    """The command that runs the model, without its program name and output."""
    name = shlex.quote(config["name"])
    if is_super_resolution(config):
        return f"upscale small.png --model {name}"
    return f"sample {name}" + (' --prompt "something red"' if config.get("text_encoder") else "")


def front_matter(config: dict[str, Any]) -> str:
    """The YAML metadata that the Hub reads."""
    return (
        "---\n" + (f"license: {config['licence']}\n" if config["licence"] else "") + "library_name: gan-core\n"
        f"tags:\n- gan\n- {config['family']}\n"
        f"datasets:\n- {config['data']['name']}\n"
        f"pipeline_tag: {pipeline_tag(config)}\n"
        "---"
    )


def pipeline_tag(config: dict[str, Any]) -> str:
    """The Hub's name of the task."""
    if is_super_resolution(config):
        return "image-to-image"
    return "text-to-image" if config.get("text_encoder") else "unconditional-image-generation"


def training_phases(training: dict[str, Any]) -> list[dict[str, Any]]:
    """The successive trainings that led to the weights, in order of time."""
    parent = training.get("before")
    return [*(training_phases(parent) if parent else []), training]


def recipe_section(model: dict[str, Any], phases: list[dict[str, Any]]) -> str:
    """Steps and duration of each training phase, and a table of all settings with a column for each phase."""
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
        f"## Recipe\n\n{'. Then, from those weights: '.join(phase_texts)}. The published weights are the generator's "
        f"exponential moving average{interpolation_note(phases[-1].get('toward'))}."
        f"{latent_std_note(phases[-1].get('spread'))}\n\n" + "\n".join(rows)
    )


def interpolation_note(toward: dict[str, Any] | None) -> str:
    """A remark on network interpolation with another run; empty without one."""
    if not toward:
        return ""
    return (
        f", {1 - toward['share']:.0%} of it and {toward['share']:.0%} of that of the run `{toward['name']}` (network "
        "interpolation, Wang et al. 2018)"
    )


def latent_std_note(latent_std: dict[str, float] | None) -> str:
    """A remark on latents with another spread than in training; empty where it is the same."""
    if not latent_std:
        return ""
    trained, sampled = latent_std["trained"], latent_std["drawn"]
    effect = "more typical" if sampled < trained else "more varied"
    return f" Training used a latent spread of {trained:g}; sampling uses {sampled:g}, for {effect} images."
