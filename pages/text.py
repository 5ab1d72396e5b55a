"""Text: type a sentence and see it drawn; two sentences and what lies between; one noise under several sentences."""

import streamlit as st

from pages.shared import frame

frame.require()

from gan_core.errors import InputError  # noqa: E402 (torch comes after the frame)
from pages.shared import controls, downloads, gallery, knowledge, links, models, prompter, sharing  # noqa: E402

st.title("Text", anchor=False)
st.write("Say what you would like to see, and a network draws it: new pictures, of things that nobody ever made.")

known = models.painters()
if not known:
    gallery.nothing(
        "Nobody here can read yet",
        "Train a network on pictures with captions, `python -m gan_core train text_conditional --data FOLDER`, publish"
        " it, `python -m gan_core export RUN NAME`, and it appears here.",
    )
    st.stop()
links.say(links.check(prompter.checks(list(known))) + links.check_weights(known))

# What to draw --------------------------------------------------------------------------------------------------------

view = prompter.choose_view()
with st.container(border=True):
    checkpoint, order = prompter.choose_model(known), prompter.Order()
    if view == "Compare":
        order.prompts = prompter.several(checkpoint)
    else:
        order.prompt = prompter.ask("prompt", "What shall be drawn?", checkpoint)
        prompter.offer_examples(checkpoint)
    if view == "Blend":
        order.into = prompter.ask("into", "And what shall it turn into?", checkpoint)
        order.share = controls.blend_share("0 is the first sentence, 1 the second.")
    with st.grid(4, min_column_width=200):
        order.seed = controls.seed_with_dice()
        order.count = controls.count(prompter.MOST, prompter.COUNT)
        order.truncation = controls.truncation()
        order.sharpener = prompter.choose_sharpening()
order.checkpoint, order.view = checkpoint, view
order.link = links.share_link("text", checkpoint.weights_hash, prompter.state(order))

# The pictures --------------------------------------------------------------------------------------------------------

columns = None
try:
    prompter.tell_unknown(order)
    if view == "Compare":
        rows = prompter.compared(order)
        for prompt, row in rows:
            st.text(prompter.titled(prompt))
            gallery.show(row, f"{len(row)} pictures of {prompter.titled(prompt)}", "row photo")
        pictures, columns = [picture for _, row in rows for picture in row], order.count
        st.caption("Each column is one noise: what makes the pose and the cut stays, only the sentence changes.")
    elif view == "Blend":
        gallery.show(prompter.way(order), "From the one sentence to the other", "row photo")
        pictures = prompter.blended(order)
        gallery.show(pictures, f"{len(pictures)} pictures in between", order.layout)
    else:
        pictures = prompter.drawn(order)
        gallery.show(pictures, f"{len(pictures)} pictures of {prompter.titled(order.prompt)}", order.layout)
except InputError as error:
    st.error(str(error))
    st.stop()
with st.container(horizontal=True):
    downloads.download(pictures, f"{checkpoint.name}-{view.lower()}-{order.seed}", columns)
    sharing.share(order.link, copies=sharing.copies_of(pictures, columns))
st.caption(prompter.about(order))
knowledge.show(checkpoint)
