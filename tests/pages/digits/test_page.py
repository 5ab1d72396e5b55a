"""The page Digits: each view, its links, and links with values that it does not accept."""

import shutil
from base64 import b64decode
from datetime import date
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from gan_core import sampling
from gan_core.checkpoints.store import resolve_root
from gan_core.images import encoding
from tests import factories
from tests.pages.conftest import OpenPage
from tests.pages.queries import alt_texts, gallery_markup, image_sources, messages, page_text

pytestmark = pytest.mark.core


def test_a_selected_digit_is_drawn_without_a_second_click(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    app = open_page("digits", seed="0")
    app.selectbox(key="digit").select("7").run()
    assert not app.exception
    assert alt_texts(app) == [f"A generated 7, seed {seed}" for seed in range(16)]


def test_the_ten_digits_of_one_seed_differ(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    assert len({image_sources(open_page("digits", digit=str(digit), count="1"))[0] for digit in range(10)}) == 10


def test_handwriting_shows_all_ten_digits_for_each_seed(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    app = open_page("digits", view="Handwriting", rows="3", seed="5")
    assert alt_texts(app) == [f"A generated {digit}, seed {seed}" for seed in (5, 6, 7) for digit in range(10)]


def test_a_digit_in_handwriting_is_the_same_image_as_the_single_one(
    open_page: OpenPage, weights_hashes: dict[str, str]
) -> None:
    sheet = image_sources(open_page("digits", view="Handwriting", rows="1", seed="5"))
    assert sheet[7] == image_sources(open_page("digits", digit="7", seed="5"))[0]


def test_a_telephone_number_is_written_with_its_separators(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    app = open_page("digits", view="Write", text="+49 (30) 1")
    glyphs = [alt.removeprefix("A generated ").split(",")[0] for alt in alt_texts(app)]
    assert glyphs == ["plus", "4", "9", "gap", "bracket", "3", "0", "bracket", "gap", "1"]


@pytest.mark.parametrize("text", ["hello", "12a", "१२", "７", "<b>1</b>", "", "---", "1" * 33])
def test_a_text_that_cannot_be_written_shows_one_warning(
    open_page: OpenPage, weights_hashes: dict[str, str], text: str
) -> None:
    app = open_page("digits", view="Write")
    app.text_input(key="text").set_value(text).run()
    assert not app.exception
    assert len(messages(app)) == 1
    assert "<b>" not in messages(app)[0]


def test_a_blend_at_its_ends_is_the_digit_itself(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    start = image_sources(open_page("digits", view="Blend", digit="3", into="8", blend="0", count="4"))[-4:]
    end = image_sources(open_page("digits", view="Blend", digit="3", into="8", blend="1", count="4"))[-4:]
    assert start == image_sources(open_page("digits", digit="3", count="4"))
    assert end == image_sources(open_page("digits", digit="8", count="4"))


def test_the_switch_to_garments_brings_their_dropdown_and_no_writing(
    open_page: OpenPage, weights_hashes: dict[str, str]
) -> None:
    app = open_page("digits")
    app.segmented_control(key="set").set_value("Garments").run()
    assert "sneaker" in app.selectbox(key="garment").options
    assert "Write" not in app.segmented_control(key="view").options
    assert all("t-shirt" in alt for alt in alt_texts(app))


def test_a_view_that_garments_lack_falls_back_to_the_first(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    app = open_page("digits", view="Write")
    app.segmented_control(key="set").set_value("Garments").run()
    assert not app.exception
    assert len(image_sources(app)) == 16


def test_a_link_may_name_the_model_instead_of_the_data_set(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    assert all("bag" in alt for alt in alt_texts(open_page("digits", model="fashion-cgan", garment="bag")))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("digit", "12"), ("digit", "seven"), ("digit", "-1"), ("seed", "abc"), ("count", "1e9"), ("count", "nan"),
        ("truncation", "nan"), ("set", "Zebras"), ("view", "Nope"), ("garment", "ham"), ("model", "nope"),
        ("blend", "2"), ("into", "77"), ("rows", "0"), ("weights", "deadbeef"),
    ],
)  # fmt: skip
def test_an_invalid_parameter_shows_one_warning_and_a_working_page(
    open_page: OpenPage, weights_hashes: dict[str, str], name: str, value: str
) -> None:
    app = open_page("digits", **{name: value})
    assert not app.exception
    assert len(messages(app)) == 1
    assert value not in messages(app)[0].split()
    assert len(image_sources(app)) == 16


def test_the_shared_link_of_each_view_shows_the_same_images(
    open_page: OpenPage, weights_hashes: dict[str, str]
) -> None:
    links = [
        {"view": "Draw", "digit": "4", "seed": "3", "count": "2"},
        {"view": "Handwriting", "rows": "2", "seed": "3"},
        {"view": "Write", "text": "12:30", "seed": "3"},
        {"view": "Blend", "digit": "4", "into": "9", "blend": "0.25", "count": "2"},
        {"set": "Garments", "garment": "ankle boot", "count": "2"},
    ]
    for query in links:
        first = open_page("digits", **query)
        shared = dict(part.split("=") for part in first.code[0].value.split("?")[1].split("&"))
        second = open_page(
            "digits", **{key: value.replace("+", " ").replace("%3A", ":") for key, value in shared.items()}
        )
        assert not messages(second)
        assert image_sources(second) == image_sources(first)


def test_without_its_models_the_page_names_what_is_missing(open_page: OpenPage, no_models: Path) -> None:
    app = open_page("digits")
    assert not app.exception
    assert "Nobody here can draw digits yet" in [subheader.value for subheader in app.subheader]


# As the page opens ----------------------------------------------------------------------------------------------------


def test_an_address_without_parameters_opens_with_a_readable_digit_and_names_it(
    open_page: OpenPage, weights_hashes: dict[str, str]
) -> None:
    app = open_page("digits")
    assert not messages(app)
    assert app.query_params == {"set": "Digits", "digit": "3", "seed": "20"}
    assert alt_texts(app)[0] == "A generated 3, seed 20"
    assert image_sources(app) == image_sources(open_page("digits", set="Digits", digit="3", seed="20"))


@pytest.mark.parametrize("query", [{"count": "2"}, {"seed": "0"}, {"set": "Digits"}, {"truncation": "1.0"}])
def test_what_a_link_leaves_out_means_what_it_meant_in_version_0_1(
    open_page: OpenPage, weights_hashes: dict[str, str], query: dict[str, str]
) -> None:
    app = open_page("digits", **query)
    assert alt_texts(app)[0] == "A generated 0, seed 0"
    assert open_page("digits", view="Write", **query).text_input(key="text").value == "2026-11-22"


def test_a_visitor_who_changes_to_write_finds_todays_date_in_the_field_and_the_address(
    open_page: OpenPage, weights_hashes: dict[str, str]
) -> None:
    app = open_page("digits", seed="4")
    app.segmented_control(key="view").set_value("Write").run()
    today = date.today().isoformat()
    assert app.text_input(key="text").value == today
    assert (app.query_params["view"], app.query_params["text"]) == ("Write", today)
    app.text_input(key="text").set_value("12:30").run()
    assert app.query_params["text"] == "12:30"
    app.segmented_control(key="view").set_value("Draw").run()
    assert "text" not in app.query_params


def test_an_address_never_loses_its_last_parameter_for_it_would_open_another_picture(
    open_page: OpenPage, weights_hashes: dict[str, str]
) -> None:
    app = open_page("digits", digit="7")
    app.query_params.clear()  # as the browser does where the visitor selects the default
    app.selectbox(key="digit").select("0").run()
    assert alt_texts(app)[0] == "A generated 0, seed 0"
    assert app.query_params == {"set": "Digits"}


# Words ----------------------------------------------------------------------------------------------------------------


def test_garments_have_words_of_their_own(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    app = open_page("digits", set="Garments", view="Handwriting", rows="1")  # a link of version 0.1
    assert not messages(app)
    assert app.title[0].value == "Garments"
    assert app.segmented_control(key="view").options == ["Draw", "Same style", "Blend"]
    assert app.segmented_control(key="view").value == "Handwriting"
    assert app.number_input(key="rows").label == "Styles"
    words = page_text(app).lower()
    assert "ask for a garment" in words
    assert "only the garment changes" in words
    assert "digit" not in words
    assert "handwriting" not in words
    assert 'aria-label="Seed 0, all garments"' in gallery_markup(app)[0]
    assert "view=Handwriting" in app.code[0].value


@pytest.fixture
def with_own_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The two usual models, one of three shapes, and one without labels."""
    for name in ("mnist-cgan", "fashion-cgan"):
        shutil.copytree(resolve_root() / name, tmp_path / name)
    factories.checkpoint(tmp_path, "conditional", "my-shapes")
    factories.checkpoint(tmp_path, "dcgan", "unlabelled")
    monkeypatch.setenv("GAN_CORE_CHECKPOINTS", str(tmp_path))
    return tmp_path


def test_a_labelled_model_of_ones_own_can_be_chosen_and_its_classes_are_called_so(
    open_page: OpenPage, weights_hashes: dict[str, str], with_own_models: Path
) -> None:
    app = open_page("digits")
    assert app.segmented_control(key="set").options == ["Digits", "Garments", "my-shapes"]
    app.segmented_control(key="set").set_value("my-shapes").run()
    assert not app.exception
    assert app.title[0].value == "my-shapes"
    assert app.segmented_control(key="view").options == ["Draw", "Same style", "Blend"]
    assert app.selectbox(key="class").label == "Class"
    assert app.selectbox(key="class").options == list(factories.CLASSES)
    assert "Ask for a class" in page_text(app)
    assert "digit" not in page_text(app).lower()
    assert app.query_params["model"] == "my-shapes"
    assert "set" not in app.query_params


@pytest.mark.parametrize(
    "query",
    [
        {"class": "star", "count": "2", "seed": "3"},
        {"view": "Handwriting", "rows": "2"},
        {"view": "Blend", "class": "circle", "into": "star", "count": "2"},
    ],
)
def test_the_link_of_a_model_of_ones_own_shows_the_same_images(
    open_page: OpenPage, weights_hashes: dict[str, str], with_own_models: Path, query: dict[str, str]
) -> None:
    first = open_page("digits", model="my-shapes", **query)
    assert not messages(first)
    link = dict(parse_qsl(urlsplit(first.code[0].value).query))
    assert link["model"] == "my-shapes"
    second = open_page("digits", **link)
    assert not messages(second)
    assert image_sources(second) == image_sources(first)


def test_more_models_than_fit_side_by_side_are_in_a_dropdown(
    open_page: OpenPage, weights_hashes: dict[str, str], with_own_models: Path
) -> None:
    for name in ("second", "third"):
        factories.checkpoint(with_own_models, "conditional", name)
    app = open_page("digits", model="third")
    assert app.selectbox(key="set").value == "third"
    assert app.selectbox(key="set").options == ["Digits", "Garments", "my-shapes", "second", "third"]
    assert app.title[0].value == "third"


def test_classes_named_by_numbers_are_chosen_by_name_and_any_name_makes_a_file_name(
    open_page: OpenPage, weights_hashes: dict[str, str], with_own_models: Path
) -> None:
    names = tuple(str(number) for number in range(1, 11))
    checkpoint = factories.checkpoint(with_own_models, "conditional", "numbers", class_names=(*names, "../../x y"))
    app = open_page("digits", model="numbers", count="1", seed="0", **{"class": "10"})
    assert app.selectbox(key="class").options == [*names, "../../x y"]
    (pixels,) = sampling.sample(sampling.model_from_checkpoint(checkpoint, "cpu"), [0], [9])
    png = b64decode(image_sources(app)[0].partition(",")[2])
    assert encoding.decode_png(png).tolist() == pixels.tolist()
    app.selectbox(key="class").select("../../x y").run()
    assert 'data-stem="..-..-x-y-seed0"' in gallery_markup(app)[0]


def test_a_model_that_was_deleted_meanwhile_gives_way_to_the_first(
    open_page: OpenPage, weights_hashes: dict[str, str], with_own_models: Path
) -> None:
    app = open_page("digits", model="my-shapes")
    shutil.rmtree(with_own_models / "my-shapes")
    app.run()
    assert not app.exception
    assert app.title[0].value == "Digits"
    assert app.query_params["set"] == "Digits"


def test_without_the_usual_models_the_page_shows_ones_own(
    open_page: OpenPage, weights_hashes: dict[str, str], with_own_models: Path
) -> None:
    for name in ("mnist-cgan", "fashion-cgan"):
        shutil.rmtree(with_own_models / name)
    app = open_page("digits")
    assert not messages(app)
    assert app.title[0].value == "my-shapes"
    assert alt_texts(app)[0] == "A generated circle, seed 0"
