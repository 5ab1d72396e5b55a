"""Samples: any generator, many seeds; two pictures and the way between them; two models side by side; the critic."""

import streamlit as st

from gan_core.errors import UsageError
from gan_core.tasks import Task
from pages.samples import drawing
from pages.ui import downloads, gallery, model_cache, share, url_params, url_rules, widgets

ANY_LABEL = "any"
NO_MODEL = "none"
DEFAULT_MODEL = "mnist-dcgan"
INTERPOLATION_STEPS = 9

st.title("Samples", anchor=False)
st.write("One seed, one picture: what each network draws when it is given nothing but random numbers.")

checkpoints = model_cache.generators()
if not checkpoints:
    gallery.show_empty_state(
        "No models yet",
        "The folder of checkpoints is empty. Train a model with `python -m gan_core train`, publish it with"
        " `python -m gan_core export`, and it appears here.",
    )
    st.stop()

names = list(checkpoints)
all_classes = {label for checkpoint in checkpoints.values() for label in checkpoint.description.classes}
link_rules = {
    "model": url_rules.choice(names),
    "against": url_rules.choice([NO_MODEL, *names]),
    "label": url_rules.Rule(lambda text: text in all_classes | {ANY_LABEL}, "a label of the model"),
    "pick": drawing.selection_rule(),
}
url_params.check_link("samples", link_rules, checkpoints)

# What to draw --------------------------------------------------------------------------------------------------------

default_index = names.index(DEFAULT_MODEL) if DEFAULT_MODEL in names else 0
with st.container(border=True), st.grid(4, min_column_width=200):
    widgets.drop_stale_value("model", names)
    name = st.selectbox("Model", names, default_index, key="model", bind="query-params")
    seed = widgets.seed_input()
    count = widgets.count_input()
    truncation = widgets.truncation_slider()
    checkpoint = checkpoints.get(name) or checkpoints[names[default_index]]
    classes = checkpoint.description.classes if checkpoint.family.task == Task.CLASS_CONDITIONAL else ()
    label = ANY_LABEL
    if classes:
        widgets.drop_stale_value("label", [ANY_LABEL, *classes])
        label = st.selectbox("Label", [ANY_LABEL, *classes], key="label", bind="query-params", help="Draw only these.")
    other_names = [NO_MODEL, *(other_name for other_name in names if other_name != checkpoint.name)]
    widgets.drop_stale_value("against", other_names)
    against = st.selectbox(
        "Compare with", other_names, key="against", bind="query-params", help="The same seeds, there."
    )
    show_scores = st.toggle("Critic's opinion", key="critic", bind="query-params")
st.caption(drawing.model_caption(checkpoint))

parameters = {
    "model": checkpoint.name, "seed": seed, "count": count, "truncation": truncation,
    "label": label if classes and label != ANY_LABEL else None, "against": against if against != NO_MODEL else None,
    "critic": "true" if show_scores else None, "pick": drawing.selected(count),
}  # fmt: skip
link = url_params.build_link("samples", parameters, checkpoint.weights_hash)
request = drawing.SampleRequest(
    checkpoint, widgets.seeds_from(seed, count), drawing.class_index(classes, label), truncation, link
)

# The pictures --------------------------------------------------------------------------------------------------------

try:
    critic_scores = drawing.score_samples(request) if show_scores else None
    images = drawing.sample_images(request, critic_scores)
    selection = drawing.selected(len(images))
    if against != NO_MODEL:
        left, right = st.columns(2)
        with left:
            st.subheader(checkpoint.name, anchor=False)
            gallery.show_gallery(images, f"{len(images)} pictures by {checkpoint.name}", selected=selection)
        with right:
            other_request = drawing.SampleRequest(
                checkpoints[against],
                request.seeds,
                drawing.matching_label(checkpoints[against], label),
                truncation,
                link,
            )
            st.subheader(against, anchor=False)
            gallery.show_gallery(drawing.sample_images(other_request), f"The same seeds by {against}")
    else:
        gallery.show_gallery(images, f"{len(images)} pictures by {checkpoint.name}", selected=selection)
    if critic_scores:
        st.info(critic_scores.summary, icon=":material/gavel:")
except UsageError as error:
    st.error(str(error))
    st.stop()
with st.container(horizontal=True):
    downloads.download_popover(images, f"{checkpoint.name}-{seed}")
    share.share_popover(link, copies=share.clipboard_images(images))

# The way between two -------------------------------------------------------------------------------------------------

st.header("From one to another", anchor=False)
st.write("Pick two pictures by their numbers, and the network draws what lies between them.")
drawing.selection_pills(len(images))
if len(selection) == 2:
    interpolated, frames = drawing.interpolate_samples(request, selection, INTERPOLATION_STEPS)
    title = f"The way from picture {selection[0]} to picture {selection[1]}"
    gallery.show_gallery(interpolated, f"{title} in {INTERPOLATION_STEPS} steps", "row")
    gallery.show_animation(downloads.animation_webp(frames, 1), frames[0], f"{title}, there and back, as an animation")
    downloads.download_button(
        "Animation (WebP)", lambda: downloads.animation_webp(frames), f"{checkpoint.name}-walk.webp", "image/webp",
        width="content", icon=":material/movie:",
    )  # fmt: skip
else:
    st.caption("Nothing is picked yet." if not selection else "One is picked; pick a second.")
