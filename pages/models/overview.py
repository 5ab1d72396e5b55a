"""The table of all models on this machine."""

from typing import Any

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.data.benchmarks import DEGRADED_BENCHMARKS
from pages.ui.table import show_table

COLUMNS = ("Model", "Kind", "Data", "Size", "Scores", "Licence", "From")


def show_models(models: dict[str, Checkpoint]) -> None:
    show_table("Models on this machine", COLUMNS, [table_row(checkpoint) for checkpoint in models.values()])


def table_row(checkpoint: Checkpoint) -> tuple[str, ...]:
    """The cells of a model, in the order of COLUMNS."""
    return (
        checkpoint.name,
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


def scores_text(checkpoint: Checkpoint) -> str:
    """The most telling of the measured scores: PSNR for upscalers, accuracy of captions, Fréchet distance, accuracy."""
    scores: dict[str, Any] = checkpoint.description.scores
    if "benchmarks" in scores:
        clean = {name: scores for name, scores in scores["benchmarks"].items() if name not in DEGRADED_BENCHMARKS}
        return ", ".join(f"{name} {benchmark['psnr']:.2f} dB" for name, benchmark in clean.items())
    if "captions" in scores:
        return ", ".join(f"{name} {accuracy:.1%}" for name, accuracy in scores["captions"]["accuracy"].items())
    parts = [f"Fréchet {scores['frechet']:.2f}"] if "frechet" in scores else []
    parts += [f"accuracy {scores['accuracy']:.1%}"] if "accuracy" in scores else []
    return ", ".join(parts) or "none"


def source_text(checkpoint: Checkpoint) -> str:
    source = checkpoint.source
    return f"{source.repository}, commit {source.commit[:7]}" if source else "this machine"
