"""The page Text: prompts drawn, blended and compared; notes on unknown words; its links."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from gan_core.checkpoints.store import find_checkpoint
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


def test_a_link_draws_the_same_images_again(open_page: OpenPage, text_model_folder: Path) -> None:
    link = {"prompt": "a blue circle", "seed": "5", "count": "3", "truncation": "0.7"}
    assert image_sources(open_page("text", **link)) == image_sources(open_page("text", **link))
    assert len(alt_texts(open_page("text", **link))) == 3


def test_a_click_on_an_example_draws_it(open_page: OpenPage, text_model_folder: Path) -> None:
    app = open_page("text", count="1")
    app.button_group(key="example").select("star").run()
    assert not app.exception
    assert alt_texts(app) == ["star, drawn by painter from seed 0"]
    assert app.text_input(key="prompt").value == "star"


def test_a_blend_at_its_ends_is_the_prompt_itself(open_page: OpenPage, text_model_folder: Path) -> None:
    pair = {"view": "Blend", "prompt": "red circle", "into": "blue star", "count": "4"}
    start, end = (image_sources(open_page("text", **pair, blend=share))[-4:] for share in ("0", "1"))
    assert start == image_sources(open_page("text", prompt="red circle", count="4"))
    assert end == image_sources(open_page("text", prompt="blue star", count="4"))
    assert image_sources(open_page("text", **pair))[-4:] not in (start, end)


def test_compared_prompts_are_drawn_from_the_same_seeds(open_page: OpenPage, text_model_folder: Path) -> None:
    app = open_page("text", view="Compare", prompts="red circle\nblue star", count="3")
    assert not app.exception
    rows = image_sources(app)
    assert rows[:3] == image_sources(open_page("text", prompt="red circle", count="3"))
    assert rows[3:] == image_sources(open_page("text", prompt="blue star", count="3"))


def test_unknown_words_are_named_and_known_ones_drawn(open_page: OpenPage, text_model_folder: Path) -> None:
    app = open_page("text", prompt="a red xylophone by Zyx")
    assert info_texts(app) == ["Unknown to this network, and left out: “xylophone”, “by”, “Zyx”."]
    assert image_sources(app) == image_sources(open_page("text", prompt="a red"))


def test_the_nearest_name_is_shown_for_a_prompt_with_words_of_no_caption(
    open_page: OpenPage, text_model_folder: Path
) -> None:
    factories.checkpoint(
        text_model_folder, "text_conditional", "reader", text_encoder=factories.encoder_with_names("red *circle*")
    )
    app = open_page("text", model="reader", prompt="a blue circle")
    assert [caption.value for caption in app.caption if caption.value.startswith("Read as")] == [
        r"Read as “red \*circle\*”: the nearest that this network was trained on."
    ]
    app.text_input(key="prompt").set_value("a red circle").run()
    assert not any(caption.value.startswith("Read as") for caption in app.caption)


@pytest.mark.parametrize(
    "prompt",
    ["", " ", "🦄🦄", "красное платье", "赤いドレス", "<script>alert(1)</script>", "\x00", "![x](http://z.y/w)"],
)
def test_a_prompt_without_a_known_word_is_drawn_unconditioned_with_a_message(
    open_page: OpenPage, text_model_folder: Path, prompt: str
) -> None:
    app = open_page("text", prompt="red")
    app.text_input(key="prompt").set_value(prompt).run()
    assert not app.exception
    assert len(alt_texts(app)) == 8
    assert "The network knows no word of this prompt" in info_texts(app)[-1]
    assert not any("<" in sentence or "http:" in sentence for sentence in info_texts(app))


def test_a_prompt_that_is_too_long_is_truncated_with_a_warning(open_page: OpenPage, text_model_folder: Path) -> None:
    app = open_page("text")
    app.text_input(key="prompt").set_value("red " * 2500).run()
    assert not app.exception
    assert messages(app) == ["Of 10,000 characters the first 1,000 are read."]
    assert len(alt_texts(app)) == 8
    assert app.text_input(key="prompt").value == "red " * 250  # and so much stands in the address


def test_a_shared_link_with_an_empty_prompt_is_not_filled_with_an_example(
    open_page: OpenPage, text_model_folder: Path
) -> None:
    weights = text_model_hash(text_model_folder)
    app = open_page("text", model="painter", view="Draw", seed="3", weights=weights)
    assert app.text_input(key="prompt").value == ""
    assert image_sources(app) == image_sources(open_page("text", prompt="xylophone", seed="3"))
    blend = open_page("text", view="Blend", prompt="red", weights=weights)
    assert blend.text_input(key="into").value == ""


def test_prompts_beyond_the_limit_are_left_out_with_a_warning(open_page: OpenPage, text_model_folder: Path) -> None:
    app = open_page("text", view="Compare", count="1")
    app.text_area(key="prompts").set_value("red\n\n" * 9).run()
    assert messages(app) == ["Of 9 prompts the first 6 are drawn."]
    assert len(alt_texts(app)) == 6


@pytest.mark.parametrize(
    ("name", "value"),
    [("model", "nobody"), ("view", "Dream"), ("seed", "abc"), ("count", "17"), ("blend", "2"), ("prompt", "x" * 1001),
     ("prompts", "a\n" * 7), ("sharpen", "maybe"), ("truncation", "nan")],
)  # fmt: skip
def test_an_invalid_parameter_shows_a_warning_and_a_working_page(
    open_page: OpenPage, text_model_folder: Path, name: str, value: str
) -> None:
    app = open_page("text", **{name: value})
    assert not app.exception
    assert f"This link's {name} cannot be used" in messages(app)[0]
    assert image_sources(app)


def test_sharpened_images_are_larger(open_page: OpenPage, text_model_folder: Path) -> None:
    assert "sharpen" not in [toggle.key for toggle in open_page("text", sharpen="true").toggle]  # nobody could
    small_upscalers.make_upscaler_checkpoint(text_model_folder, "photo-srgan-x4")
    plain, sharpened = (
        image_sources(open_page("text", prompt="red", count="2", sharpen=value)) for value in ("false", "true")
    )
    assert all(len(large) > len(small) for small, large in zip(plain, sharpened, strict=True))


def test_without_a_model_the_page_explains_how_to_train_one(open_page: OpenPage, no_models: Path) -> None:
    app = open_page("text")
    assert not app.exception
    assert "Nobody here can read yet" in [subheader.value for subheader in app.subheader]
