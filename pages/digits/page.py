"""Digits: pick one and see it drawn; the same hand for all ten; whole numbers in writing; one turning into another."""

import streamlit as st

from gan_core.errors import InputError
from pages.digits import drawing, glyphs
from pages.ui import downloads, gallery, model_cache, share, url_params, widgets
from pages.ui.limits import limits

ROWS = 4

st.title("Digits", anchor=False)
st.write("Ask for a digit and the network draws it: a new one for every seed, none copied from anywhere.")

known = model_cache.catalogue()
sets = drawing.available_sets(known)
if not sets:
    gallery.nothing(
        "Nobody here can draw digits yet",
        f"This page needs one of the models {' and '.join(drawing.MODELS.values())} in the folder of checkpoints.",
    )
    st.stop()
url_params.say(
    url_params.check(drawing.checks(sets, known) | {"rows": url_params.whole(1, limits().rows)})
    + url_params.check_weights(known)
)

# What to draw --------------------------------------------------------------------------------------------------------

with st.container(horizontal=True):
    subject = drawing.choose_set(sets)
    view = drawing.choose_view(subject)
checkpoint = known[drawing.MODELS[subject]]
classes = checkpoint.description.classes
order = drawing.Order(checkpoint, subject)
noun = drawing.NOUNS[subject]

with st.container(border=True), st.grid(4, min_column_width=200):
    if view in ("Draw", "Blend"):
        order.first = drawing.choose_class("digit" if subject == "Digits" else "garment", noun, classes)
    if view == "Blend":
        order.second = drawing.choose_class("into", f"Into the {noun.lower()}", classes, opening=8)
        order.share = widgets.blend_share("0 is the first, 1 the second.")
    if view == "Write":
        order.text = st.text_input(
            "Number, date or telephone number", drawing.TEXT, key="text", bind="query-params",
            help=f"Digits, spaces and {' '.join(glyphs.MARKS)} in up to {glyphs.MAX_LENGTH} characters.",
        ) or ""  # fmt: skip
    order.seed = widgets.seed_with_dice()
    if view in ("Draw", "Blend"):
        order.count = widgets.count()
    if view == "Handwriting":
        rows = st.number_input("Handwritings", 1, limits().rows, ROWS, 1, key="rows", bind="query-params")
        order.count = widgets.within(rows, 1, limits().rows, ROWS)
    order.truncation = widgets.truncation()

order.link = url_params.share_link("digits", checkpoint.weights_hash, drawing.state(order, view))

# The pictures --------------------------------------------------------------------------------------------------------

columns = None
try:
    if view == "Handwriting":
        pictures, columns = drawing.hands(order), len(classes)
        for row in range(0, len(pictures), columns):
            gallery.show(pictures[row : row + columns], f"Seed {order.seed + row // columns}, all classes", "row")
        st.caption("Each row is one seed: what makes the hand stays, only the class changes.")
    elif view == "Write":
        pictures = drawing.written(order)
        gallery.strip(pictures, f"{order.text} in generated digits")
        st.caption(
            "Every digit is drawn by the network from a seed of its own; the marks between them are plain strokes."
        )
    elif view == "Blend":
        pictures = drawing.blended(order)
        gallery.show(drawing.steps(order), f"From {classes[order.first]} to {classes[order.second]}", "row")
        gallery.show(pictures, f"{order.count} blends", "hero")
    else:
        pictures = drawing.drawn(order)
        gallery.show(pictures, f"{len(pictures)} times {classes[order.first]}", "hero")
except InputError as error:
    st.warning(str(error), icon=":material/edit_off:")
    st.stop()
with st.container(horizontal=True):
    downloads.download(pictures, f"{checkpoint.name}-{view.lower()}-{order.seed}", columns, line=view == "Write")
    share.share(order.link, copies=share.copies_of(pictures, columns, line=view == "Write"))
st.caption(f"Drawn by `{checkpoint.name}`. {drawing.SOURCES[subject]}")
