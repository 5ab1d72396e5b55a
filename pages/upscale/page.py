"""The page Upscale: a picture enlarged by super-resolution, compared with bicubic interpolation or the original."""

import streamlit as st

from gan_core.errors import UsageError
from pages.ui import gallery, model_cache, share, url_params
from pages.ui.limits import current_limits
from pages.ui.markdown import escape_markdown
from pages.upscale import custom_model, download, inputs, jobs, result_view, upload
from pages.upscale.request import UpscaleRequest

st.title("Upscale", anchor=False)
st.write(
    "Give a small picture, and a network draws it several times larger, with the detail that it learned to expect. Your"
    " picture stays in this machine's memory, is never stored, and is gone when you leave."
)

models = inputs.ModelChoice(model_cache.upscalers(), custom_model.session_models())
url_params.check_link("upscale", inputs.link_rules(models.names), models.checkpoints)

# What to enlarge, and by what ----------------------------------------------------------------------------------------

model = scale = None
with st.container(border=True), st.grid(2, min_column_width=300):
    with st.container():
        upload.source_picker()
    with st.container():
        with st.container(horizontal=True):
            name = inputs.model_picker(models.names) if models.names else None
            scale = inputs.scale_input()
        if name:
            try:
                model = models.load(name)
                st.caption(custom_model.model_caption(model))
            except UsageError as error:
                st.error(escape_markdown(str(error)))
        with st.container(horizontal=True, vertical_alignment="center"):
            benchmark = inputs.benchmark_toggle()
            if current_limits().is_owner:
                custom_model.load_popover()
if not models.names:
    gallery.show_empty_state(
        "No model can enlarge pictures yet",
        "Train one with `python -m gan_core train srgan`, publish it with `python -m gan_core export`, or load a"
        " weights file above, and try again.",
    )
    st.stop()
if model is None:
    st.stop()

# The picture ---------------------------------------------------------------------------------------------------------

try:
    source = upload.source_image(benchmark)
    if source is None:
        gallery.show_empty_state("No picture yet", "Browse for one, drop it, paste it, or take a sample.")
        st.stop()
    request = UpscaleRequest(
        source, model, None if benchmark else scale, benchmark, models.load_comparison(model) if benchmark else ()
    )
    request.validate()
    result = jobs.submit_or_poll(request)
except UsageError as error:
    st.error(escape_markdown(str(error)), icon=":material/broken_image:")
    st.stop()
jobs.show_notes(request)
if result is None:
    st.stop()
result_view.show_result(request, result)
weights_hash = models.weights_hash(model.name)
link = url_params.build_link("upscale", inputs.link_parameters(model.name, scale, benchmark), weights_hash)
with st.container(horizontal=True):
    download.download_popover(request, result, {"model": model.name, "weights": weights_hash, "link": link})
    share.share_popover(
        link,
        "This link opens the page with these settings. A picture or model of your own is not in it.",
        [("the picture", lambda after=result.after: after.data)],
    )
