"""Home: what this is, one live example, and the ways on."""

from datetime import UTC, datetime

import streamlit as st

from gan_core.devices import default_device
from pages.home import provenance
from pages.ui import gallery, model_cache, share, thumbnails, url_params
from pages.ui.limits import current_limits

EXAMPLE_MODEL = "mnist-cgan"
THUMBNAIL_SEEDS = tuple(range(40, 47))
DEVICE_NAMES = {"cpu": "the processor (CPU)", "cuda": "a graphics card (GPU)"}


def today() -> datetime:
    return datetime.now(UTC)


def show_date_example() -> list[gallery.GalleryImage]:
    """Today's date in digits that nobody wrote, drawn now; its seed is the date too."""
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
    pngs = model_cache.sample_pngs(EXAMPLE_MODEL, checkpoint.weights_hash, seeds, labels, 0.8)
    images = [gallery.GalleryImage(png, f"A generated {label}", "") for png, label in zip(pngs, labels, strict=True)]
    gallery.show_gallery(images, f"Today's date, {date:%d %m %Y}, in generated digits", "row")
    st.caption(
        f"{date:%d %m %Y}, drawn by `{EXAMPLE_MODEL}` from the seeds {first_seed} to {first_seed + len(labels) - 1}."
    )
    return images


def model_thumbnails(name: str, labels: tuple[int, ...] | None = None) -> list[gallery.GalleryImage]:
    """A few pictures for a card; none where the model is missing."""
    checkpoint = model_cache.generators().get(name)
    if checkpoint is None:
        return []
    pngs = model_cache.sample_pngs(name, checkpoint.weights_hash, THUMBNAIL_SEEDS, labels, 0.8)
    alts = [f"Drawn by {name} from seed {seed}" for seed in THUMBNAIL_SEEDS]
    return [gallery.GalleryImage(png, alt, "") for png, alt in zip(pngs, alts, strict=True)]


def page_card(title: str, text: str, page: str, link_label: str, icon: str, images: list[gallery.GalleryImage]) -> None:
    with st.container(border=True, height="stretch"):
        st.subheader(title, anchor=False)
        st.write(text)
        if images:
            gallery.show_gallery(images, f"Pictures from the page {title}", "row")
        st.space("stretch")
        st.page_link(page, label=link_label, icon=icon)


st.title("Pictures nobody drew", anchor=False)
st.markdown(
    "Two neural networks learned against each other. One, the **generator**, turns random numbers into pictures. The"
    " other, the **critic**, is shown real pictures and those, and learns to tell which are which. Each gets better"
    " because the other does, until the generator's handwriting passes for ours. That is a *generative adversarial"
    " network*, a GAN, and the ones here were trained by this project's own code."
)
date_images = show_date_example()

st.header("Try it", anchor=False)
with st.grid(2, min_column_width=280):
    page_card(
        "Digits",
        "Pick a 7 and see sevens that never existed. Write your telephone number in them, or turn a 3 into an 8.",
        "pages/digits/page.py", "Draw digits", ":material/pin:", model_thumbnails(EXAMPLE_MODEL, (7,)),
    )  # fmt: skip
    page_card(
        "Samples",
        "Let any of the networks draw what it likes, compare two of them, walk from one picture to another,"
        " and ask the critic what it thinks.",
        "pages/samples/page.py", "Browse samples", ":material/grid_view:", model_thumbnails("flowers-r3gan"),
    )  # fmt: skip
    page_card(
        "Text",
        "Type what you would like to see, a red handbag or white running shoes, and it is drawn. Then turn one"
        " sentence into another.",
        "pages/text/page.py", "Type a prompt", ":material/edit_note:", thumbnails.prompt_thumbnails(THUMBNAIL_SEEDS),
    )  # fmt: skip
    page_card(
        "Upscale",
        "Give a small picture and get it several times larger, with the detail that a network learned to expect;"
        " yours is never stored.",
        "pages/upscale/page.py", "Upscale a picture", ":material/zoom_out_map:", thumbnails.upscale_thumbnails(),
    )  # fmt: skip
    if current_limits().is_owner:
        page_card(
            "Train",
            "Start a training and watch it learn, fail and recover, on digits, on clothes or on pictures of your own.",
            "pages/train/page.py", "Train a network", ":material/exercise:", [],
        )  # fmt: skip
    page_card(
        "Models",
        "See what each network learned from, how good it is and under which licence, and bring others from the"
        " Hugging Face Hub.",
        "pages/models/page.py", "Browse models", ":material/deployed_code:", model_thumbnails("mnist-vanilla"),
    )  # fmt: skip
    page_card(
        "How it works",
        "Watch two networks play their game on points in the plane: let them learn, let them fail, and cure them.",
        "pages/how_it_works/page.py", "Play the game", ":material/school:", [],
    )  # fmt: skip

st.header("Find the way back", anchor=False)
st.write("A PNG that you took home from here knows what it was drawn with. Drop it, and its page opens as it was.")
provenance.show_uploader()

models = model_cache.all_models()
date_copies = share.clipboard_images(date_images, strip=True)[:1] if date_images else []
share.share_popover(
    url_params.build_link("home", {}), "This link opens this page, with the date of the day:", date_copies
)
st.caption(
    f":material/memory: Everything is computed where this page comes from, on {DEVICE_NAMES[default_device()]}, by"
    f" {len(models)} trained {'network' if len(models) == 1 else 'networks'}. No picture is stored: a number, its seed,"
    " brings each one back."
)
