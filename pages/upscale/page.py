"""Upscale: a small picture in, a large one out, held against what plain interpolation makes of it."""

import streamlit as st

from gan_core.errors import UsageError
from pages.ui import gallery, model_cache, share, upscaler_cache, url_params, url_rules, widgets
from pages.ui.limits import current_limits
from pages.ui.markdown import escape_markdown
from pages.ui.sample_images import SAMPLE_NAMES
from pages.upscale import custom_model, panel, request, upload

SCALE_OPTIONS = ("native", "2", "3", "4", "other")
MAX_FACTOR, DEFAULT_FACTOR = 8.0, 2.5
NO_MODELS_TEXT = (
    "No model can enlarge pictures yet",
    "Train one with `python -m gan_core train srgan`, publish it with `python -m gan_core export`, or load a file of"
    " weights above, and try again.",
)

st.title("Upscale", anchor=False)
st.write(
    "Give a small picture, and a network draws it several times larger, with the detail that it learned to expect. It"
    " is worked on in this machine's memory, never stored, and gone when you leave."
)

checkpoints, session_models = model_cache.upscalers(), custom_model.session_models()
names = [*checkpoints, *session_models]
link_rules = {
    "sample": url_rules.choice(SAMPLE_NAMES),
    "scale": url_rules.choice(SCALE_OPTIONS),
    "times": url_rules.number(1, MAX_FACTOR),
} | ({"model": url_rules.choice(names)} if names else {})
url_params.check_link("upscale", link_rules, checkpoints)

# What to enlarge, and by what ----------------------------------------------------------------------------------------

model, scale = None, None
with st.container(border=True), st.grid(2, min_column_width=300):
    with st.container():
        upload.source_picker()
    with st.container():
        with st.container(horizontal=True):
            if names:
                widgets.drop_stale_value("model", names)
                default_index = names.index(upscaler_cache.default_model(names))
                selected = st.selectbox("Model", names, default_index, key="model", bind="query-params")
                name = selected if selected in names else names[default_index]
            scale_option = st.selectbox(
                "Scale", SCALE_OPTIONS, key="scale", bind="query-params", width=110,
                help="Native is as the network draws; others are resized from that, by Lanczos. Proofs take native.",
            )  # fmt: skip
            if scale_option == "other":
                factor = st.number_input(
                    "Times", 1.0, MAX_FACTOR, DEFAULT_FACTOR, 0.1, key="times", bind="query-params", width=110
                )
                scale = widgets.in_range_or_default(factor, 1.0, MAX_FACTOR, DEFAULT_FACTOR)
            elif scale_option in SCALE_OPTIONS[1:]:
                scale = float(scale_option)
        if names:
            try:
                model = session_models.get(name) or upscaler_cache.load_upscaler(name, checkpoints[name].weights_hash)
                st.caption(custom_model.model_caption(model))
            except UsageError as error:
                st.error(escape_markdown(str(error)))
        with st.container(horizontal=True, vertical_alignment="center"):
            benchmark = st.toggle(
                "Proof", key="proof", bind="query-params",
                help="Shrink the picture first, let the network restore it, and measure how near it comes.",
            )  # fmt: skip
            if current_limits().is_owner:
                custom_model.load_popover()
if not names:
    gallery.show_empty_state(*NO_MODELS_TEXT)
    st.stop()
if model is None:
    st.stop()

# The picture ---------------------------------------------------------------------------------------------------------

try:
    source = upload.source_image(benchmark)
    if source is None:
        gallery.show_empty_state("No picture yet", "Browse for one, drop it, paste it, or take a sample.")
        st.stop()
    other_names = [other_name for other_name in names if benchmark and other_name != model.name]
    other_models = [
        session_models.get(other_name) or upscaler_cache.load_upscaler(other_name, checkpoints[other_name].weights_hash)
        for other_name in other_names
    ]
    comparison_models = tuple(other for other in other_models if other.upscaler.scale == model.upscaler.scale)
    upscale_request = request.UpscaleRequest(source, model, None if benchmark else scale, benchmark, comparison_models)
    upscale_request.validate()
    result = panel.submit_or_poll(upscale_request)
except UsageError as error:
    st.error(escape_markdown(str(error)), icon=":material/broken_image:")
    st.stop()
panel.show_notes(upscale_request)
if result is None:
    st.stop()
panel.show_result(upscale_request, result)
parameters = {"model": model.name, "sample": st.session_state.get("sample"), "proof": "true" if benchmark else None}
if scale is not None:
    parameters |= {"scale": scale_option} | ({"times": scale} if scale_option == "other" else {})
weights_hash = checkpoints[model.name].weights_hash if model.name in checkpoints else ""
link = url_params.build_link("upscale", parameters, weights_hash)
with st.container(horizontal=True):
    panel.download_popover(upscale_request, result, {"model": model.name, "weights": weights_hash, "link": link})
    share.share_popover(
        link,
        "This link opens the page with these settings. A picture of your own is not in it, nor a model of your own.",
        [("the picture", lambda after=result.after: after.data)],
    )
