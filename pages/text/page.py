"""The page Text: images for a prompt, a blend of two prompts, several prompts compared from the same seeds."""

import streamlit as st

from gan_core.errors import UsageError
from pages.text import drawing, inputs, vocabulary
from pages.text.prompt_notes import as_title, show_prompt_notes
from pages.text.request import PromptRequest, link_parameters, link_rules
from pages.ui import controls, downloads, gallery, model_cache, share, url_params

st.title("Text", anchor=False)
st.write("Say what you would like to see, and a network draws it: new pictures, of things that nobody ever made.")

all_models = model_cache.all_models()
checkpoints = model_cache.text_to_image_models()
if not checkpoints:
    gallery.show_no_model(
        "Nobody here can read yet",
        "Train a network on pictures with captions, `python -m gan_core train text_conditional --data FOLDER`, publish"
        " it, `python -m gan_core export RUN NAME`, and it appears here.",
    )
    st.stop()
warnings = url_params.link_warnings("text", link_rules(list(checkpoints)), checkpoints)
inputs.remember_linked_prompts()
inputs.reopen_without_prompts()
view = inputs.view_picker()


@st.fragment
def draw() -> None:
    """The inputs and the images. A fragment: where one of its inputs changes, the rest of the page is not run again."""
    model_cache.rerun_page_if_changed(all_models)
    inputs.rerun_page_if_view_changed()
    url_params.show_warnings(warnings)
    with controls.stage():
        request = draw_stage()
    st.caption(drawing.model_caption(request))
    vocabulary.show_vocabulary(request.checkpoint)


def draw_stage() -> PromptRequest:
    """The inputs, the notes on the prompts, and the images."""
    with st.container(border=True):
        checkpoint = inputs.model_picker(checkpoints)
        request = PromptRequest(checkpoint, view=view)
        inputs.request_inputs(request)
    try:
        if show_prompt_notes(request):
            request.link = url_params.build_link("text", link_parameters(request), checkpoint.weights_hash)
            show_images(request)
    except UsageError as error:
        st.error(str(error))
    return request


def show_images(request: PromptRequest) -> None:
    """The images of the view, with their downloads and the link to them."""
    columns = None
    if request.view == "Compare":
        rows = drawing.compare_prompts(request)
        for prompt, row in rows:
            st.text(as_title(prompt))
            gallery.show_gallery(row, f"{len(row)} pictures of {as_title(prompt)}", "row photo")
        images, columns = [image for _, row in rows for image in row], len(request.seeds)
        st.caption("Each column is one seed: pose and cut stay, only the prompt changes.")
    elif request.view == "Blend":
        gallery.show_gallery(drawing.interpolate_prompts(request), "From one prompt to the other", "row photo")
        images = drawing.blend_prompts(request)
        gallery.show_gallery(images, f"{len(images)} pictures in between", request.layout)
    else:
        images = drawing.sample_images(request)
        gallery.show_gallery(images, f"{len(images)} pictures of {as_title(request.prompt)}", request.layout)
    with st.container(horizontal=True):
        name = f"{request.checkpoint.name}-{request.view.lower()}-{request.seed}"
        downloads.download_popover(images, name, columns=columns)
        share.share_popover(request.link, copies=share.clipboard_images(images, columns=columns))


draw()
