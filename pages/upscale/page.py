"""Upscale: a small picture in, a large one out, held against what plain interpolation makes of it."""

import streamlit as st

from gan_core.errors import InputError
from pages.ui import gallery, model_cache, share, upscaler_cache, url_params, widgets
from pages.ui.limits import limits
from pages.ui.markdown import plain
from pages.upscale import custom_model, panel, request, upload

SCALES = ("native", "2", "3", "4", "other")
MAX_TIMES, TIMES = 8.0, 2.5
EMPTY = (
    "No model can enlarge pictures yet",
    "Train one with `python -m gan_core train srgan`, publish it with `python -m gan_core export`, or load a file of"
    " weights above, and try again.",
)

st.title("Upscale", anchor=False)
st.write(
    "Give a small picture, and a network draws it several times larger, with the detail that it learned to expect. It"
    " is worked on in this machine's memory, never stored, and gone when you leave."
)

known, own = model_cache.upscalers(), custom_model.own()
names = [*known, *own]
url_params.say(
    url_params.check(
        upload.checks()
        | ({"model": url_params.one_of(names)} if names else {})
        | {
            "scale": url_params.one_of(SCALES),
            "times": url_params.number(1, MAX_TIMES),
            "proof": url_params.one_of(["true", "false"]),
        }
    )
    + url_params.check_weights(known)
)

# What to enlarge, and by what ----------------------------------------------------------------------------------------

tool, scale = None, None
with st.container(border=True), st.grid(2, min_column_width=300):
    with st.container():
        upload.choose()
    with st.container():
        with st.container(horizontal=True):
            if names:
                widgets.keep_valid("model", names)
                opening = names.index(upscaler_cache.opening(names))
                chosen = st.selectbox("Model", names, opening, key="model", bind="query-params")
                name = chosen if chosen in names else names[opening]
            picked = st.selectbox(
                "Scale", SCALES, key="scale", bind="query-params", width=110,
                help="Native is as the network draws; others are resized from that, by Lanczos. Proofs take native.",
            )  # fmt: skip
            if picked == "other":
                times = st.number_input(
                    "Times", 1.0, MAX_TIMES, TIMES, 0.1, key="times", bind="query-params", width=110
                )
                scale = widgets.within(times, 1.0, MAX_TIMES, TIMES)
            elif picked in SCALES[1:]:
                scale = float(picked)
        if names:
            try:
                tool = own.get(name) or upscaler_cache.tool(name, known[name].weights_hash)
                st.caption(custom_model.describe(tool))
            except InputError as error:
                st.error(plain(str(error)))
        with st.container(horizontal=True, vertical_alignment="center"):
            proof = st.toggle(
                "Proof", key="proof", bind="query-params",
                help="Shrink the picture first, let the network restore it, and measure how near it comes.",
            )  # fmt: skip
            if limits().owner:
                custom_model.load()
if not names:
    gallery.nothing(*EMPTY)
    st.stop()
if tool is None:
    st.stop()

# The picture ---------------------------------------------------------------------------------------------------------

try:
    given = upload.given(proof)
    if given is None:
        gallery.nothing("No picture yet", "Browse for one, drop it, paste it, or take a sample.")
        st.stop()
    same_scale = [each for each in names if proof and each != tool.name]
    everyone = [own.get(each) or upscaler_cache.tool(each, known[each].weights_hash) for each in same_scale]
    rivals = tuple(each for each in everyone if each.upscaler.scale == tool.upscaler.scale)
    wish = request.Wish(given, tool, None if proof else scale, proof, rivals)
    wish.check()
    result = panel.attend(wish)
except InputError as error:
    st.error(plain(str(error)), icon=":material/broken_image:")
    st.stop()
panel.notes(wish)
if result is None:
    st.stop()
panel.show(wish, result)
state = {"model": tool.name, "sample": st.session_state.get("sample"), "proof": "true" if proof else None}
if scale is not None:
    state |= {"scale": picked} | ({"times": scale} if picked == "other" else {})
weights = known[tool.name].weights_hash if tool.name in known else ""
link = url_params.share_link("upscale", weights, state)
with st.container(horizontal=True):
    panel.download(wish, result, {"model": tool.name, "weights": weights, "link": link})
    share.share(
        link,
        "This link opens the page with these settings. A picture of your own is not in it, nor a model of your own.",
        [("the picture", lambda after=result.after: after.data)],
    )
