"""Text: type a sentence and see it drawn; two sentences and what lies between; one noise under several sentences."""

import streamlit as st

from gan_core.errors import UsageError
from pages.text import drawing, vocabulary
from pages.ui import downloads, gallery, model_cache, share, url_params, widgets

st.title("Text", anchor=False)
st.write("Say what you would like to see, and a network draws it: new pictures, of things that nobody ever made.")

checkpoints = model_cache.text_to_image_models()
if not checkpoints:
    gallery.show_empty_state(
        "Nobody here can read yet",
        "Train a network on pictures with captions, `python -m gan_core train text_conditional --data FOLDER`, publish"
        " it, `python -m gan_core export RUN NAME`, and it appears here.",
    )
    st.stop()
url_params.check_link("text", drawing.link_rules(list(checkpoints)), checkpoints)

# What to draw --------------------------------------------------------------------------------------------------------

view = drawing.view_picker()
with st.container(border=True):
    checkpoint, request = drawing.model_picker(checkpoints), drawing.PromptRequest()
    if view == "Compare":
        request.prompts = drawing.prompt_list_input(checkpoint)
    else:
        request.prompt = drawing.prompt_input("prompt", "What shall be drawn?", checkpoint)
        drawing.example_pills(checkpoint)
    if view == "Blend":
        request.second_prompt = drawing.prompt_input("into", "And what shall it turn into?", checkpoint)
        request.blend_weight = widgets.blend_slider("0 is the first sentence, 1 the second.")
    with st.grid(4, min_column_width=200):
        request.seed = widgets.seed_input()
        request.count = widgets.count_input(drawing.MAX_COUNT, drawing.DEFAULT_COUNT)
        request.truncation = widgets.truncation_slider()
        request.upscaler = drawing.sharpen_toggle()
request.checkpoint, request.view = checkpoint, view
request.link = url_params.build_link("text", drawing.link_parameters(request), checkpoint.weights_hash)

# The pictures --------------------------------------------------------------------------------------------------------

columns = None
try:
    drawing.warn_unknown_words(request)
    if view == "Compare":
        rows = drawing.compare_prompts(request)
        for prompt, row in rows:
            st.text(drawing.as_title(prompt))
            gallery.show_gallery(row, f"{len(row)} pictures of {drawing.as_title(prompt)}", "row photo")
        images, columns = [image for _, row in rows for image in row], request.count
        st.caption("Each column is one noise: what makes the pose and the cut stays, only the sentence changes.")
    elif view == "Blend":
        gallery.show_gallery(drawing.interpolate_prompts(request), "From the one sentence to the other", "row photo")
        images = drawing.blend_prompts(request)
        gallery.show_gallery(images, f"{len(images)} pictures in between", request.layout)
    else:
        images = drawing.sample_images(request)
        gallery.show_gallery(images, f"{len(images)} pictures of {drawing.as_title(request.prompt)}", request.layout)
except UsageError as error:
    st.error(str(error))
    st.stop()
with st.container(horizontal=True):
    downloads.download_popover(images, f"{checkpoint.name}-{view.lower()}-{request.seed}", columns)
    share.share_popover(request.link, copies=share.clipboard_images(images, columns))
st.caption(drawing.model_caption(request))
vocabulary.show_vocabulary(checkpoint)
