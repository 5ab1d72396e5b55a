"""Digits: pick one and see it drawn; the same hand for all ten; whole numbers in writing; one turning into another."""

import streamlit as st

from gan_core.errors import InputError
from pages.digits import drawing, glyphs
from pages.ui import downloads, gallery, model_cache, share, url_params, widgets
from pages.ui.limits import limits

DEFAULT_ROWS = 4

st.title("Digits", anchor=False)
st.write("Ask for a digit and the network draws it: a new one for every seed, none copied from anywhere.")

checkpoints = model_cache.catalogue()
datasets = drawing.available_datasets(checkpoints)
if not datasets:
    gallery.nothing(
        "Nobody here can draw digits yet",
        f"This page needs one of the models {' and '.join(drawing.MODEL_NAMES.values())} in the folder of checkpoints.",
    )
    st.stop()
url_params.say(
    url_params.check(drawing.query_rules(datasets, checkpoints) | {"rows": url_params.whole(1, limits().rows)})
    + url_params.check_weights(checkpoints)
)

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
        request.blend_weight = widgets.blend_share("0 is the first, 1 the second.")
    if view == "Write":
        request.text = st.text_input(
            "Number, date or telephone number", drawing.DEFAULT_TEXT, key="text", bind="query-params",
            help=f"Digits, spaces and {' '.join(glyphs.SEPARATORS)} in up to {glyphs.MAX_CHARACTERS} characters.",
        ) or ""  # fmt: skip
    request.seed = widgets.seed_with_dice()
    if view in ("Draw", "Blend"):
        request.count = widgets.count()
    if view == "Handwriting":
        row_count = st.number_input("Handwritings", 1, limits().rows, DEFAULT_ROWS, 1, key="rows", bind="query-params")
        request.count = widgets.within(row_count, 1, limits().rows, DEFAULT_ROWS)
    request.truncation = widgets.truncation()

request.link = url_params.share_link("digits", checkpoint.weights_hash, drawing.link_parameters(request, view))

# The pictures --------------------------------------------------------------------------------------------------------

columns = None
try:
    if view == "Handwriting":
        images, columns = drawing.same_style_rows(request), len(classes)
        for start in range(0, len(images), columns):
            gallery.show(images[start : start + columns], f"Seed {request.seed + start // columns}, all classes", "row")
        st.caption("Each row is one seed: what makes the hand stays, only the class changes.")
    elif view == "Write":
        images = drawing.write_number(request)
        gallery.strip(images, f"{request.text} in generated digits")
        st.caption(
            "Every digit is drawn by the network from a seed of its own; the marks between them are plain strokes."
        )
    elif view == "Blend":
        images = drawing.blend_classes(request)
        gallery.show(drawing.interpolate_classes(request), f"From {classes[request.label]} to {classes[request.second_label]}", "row")
        gallery.show(images, f"{request.count} blends", "hero")
    else:
        images = drawing.sample_images(request)
        gallery.show(images, f"{len(images)} times {classes[request.label]}", "hero")
except InputError as error:
    st.warning(str(error), icon=":material/edit_off:")
    st.stop()
with st.container(horizontal=True):
    downloads.download(images, f"{checkpoint.name}-{view.lower()}-{request.seed}", columns, line=view == "Write")
    share.share(request.link, copies=share.copies_of(images, columns, line=view == "Write"))
st.caption(f"Drawn by `{checkpoint.name}`. {drawing.DATASET_NOTES[dataset]}")
