"""The page Samples: its settings, its links, and links with values that it does not accept."""

import re
import shutil
from pathlib import Path

import pytest

from gan_core.checkpoints.store import resolve_root
from gan_core.configuration import MAX_SEED
from pages.samples.drawing import ordinal
from pages.samples.request import opening_model
from pages.ui import model_cache
from tests.pages.conftest import OpenPage
from tests.pages.queries import alt_texts, gallery_markup, image_sources, messages


def test_the_page_opens_with_sixteen_images_with_alt_texts(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    app = open_page("samples")
    assert not app.exception
    assert not messages(app)
    assert len(image_sources(app)) == len(alt_texts(app)) == 16
    model = opening_model(model_cache.generators()) or "mnist-dcgan"
    assert alt_texts(app)[3] == f"Picture 4: drawn by {model} from seed 3"


def test_an_address_without_parameters_opens_with_faces_and_names_them(
    open_page: OpenPage, weights_hashes: dict[str, str]
) -> None:
    if "faces-r3gan" not in weights_hashes:
        pytest.skip("there is no faces-r3gan")
    app = open_page("samples")
    assert app.selectbox(key="model").value == "faces-r3gan"
    assert app.selectbox(key="model").options[0] == "Faces (faces-r3gan)"
    assert app.query_params == {"model": "faces-r3gan"}


@pytest.mark.parametrize("query", [{"seed": "0"}, {"count": "3"}, {"weights": ""}, {"pick": "2"}, {"seed": "5"}])
def test_an_address_of_version_0_1_without_a_model_means_the_default_of_then(
    open_page: OpenPage, weights_hashes: dict[str, str], query: dict[str, str]
) -> None:
    query = {name: value or weights_hashes["mnist-dcgan"] for name, value in query.items()}
    app = open_page("samples", **query)
    assert not messages(app)
    assert app.selectbox(key="model").value == "mnist-dcgan"
    assert app.query_params.items() <= query.items()


def test_a_seed_gives_the_same_image_in_any_count(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    assert (
        image_sources(open_page("samples", seed="5", count="3"))
        == image_sources(open_page("samples", seed="0", count="20"))[5:8]
    )


def test_the_button_roll_draws_another_seed(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    app = open_page("samples")
    before = image_sources(app)
    app.button(key="dice").click().run()
    assert app.number_input(key="seed").value != 0
    assert image_sources(app) != before


def test_only_a_class_conditional_model_offers_labels(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    app = open_page("samples")
    assert "label" not in [selectbox.key for selectbox in app.selectbox]
    app.selectbox(key="model").select("mnist-cgan").run()
    app.selectbox(key="label").select("4").run()
    assert all(": 4, drawn by mnist-cgan" in alt for alt in alt_texts(app))


def test_two_selected_images_are_interpolated(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    app = open_page("samples", pick=["2", "7"])
    assert len(gallery_markup(app)) == 2
    images = image_sources(app)
    assert (images[1], images[6]) == (images[16], images[-1])
    (animation,) = [html.value for html in app.html if 'class="atelier-moving"' in html.value]
    assert 'alt="The way from picture 2 to picture 7, there and back, as an animation"' in animation
    assert '<img class="stands" src="data:image/png' in animation  # for visitors who want no movement


def test_a_third_selected_image_replaces_the_first(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    app = open_page("samples", pick=["2", "7"])
    app.pills[0].set_value([2, 7, 9]).run()
    assert app.session_state["pick"] == [7, 9]
    assert len(gallery_markup(app)) == 2


def test_selected_numbers_beyond_the_count_are_ignored(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    app = open_page("samples", pick=["2", "15"])
    app.number_input(key="count").set_value(4).run()
    assert not app.exception
    assert len(gallery_markup(app)) == 1


def test_a_second_model_draws_the_same_seeds(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    app = open_page("samples", seed="3", against="mnist-vanilla")
    left, right = gallery_markup(app)
    assert left.count("<img") == right.count("<img") == 16
    assert "drawn by mnist-vanilla from seed 3" in right


def test_the_discriminator_ranks_every_picture(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    app = open_page("samples", model="mnist-dcgan", critic="true", count="5")
    ranks = re.findall(r'"atelier-rank">([^<]+)', gallery_markup(app)[0])
    assert sorted(ranks) == [
        "2nd most real of 5", "3rd most real of 5", "4th most real of 5", "least real of the 5", "most real of the 5",
    ]  # fmt: skip
    best, worst = ranks.index("most real of the 5") + 1, ranks.index("least real of the 5") + 1
    assert messages(app) == [
        f"The discriminator of mnist-dcgan finds picture {best} the most real and picture {worst} the least."
    ]
    scores = [float(score) for score in re.findall(r"score ([+-][0-9.]+)\.", gallery_markup(app)[0])]
    assert scores.index(max(scores)) == best - 1


def test_in_a_comparison_each_model_is_scored_by_its_own_discriminator(
    open_page: OpenPage, weights_hashes: dict[str, str]
) -> None:
    app = open_page("samples", model="mnist-dcgan", against="mnist-vanilla", critic="true", count="4")
    assert [subheader.value for subheader in app.subheader] == ["Digits (mnist-dcgan)", "Digits (mnist-vanilla)"]
    assert [markup.count('class="atelier-rank"') for markup in gallery_markup(app)] == [4, 4]
    assert all(f"The discriminator of {name} finds" in messages(app)[0] for name in ("mnist-dcgan", "mnist-vanilla"))


def test_the_only_picture_has_no_rank(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    app = open_page("samples", model="mnist-dcgan", critic="true", count="1")
    assert "the only picture" in gallery_markup(app)[0]
    assert messages(app) == ["The discriminator of mnist-dcgan scored the only picture."]


@pytest.mark.parametrize(
    ("number", "text"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (13, "13th"), (21, "21st")]
)
def test_ordinals_end_as_in_english(number: int, text: str) -> None:
    assert ordinal(number) == text


def test_the_numbers_on_the_pictures_tell_which_are_picked(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    app = open_page("samples", pick=["2", "7"])
    gallery, walk = gallery_markup(app)
    pressed = re.findall(
        r'data-number="(\d+)" aria-pressed="true" aria-label="Pick picture (\d+) for the walk"', gallery
    )
    assert pressed == [("2", "2"), ("7", "7")]
    assert gallery.count('aria-pressed="false"') == 14
    assert "atelier-pick" not in walk


def test_two_models_draw_each_its_own_walk(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    app = open_page("samples", model="mnist-dcgan", against="mnist-vanilla", pick=["1", "2"], count="2")
    left, right, *walks = gallery_markup(app)
    for images, walk in zip((left, right), walks, strict=True):
        sources, steps = (re.findall(r'src="([^"]+)"', markup) for markup in (images, walk))
        assert (steps[0], steps[-1]) == tuple(sources)


def test_a_model_without_a_discriminator_says_that_there_are_no_scores(
    open_page: OpenPage, weights_hashes: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(resolve_root() / "mnist-dcgan", tmp_path / "mnist-dcgan")
    (tmp_path / "mnist-dcgan" / "critic.safetensors").unlink(missing_ok=True)
    monkeypatch.setenv("GAN_CORE_CHECKPOINTS", str(tmp_path))
    app = open_page("samples", critic="true")
    assert messages(app) == ["mnist-dcgan was published without its discriminator, so there are no scores."]
    assert len(image_sources(app)) == 16


def test_damaged_weights_show_an_error_message_and_no_traceback(
    open_page: OpenPage, weights_hashes: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(resolve_root() / "mnist-dcgan", tmp_path / "mnist-dcgan")
    (tmp_path / "mnist-dcgan" / "model.safetensors").write_bytes(b"torn")
    monkeypatch.setenv("GAN_CORE_CHECKPOINTS", str(tmp_path))
    app = open_page("samples")
    assert not app.exception
    assert "cannot be read as safetensors" in app.error[0].value


def test_an_empty_folder_of_checkpoints_shows_an_empty_state(open_page: OpenPage, no_models: Path) -> None:
    app = open_page("samples")
    assert not app.exception
    assert "No models yet" in [subheader.value for subheader in app.subheader]


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("model", "nope", "must be one of"),
        ("model", "<b>x</b>", "must be one of"),
        ("seed", "abc", f"from 0 to {MAX_SEED}"),
        ("seed", "-1", f"from 0 to {MAX_SEED}"),
        ("seed", str(MAX_SEED + 1), f"from 0 to {MAX_SEED}"),
        ("seed", "7.5", f"from 0 to {MAX_SEED}"),
        ("seed", "", f"from 0 to {MAX_SEED}"),
        ("count", "1e9", "from 1 to 64"),
        ("count", "0", "from 1 to 64"),
        ("truncation", "nan", "from 0 to 2"),
        ("truncation", "inf", "from 0 to 2"),
        ("truncation", "-0.1", "from 0 to 2"),
        ("label", "zebra", "a label of the model"),
        ("against", "nope", "must be one of"),
        ("critic", "perhaps", "one of true, false"),
        ("pick", "99", "the number of a picture"),
        ("weights", "<script>", "8 hexadecimal digits"),
        ("weights", "00000000", "the picture may differ"),
        ("seed", ["1", "2"], "more than once"),
    ],
)
def test_an_invalid_parameter_shows_one_warning_and_a_working_page(
    open_page: OpenPage, weights_hashes: dict[str, str], name: str, value: str, sentence: str
) -> None:
    app = open_page("samples", **{name: value})
    assert not app.exception
    assert len(messages(app)) == 1
    assert sentence in messages(app)[0]
    assert "<" not in messages(app)[0]
    assert len(image_sources(app)) == 16


def test_a_link_with_only_invalid_parameters_still_shows_images(
    open_page: OpenPage, weights_hashes: dict[str, str]
) -> None:
    app = open_page("samples", model="x", seed="x", count="x", truncation="x", pick="x", weights="x", against="x")
    assert not app.exception
    assert len(messages(app)) == 7
    assert len(image_sources(app)) == 16


def test_the_largest_seeds_can_be_drawn(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    assert len(image_sources(open_page("samples", seed=str(MAX_SEED - 2)))) == 3


def test_the_shared_link_holds_every_setting_and_the_weights_hash(
    open_page: OpenPage, weights_hashes: dict[str, str]
) -> None:
    app = open_page("samples", model="mnist-cgan", seed="9", count="4", truncation="0.5", label="3", pick=["1", "4"])
    link = app.code[0].value
    for part in ("model=mnist-cgan", "seed=9", "count=4", "truncation=0.5", "label=3", "pick=1&pick=4"):
        assert part in link
    assert f"weights={weights_hashes['mnist-cgan']}" in link


def test_a_link_with_the_present_weights_hash_shows_no_warning(
    open_page: OpenPage, weights_hashes: dict[str, str]
) -> None:
    assert not messages(open_page("samples", weights=weights_hashes["mnist-dcgan"]))
