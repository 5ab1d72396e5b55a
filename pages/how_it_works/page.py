"""How it works: the game of two networks, live on points in the plane; then the formula, and every kind of GAN here."""

import streamlit as st

from gan_core.errors import UsageError
from pages.how_it_works import content, toy_game
from pages.ui import gallery, share, url_params

st.title("How it works", anchor=False)
st.write(
    "A counterfeiter prints money, the police learn to tell it from real money, and each gets better because of the"
    " other. Here the money is points in the plane: the **generator** must learn to put its points where the real ones"
    " lie, and all it ever hears is what the **discriminator** thinks of them."
)
url_params.check_link("how-it-works", toy_game.link_rules())

# The game ------------------------------------------------------------------------------------------------------------

plane_column, rules_column = st.columns([2, 1], gap="large")  # on a phone the plane comes first
with rules_column:
    config = toy_game.rules_form()
    if config.target == toy_game.DRAWN_TARGET and "drawing" in st.session_state:
        st.button("Draw anew", icon=":material/draw:", on_click=toy_game.redraw_target)
    share.share_popover(
        url_params.build_link("how-it-works", toy_game.link_parameters(config)),
        "This link opens the game with these rules. A drawing of your own is not in it.",
    )
with plane_column:
    try:
        toy_game.game_fragment(config)
    except UsageError as error:
        st.error(str(error))

st.subheader("What to look for", anchor=False)
st.markdown(content.WHAT_TO_LOOK_FOR)

# The formula and the families ----------------------------------------------------------------------------------------

st.header("The formula", anchor=False)
st.write(
    "The discriminator $D$ says how likely a thing is real; the generator $G$ makes things from random numbers $z$."
    " One wants this number large, the other wants it small (Goodfellow et al. 2014, equation 1):"
)
st.latex(r"\min_G \max_D \; \mathbb{E}_{x \sim \text{data}} \log D(x) + \mathbb{E}_{z} \log\bigl(1 - D(G(z))\bigr)")
st.markdown(content.LOSS_TABLE)

st.header("The kinds of GANs here", anchor=False)
with st.grid(2, min_column_width=320):
    for intro in content.MODEL_INTROS:
        with st.container(border=True, height="stretch"):
            st.subheader(intro.title, anchor=False)
            st.caption(intro.paper)
            st.write(intro.text)
            if images := intro.example_images():
                gallery.show_gallery(images, f"Drawn just now: {intro.title}", "row")
            st.space("stretch")
            st.page_link(intro.page_path, label=intro.link_label, icon=":material/arrow_forward:")
