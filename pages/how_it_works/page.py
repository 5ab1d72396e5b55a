"""The page How it works: a GAN that trains live on points in the plane, its loss functions, every kind of GAN here."""

import streamlit as st

from gan_core.errors import UsageError
from gan_core.toy import DRAWN_TARGET
from pages.how_it_works import content, playback, rules, toy_game
from pages.ui import gallery, share, url_params

st.title("How it works", anchor=False)
st.write(
    "A counterfeiter prints money, the police learn to tell it from real money, and each gets better because of the"
    " other. Here the money is points in the plane: the **generator** must learn to put its points where the real ones"
    " lie, and all it learns from is how real the **discriminator** finds them."
)
url_params.check_link("how-it-works", rules.link_rules())

# The game ------------------------------------------------------------------------------------------------------------

game_column, rules_column = st.columns([5, 2], gap="large")  # on a phone the game comes first
with rules_column:
    config = rules.rules_form()
    if config.target == DRAWN_TARGET and playback.has_drawing():
        st.button("Draw anew", icon=":material/draw:", on_click=playback.redraw_target)
    share.share_popover(
        url_params.build_link("how-it-works", rules.link_parameters(config)),
        "This link opens the game with these rules. A drawing of your own is not in it.",
    )
with game_column:
    try:
        toy_game.game_fragment(config)
    except UsageError as error:
        st.error(str(error))

st.subheader("What to look for", anchor=False)
st.markdown(content.WHAT_TO_LOOK_FOR)

# The formula and the families ----------------------------------------------------------------------------------------

st.header("The formula", anchor=False)
st.write(
    "The discriminator $D$ gives the probability that its input is real; the generator $G$ makes samples from random"
    " numbers $z$. The discriminator maximises this value, the generator minimises it (Goodfellow et al. 2014,"
    " equation 1):"
)
st.latex(  # two lines, which fit a phone
    r"\begin{aligned} \min_G \max_D \; & \mathbb{E}_{x \sim \text{data}} \log D(x) \\"
    r" & + \mathbb{E}_{z} \log\bigl(1 - D(G(z))\bigr) \end{aligned}"
)
st.markdown(content.LOSS_TABLE)

st.header("The kinds of GANs here", anchor=False)
with st.grid(2, min_column_width=320):
    for intro in content.MODEL_INTROS:
        with st.container(border=True, height="stretch"):
            st.subheader(intro.title, anchor=False)
            st.caption(intro.paper)
            st.write(intro.text)
            if images := intro.example_images():
                gallery.show_gallery(images, f"Examples: {intro.title}", "row")
            st.space("stretch")
            st.page_link(intro.page_path, label=intro.link_label, icon=":material/arrow_forward:")
