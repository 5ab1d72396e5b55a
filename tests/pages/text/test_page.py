"""The page Text: prompts drawn, blended and compared; notes on unknown words; its links."""

from base64 import b64encode
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from gan_core import sampling
from gan_core.checkpoints.store import find_checkpoint
from gan_core.images import encoding, tensors
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
    app = open_page("text", prompt="a red circle by Zyx")
    assert info_texts(app) == ["Unknown to this model, and left out: “Zyx”."]
    assert image_sources(app) == image_sources(open_page("text", prompt="a red circle"))


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
def test_a_prompt_without_a_known_word_is_not_drawn_unless_that_is_asked_for(
    open_page: OpenPage, text_model_folder: Path, prompt: str
) -> None:
    app = open_page("text", prompt="red")
    app.text_input(key="prompt").set_value(prompt).run()
    assert not app.exception
    assert not alt_texts(app)
    (note,) = info_texts(app)
    assert "Write what you would like to see" in note or "Nothing is drawn." in note
    assert "<" not in note
    assert "http:" not in note
    app.toggle(key="written").set_value(True).run()
    assert not app.exception
    assert len(alt_texts(app)) == 8
    app.text_input(key="prompt").set_value("circle").run()
    assert "written" not in [toggle.key for toggle in app.toggle]
    app.text_input(key="prompt").set_value(prompt).run()
    assert not alt_texts(app)  # the switch was for the prompt before


def test_the_part_of_a_prompt_that_is_understood_is_drawn_and_shared(
    open_page: OpenPage, text_model_folder: Path
) -> None:
    app = open_page("text", prompt="three red circles", count="2")
    assert info_texts(app) == ["It cannot count: it does not understand “three”. Drawn: “red circles”."]
    assert alt_texts(app)[0] == "red circles, drawn by painter from seed 0"
    assert image_sources(app) == image_sources(open_page("text", prompt="red circles", count="2"))
    shared = parse_qs(urlsplit(app.code[0].value).query)
    assert shared["prompt"] == ["red circles"]
    app.toggle(key="written").set_value(True).run()
    assert alt_texts(app)[0] == "three red circles, drawn by painter from seed 0"
    assert parse_qs(urlsplit(app.code[0].value).query)["prompt"] == ["three red circles"]


@pytest.mark.parametrize("prompt", ["three red circles", "xylophone", "a circle and a star"])
def test_a_shared_link_of_an_earlier_version_draws_its_prompt_as_it_is_written(
    open_page: OpenPage, text_model_folder: Path, prompt: str
) -> None:
    link = {"model": "painter", "view": "Draw", "prompt": prompt, "seed": "3", "count": "2"}
    weights = text_model_hash(text_model_folder)
    app = open_page("text", **link, weights=weights)
    assert app.toggle(key="written").value
    assert alt_texts(app) == [f"{prompt}, drawn by painter from seed {seed}" for seed in (3, 4)]
    model = sampling.model_from_checkpoint(find_checkpoint("painter", text_model_folder))
    pixels = sampling.sample(model, [3, 4], prompts=[prompt] * 2)
    files = [encoding.encode_png(tensors.to_pil(image)) for image in pixels]
    assert image_sources(app) == ["data:image/png;base64," + b64encode(file).decode() for file in files]
    assert parse_qs(urlsplit(app.code[0].value).query)["prompt"] == [prompt]
    app.text_input(key="prompt").set_value("two stars").run()
    assert alt_texts(app)[0] == "stars, drawn by painter from seed 3"  # another prompt is read


def test_an_offer_replaces_the_prompt(open_page: OpenPage, text_model_folder: Path) -> None:
    app = open_page("text", prompt="a red cirle", count="1")
    assert not alt_texts(app)
    app.button(key="offer_0").click().run()
    assert app.text_input(key="prompt").value == "a red circle"
    assert alt_texts(app) == ["a red circle, drawn by painter from seed 0"]
    assert not info_texts(app)


def test_several_things_can_be_compared(open_page: OpenPage, text_model_folder: Path) -> None:
    app = open_page("text", prompt="a red circle and a blue star", count="1")
    assert "one thing at a time" in info_texts(app)[0]
    assert [button.label for button in app.button if button.key == "offer_0"] == ["Draw “blue star”"]
    app.button(key="compare_offers").click().run()
    assert not app.exception
    assert app.text_area(key="prompts").value == "red circle\nblue star"
    assert alt_texts(app) == [f"{name}, drawn by painter from seed 0" for name in ("red circle", "blue star")]


def test_each_prompt_of_a_comparison_has_its_own_note(open_page: OpenPage, text_model_folder: Path) -> None:
    app = open_page("text", view="Compare", prompts="red circle\nxylophone\ntwo stars", count="1")
    (note,) = info_texts(app)
    assert "**xylophone**: Unknown to this model" in note
    assert "**two stars**: It cannot count" in note
    assert "red circle" not in note
    assert [alt.split(",")[0] for alt in alt_texts(app)] == ["red circle", "stars"]
    app.toggle(key="written").set_value(True).run()
    assert [alt.split(",")[0] for alt in alt_texts(app)] == ["red circle", "xylophone", "two stars"]


def test_a_blend_with_a_prompt_that_is_not_understood_is_not_drawn(
    open_page: OpenPage, text_model_folder: Path
) -> None:
    app = open_page("text", view="Blend", prompt="red circle", into="xylophone", count="1")
    assert not alt_texts(app)
    app.text_input(key="into").set_value("two blue stars").run()
    assert "red circle → blue stars at 1, drawn by painter from seed 0" in alt_texts(app)


def test_examples_change_with_the_model_and_so_does_a_prompt_that_was_one(
    open_page: OpenPage, text_model_folder: Path
) -> None:
    factories.checkpoint(
        text_model_folder, "text_conditional", "gardener", subjects={"text": {"Star": 3, "Circle": 2, "Square": 1}}
    )
    app = open_page("text", model="painter", count="1")
    assert app.text_input(key="prompt").value == "circle"
    app.selectbox(key="model").set_value("gardener").run()
    assert app.text_input(key="prompt").value == "star"
    app.text_input(key="prompt").set_value("a red circle").run()
    app.selectbox(key="model").set_value("painter").run()
    assert app.text_input(key="prompt").value == "a red circle"  # which was typed


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
    assert image_sources(app) == image_sources(open_page("text", prompt="xylophone", seed="3", written="true"))
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
     ("prompts", "a\n" * 7), ("sharpen", "maybe"), ("truncation", "nan"), ("written", "maybe")],
)  # fmt: skip
def test_an_invalid_parameter_shows_a_warning_and_a_working_page(
    open_page: OpenPage, text_model_folder: Path, name: str, value: str
) -> None:
    app = open_page("text", **{name: value})
    assert not app.exception
    assert f"This link's {name} cannot be used" in messages(app)[0]
    assert image_sources(app) or name == "prompt"  # of which the model knows no word


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
