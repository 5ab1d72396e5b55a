"""The Hub on the page Models: recommended models, and the form that publishes one."""

import streamlit as st

from gan_core.checkpoints.checkpoint import Checkpoint
from gan_core.errors import AuthenticationRequired, ExternalError, UsageError
from gan_core.hub import licenses, publish
from gan_core.hub.recommended import RECOMMENDED
from pages.ui.hub_fetch import request_preview
from pages.ui.markdown import escape_markdown
from pages.ui.model_picker import title_formatter

ROUND_KEY = "publish_round"  # each attempt gets an empty token field: the key of the widget changes
OUTCOME_KEY = "publish_outcome"


def show_recommended_models(prefix: str) -> None:
    """A card for each recommended model, with a button that previews it in the form of this prefix."""
    with st.grid(2, min_column_width=300):
        for number, model in enumerate(RECOMMENDED):
            with st.container(border=True, height="stretch"):
                st.markdown(f"**{model.title}**, {model.size_mb:g} MB")
                st.caption(f"{model.about} {licenses.describe_licence(model.licence)}")
                st.space("stretch")
                st.button(
                    f"Look at {model.title}", key=f"{prefix}_entry_{number}", icon=":material/visibility:",
                    on_click=request_preview, args=(prefix, model.reference),
                )  # fmt: skip


def publish_form(models: dict[str, Checkpoint]) -> None:
    """The form for a model, its name on the Hub, its licence and an access token, which is used once and not kept."""
    form_round = st.session_state.get(ROUND_KEY, 0)
    name = st.selectbox("Model", list(models), key="publish_model", format_func=title_formatter(models))
    default_licence = publish.default_licence(models[name]) if name in models else None
    licence_options = list(dict.fromkeys([*([default_licence] if default_licence else []), *licenses.COMMON]))
    with st.form("publish", enter_to_submit=False):
        repository = st.text_input("Name on the Hub", key="publish_name", placeholder="owner/name", max_chars=200)
        licence = st.selectbox(
            "Licence of the weights", licence_options, None if default_licence is None else 0,
            key=f"publish_licence_{name}", accept_new_options=True, placeholder="Choose one or enter its name",
            help="What others may do with them. The model here keeps what it states.",
        )  # fmt: skip
        private = st.toggle("Private", key="publish_private", help="Only you can see a new model there.")
        replace = st.toggle(
            "Replace a card that somebody edited there", key="publish_replace",
            help="Otherwise the card there stays as it is, and the rest is sent.",
        )  # fmt: skip
        token = st.text_input(
            "Access token", type="password", key=f"publish_token_{form_round}", autocomplete="off", max_chars=200,
            help="A token with write access, from your settings on the Hub. It is used for this and not kept.",
        )  # fmt: skip
        pressed = st.form_submit_button("Publish", icon=":material/upload:")
    if pressed and name in models:
        st.session_state[OUTCOME_KEY] = publish_model(
            models[name], (repository or "").strip(), str(licence or ""), private, replace, (token or "").strip()
        )
        st.session_state[ROUND_KEY] = form_round + 1
        st.rerun()
    show_outcome()


def show_outcome() -> None:
    """The result of the last attempt, once."""
    outcome: tuple[bool, str] | None = st.session_state.pop(OUTCOME_KEY, None)
    if outcome is not None:
        succeeded, message = outcome
        (st.success if succeeded else st.error)(message, icon=":material/check:" if succeeded else ":material/block:")


def publish_model(
    checkpoint: Checkpoint, repository: str, licence: str, private: bool, replace: bool, token: str
) -> tuple[bool, str]:
    """Whether it succeeded, and a message as Markdown. This machine's own token is never used for a visitor."""
    try:
        if not token:
            raise AuthenticationRequired(
                "An access token is needed: make one with write access in your settings on the Hub."
            )
        if not licence:
            raise UsageError("Choose a licence: this model states none, and without one nobody may use it.")
        with st.spinner("Sending …"):
            result = publish.publish_checkpoint(
                checkpoint, repository, licence=licence, private=private, replace_card=lambda: replace, token=token
            )
    except (UsageError, ExternalError) as error:
        return False, escape_markdown(str(error))
    note = " The card there was edited by somebody and stays as it is." if result.kept_card else ""
    return True, f"{escape_markdown(checkpoint.name)} is at {escape_markdown(result.commit_url)}.{note}"
