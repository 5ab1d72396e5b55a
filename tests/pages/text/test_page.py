"""Text: a sentence is drawn, two are blended, several compared; what is not understood is said."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from gan_core.checkpoints.store import find_checkpoint
from pages.text import vocabulary
from pages.ui import example_prompts
from tests import factories, small_upscalers
from tests.pages.conftest import OpenPage
from tests.pages.queries import alt_texts, image_sources, messages

SUBJECTS = {"article": {"Circle": 9, "Squares": 3, "Star": 2}, "colour": {"Red": 8, "Blue": 6}}


@pytest.fixture
def text_model_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny model that draws sentences of the words circle, square, star, red, blue and a."""
    factories.checkpoint(tmp_path, "text_conditional", "painter", subjects=SUBJECTS)
    monkeypatch.setenv("GAN_CORE_CHECKPOINTS", str(tmp_path))
    return tmp_path


def text_model_hash(root: Path) -> str:
    return find_checkpoint("painter", root).weights_hash


def info_texts(app: AppTest) -> list[str]:
    return [info.value for info in app.info]


def test_a_prompt_is_drawn_once_it_is_entered(open_page: OpenPage, text_model_folder: Path) -> None:
    app = open_page("text")
    first = image_sources(app)
    app.text_input(key="prompt").set_value("a red star").run()
    assert not app.exception
    assert alt_texts(app) == [f"a red star, drawn by painter from seed {seed}" for seed in range(8)]
    assert image_sources(app) != first


def test_a_link_draws_the_same_pictures(open_page: OpenPage, text_model_folder: Path) -> None:
    link = {"prompt": "a blue circle", "seed": "5", "count": "3", "truncation": "0.7"}
    assert image_sources(open_page("text", **link)) == image_sources(open_page("text", **link))
    assert len(alt_texts(open_page("text", **link))) == 3


def test_an_example_is_drawn_at_a_click(open_page: OpenPage, text_model_folder: Path) -> None:
    app = open_page("text", count="1")
    app.button_group(key="example").select("star").run()
    assert not app.exception
    assert alt_texts(app) == ["star, drawn by painter from seed 0"]
    assert app.text_input(key="prompt").value == "star"


def test_a_blend_at_its_ends_is_the_sentence_itself(open_page: OpenPage, text_model_folder: Path) -> None:
    pair = {"view": "Blend", "prompt": "red circle", "into": "blue star", "count": "4"}
    start, end = (image_sources(open_page("text", **pair, blend=share))[-4:] for share in ("0", "1"))
    assert start == image_sources(open_page("text", prompt="red circle", count="4"))
    assert end == image_sources(open_page("text", prompt="blue star", count="4"))
    assert image_sources(open_page("text", **pair))[-4:] not in (start, end)


def test_compared_sentences_are_drawn_from_the_same_seeds(open_page: OpenPage, text_model_folder: Path) -> None:
    app = open_page("text", view="Compare", prompts="red circle\nblue star", count="3")
    assert not app.exception
    rows = image_sources(app)
    assert rows[:3] == image_sources(open_page("text", prompt="red circle", count="3"))
    assert rows[3:] == image_sources(open_page("text", prompt="blue star", count="3"))


def test_unknown_words_are_named_and_known_ones_drawn(open_page: OpenPage, text_model_folder: Path) -> None:
    app = open_page("text", prompt="a red xylophone by Zyx")
    assert info_texts(app) == ["Unknown to this network, and left out: “xylophone”, “by”, “Zyx”."]
    assert image_sources(app) == image_sources(open_page("text", prompt="a red"))


def test_what_a_prompt_is_read_as_is_said_unless_it_says_so_itself(
    open_page: OpenPage, text_model_folder: Path
) -> None:
    factories.checkpoint(
        text_model_folder, "text_conditional", "reader", text_encoder=factories.encoder_with_names("red *circle*")
    )
    app = open_page("text", model="reader", prompt="a blue circle")
    assert [caption.value for caption in app.caption if caption.value.startswith("Read as")] == [
        r"Read as “red \*circle\*”, the nearest that this network was told of."
    ]
    app.text_input(key="prompt").set_value("a red circle").run()
    assert not any(caption.value.startswith("Read as") for caption in app.caption)


@pytest.mark.parametrize(
    "prompt",
    ["", " ", "🦄🦄", "красное платье", "赤いドレス", "<script>alert(1)</script>", "\x00", "![x](http://z.y/w)"],
)
def test_what_says_nothing_is_drawn_as_the_network_likes_and_said(
    open_page: OpenPage, text_model_folder: Path, prompt: str
) -> None:
    app = open_page("text", prompt="red")
    app.text_input(key="prompt").set_value(prompt).run()
    assert not app.exception
    assert len(alt_texts(app)) == 8
    assert "Nothing was asked for" in info_texts(app)[-1]
    assert not any("<" in sentence or "http:" in sentence for sentence in info_texts(app))


