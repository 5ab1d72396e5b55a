"""The page Samples: its settings, its links, and links with values that it does not accept."""

import shutil
from pathlib import Path

import pytest

from gan_core.checkpoints.store import resolve_root
from gan_core.configuration import MAX_SEED
from tests.pages.conftest import OpenPage
from tests.pages.queries import alt_texts, gallery_markup, image_sources, messages


def test_the_page_opens_with_sixteen_images_with_alt_texts(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    app = open_page("samples")
    assert not app.exception
    assert not messages(app)
    assert len(image_sources(app)) == len(alt_texts(app)) == 16
    assert alt_texts(app)[3] == "Picture 4: drawn by mnist-dcgan from seed 3"


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
    assert "prefers-reduced-motion: reduce" in animation


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
    app = open_page("samples", critic="true", count="5")
    assert gallery_markup(app)[0].count("rank ") == 5
    assert any(sentence.startswith("The discriminator, which was trained to tell") for sentence in messages(app))


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
