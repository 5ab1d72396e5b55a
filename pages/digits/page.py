"""The page Digits: a class drawn from many seeds, all classes in one handwriting, a written number, a blend."""

import streamlit as st

from gan_core.errors import UsageError
from pages.digits import drawing, inputs
from pages.digits.request import (
    DATASET_NOTES,
    MODEL_NAMES,
    DigitsRequest,
    available_datasets,
    link_parameters,
    link_rules,
)
from pages.ui import downloads, gallery, model_cache, share, url_params

st.title("Digits", anchor=False)
st.write("Ask for a digit and the network draws it: a new one for every seed, none of them copied.")

all_models = model_cache.all_models()
checkpoints = model_cache.generators()
datasets = available_datasets(checkpoints)
if not datasets:
    gallery.show_empty_state(
        "Nobody here can draw digits yet",
        f"This page needs one of the models {' and '.join(MODEL_NAMES.values())} in the folder of checkpoints.",
    )
    st.stop()
warnings = url_params.link_warnings("digits", link_rules(datasets, checkpoints), checkpoints)

with st.container(horizontal=True):
    dataset = inputs.dataset_picker(datasets)
    view = inputs.view_picker(dataset)
checkpoint = checkpoints[MODEL_NAMES[dataset]]


@st.fragment
def draw() -> None:
    """The inputs and the images. A fragment: where one of its inputs changes, the rest of the page is not run again."""
    model_cache.rerun_page_if_changed(all_models)
    url_params.show_warnings(warnings)
    request = DigitsRequest(checkpoint, dataset=dataset, view=view)
    with st.container(border=True), st.grid(4, min_column_width=200):
        inputs.request_inputs(request)
    request.link = url_params.build_link("digits", link_parameters(request), checkpoint.weights_hash)

    layout, columns = "grid", None
    try:
        if view == "Handwriting":
            rows = drawing.same_style_rows(request)
            for seed, row in zip(request.seeds, rows, strict=True):
                gallery.show_gallery(row, f"Seed {seed}, all classes", "row")
            images, columns = [image for row in rows for image in row], len(request.classes)
            st.caption("Each row is one seed: the handwriting stays, only the class changes.")
        elif view == "Write":
            images, layout = drawing.write_number(request), "strip"
            gallery.show_digit_strip(images, f"{request.text} in generated digits")
            st.caption(
                "Each digit is drawn by the network from its own seed; the marks between them are plain strokes."
            )
        elif view == "Blend":
            images = drawing.blend_classes(request)
            first, second = request.classes[request.label], request.classes[request.second_label]
            gallery.show_gallery(drawing.interpolate_classes(request), f"From {first} to {second}", "row")
            gallery.show_gallery(images, f"{len(images)} blends", "hero")
        else:
            images = drawing.sample_images(request)
            gallery.show_gallery(images, f"{len(images)} times {request.classes[request.label]}", "hero")
    except UsageError as error:
        st.warning(str(error), icon=":material/edit_off:")
        return
    with st.container(horizontal=True):
        downloads.download_popover(images, f"{checkpoint.name}-{view.lower()}-{request.seed}", layout, columns)
        share.share_popover(request.link, copies=share.clipboard_images(images, layout, columns))
    st.caption(f"Drawn by `{checkpoint.name}`. {DATASET_NOTES[dataset]}")


draw()
