"""Digits: pick one and see it drawn; the same hand for all ten; whole numbers in writing; one turning into another."""

import streamlit as st

from gan_core.errors import UsageError
from pages.digits import drawing, glyphs
from pages.ui import downloads, gallery, model_cache, share, url_params, widgets
from pages.ui.limits import current_limits

DEFAULT_ROWS = 4

st.title("Digits", anchor=False)
st.write("Ask for a digit and the network draws it: a new one for every seed, none copied from anywhere.")

checkpoints = model_cache.generators()
datasets = drawing.available_datasets(checkpoints)
if not datasets:
    gallery.show_empty_state(
        "Nobody here can draw digits yet",
        f"This page needs one of the models {' and '.join(drawing.MODEL_NAMES.values())} in the folder of checkpoints.",
    )
    st.stop()
url_params.check_link("digits", drawing.link_rules(datasets, checkpoints), checkpoints)

# What to draw --------------------------------------------------------------------------------------------------------

with st.container(horizontal=True):
    dataset = drawing.dataset_picker(datasets)
    view = drawing.view_picker(dataset)
checkpoint = checkpoints[drawing.MODEL_NAMES[dataset]]
classes = checkpoint.description.classes
request = drawing.DigitsRequest(checkpoint, dataset)
noun = drawing.CLASS_NOUNS[dataset]

with st.container(border=True), st.grid(4, min_column_width=200):
    if view in ("Draw", "Blend"):
        request.label = drawing.class_picker("digit" if dataset == "Digits" else "garment", noun, classes)
    if view == "Blend":
        request.second_label = drawing.class_picker("into", f"Into the {noun.lower()}", classes, default_index=8)
        request.blend_weight = widgets.blend_slider("0 is the first, 1 the second.")
    if view == "Write":
        request.text = st.text_input(
            "Number, date or telephone number", drawing.DEFAULT_TEXT, key="text", bind="query-params",
            help=f"Digits, spaces and {' '.join(glyphs.SEPARATORS)} in up to {glyphs.MAX_CHARACTERS} characters.",
        ) or ""  # fmt: skip
    request.seed = widgets.seed_input()
    if view in ("Draw", "Blend"):
        request.count = widgets.count_input()
    if view == "Handwriting":
        row_count = st.number_input(
            "Handwritings", 1, current_limits().handwriting_rows, DEFAULT_ROWS, 1, key="rows", bind="query-params"
        )
        request.count = widgets.in_range_or_default(row_count, 1, current_limits().handwriting_rows, DEFAULT_ROWS)
    request.truncation = widgets.truncation_slider()

request.link = url_params.build_link("digits", drawing.link_parameters(request, view), checkpoint.weights_hash)

# The pictures --------------------------------------------------------------------------------------------------------

columns = None
try:
    if view == "Handwriting":
        images, columns = drawing.same_style_rows(request), len(classes)
        for start in range(0, len(images), columns):
            gallery.show_gallery(
                images[start : start + columns], f"Seed {request.seed + start // columns}, all classes", "row"
            )
        st.caption("Each row is one seed: what makes the hand stays, only the class changes.")
    elif view == "Write":
        images = drawing.write_number(request)
        gallery.show_digit_strip(images, f"{request.text} in generated digits")
        st.caption(
            "Every digit is drawn by the network from a seed of its own; the marks between them are plain strokes."
        )
    elif view == "Blend":
        images = drawing.blend_classes(request)
        gallery.show_gallery(
            drawing.interpolate_classes(request),
            f"From {classes[request.label]} to {classes[request.second_label]}",
            "row",
        )
        gallery.show_gallery(images, f"{request.count} blends", "hero")
    else:
        images = drawing.sample_images(request)
        gallery.show_gallery(images, f"{len(images)} times {classes[request.label]}", "hero")
except UsageError as error:
    st.warning(str(error), icon=":material/edit_off:")
    st.stop()
with st.container(horizontal=True):
    downloads.download_popover(
        images, f"{checkpoint.name}-{view.lower()}-{request.seed}", columns, strip=view == "Write"
    )
    share.share_popover(request.link, copies=share.clipboard_images(images, columns, strip=view == "Write"))
st.caption(f"Drawn by `{checkpoint.name}`. {drawing.DATASET_NOTES[dataset]}")
