"""The page Digits: a class drawn from many seeds, all classes in one style, a written number, a blend of two."""

import streamlit as st

from gan_core.errors import UsageError
from pages.digits import drawing, inputs
from pages.digits.request import DigitsRequest, link_parameters, link_rules
from pages.digits.subjects import find_subjects, write_subject
from pages.ui import controls, downloads, gallery, model_cache, share, url_params

head = st.container()
all_models = model_cache.all_models()
checkpoints = model_cache.generators()
subjects = find_subjects(checkpoints)
if not subjects:
    head.title("Digits", anchor=False)
    gallery.show_no_model(
        "Nobody here can draw digits yet",
        "This page needs a network that draws what it is asked for: train one on labelled pictures,"
        " `python -m gan_core train conditional --data FOLDER`, publish it, `python -m gan_core export RUN NAME`, and"
        " it appears here.",
    )
    st.stop()
warnings = url_params.link_warnings("digits", link_rules(subjects), checkpoints)
inputs.open_page(subjects)

with st.container(horizontal=True):
    name = inputs.subject_picker(subjects)
    subject = subjects[name]
    view = inputs.view_picker(subject)
head.title(subject.title, anchor=False)
head.write(subject.lead)


@st.fragment
def draw() -> None:
    """The inputs and the images. A fragment: where one of its inputs changes, the rest of the page is not run again."""
    model_cache.rerun_page_if_changed(all_models)
    write_subject(subjects, name)
    url_params.show_warnings(warnings)
    request = DigitsRequest(subject.checkpoint, view=view)
    with controls.stage():
        with st.container(border=True), st.grid(4, min_column_width=200):
            inputs.request_inputs(request, subject)
        request.link = url_params.build_link(
            "digits", link_parameters(request, subject), subject.checkpoint.weights_hash
        )
        try:
            images, layout, columns = show_images(request)
        except UsageError as error:
            st.warning(str(error), icon=":material/edit_off:")
            return
        with st.container(horizontal=True):
            view_name = subject.views[view].lower().replace(" ", "-")
            file_name = f"{subject.checkpoint.name}-{view_name}-{request.seed}"
            downloads.download_popover(images, file_name, layout, columns)
            share.share_popover(request.link, copies=share.clipboard_images(images, layout, columns))
        st.caption(f"Drawn by `{subject.checkpoint.name}`. {subject.note}")


def show_images(request: DigitsRequest) -> tuple[list[gallery.GalleryImage], downloads.SheetLayout, int | None]:
    """Shows the images of the view. Returns those to download, and layout and columns of their sheet."""
    words, classes = subject.words, request.classes
    match view:
        case "Handwriting":
            rows = drawing.same_style_rows(request)
            for seed, row in zip(request.seeds, rows, strict=True):
                gallery.show_gallery(row, f"Seed {seed}, all {words.plural}", drawing.row_layout(request))
            st.caption(f"Each row is one seed: the {words.style} stays, only the {words.noun} changes.")
            return [image for row in rows for image in row], "grid", len(classes)
        case "Write":
            images = drawing.write_number(request)
            gallery.show_digit_strip(images, f"{request.text} in generated digits")
            st.caption(
                "Each digit is drawn by the network from its own seed; the marks between them are plain strokes."
            )
            return images, "strip", None
        case "Blend":
            images = drawing.blend_classes(request)
            first, second = classes[request.label], classes[request.second_label]
            gallery.show_gallery(
                drawing.interpolate_classes(request), f"From {first} to {second}", f"row {request.layout}"
            )
            gallery.show_gallery(images, f"{len(images)} blends", f"hero {request.layout}")
        case _:
            images = drawing.sample_images(request)
            gallery.show_gallery(images, f"{len(images)} times {classes[request.label]}", f"hero {request.layout}")
    return images, "grid", None


draw()
