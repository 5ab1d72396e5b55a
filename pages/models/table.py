"""What is on this machine: a table of all models, and everything about one of them."""

from html import escape
from typing import Any

import streamlit as st

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.description import CARD
from gan_core.errors import InputError
from gan_core.evaluation import reference_check
from gan_core.hub import licenses
from gan_core.hub.download import delete_fetched
from pages.ui import gallery, model_cache, thumbnails
from pages.ui.markdown import card_text, plain
from pages.ui.model_link import way_on

SHOWN = tuple(range(8))
HEADS = ("Model", "Kind", "Data", "Size", "Scores", "Licence", "From")
GONE = "models_gone"


def table(known: dict[str, Checkpoint]) -> None:
    """A table that scrolls by itself where the window is narrow."""
    head = "".join(f'<th scope="col">{each}</th>' for each in HEADS)
    rows = "".join(row(each) for each in known.values())
    st.html(
        '<div class="atelier-table" role="region" aria-label="Models on this machine" tabindex="0">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def row(checkpoint: Checkpoint) -> str:
    cells = (
        checkpoint.family.title, data_of(checkpoint), f"{checkpoint.size / 1e6:.1f} MB", scores_of(checkpoint),
        checkpoint.licence or "not stated", origin_of(checkpoint),
    )  # fmt: skip
    name = f'<th scope="row">{escape(checkpoint.name)}</th>'
    return f"<tr>{name}{''.join(f'<td>{escape(str(each))}</td>' for each in cells)}</tr>"


def data_of(checkpoint: Checkpoint) -> str:
    name = str(checkpoint.description.data.get("name", "unknown"))
    return "not stated" if name == "unknown" else name


def scores_of(checkpoint: Checkpoint) -> str:
    """The measured figures that say most, in few words."""
    scores: dict[str, Any] = checkpoint.description.scores
    if "benchmarks" in scores:
        return ", ".join(f"{name} {each['psnr']:.2f} dB" for name, each in scores["benchmarks"].items())
    if "captions" in scores:
        return ", ".join(f"{name} {share:.1%}" for name, share in scores["captions"]["accuracy"].items())
    found = [f"Fréchet {scores['frechet']:.2f}"] if "frechet" in scores else []
    return ", ".join([*found, *([f"accuracy {scores['accuracy']:.1%}"] if "accuracy" in scores else [])]) or "none"


def origin_of(checkpoint: Checkpoint) -> str:
    source = checkpoint.source
    return f"{source.repository}, commit {source.commit[:7]}" if source else "this machine"


# One of them ----------------------------------------------------------------------------------------------------------


def details(checkpoint: Checkpoint, may_delete: bool) -> None:
    """What it draws, what is known of it, its card, and the ways on."""
    try:
        pictures = sample(checkpoint)
    except InputError as error:
        st.error(plain(str(error)))
    else:
        gallery.show(pictures, f"A sample of {checkpoint.name}", "row")
    st.markdown(facts(checkpoint))
    with st.container(horizontal=True, vertical_alignment="center"):
        way_on(checkpoint)
        if checkpoint.source and may_delete:
            with st.popover("Delete", icon=":material/delete:"):
                st.write("It goes from this machine, for everybody. The reference above brings it back.")
                st.button("Delete it", type="primary", key="delete", on_click=delete, args=(checkpoint,))
    with st.expander("The model's card", icon=":material/article:"):
        file = checkpoint.folder / CARD
        text = card_text(file.read_text(encoding="utf-8", errors="replace")) if file.is_file() else ""
        st.markdown(text or "It has none.")


def sample(checkpoint: Checkpoint) -> list[gallery.Picture]:
    """Eight pictures of what draws, or what an upscaler makes of the samples."""
    name, weights = checkpoint.name, checkpoint.weights_hash
    if checkpoint.family.condition == "picture":
        return thumbnails.sample_crops(name, weights)
    prompts = reference_check.REFERENCE_PROMPTS if checkpoint.family.condition == "text" else None
    pngs = model_cache.pictures(name, weights, SHOWN, None, 1.0, prompts=prompts)
    alts = [f"Drawn by {name} from seed {seed}" for seed in SHOWN]
    return [gallery.Picture(png, alt, "") for png, alt in zip(pngs, alts, strict=True)]


def facts(checkpoint: Checkpoint) -> str:
    """A few lines of Markdown."""
    source, description = checkpoint.source, checkpoint.description
    lines = [
        f"**{plain(checkpoint.name)}**: {checkpoint.family.title}, data: {plain(data_of(checkpoint))},"
        f" {checkpoint.size / 1e6:.1f} MB of weights, hash `{checkpoint.weights_hash}`.",
        plain(licenses.describe_licence(checkpoint.licence)),
    ]
    if description.classes:
        lines.append(f"It knows the labels {plain(', '.join(description.classes))}.")
    if source:
        lines += [f"Fetched from `{source.reference}`.", *(plain(each) for each in source.notes)]
    return "\n\n".join(lines)


def delete(checkpoint: Checkpoint) -> None:
    """The button's callback."""
    try:
        delete_fetched(checkpoint.name)
    except InputError as error:
        st.session_state[GONE] = (plain(str(error)), None)
        return
    st.session_state.pop("model", None)
    reference = checkpoint.source.reference if checkpoint.source else None
    st.session_state[GONE] = (f"{plain(checkpoint.name)} is deleted.", reference)
