"""The table of all models on this machine, and what their scores say."""

from typing import Any

import streamlit as st

from gan_core.checkpoints import own
from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.score_basis import measured_on, score_warnings
from gan_core.data.benchmarks import BENCHMARKS
from pages.ui.model_titles import model_title
from pages.ui.table import show_table

COLUMNS = ("Model", "Kind", "Data", "Size", "Scores", "Licence", "From")
LOWER, HIGHER = "↓", "↑"
ATTRIBUTES = {"text": "kind"}  # of a caption, where the data have no better name
ODD_SCORES_ERRORS = (KeyError, TypeError, ValueError, AttributeError)  # of a config that somebody has edited
LEGEND = (
    f"Scores: {LOWER} lower is better, {HIGHER} higher is better. They compare models of the same data; what was"
    " measured on different data cannot be compared."
)


def show_models(models: dict[str, Checkpoint]) -> None:
    """A row for each model; those of the same data, whose scores compare, are next to each other."""
    rows = sorted(models.values(), key=lambda checkpoint: (data_name(checkpoint), model_title(checkpoint)))
    show_table("Models on this machine", COLUMNS, [table_row(checkpoint) for checkpoint in rows])
    st.caption(LEGEND)


def table_row(checkpoint: Checkpoint) -> tuple[str, ...]:
    """The cells of a model, in the order of COLUMNS."""
    return (
        model_title(checkpoint),
        checkpoint.family.title,
        data_name(checkpoint),
        f"{checkpoint.weights_bytes / 1e6:.1f} MB",
        scores_text(checkpoint),
        checkpoint.licence or "not stated",
        source_text(checkpoint),
    )


def data_name(checkpoint: Checkpoint) -> str:
    name = str(checkpoint.description.data.get("name", "unknown"))
    return "not stated" if name == "unknown" else name


def source_text(checkpoint: Checkpoint) -> str:
    """Where a model comes from, and whether strangers do not see it."""
    if source := checkpoint.source:
        return f"{source.repository}, commit {source.commit[:7]}"
    if not own.is_own(checkpoint):
        return "the project"
    return "this machine" if checkpoint.is_public else "this machine, hidden from strangers"


# Scores ---------------------------------------------------------------------------------------------------------------


def scores_text(checkpoint: Checkpoint) -> str:
    """The most telling of the measured scores, each with the direction in which it is better."""
    try:
        return short_scores(checkpoint.description.scores)
    except ODD_SCORES_ERRORS:
        return "cannot be read"


def short_scores(scores: dict[str, Any]) -> str:
    if "benchmarks" in scores:
        decibels = [
            f"{benchmark['psnr']:.2f} dB on {name} ({benchmark['pictures']} images)"
            for name, benchmark in clean_benchmarks(scores).items()
        ]
        return f"PSNR {HIGHER} {', '.join(decibels)}"
    if "captions" in scores:
        shares = [f"{ATTRIBUTES.get(name, name)} {share:.1%}" for name, share in scores["captions"]["accuracy"].items()]
        return f"as asked {HIGHER} {', '.join(shares)}{basis_text(scores)}"
    unsound = " (too few images)" if score_warnings(scores) else ""
    parts = [f"Fréchet distance {LOWER} {scores['frechet']:.2f}{unsound}"] if "frechet" in scores else []
    parts += [f"right class {HIGHER} {scores['accuracy']:.1%}"] if "accuracy" in scores else []
    return ", ".join(parts) + basis_text(scores) if parts else "none"


def basis_text(scores: dict[str, Any]) -> str:
    """What the scores were measured on, to stand behind them; empty where that is not known."""
    basis = measured_on(scores)
    return f"; {basis}" if basis else ""


def scores_sentences(checkpoint: Checkpoint) -> list[str]:
    """The same scores in sentences, beside those of real images or of bicubic interpolation."""
    try:
        return long_scores(checkpoint.description.scores)
    except ODD_SCORES_ERRORS:
        return ["The scores in its config.json cannot be read: it was edited, or is of another program."]


def long_scores(scores: dict[str, Any]) -> list[str]:
    if "benchmarks" in scores:
        return [
            f"Against the {benchmark['pictures']} originals of {name}: PSNR {benchmark['psnr']:.2f} dB, higher is"
            f" better; bicubic interpolation has {benchmark['bicubic']['psnr']:.2f} dB."
            for name, benchmark in clean_benchmarks(scores).items()
        ]
    if "captions" in scores:
        captions = scores["captions"]
        sentences = [
            f"The {ATTRIBUTES.get(name, name)} is the one asked for in {accuracy:.1%} of its pictures, higher is"
            " better; in real ones"
            f" the classifier reads it in {captions['floor']['accuracy'][name]:.1%}."
            for name, accuracy in captions["accuracy"].items()
        ]
        return sentences + frechet_sentences(captions) + basis_sentences(scores)
    sentences = frechet_sentences(scores)
    if "accuracy" in scores:
        sentences.append(
            f"{scores['accuracy']:.1%} of its pictures show the class asked for, higher is better; of real ones the"
            f" classifier reads {scores['floor']['accuracy']:.1%} right."
        )
    if scores.get("judge_of_other_data"):
        sentences.append(
            f"For want of a classifier of these pictures, they were measured in the features of {scores['judge']},"
            " which was trained on others."
        )
    return sentences + (basis_sentences(scores) if sentences else [])


def frechet_sentences(scores: dict[str, Any]) -> list[str]:
    """The Fréchet distance beside that of real images; none where it was not measured."""
    if "frechet" not in scores:
        return []
    return [
        f"Fréchet distance {scores['frechet']:.2f}, lower is better; as many real pictures have"
        f" {scores['floor']['frechet']:.2f}. Only models of the same data compare."
    ]


def basis_sentences(scores: dict[str, Any]) -> list[str]:
    """What the scores were measured on, and warnings where that is too little."""
    basis = measured_on(scores)
    return ([f"Measured on {basis}."] if basis else []) + score_warnings(scores)


def clean_benchmarks(scores: dict[str, Any]) -> dict[str, Any]:
    """The scores on the benchmarks as they are; all of them where there are none but others. The card has the rest."""
    benchmarks = scores["benchmarks"]
    return {name: benchmarks[name] for name in BENCHMARKS if name in benchmarks} or benchmarks
