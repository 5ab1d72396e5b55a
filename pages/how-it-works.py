"""How it works: the game of two networks, live on points in the plane; then the formula, and every kind of GAN here."""

import streamlit as st

from pages.shared import frame

frame.require()

from gan_core.errors import InputError  # noqa: E402 (torch comes after the frame)
from pages.shared import explaining, gallery, links, playing, sharing  # noqa: E402

st.title("How it works", anchor=False)
st.write(
    "A counterfeiter prints money, the police learn to tell it from real money, and each gets better because of the"
    " other. Here the money is points in the plane: the **generator** must learn to put its points where the real ones"
    " lie, and all it ever hears is what the **discriminator** thinks of them."
)
links.say(links.check(playing.checks()))

# The game ------------------------------------------------------------------------------------------------------------

plane, rules = st.columns([2, 1], gap="large")  # on a phone the plane comes first
with rules:
    config = playing.choose()
    if config.target == playing.DRAWN and "drawing" in st.session_state:
        st.button("Draw anew", icon=":material/draw:", on_click=playing.draw_anew)
    sharing.share(
        links.share_link("how-it-works", "", playing.state(config)),
        "This link opens the game with these rules. A drawing of your own is not in it.",
    )
with plane:
    try:
        playing.board(config)
    except InputError as error:
        st.error(str(error))

st.subheader("What to look for", anchor=False)
st.markdown(explaining.WHAT_TO_LOOK_FOR)

# The formula and the families ----------------------------------------------------------------------------------------

st.header("The formula", anchor=False)
st.write(
    "The discriminator $D$ says how likely a thing is real; the generator $G$ makes things from random numbers $z$."
    " One wants this number large, the other wants it small (Goodfellow et al. 2014, equation 1):"
)
st.latex(r"\min_G \max_D \; \mathbb{E}_{x \sim \text{data}} \log D(x) + \mathbb{E}_{z} \log\bigl(1 - D(G(z))\bigr)")
st.markdown(explaining.REMEDIES)

st.header("The kinds of GANs here", anchor=False)
with st.grid(2, min_column_width=320):
    for kind in explaining.KINDS:
        with st.container(border=True, height="stretch"):
            st.subheader(kind.title, anchor=False)
            st.caption(kind.paper)
            st.write(kind.text)
            if pictures := kind.pictures():
                gallery.show(pictures, f"Drawn just now: {kind.title}", "row")
            st.space("stretch")
            st.page_link(kind.page, label=kind.link, icon=":material/arrow_forward:")
