"""The page Home: a wall of generated pictures, a card for each page, today's date, and the way back from a PNG."""

from datetime import UTC, datetime

import streamlit as st

from gan_core.devices import default_device
from pages.home import provenance
from pages.home.cards import mosaic, moving_picture, page_card
from pages.ui import gallery, model_cache, share, thumbnails, url_params
from pages.ui.gallery import GalleryImage
from pages.ui.limits import current_limits

EXAMPLE_MODEL = "mnist-cgan"
DEVICE_NAMES = {"cpu": "the processor (CPU)", "cuda": "a graphics card (GPU)"}
WALL_CARDS = (  # subject, page, title, text, label and icon of the link
    ("faces", "samples", "Faces", "People who do not exist: draw more, and walk from one to another.", "Draw faces",
     "face"),
    ("flowers", "samples", "Flowers", "Nobody planted them: compare two networks that draw from the same seeds.",
     "Draw flowers", "local_florist"),
    ("digits", "digits", "Digits", "Pick a 7, write your telephone number, or turn a 3 into an 8.", "Draw digits",
     "pin"),
    ("things", "text", "Things", "Type what you would like to see, such as a red handbag, and it is drawn.",
     "Type a prompt", "edit_note"),
)  # fmt: skip


def today() -> datetime:
    return datetime.now(UTC)


def show_wall(images: dict[str, list[GalleryImage]]) -> None:
    """A card for each subject whose model is here: its pictures, and the way to the page that draws them."""
    if not any(images.values()):
        gallery.show_no_model(
            "No model here yet", "Train one with `python -m gan_core train` and export it, then come back."
        )
        return
    with st.grid(4, min_column_width=160):
        for subject, page, title, text, link_label, icon in WALL_CARDS:
            if not images[subject]:
                continue
            query = {"model": thumbnails.WALL_PANELS[subject].model} if page == "samples" else None
            layout = "wall" if subject == "digits" else "wall photo"
            pictures = mosaic(images[subject], f"{title}, drawn by a network", layout)
            page_card(page, title, text, link_label, icon, pictures, query)


def show_page_cards(wall: dict[str, list[GalleryImage]]) -> None:
    """A card for each page that the wall does not lead to."""
    is_owner = current_limits().is_owner
    with st.grid(4 if is_owner else 3, min_column_width=160):
        page_card(
            "upscale", "Upscale", "Give a small picture and get a larger one, with the detail that a network expects.",
            "Upscale a picture", "zoom_out_map",
            mosaic(thumbnails.upscale_thumbnails()[:4], "Crops of photos, before and after", "pairs photo"),
        )  # fmt: skip
        if is_owner:
            page_card(
                "train", "Train", "Watch a network learn, fail and recover, on digits or on pictures of your own.",
                "Train a network", "exercise",
                moving_picture("training", "Sixteen pictures during a training: noise that turns into digits"),
            )  # fmt: skip
        page_card(
            "how_it_works", "How it works", "Two networks play against each other: watch them learn, and cure them.",
            "Play the game", "school",
            moving_picture("game", "Generated points during a training: a heap that spreads to a ring of eight spots"),
        )  # fmt: skip
        page_card(
            "models", "Models",
            "What each network learned from, how good it is, and its licence"
            + (", and others from the Hugging Face Hub." if is_owner else "."),
            "Browse models", "deployed_code",
            mosaic([images[1] for images in wall.values() if images], "One picture each of several models",
                   "pairs photo"),
        )  # fmt: skip


def show_date_example() -> list[GalleryImage]:
    """Draw today's date, an image for each digit; the date is the first seed as well. Nothing without the model."""
    checkpoint = model_cache.generators().get(EXAMPLE_MODEL)
    if checkpoint is None:
        return []
    date = today()
    first_seed = int(date.strftime("%Y%m%d"))
    labels = tuple(int(character) for character in date.strftime("%d%m%Y"))
    seeds = tuple(range(first_seed, first_seed + len(labels)))
    pngs = model_cache.sample_pngs(EXAMPLE_MODEL, checkpoint.weights_hash, seeds, labels, thumbnails.TRUNCATION)
    images = thumbnails.to_thumbnails(pngs, [f"A generated {label}" for label in labels])
    st.html(mosaic(images, f"Today's date, {date:%d %m %Y}, in generated digits", "line"))
    st.caption(f"{date:%d %m %Y}, drawn by `{EXAMPLE_MODEL}` from the seeds {seeds[0]} to {seeds[-1]}.")
    return images


st.title("Pictures nobody drew", anchor=False)
st.write("Neural networks drew every one of these from nothing but random numbers. Open any of them and draw your own.")
wall_images = {subject: thumbnails.wall_images(subject) for subject in thumbnails.WALL_PANELS}
show_wall(wall_images)
show_page_cards(wall_images)

st.header("How they learned", anchor=False)
st.markdown(
    "Two neural networks learned by competing. One, the **generator**, turns random numbers into pictures. The other,"
    " the **discriminator**, is shown real pictures and generated ones, and learns to tell which are which. Each gets"
    " better because the other does, until the generated handwriting could pass for ours. That is a *generative"
    " adversarial network*, a GAN, and the ones here were trained by this project's own code."
)
date_images = show_date_example()

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