def test_a_prompt_that_is_too_long_is_cut_and_that_is_said(open_page: OpenPage, text_model_folder: Path) -> None:
    app = open_page("text")
    app.text_input(key="prompt").set_value("red " * 2500).run()
    assert not app.exception
    assert messages(app) == ["Of 10,000 characters the first 1,000 are read: a sentence says it all."]
    assert len(alt_texts(app)) == 8
    assert app.text_input(key="prompt").value == "red " * 250  # and so much stands in the address


def test_a_shared_link_that_asks_for_nothing_shows_no_example_in_its_place(
    open_page: OpenPage, text_model_folder: Path
) -> None:
    weights = text_model_hash(text_model_folder)
    app = open_page("text", model="painter", view="Draw", seed="3", weights=weights)
    assert app.text_input(key="prompt").value == ""
    assert image_sources(app) == image_sources(open_page("text", prompt="xylophone", seed="3"))
    blend = open_page("text", view="Blend", prompt="red", weights=weights)
    assert blend.text_input(key="into").value == ""


def test_many_sentences_are_drawn_as_far_as_there_is_room(open_page: OpenPage, text_model_folder: Path) -> None:
    app = open_page("text", view="Compare", count="1")
    app.text_area(key="prompts").set_value("red\n\n" * 9).run()
    assert messages(app) == ["Of 9 sentences the first 6 are drawn."]
    assert len(alt_texts(app)) == 6


@pytest.mark.parametrize(
    ("name", "value"),
    [("model", "nobody"), ("view", "Dream"), ("seed", "abc"), ("count", "17"), ("blend", "2"), ("prompt", "x" * 1001),
     ("prompts", "a\n" * 7), ("sharpen", "maybe"), ("truncation", "nan")],
)  # fmt: skip
def test_what_a_link_gets_wrong_is_said_and_the_page_works(
    open_page: OpenPage, text_model_folder: Path, name: str, value: str
) -> None:
    app = open_page("text", **{name: value})
    assert not app.exception
    assert f"This link's {name} cannot be used" in messages(app)[0]
    assert image_sources(app)


def test_sharpened_pictures_are_larger(open_page: OpenPage, text_model_folder: Path) -> None:
    assert "sharpen" not in [toggle.key for toggle in open_page("text", sharpen="true").toggle]  # nobody could
    small_upscalers.make_upscaler_checkpoint(text_model_folder, "photo-srgan-x4")
    plain, sharpened = (
        image_sources(open_page("text", prompt="red", count="2", sharpen=value)) for value in ("false", "true")
    )
    assert all(len(large) > len(small) for small, large in zip(plain, sharpened, strict=True))


def test_without_a_model_the_page_says_how_to_make_one(open_page: OpenPage, no_models: Path) -> None:
    app = open_page("text")
    assert not app.exception
    assert "Nobody here can read yet" in [subheader.value for subheader in app.subheader]


# What it knows -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "wanted", "answered"),
    [("Tshirts", "t-shirt", True), ("Tshirts", "T SHIRTS", True), ("Dresses", "dress", True), ("Handbags", "bag", True),
     ("Navy Blue", "blue", True), ("Watches", "", True), ("Watches", "shoes", False), ("Watches", "🦄", False)],
)  # fmt: skip
def test_a_name_is_found_however_it_is_written(name: str, wanted: str, answered: bool) -> None:
    assert vocabulary.matches(name, wanted) == answered


def test_what_is_called_otherwise_is_answered_by_what_comes_nearest(text_model_folder: Path) -> None:
    known = {"article": {"Circle": 9, "Star": 2}, "colour": {"Red": 8, "Blue": 6}}
    found = vocabulary.nearest_names(find_checkpoint("painter", text_model_folder), known, "a red circle")
    assert found["colour"][0] == ("Red", 8)
    assert found["article"][0] == ("Circle", 9)
    assert vocabulary.nearest_names(find_checkpoint("painter", text_model_folder), known, "xylophone") == {}


def test_a_strangers_list_of_what_a_model_knows_brings_no_markup(tmp_path: Path) -> None:
    noted = {"article": {"![x](http://z.y/w)": 3, "<b>Bag</b>": 2, "Bag": 1, "Shoe": "many"}, "colour": ["Red"]}
    model = factories.checkpoint(tmp_path, "text_conditional", "painter", subjects=noted)  # type: ignore[arg-type]
    assert example_prompts.vocabulary(model) == {"article": {"Bag": 1}}
