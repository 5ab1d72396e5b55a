"""The page Models: the models on this machine, and download from and upload to the Hugging Face Hub."""

import streamlit as st

from pages.models import details, hub, overview, own_models
from pages.ui import gallery, hub_fetch, model_cache, model_link, model_picker, share, url_params, url_rules
from pages.ui.markdown import escape_markdown

KEY_PREFIX = "hub"
SELECT_NEXT_KEY = "models_come"

is_owner = hub_fetch.can_manage_models()
st.title("Models", anchor=False)
st.write("Every network that can draw here: of this project, trained on this machine, or fetched from elsewhere.")

models = model_cache.all_models()
names = list(models)
url_params.check_link("models", {"model": url_rules.choice(names)} if names else {})
fetched_name = st.session_state.pop(SELECT_NEXT_KEY, None)
if fetched_name:
    st.session_state["model"] = fetched_name
details.show_deletion_notice(KEY_PREFIX)
if is_owner:
    own_models.show_notices()

# On this machine ------------------------------------------------------------------------------------------------------

st.header("On this machine", anchor=False)
if not models:
    gallery.show_empty_state(
        "No model here yet",
        "Fetch one below, or train one on the page Train and press **Use this model**."
        if is_owner
        else "The owner of this app has not put any model here.",
    )
else:
    with st.container(border=True):
        selected = model_picker.model_selectbox("Model", models, key="model", default=names[0])
        checkpoint = models[selected]
        details.show_model_details(checkpoint, is_owner)
        share.share_popover(
            url_params.build_link("models", {"model": checkpoint.name}),
            "This link opens the page with this model, on a server that has it.",
        )
    st.subheader("All models", anchor=False)
    overview.show_models(models)

# The Hub --------------------------------------------------------------------------------------------------------------

if is_owner:
    st.header("From the Hub", anchor=False)
    st.write(
        "Name a model, see what would be downloaded and under which licence, then fetch it. Models published by this"
        " app work, and so do super-resolution networks of any architecture that spandrel knows, DCGANs as in PyTorch's"
        " tutorial, and perceptrons. Only weights are read: code that comes with them is never run."
    )
    with st.container(border=True):
        fetched = hub_fetch.fetch_form(KEY_PREFIX)
        if fetched_name in models:
            st.success(
                f"{escape_markdown(fetched_name)} is here, and on the page for its kind.", icon=":material/check:"
            )
            model_link.link_to_page(models[fetched_name])
    if fetched is not None:
        st.session_state[SELECT_NEXT_KEY] = fetched.name
        st.rerun()
    st.subheader("Known to load", anchor=False)
    hub.show_recommended_models(KEY_PREFIX)
else:
    st.caption(
        "This is a shared app, whose models its owner chooses. On a machine of your own, this page also fetches models"
        " from the Hugging Face Hub and publishes yours."
    )

if models and is_owner:
    st.header("To the Hub", anchor=False)
    st.write(
        "This sends a model's weights, config and card in one commit. The state of a training and other files in the"
        " folder stay here. A card that somebody has edited on the Hub is replaced only if you say so."
    )
    hub.publish_form(models)
