"""Text: type a sentence and see it drawn; two sentences and what lies between; one noise under several sentences."""

import streamlit as st

from gan_core.errors import InputError
from pages.text import drawing, vocabulary
from pages.ui import downloads, gallery, model_cache, share, url_params, widgets

st.title("Text", anchor=False)
st.write("Say what you would like to see, and a network draws it: new pictures, of things that nobody ever made.")

known = model_cache.painters()
if not known:
    gallery.nothing(
        "Nobody here can read yet",
        "Train a network on pictures with captions, `python -m gan_core train text_conditional --data FOLDER`, publish"
        " it, `python -m gan_core export RUN NAME`, and it appears here.",
    )
    st.stop()
url_params.say(url_params.check(drawing.checks(list(known))) + url_params.check_weights(known))

# What to draw --------------------------------------------------------------------------------------------------------

view = drawing.choose_view()
with st.container(border=True):
    checkpoint, order = drawing.choose_model(known), drawing.Order()
    if view == "Compare":
        order.prompts = drawing.several(checkpoint)
    else:
        order.prompt = drawing.ask("prompt", "What shall be drawn?", checkpoint)
        drawing.offer_examples(checkpoint)
    if view == "Blend":
        order.into = drawing.ask("into", "And what shall it turn into?", checkpoint)
        order.share = widgets.blend_share("0 is the first sentence, 1 the second.")
    with st.grid(4, min_column_width=200):
        order.seed = widgets.seed_with_dice()
        order.count = widgets.count(drawing.MOST, drawing.COUNT)
        order.truncation = widgets.truncation()
        order.sharpener = drawing.choose_sharpening()
order.checkpoint, order.view = checkpoint, view
order.link = url_params.share_link("text", checkpoint.weights_hash, drawing.state(order))

# The pictures --------------------------------------------------------------------------------------------------------

columns = None
try:
    drawing.tell_unknown(order)
    if view == "Compare":
        rows = drawing.compared(order)
        for prompt, row in rows:
            st.text(drawing.titled(prompt))
            gallery.show(row, f"{len(row)} pictures of {drawing.titled(prompt)}", "row photo")
        pictures, columns = [picture for _, row in rows for picture in row], order.count
        st.caption("Each column is one noise: what makes the pose and the cut stays, only the sentence changes.")
    elif view == "Blend":
        gallery.show(drawing.way(order), "From the one sentence to the other", "row photo")
        pictures = drawing.blended(order)
        gallery.show(pictures, f"{len(pictures)} pictures in between", order.layout)
    else:
        pictures = drawing.drawn(order)
        gallery.show(pictures, f"{len(pictures)} pictures of {drawing.titled(order.prompt)}", order.layout)
except InputError as error:
    st.error(str(error))
    st.stop()
with st.container(horizontal=True):
    downloads.download(pictures, f"{checkpoint.name}-{view.lower()}-{order.seed}", columns)
    share.share(order.link, copies=share.copies_of(pictures, columns))
st.caption(drawing.about(order))
vocabulary.show(checkpoint)
