"""What is on this machine: a table of all models, and everything about one of them."""

from html import escape
from typing import Any

import streamlit as st

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.description import CARD_FILE
from gan_core.errors import UsageError
from gan_core.evaluation import reference_check
from gan_core.hub import licenses
from gan_core.hub.download import delete_fetched
from gan_core.tasks import Task
from pages.ui import gallery, model_cache, thumbnails
from pages.ui.markdown import escape_markdown, sanitise_model_card
from pages.ui.model_link import link_to_page

SAMPLE_SEEDS = tuple(range(8))
COLUMNS = ("Model", "Kind", "Data", "Size", "Scores", "Licence", "From")
DELETED_KEY = "models_gone"


def show_table(models: dict[str, Checkpoint]) -> None:
    """A table that scrolls by itself where the window is narrow."""
    head = "".join(f'<th scope="col">{column}</th>' for column in COLUMNS)
    rows = "".join(table_row(checkpoint) for checkpoint in models.values())
    st.html(
        '<div class="atelier-table" role="region" aria-label="Models on this machine" tabindex="0">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def table_row(checkpoint: Checkpoint) -> str:
    cells = (
        checkpoint.family.title, data_name(checkpoint), f"{checkpoint.weights_bytes / 1e6:.1f} MB", scores_text(checkpoint),
        checkpoint.licence or "not stated", source_of(checkpoint),
    )  # fmt: skip
    name = f'<th scope="row">{escape(checkpoint.name)}</th>'
    return f"<tr>{name}{''.join(f'<td>{escape(str(cell))}</td>' for cell in cells)}</tr>"


def data_name(checkpoint: Checkpoint) -> str:
    name = str(checkpoint.description.data.get("name", "unknown"))
    return "not stated" if name == "unknown" else name


def scores_text(checkpoint: Checkpoint) -> str:
    """The measured figures that say most, in few words."""
    scores: dict[str, Any] = checkpoint.description.scores
    if "benchmarks" in scores:
        return ", ".join(f"{name} {benchmark['psnr']:.2f} dB" for name, benchmark in scores["benchmarks"].items())
    if "captions" in scores:
        return ", ".join(f"{name} {accuracy:.1%}" for name, accuracy in scores["captions"]["accuracy"].items())
    parts = [f"Fréchet {scores['frechet']:.2f}"] if "frechet" in scores else []
    return ", ".join([*parts, *([f"accuracy {scores['accuracy']:.1%}"] if "accuracy" in scores else [])]) or "none"


def source_of(checkpoint: Checkpoint) -> str:
    source = checkpoint.source
    return f"{source.repository}, commit {source.commit[:7]}" if source else "this machine"


# One of them ----------------------------------------------------------------------------------------------------------


def show_model_details(checkpoint: Checkpoint, may_delete: bool) -> None:
    """What it draws, what is known of it, its card, and the ways on."""
    try:
        images = sample_images(checkpoint)
    except UsageError as error:
        st.error(escape_markdown(str(error)))
    else:
        gallery.show_gallery(images, f"A sample of {checkpoint.name}", "row")
    st.markdown(facts_markdown(checkpoint))
    with st.container(horizontal=True, vertical_alignment="center"):
        link_to_page(checkpoint)
        if checkpoint.source and may_delete:
            with st.popover("Delete", icon=":material/delete:"):
                st.write("It goes from this machine, for everybody. The reference above brings it back.")
                st.button("Delete it", type="primary", key="delete", on_click=delete_model, args=(checkpoint,))
    with st.expander("The model's card", icon=":material/article:"):
        card_path = checkpoint.folder / CARD_FILE
        text = (
            sanitise_model_card(card_path.read_text(encoding="utf-8", errors="replace")) if card_path.is_file() else ""
        )
        st.markdown(text or "It has none.")


def sample_images(checkpoint: Checkpoint) -> list[gallery.GalleryImage]:
    """Eight pictures of what draws, or what an upscaler makes of the samples."""
    name, weights_hash = checkpoint.name, checkpoint.weights_hash
    if checkpoint.family.task == Task.SUPER_RESOLUTION:
        return thumbnails.sample_crops(name, weights_hash)
    prompts = reference_check.REFERENCE_PROMPTS if checkpoint.family.task == Task.TEXT_TO_IMAGE else None
    pngs = model_cache.sample_pngs(name, weights_hash, SAMPLE_SEEDS, None, 1.0, prompts=prompts)
    alts = [f"Drawn by {name} from seed {seed}" for seed in SAMPLE_SEEDS]
    return [gallery.GalleryImage(png, alt, "") for png, alt in zip(pngs, alts, strict=True)]


def facts_markdown(checkpoint: Checkpoint) -> str:
    """A few lines of Markdown."""
    source, description = checkpoint.source, checkpoint.description
    lines = [
        f"**{escape_markdown(checkpoint.name)}**: {checkpoint.family.title}, data: {escape_markdown(data_name(checkpoint))},"
        f" {checkpoint.weights_bytes / 1e6:.1f} MB of weights, hash `{checkpoint.weights_hash}`.",
        escape_markdown(licenses.describe_licence(checkpoint.licence)),
    ]
    if description.classes:
        lines.append(f"It knows the labels {escape_markdown(', '.join(description.classes))}.")
    if source:
        lines += [f"Fetched from `{source.reference}`.", *(escape_markdown(note) for note in source.notes)]
    return "\n\n".join(lines)


def delete_model(checkpoint: Checkpoint) -> None:
    """The button's callback."""
    try:
        delete_fetched(checkpoint.name)
    except UsageError as error:
        st.session_state[DELETED_KEY] = (escape_markdown(str(error)), None)
        return
    st.session_state.pop("model", None)
    reference = checkpoint.source.reference if checkpoint.source else None
    st.session_state[DELETED_KEY] = (f"{escape_markdown(checkpoint.name)} is deleted.", reference)
