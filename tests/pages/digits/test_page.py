"""The page Digits: each view, its links, and links with values that it does not accept."""

from pathlib import Path

import pytest

from tests.pages.conftest import OpenPage
from tests.pages.queries import alt_texts, image_sources, messages

pytestmark = pytest.mark.core


def test_a_selected_digit_is_drawn_without_a_second_click(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    app = open_page("digits")
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
