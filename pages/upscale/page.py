"""The page Upscale: a picture enlarged by super-resolution, compared with bicubic interpolation or the original."""

import streamlit as st

from gan_core.errors import UsageError
from pages.ui import controls, gallery, model_cache, share, url_params
from pages.ui.limits import current_limits
from pages.ui.markdown import escape_markdown
from pages.ui.upscaler_cache import LoadedUpscaler
from pages.upscale import (
    advice,
    custom_model,
    download,
    inputs,
    jobs,
    model_selection,
    refusal,
    result_view,
    upload,
)
from pages.upscale.request import SourceImage, UpscaleRequest

st.title("Upscale", anchor=False)
st.write(
    "Give a small picture, and a network draws it several times larger, with the detail that it learned to expect. Your"
    " picture stays in this machine's memory, is never stored, and is gone when you leave."
)

models = inputs.ModelChoice(model_cache.upscalers(), custom_model.session_models())
url_params.check_link("upscale", inputs.link_rules(models.names), models.checkpoints)


def draw_stage() -> None:
    """The inputs, and the picture that they lead to."""
    with st.container(border=True), st.grid(2, min_column_width=300):
        with st.container():
            upload.source_picker()
            advice_area = st.container()
        with st.container(), controls.settings():
            model_area = st.container()
            with st.container(horizontal=True, vertical_alignment="center"):
                benchmark = inputs.benchmark_toggle()
                if current_limits().is_owner:
                    custom_model.load_popover()
    if not models.names:
        gallery.show_no_model(
            "No model can enlarge pictures yet",
            "Train one with `python -m gan_core train srgan`, publish it with `python -m gan_core export`, or load a"
            " weights file above, and try again.",
        )
        return
    source, trouble = open_source(benchmark)
    recommendation = advice.recommend_for(source, models.checkpoints, benchmark)
    with model_area:
        model, scale = choose_model(recommendation.model if recommendation else models.default)
    with advice_area:
        all_frames = not benchmark and upload.all_frames_toggle(source)
        advice.show_advice(recommendation, st.session_state[model_selection.MODEL_KEY])
    if model is None:
        return
    if trouble is not None:
        refusal.show_refusal(trouble)
    elif source is None:
        gallery.show_empty_state("No picture yet", "Browse for one, drop it, paste it, or take a sample.")
    else:
        comparison = models.load_comparison(model) if benchmark else ()
        request = UpscaleRequest(source, model, None if benchmark else scale, benchmark, comparison, all_frames)
        show_picture(request, scale)


def open_source(benchmark: bool) -> tuple[SourceImage | None, UsageError | None]:
    """The source image, or the reason why it cannot be used; both None where there is none yet."""
    try:
        return upload.source_image(benchmark), None
    except UsageError as error:
        return None, error


def choose_model(preselected: str) -> tuple[LoadedUpscaler | None, float | None]:
    """Draws the inputs of model and scale. The model is None, with a message, where it cannot be loaded."""
    with st.container(horizontal=True):
        name = model_selection.model_selectbox(
            models.names, model_selection.title_formatter(models.checkpoints), preselected
        )
        scale = inputs.scale_input()
    try:
        with models.loading_message(name):
            model = models.load(name)
    except UsageError as error:
        st.error(escape_markdown(str(error)))
        return None, scale
    custom_model.show_model(model, models.checkpoints.get(name))
    return model, scale


def show_picture(request: UpscaleRequest, scale: float | None) -> None:
    """Runs the request, and shows its progress, then the result with its downloads and links."""
    try:
        request.validate()
        result = jobs.submit_or_poll(request)
    except UsageError as error:
        refusal.show_refusal(error)
        return
    jobs.show_notes(request)
    if result is None:
        return
    result_view.show_result(request, result)
    model_name, weights_hash = request.model.name, models.weights_hash(request.model.name)
    link = url_params.build_link("upscale", inputs.link_parameters(model_name, scale, request.benchmark), weights_hash)
    with st.container(horizontal=True):
        download.download_popover(request, result, {"model": model_name, "weights": weights_hash, "link": link})
        share.share_popover(
            link,
            "This link opens the page with these settings. A picture or model of your own is not in it.",
            [] if result.animation_format else [("the picture", lambda: result.after.data)],
        )


with controls.stage():
    draw_stage()
