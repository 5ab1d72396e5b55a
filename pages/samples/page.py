"""The page Samples: images of any generator; two models compared; the discriminator's scores; an interpolation."""

import streamlit as st

from gan_core.errors import UsageError
from pages.samples import drawing, selection
from pages.samples.request import (
    ANY_LABEL,
    DEFAULT_MODEL,
    NO_MODEL,
    SampleRequest,
    class_index,
    class_names,
    link_rules,
)
from pages.ui import downloads, gallery, model_cache, share, url_params, widgets
from pages.ui.model_picker import model_selectbox

st.title("Samples", anchor=False)
st.write("One seed, one picture: what each network draws when it is given nothing but random numbers.")

all_models = model_cache.all_models()
checkpoints = model_cache.generators()
if not checkpoints:
    gallery.show_empty_state(
        "No models yet",
        "The folder of checkpoints is empty. Train a model with `python -m gan_core train`, publish it with"
        " `python -m gan_core export`, and it appears here.",
    )
    st.stop()
warnings = url_params.link_warnings("samples", link_rules(checkpoints), checkpoints)


@st.fragment
def draw() -> None:
    """The inputs and the images. A fragment: where one of its inputs changes, the rest of the page is not run again."""
    model_cache.rerun_page_if_changed(all_models)
    url_params.show_warnings(warnings)
    with st.container(border=True), st.grid(4, min_column_width=200):
        name = model_selectbox("Model", checkpoints, key="model", default=DEFAULT_MODEL)
        request = SampleRequest(checkpoints[name])
        request.seed, request.count = widgets.seed_input(), widgets.count_input()
        request.truncation = widgets.truncation_slider()
        classes, label = class_names(request.checkpoint), ANY_LABEL
        if classes:
            widgets.drop_stale_value("label", [ANY_LABEL, *classes])
            label = st.selectbox(
                "Label",
                [ANY_LABEL, *classes],
                key="label",
                bind="query-params",
                help="Draw only pictures of this class.",
            )
        request.label = class_index(classes, label)
        against = model_selectbox(
            "Compare with",
            {other_name: model for other_name, model in checkpoints.items() if other_name != name},
            key="against",
            default=NO_MODEL,
            none_option=NO_MODEL,
            help="Draw the same seeds with this model.",
        )
        show_scores = st.toggle(
            "Discriminator scores", key="critic", bind="query-params",
            help="How real the discriminator that trained this model finds each picture.",
        )  # fmt: skip
    st.caption(drawing.model_caption(request.checkpoint))
    model_name = request.checkpoint.name
    link_parameters = {
        "model": model_name, **request.number_parameters, "label": None if request.label is None else label,
        "against": against if against != NO_MODEL else None, "critic": "true" if show_scores else None,
        "pick": selection.selected(request.count),
    }  # fmt: skip
    request.link = url_params.build_link("samples", link_parameters, request.checkpoint.weights_hash)

    try:
        scores = drawing.score_samples(request) if show_scores else None
        images = drawing.sample_images(request, scores)
        selected = selection.selected(len(images))
        if against != NO_MODEL:
            left, right = st.columns(2)
            with left:
                st.subheader(model_name, anchor=False)
                gallery.show_gallery(images, f"{len(images)} pictures by {model_name}", selected=selected)
            with right:
                other_images = drawing.sample_images(drawing.same_seeds_of(request, checkpoints[against]))
                st.subheader(against, anchor=False)
                gallery.show_gallery(other_images, f"The same seeds by {against}")
        else:
            gallery.show_gallery(images, f"{len(images)} pictures by {model_name}", selected=selected)
        if scores:
            st.info(scores.summary, icon=":material/gavel:")
    except UsageError as error:
        st.error(str(error))
        return
    with st.container(horizontal=True):
        downloads.download_popover(images, f"{model_name}-{request.seed}")
        share.share_popover(request.link, copies=share.clipboard_images(images))

    st.header("From one to another", anchor=False)
    st.write("Select two pictures by their numbers, and the network draws what lies between them.")
    selection.selection_pills(len(images))
    if len(selected) == 2:
        interpolated, frames = drawing.interpolate_samples(request, selected)
        title = f"The way from picture {selected[0]} to picture {selected[1]}"
        gallery.show_gallery(interpolated, f"{title} in {len(interpolated)} steps", "row")
        gallery.show_animation(
            downloads.animation_webp(frames, 1), frames[0], f"{title}, there and back, as an animation"
        )
        downloads.download_button(
            "Animation (WebP)", lambda: downloads.animation_webp(frames), f"{model_name}-walk.webp", "image/webp",
            width="content", icon=":material/movie:",
        )  # fmt: skip
    else:
        st.caption("No picture is selected yet." if not selected else "One picture is selected; select a second one.")


draw()
