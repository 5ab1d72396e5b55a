"""The details of one model: images, facts, its card, and what can be done with it."""

import streamlit as st

from gan_core.checkpoints import own
from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.checkpoints.description import CARD_FILE
from gan_core.errors import UsageError
from gan_core.evaluation import reference_check
from gan_core.hub import licenses
from gan_core.hub.download import delete_fetched
from gan_core.tasks import Task
from pages.models import own_models
from pages.models.overview import data_name, scores_sentences
from pages.ui import gallery, hub_fetch, scoring, thumbnails
from pages.ui.gallery import GalleryImage
from pages.ui.markdown import escape_markdown, sanitise_model_card
from pages.ui.model_link import link_to_page
from pages.ui.model_titles import model_title

NO_OWN_LICENCE = "No licence is stated: nobody else may use it. Publishing asks for one."
SAMPLE_SEEDS = tuple(range(8))
DELETED_KEY = "models_gone"  # in the session: a message, and the reference that fetches the model again


def show_deletion_notice(prefix: str) -> None:
    """After a deletion: what was deleted, with a button that previews it in the form for the Hub."""
    if not (deleted := st.session_state.pop(DELETED_KEY, None)):
        return
    message, reference = deleted
    with st.container(horizontal=True, vertical_alignment="center"):
        st.info(message, icon=":material/delete:")
        if reference:
            st.button(
                "Bring it back", icon=":material/undo:", on_click=hub_fetch.request_preview, args=(prefix, reference)
            )


def show_model_details(checkpoint: Checkpoint, is_owner: bool) -> None:
    """Samples, facts and card of a model; to the owner of the machine also what can be done with it."""
    try:
        images = sample_images(checkpoint)
    except UsageError as error:
        st.error(escape_markdown(str(error)))
    else:
        gallery.show_gallery(images, f"A sample of {model_title(checkpoint)}", "row")
    is_own = is_owner and own.is_own(checkpoint)
    st.markdown(facts_markdown(checkpoint, is_own))
    if is_own:
        scoring.show_scoring(checkpoint)
    with st.container(horizontal=True, vertical_alignment="center"):
        link_to_page(checkpoint)
        if is_own:
            own_models.show_actions(checkpoint)
        elif is_owner and checkpoint.source:
            with st.popover("Delete", icon=":material/delete:"):
                st.write("This deletes it from this machine, for everybody. Its reference, above, fetches it again.")
                st.button("Delete it", type="primary", key="delete", on_click=delete_model, args=(checkpoint,))
    if is_own:
        own_models.visibility_toggle(checkpoint)
    with st.expander("The model's card", icon=":material/article:"):
        st.markdown(card_markdown(checkpoint) or "This model has no card.")


def sample_images(checkpoint: Checkpoint) -> list[GalleryImage]:
    """Eight samples of a generator, or crops before and after an upscaler. Raises UsageError where it cannot load."""
    if checkpoint.family.task == Task.SUPER_RESOLUTION:
        return thumbnails.sample_crops(checkpoint.name, checkpoint.weights_hash)
    prompts = reference_check.REFERENCE_PROMPTS if checkpoint.family.task == Task.TEXT_TO_IMAGE else None
    return thumbnails.sample_thumbnails(checkpoint, SAMPLE_SEEDS, truncation=1.0, prompts=prompts)


def facts_markdown(checkpoint: Checkpoint, is_own: bool) -> str:
    """Family, data, size, hash, licence, scores, labels and source, as paragraphs of Markdown."""
    source, description = checkpoint.source, checkpoint.description
    lines = [
        f"**{escape_markdown(model_title(checkpoint))}**: {checkpoint.family.title}, data:"
        f" {escape_markdown(data_name(checkpoint))}, {checkpoint.weights_bytes / 1e6:.1f} MB of weights, hash"
        f" `{checkpoint.weights_hash}`.",
        NO_OWN_LICENCE
        if is_own and not checkpoint.licence
        else escape_markdown(licenses.describe_licence(checkpoint.licence)),
        *(escape_markdown(sentence) for sentence in scores_sentences(checkpoint)),
    ]
    if description.classes:
        lines.append(f"It knows the labels {escape_markdown(', '.join(description.classes))}.")
    if source:
        lines += [f"Fetched from `{source.reference}`.", *(escape_markdown(note) for note in source.notes)]
    return "\n\n".join(lines)


def card_markdown(checkpoint: Checkpoint) -> str:
    """The model card without anything that a browser would fetch; empty where there is none."""
    path = checkpoint.folder / CARD_FILE
    return sanitise_model_card(path.read_text(encoding="utf-8", errors="replace")) if path.is_file() else ""


def delete_model(checkpoint: Checkpoint) -> None:
    """The callback of the button."""
    try:
        delete_fetched(checkpoint.name)
    except UsageError as error:
        st.session_state[DELETED_KEY] = (escape_markdown(str(error)), None)
        return
    st.session_state.pop("model", None)
    reference = checkpoint.source.reference if checkpoint.source else None
    st.session_state[DELETED_KEY] = (f"{escape_markdown(checkpoint.name)} is deleted.", reference)
