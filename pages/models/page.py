"""Models: what is on this machine, what the Hugging Face Hub has besides, and the way there."""

import streamlit as st

from pages.models import hub, table
from pages.ui import gallery, hub_fetch, model_cache, model_link, share, url_params, widgets
from pages.ui.markdown import plain

PREFIX = "hub"
COME = "models_come"

st.title("Models", anchor=False)
st.write("Every network that can draw here: trained by this project, or fetched from the Hugging Face Hub.")

known = model_cache.everything()
names = list(known)
url_params.say(url_params.check({"model": url_params.one_of(names)} if names else {}))
come = st.session_state.pop(COME, None)
if come:
    st.session_state["model"] = come
if gone := st.session_state.pop(table.GONE, None):
    words, reference = gone
    with st.container(horizontal=True, vertical_alignment="center"):
        st.info(words, icon=":material/delete:")
        if reference:
            st.button("Bring it back", icon=":material/undo:", on_click=hub_fetch.ask, args=(PREFIX, reference))

# On this machine ------------------------------------------------------------------------------------------------------

st.header("On this machine", anchor=False)
if not known:
    gallery.nothing(
        "No model here yet",
        "Fetch one below, or train one with `python -m gan_core train` and export it with `python -m gan_core export`.",
    )
else:
    table.table(known)
    with st.container(border=True):
        widgets.keep_valid("model", names)
        chosen = st.selectbox("Look at", names, key="model", bind="query-params")
        looked_at = known.get(chosen) or known[names[0]]
        table.details(looked_at, hub_fetch.allowed())
        about = "This link opens the page with this model, where it is there."
        share.share(url_params.share_link("models", "", {"model": looked_at.name}), about)

# On the Hub -----------------------------------------------------------------------------------------------------------

st.header("From the Hub", anchor=False)
if hub_fetch.allowed():
    st.write(
        "Name a model, see what would come and under which licence, then fetch it. One of ours, any super-resolution"
        " network that spandrel reads, a DCGAN as in PyTorch's tutorial or a perceptron can be loaded; only weights are"
        " read, and no code that comes with them is ever run."
    )
    with st.container(border=True):
        made = hub_fetch.fetch_box(PREFIX)
        if come in known:
            st.success(f"{plain(come)} is here, and on the page for its kind.", icon=":material/check:")
            model_link.way_on(known[come])
    if made is not None:
        st.session_state[COME] = made.name
        st.rerun()
else:
    st.write("This is a shared demo, whose models its owner chooses. On a machine of your own you can fetch these:")
st.subheader("Known to load", anchor=False)
hub.catalogue(PREFIX)

if known and hub_fetch.allowed():
    st.header("To the Hub", anchor=False)
    st.write(
        "Weights, config and card of a model, in one commit. A run's state and anything else that lies in the folder"
        " stay here, and a card that somebody has edited there is not written over unasked."
    )
    hub.publish_box(known)
