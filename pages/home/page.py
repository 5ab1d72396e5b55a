"""Home: what this is, one live example, and the ways on."""

from datetime import UTC, datetime

import streamlit as st

from gan_core.devices import default_device
from pages.home import provenance
from pages.ui import gallery, model_cache, share, thumbnails, url_params
from pages.ui.limits import limits

EXAMPLE = "mnist-cgan"
TASTE = tuple(range(40, 47))
DEVICES = {"cpu": "the processor (CPU)", "cuda": "a graphics card (GPU)"}


def today() -> datetime:
    return datetime.now(UTC)


def example() -> list[gallery.Picture]:
    """Today's date in digits that nobody wrote, drawn now; its seed is the date too."""
    checkpoint = model_cache.catalogue().get(EXAMPLE)
    if checkpoint is None:
        gallery.nothing("No model here yet", "Train one with `python -m gan_core train` and export it, then come back.")
        return []
    date = today()
    first = int(date.strftime("%Y%m%d"))
    labels = tuple(int(character) for character in date.strftime("%d%m%Y"))
    seeds = tuple(range(first, first + len(labels)))
    pngs = model_cache.pictures(EXAMPLE, checkpoint.weights_hash, seeds, labels, 0.8)
    pictures = [gallery.Picture(png, f"A generated {label}", "") for png, label in zip(pngs, labels, strict=True)]
    gallery.show(pictures, f"Today's date, {date:%d %m %Y}, in generated digits", "row")
    st.caption(f"{date:%d %m %Y}, drawn by `{EXAMPLE}` from the seeds {first} to {first + len(labels) - 1}.")
    return pictures


def taste(name: str, labels: tuple[int, ...] | None = None) -> list[gallery.Picture]:
    """A few pictures for a card; none where the model is missing."""
    checkpoint = model_cache.catalogue().get(name)
    if checkpoint is None:
        return []
    pngs = model_cache.pictures(name, checkpoint.weights_hash, TASTE, labels, 0.8)
    alts = [f"Drawn by {name} from seed {seed}" for seed in TASTE]
    return [gallery.Picture(png, alt, "") for png, alt in zip(pngs, alts, strict=True)]


def card(title: str, text: str, page: str, link: str, icon: str, pictures: list[gallery.Picture]) -> None:
    with st.container(border=True, height="stretch"):
        st.subheader(title, anchor=False)
        st.write(text)
        if pictures:
            gallery.show(pictures, f"Pictures from the page {title}", "row")
        st.space("stretch")
        st.page_link(page, label=link, icon=icon)


st.title("Pictures nobody drew", anchor=False)
st.markdown(
    "Two neural networks learned against each other. One, the **generator**, turns random numbers into pictures. The"
    " other, the **critic**, is shown real pictures and those, and learns to tell which are which. Each gets better"
    " because the other does, until the generator's handwriting passes for ours. That is a *generative adversarial"
    " network*, a GAN, and the ones here were trained by this project's own code."
)
date_drawn = example()

st.header("Try it", anchor=False)
with st.grid(2, min_column_width=280):
    card(
        "Digits",
        "Pick a 7 and see sevens that never existed. Write your telephone number in them, or turn a 3 into an 8.",
        "pages/digits/page.py", "Draw digits", ":material/pin:", taste(EXAMPLE, (7,)),
    )  # fmt: skip
    card(
        "Samples",
        "Let any of the networks draw what it likes, compare two of them, walk from one picture to another,"
        " and ask the critic what it thinks.",
        "pages/samples/page.py", "Browse samples", ":material/grid_view:", taste("flowers-dcgan"),
    )  # fmt: skip
    card(
        "Text",
        "Type what you would like to see, a red handbag or white running shoes, and it is drawn. Then turn one"
        " sentence into another.",
        "pages/text/page.py", "Type a prompt", ":material/edit_note:", thumbnails.prompt_thumbnails(TASTE),
    )  # fmt: skip
    card(
        "Upscale",
        "Give a small picture and get it several times larger, with the detail that a network learned to expect;"
        " yours is never stored.",
        "pages/upscale/page.py", "Upscale a picture", ":material/zoom_out_map:", thumbnails.upscale_thumbnails(),
    )  # fmt: skip
    if limits().owner:
        card(
            "Train",
            "Start a training and watch it learn, fail and recover, on digits, on clothes or on pictures of your own.",
            "pages/train/page.py", "Train a network", ":material/exercise:", [],
        )  # fmt: skip
    card(
        "Models",
        "See what each network learned from, how good it is and under which licence, and bring others from the"
        " Hugging Face Hub.",
        "pages/models/page.py", "Browse models", ":material/deployed_code:", taste("mnist-vanilla"),
    )  # fmt: skip
    card(
        "How it works",
        "Watch two networks play their game on points in the plane: let them learn, let them fail, and cure them.",
        "pages/how_it_works/page.py", "Play the game", ":material/school:", [],
    )  # fmt: skip

st.header("Find the way back", anchor=False)
st.write("A PNG that you took home from here knows what it was drawn with. Drop it, and its page opens as it was.")
provenance.ask()

known = model_cache.everything()
copies = share.copies_of(date_drawn, line=True)[:1] if date_drawn else []
share.share(url_params.share_link("", "", {}), "This link opens this page, with the date of the day:", copies)
st.caption(
    f":material/memory: Everything is computed where this page comes from, on {DEVICES[default_device()]}, by"
    f" {len(known)} trained {'network' if len(known) == 1 else 'networks'}. No picture is stored: a number, its seed,"
    " brings each one back."
)
