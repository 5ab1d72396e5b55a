"""The page Home: what this app is, an example drawn now, links to the pages, and the way back from a PNG."""

from datetime import UTC, datetime

import streamlit as st

from gan_core.devices import default_device
from pages.home import provenance
from pages.ui import gallery, model_cache, share, thumbnails, url_params
from pages.ui.gallery import GalleryImage
from pages.ui.limits import current_limits

EXAMPLE_MODEL = "mnist-cgan"
THUMBNAIL_SEEDS = tuple(range(40, 47))
DEVICE_NAMES = {"cpu": "the processor (CPU)", "cuda": "a graphics card (GPU)"}


def today() -> datetime:
    return datetime.now(UTC)


def show_date_example() -> list[GalleryImage]:
    """Draw today's date, an image for each digit; the date is the first seed as well."""
    checkpoint = model_cache.generators().get(EXAMPLE_MODEL)
    if checkpoint is None:
        gallery.show_empty_state(
            "No model here yet", "Train one with `python -m gan_core train` and export it, then come back."
        )
        return []
    date = today()
    first_seed = int(date.strftime("%Y%m%d"))
    labels = tuple(int(character) for character in date.strftime("%d%m%Y"))
    seeds = tuple(range(first_seed, first_seed + len(labels)))
    pngs = model_cache.sample_pngs(EXAMPLE_MODEL, checkpoint.weights_hash, seeds, labels, thumbnails.TRUNCATION)
    images = thumbnails.to_thumbnails(pngs, [f"A generated {label}" for label in labels])
    gallery.show_gallery(images, f"Today's date, {date:%d %m %Y}, in generated digits", "row")
    st.caption(f"{date:%d %m %Y}, drawn by `{EXAMPLE_MODEL}` from the seeds {seeds[0]} to {seeds[-1]}.")
    return images


def page_card(page: str, title: str, text: str, link_label: str, icon: str, images: list[GalleryImage]) -> None:
    """A card that links to `pages/{page}/page.py`."""
    with st.container(border=True, height="stretch"):
        st.subheader(title, anchor=False)
        st.write(text)
        if images:
            gallery.show_gallery(images, f"Pictures from the page {title}", "row")
        st.space("stretch")
        st.page_link(f"pages/{page}/page.py", label=link_label, icon=f":material/{icon}:")


st.title("Pictures nobody drew", anchor=False)
st.markdown(
    "Two neural networks learned by competing. One, the **generator**, turns random numbers into pictures. The other,"
    " the **discriminator**, is shown real pictures and generated ones, and learns to tell which are which. Each gets"
    " better because the other does, until the generated handwriting could pass for ours. That is a *generative"
    " adversarial network*, a GAN, and the ones here were trained by this project's own code."
)
date_images = show_date_example()

st.header("Try it", anchor=False)
with st.grid(2, min_column_width=280):
    page_card(
        "digits", "Digits",
        "Pick a 7 and see sevens that never existed. Write your telephone number in them, or turn a 3 into an 8.",
        "Draw digits", "pin", thumbnails.model_thumbnails(EXAMPLE_MODEL, THUMBNAIL_SEEDS, (7,)),
    )  # fmt: skip
    page_card(
        "samples", "Samples",
        "Let any of the networks draw what it likes, compare two of them, walk from one picture to another,"
        " and ask the discriminator what it thinks.",
        "Browse samples", "grid_view", thumbnails.model_thumbnails("flowers-r3gan", THUMBNAIL_SEEDS),
    )  # fmt: skip
    page_card(
        "text", "Text",
        "Type what you would like to see, a red handbag or white running shoes, and it is drawn. Then turn one"
        " sentence into another.",
        "Type a prompt", "edit_note", thumbnails.prompt_thumbnails(THUMBNAIL_SEEDS),
    )  # fmt: skip
    page_card(
        "upscale", "Upscale",
        "Give a small picture and get it several times larger, with the detail that a network learned to expect;"
        " yours is never stored.",
        "Upscale a picture", "zoom_out_map", thumbnails.upscale_thumbnails(),
    )  # fmt: skip
    if current_limits().is_owner:
        page_card(
            "train", "Train",
            "Start a training and watch it learn, fail and recover, on digits, on clothes or on pictures of your own.",
            "Train a network", "exercise", [],
        )  # fmt: skip
    page_card(
        "models", "Models",
        "See what each network learned from, how good it is and under which licence, and bring others from the"
        " Hugging Face Hub.",
        "Browse models", "deployed_code", thumbnails.model_thumbnails("mnist-vanilla", THUMBNAIL_SEEDS),
    )  # fmt: skip
    page_card(
        "how_it_works", "How it works",
        "Watch two networks play their game on points in the plane: let them learn, let them fail, and cure them.",
        "Play the game", "school", [],
    )  # fmt: skip

st.header("Find the way back", anchor=False)
st.write("A PNG that you downloaded here holds what it was drawn with. Drop it, and its page opens as it was.")
provenance.show_uploader()

models = model_cache.all_models()
date_copies = share.clipboard_images(date_images, layout="strip")[:1] if date_images else []
share.share_popover(
    url_params.build_link("home", {}), "This link opens this page, with the date of the day:", date_copies
)
st.caption(
    f":material/memory: Everything is computed where this page comes from, on {DEVICE_NAMES[default_device()]}, by"
    f" {len(models)} trained {'network' if len(models) == 1 else 'networks'}. No picture is stored: its seed, a number,"
    " brings each one back."
)
