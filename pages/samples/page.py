"""The page Samples: images of any generator; two models compared; the discriminator's scores; an interpolation."""

import streamlit as st

from gan_core.errors import UsageError
from pages.samples import drawing, selection
from pages.samples.request import (
    ANY_LABEL,
    IMPLIED_MODEL,
    NO_MODEL,
    SampleRequest,
    class_index,
    class_names,
    link_rules,
    opening_model,
)
from pages.ui import controls, downloads, gallery, model_cache, share, url_params, widgets
from pages.ui.model_picker import model_selectbox
from pages.ui.model_titles import model_title

st.title("Samples", anchor=False)
st.write("One seed, one picture: what each network draws when it is given nothing but random numbers.")

all_models = model_cache.all_models()
checkpoints = model_cache.generators()
if not checkpoints:
    gallery.show_no_model(
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
    try:
        with controls.stage():
            requests, count = draw_stage()
        show_walk(requests, count)
    except UsageError as error:
        st.error(str(error))


def draw_stage() -> tuple[list[SampleRequest], int]:
    """The inputs, and the images that they lead to. Returns the requests and the number of images of each."""
    with st.container(border=True), st.grid(4, min_column_width=200):
        name = model_selectbox(
            "Model", checkpoints, key="model", default=IMPLIED_MODEL, opening=opening_model(checkpoints)
        )
        request = SampleRequest(checkpoints[name])
        against, show_scores = more_inputs(request)
    st.caption(drawing.model_caption(request.checkpoint))
    link_parameters = {
        "model": name, **request.number_parameters,
        "label": None if request.label is None else class_names(request.checkpoint)[request.label],
        "against": against, "critic": "true" if show_scores else None, "pick": selection.selected(request.count),
    }  # fmt: skip
    request.link = url_params.build_link("samples", link_parameters, request.checkpoint.weights_hash)
    requests = [request]
    if against is not None:
        requests.append(drawing.same_seeds_of(request, checkpoints[against]))
    images = show_images(requests, show_scores)
    with st.container(horizontal=True):
        downloads.download_popover(images, f"{name}-{request.seed}")
        share.share_popover(request.link, copies=share.clipboard_images(images))
    return requests, len(images)


def more_inputs(request: SampleRequest) -> tuple[str | None, bool]:
    """Draws the other inputs and fills the request. Returns the model to compare with, and whether to show scores."""
    with controls.settings():
        request.seed, request.count = widgets.seed_input(), widgets.count_input()
        request.truncation = widgets.truncation_slider()
        classes, label = class_names(request.checkpoint), ANY_LABEL
        if classes:
            options = [ANY_LABEL, *classes]
            widgets.drop_stale_value("label", options)
            label = st.selectbox(
                "Label", options, key="label", bind="query-params", help="Draw only pictures of this class."
            )
        request.label = class_index(classes, label)
        others = {name: model for name, model in checkpoints.items() if name != request.checkpoint.name}
        against = model_selectbox(
            "Compare with", others, key="against", default=NO_MODEL, none_option=NO_MODEL,
            help="Draw the same seeds with this model.",
        )  # fmt: skip
        show_scores = st.toggle(
            "Discriminator scores", key="critic", bind="query-params",
            help="How real the discriminator that was trained with a model finds each of its pictures, compared with"
            " the others. The score itself stands under the enlarged picture; it has no unit: higher means more like"
            " the training pictures.",
        )  # fmt: skip
    return (None if against == NO_MODEL else against), show_scores


def show_images(requests: list[SampleRequest], show_scores: bool) -> list[gallery.GalleryImage]:
    """Shows the images of one model, or of two side by side. Returns those of the first."""
    scores = [drawing.score_samples(request) if show_scores else None for request in requests]
    galleries = [drawing.sample_images(*pair) for pair in zip(requests, scores, strict=True)]
    selected = selection.selected(len(galleries[0]))
    gallery.watch_picks(selected, selection.select_numbers)
    columns = st.columns(2) if len(requests) == 2 else [st.container()]
    for column, request, images in zip(columns, requests, galleries, strict=True):
        title = model_title(request.checkpoint)
        with column:
            if len(requests) == 2:
                st.subheader(title, anchor=False)
            gallery.show_gallery(images, f"{len(images)} pictures: {title}", request.layout, selected)
    summaries = [drawing.score_summary(request, each) for request, each in zip(requests, scores, strict=True) if each]
    if summaries:
        st.info(" ".join(summaries), icon=":material/gavel:")
    return galleries[0]


def show_walk(requests: list[SampleRequest], count: int) -> None:
    """The selection of two images, and what each model draws between them."""
    selected = selection.selected(count)
    st.header("From one to another", anchor=False)
    st.write(
        "Pick two pictures by their numbers, on the pictures or here, and the network draws what lies between them."
    )
    selection.selection_pills(count)
    if len(selected) < 2:
        st.caption("One picture is picked; pick a second one." if selected else "No picture is picked yet.")
        return
    title = f"The way from picture {selected[0]} to picture {selected[1]}"
    for request in requests:
        name = request.checkpoint.name
        if len(requests) > 1:
            st.markdown(f"**{model_title(request.checkpoint)}**")
        interpolated, frames = drawing.interpolate_samples(request, selected)
        gallery.show_gallery(interpolated, f"{title} in {len(interpolated)} steps by {name}", f"row {request.layout}")
        gallery.show_animation(
            downloads.animation_webp(frames, 1), frames[0], f"{title}, there and back, as an animation"
        )
        downloads.download_button(
            "Animation (WebP)", lambda frames=frames: downloads.animation_webp(frames), f"{name}-walk.webp",
            "image/webp", width="content", icon=":material/movie:",
        )  # fmt: skip


draw()
