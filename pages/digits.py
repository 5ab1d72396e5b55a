"""Digits: pick one and see it drawn; the same hand for all ten; whole numbers in writing; one turning into another."""

import streamlit as st

from pages.shared import frame

frame.require()

from gan_core.errors import InputError  # noqa: E402 (torch comes after the frame)
from pages.shared import atelier, controls, downloads, gallery, links, models, sharing, writing  # noqa: E402
from pages.shared.limits import limits  # noqa: E402

ROWS = 4

st.title("Digits", anchor=False)
st.write("Ask for a digit and the network draws it: a new one for every seed, none copied from anywhere.")

known = models.catalogue()
sets = atelier.available_sets(known)
if not sets:
    gallery.nothing(
        "Nobody here can draw digits yet",
        f"This page needs one of the models {' and '.join(atelier.MODELS.values())} in the folder of checkpoints.",
    )
    st.stop()
links.say(
    links.check(atelier.checks(sets, known) | {"rows": links.whole(1, limits().rows)}) + links.check_weights(known)
)

# What to draw --------------------------------------------------------------------------------------------------------

with st.container(horizontal=True):
    subject = atelier.choose_set(sets)
    view = atelier.choose_view(subject)
checkpoint = known[atelier.MODELS[subject]]
classes = checkpoint.description.classes
order = atelier.Order(checkpoint, subject)
noun = atelier.NOUNS[subject]

with st.container(border=True), st.grid(4, min_column_width=200):
    if view in ("Draw", "Blend"):
        order.first = atelier.choose_class("digit" if subject == "Digits" else "garment", noun, classes)
    if view == "Blend":
        order.second = atelier.choose_class("into", f"Into the {noun.lower()}", classes, opening=8)
        order.share = controls.blend_share("0 is the first, 1 the second.")
    if view == "Write":
        order.text = st.text_input(
            "Number, date or telephone number", atelier.TEXT, key="text", bind="query-params",
            help=f"Digits, spaces and {' '.join(writing.MARKS)} in up to {writing.MAX_LENGTH} characters.",
        ) or ""  # fmt: skip
    order.seed = controls.seed_with_dice()
    if view in ("Draw", "Blend"):
        order.count = controls.count()
    if view == "Handwriting":
        rows = st.number_input("Handwritings", 1, limits().rows, ROWS, 1, key="rows", bind="query-params")
        order.count = controls.within(rows, 1, limits().rows, ROWS)
    order.truncation = controls.truncation()

order.link = links.share_link("digits", checkpoint.weights_hash, atelier.state(order, view))

# The pictures --------------------------------------------------------------------------------------------------------

columns = None
try:
    if view == "Handwriting":
        pictures, columns = atelier.hands(order), len(classes)
        for row in range(0, len(pictures), columns):
            gallery.show(pictures[row : row + columns], f"Seed {order.seed + row // columns}, all classes", "row")
        st.caption("Each row is one seed: what makes the hand stays, only the class changes.")
    elif view == "Write":
        pictures = atelier.written(order)
        gallery.strip(pictures, f"{order.text} in generated digits")
        st.caption(
            "Every digit is drawn by the network from a seed of its own; the marks between them are plain strokes."
        )
    elif view == "Blend":
        pictures = atelier.blended(order)
        gallery.show(atelier.steps(order), f"From {classes[order.first]} to {classes[order.second]}", "row")
        gallery.show(pictures, f"{order.count} blends", "hero")
    else:
        pictures = atelier.drawn(order)
        gallery.show(pictures, f"{len(pictures)} times {classes[order.first]}", "hero")
except InputError as error:
    st.warning(str(error), icon=":material/edit_off:")
    st.stop()
with st.container(horizontal=True):
    downloads.download(pictures, f"{checkpoint.name}-{view.lower()}-{order.seed}", columns, line=view == "Write")
    sharing.share(order.link, copies=sharing.copies_of(pictures, columns, line=view == "Write"))
st.caption(f"Drawn by `{checkpoint.name}`. {atelier.SOURCES[subject]}")
