"""Models: what is on this machine, what the Hugging Face Hub has besides, and the way there."""

import streamlit as st

from pages.shared import frame

frame.require()

from pages.shared import controls, exchange, gallery, inventory, links, models, sharing  # noqa: E402
from pages.shared.plain import plain  # noqa: E402

PREFIX = "hub"
COME = "models_come"

st.title("Models", anchor=False)
st.write("Every network that can draw here: trained by this project, or fetched from the Hugging Face Hub.")

known = models.everything()
names = list(known)
links.say(links.check({"model": links.one_of(names)} if names else {}))
come = st.session_state.pop(COME, None)
if come:
    st.session_state["model"] = come
if gone := st.session_state.pop(inventory.GONE, None):
    words, reference = gone
    with st.container(horizontal=True, vertical_alignment="center"):
        st.info(words, icon=":material/delete:")
        if reference:
            st.button("Bring it back", icon=":material/undo:", on_click=exchange.ask, args=(PREFIX, reference))

# On this machine ------------------------------------------------------------------------------------------------------

st.header("On this machine", anchor=False)
if not known:
    gallery.nothing(
        "No model here yet",
        "Fetch one below, or train one with `python -m gan_core train` and export it with `python -m gan_core export`.",
    )
else:
    inventory.table(known)
    with st.container(border=True):
        controls.keep_valid("model", names)
        chosen = st.selectbox("Look at", names, key="model", bind="query-params")
        looked_at = known.get(chosen) or known[names[0]]
        inventory.details(looked_at, exchange.allowed())
        about = "This link opens the page with this model, where it is there."
        sharing.share(links.share_link("models", "", {"model": looked_at.name}), about)

# On the Hub -----------------------------------------------------------------------------------------------------------

st.header("From the Hub", anchor=False)
if exchange.allowed():
    st.write(
        "Name a model, see what would come and under which licence, then fetch it. One of ours, any super-resolution"
        " network that spandrel reads, a DCGAN as in PyTorch's tutorial or a perceptron can be loaded; only weights are"
        " read, and no code that comes with them is ever run."
    )
    with st.container(border=True):
        made = exchange.fetch_box(PREFIX)
        if come in known:
            st.success(f"{plain(come)} is here, and on the page for its kind.", icon=":material/check:")
            inventory.way_on(known[come])
    if made is not None:
        st.session_state[COME] = made.name
        st.rerun()
else:
    st.write("This is a shared demo, whose models its owner chooses. On a machine of your own you can fetch these:")
st.subheader("Known to load", anchor=False)
exchange.catalogue(PREFIX)

if known and exchange.allowed():
    st.header("To the Hub", anchor=False)
    st.write(
        "Weights, config and card of a model, in one commit. A run's state and anything else that lies in the folder"
        " stay here, and a card that somebody has edited there is not written over unasked."
    )
    exchange.publish_box(known)
