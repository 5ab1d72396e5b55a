"""Models: what is on this machine, what the Hugging Face Hub has besides, and the way there."""

import streamlit as st

from pages.models import hub, table
from pages.ui import gallery, hub_fetch, model_cache, model_link, share, url_params, url_rules, widgets
from pages.ui.markdown import escape_markdown

KEY_PREFIX = "hub"
SELECT_NEXT = "models_come"

st.title("Models", anchor=False)
st.write("Every network that can draw here: trained by this project, or fetched from the Hugging Face Hub.")

models = model_cache.all_models()
names = list(models)
url_params.check_link("models", {"model": url_rules.choice(names)} if names else {})
fetched_name = st.session_state.pop(SELECT_NEXT, None)
if fetched_name:
    st.session_state["model"] = fetched_name
if deleted := st.session_state.pop(table.DELETED_KEY, None):
    message, reference = deleted
    with st.container(horizontal=True, vertical_alignment="center"):
        st.info(message, icon=":material/delete:")
        if reference:
            st.button(
                "Bring it back",
                icon=":material/undo:",
                on_click=hub_fetch.request_preview,
                args=(KEY_PREFIX, reference),
            )

# On this machine ------------------------------------------------------------------------------------------------------

st.header("On this machine", anchor=False)
if not models:
    gallery.show_empty_state(
        "No model here yet",
        "Fetch one below, or train one with `python -m gan_core train` and export it with `python -m gan_core export`.",
    )
else:
    table.show_table(models)
    with st.container(border=True):
        widgets.drop_stale_value("model", names)
        selected = st.selectbox("Look at", names, key="model", bind="query-params")
        checkpoint = models.get(selected) or models[names[0]]
        table.show_model_details(checkpoint, hub_fetch.can_manage_models())
        description = "This link opens the page with this model, where it is there."
        share.share_popover(url_params.build_link("models", {"model": checkpoint.name}), description)

# On the Hub -----------------------------------------------------------------------------------------------------------

st.header("From the Hub", anchor=False)
if hub_fetch.can_manage_models():
    st.write(
        "Name a model, see what would come and under which licence, then fetch it. One of ours, any super-resolution"
        " network that spandrel reads, a DCGAN as in PyTorch's tutorial or a perceptron can be loaded; only weights are"
        " read, and no code that comes with them is ever run."
    )
    with st.container(border=True):
        fetched = hub_fetch.fetch_form(KEY_PREFIX)
        if fetched_name in models:
            st.success(
                f"{escape_markdown(fetched_name)} is here, and on the page for its kind.", icon=":material/check:"
            )
            model_link.link_to_page(models[fetched_name])
    if fetched is not None:
        st.session_state[SELECT_NEXT] = fetched.name
        st.rerun()
else:
    st.write("This is a shared demo, whose models its owner chooses. On a machine of your own you can fetch these:")
st.subheader("Known to load", anchor=False)
hub.show_recommended_models(KEY_PREFIX)

if models and hub_fetch.can_manage_models():
    st.header("To the Hub", anchor=False)
    st.write(
        "Weights, config and card of a model, in one commit. A run's state and anything else that lies in the folder"
        " stay here, and a card that somebody has edited there is not written over unasked."
    )
    hub.publish_form(models)
