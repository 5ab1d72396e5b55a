"""The table of all models."""

import json
from pathlib import Path

import pytest

from gan_core.checkpoints import own, store
from gan_core.checkpoints.description import OwnModel
from gan_core.checkpoints.store import list_checkpoints, resolve_root
from pages.models.overview import scores_sentences, scores_text
from tests import factories
from tests.pages.conftest import OpenPage
from tests.pages.models.conftest import table_html
from tests.pages.queries import page_text


def test_every_model_is_listed_with_family_size_licence_and_source(open_page: OpenPage, with_upscalers: Path) -> None:
    app = open_page("models")
    assert not app.exception
    for what in ("tiny-x4", "tiny-x2", "tiny-dcgan", "DCGAN", "shapes", "0.0 MB", "mit", "this machine"):
        assert what in table_html(app)


def test_own_models_have_their_titles_and_say_whether_strangers_see_them(open_page: OpenPage, no_models: Path) -> None:
    own.write_note(factories.checkpoint(no_models, "dcgan", "my-flowers"), OwnModel(title="My Flowers!"))
    factories.checkpoint(no_models, "dcgan", "mnist-cgan")
    html = table_html(open_page("models"))
    assert "My Flowers! (my-flowers)" in html
    assert "this machine, hidden from strangers" in html
    assert "the project" in html


@pytest.mark.parametrize("checkpoint", list_checkpoints(resolve_root()), ids=lambda checkpoint: checkpoint.name)
def test_each_score_says_which_direction_is_better(checkpoint) -> None:
    text, sentences = scores_text(checkpoint), " ".join(scores_sentences(checkpoint))
    if not checkpoint.description.scores:
        pytest.skip("it has no scores")
    assert "↓" in text or "↑" in text
    if "Fréchet" in text:
        assert "Fréchet distance ↓" in text
        assert "lower is better" in sentences
    if "PSNR" in text:
        assert "PSNR ↑" in text
        assert "higher is better" in sentences


def test_the_page_says_that_scores_on_different_data_do_not_compare(open_page: OpenPage, with_upscalers: Path) -> None:
    assert "different data cannot be compared" in page_text(open_page("models"))


@pytest.mark.parametrize(("count", "is_sound"), [(10, False), (5_000, True)])
def test_scores_say_what_they_were_measured_on_and_whether_that_is_enough(
    count: int, is_sound: bool, tmp_path: Path
) -> None:
    scores = {"frechet": 1.5, "judge": "judge-shapes", "count": count, "floor": {"frechet": 1.0}}
    checkpoint = store.save_scores(
        factories.checkpoint(tmp_path, "dcgan"),
        scores | {"class_names": [], "precision": 1.0, "recall": 1.0, "reference": count, "judge_accuracy": 1.0}
        | {"shares": [], "floor": {"frechet": 1.0, "precision": 1.0, "recall": 1.0, "shares": []}},
    )  # fmt: skip
    text, sentences = scores_text(checkpoint), " ".join(scores_sentences(checkpoint))
    assert text.endswith(f"; {count:,} images, judge-shapes")
    assert f"Measured on {count:,} images, judge-shapes." in sentences
    assert ("too few images" in text) is not is_sound
    assert ("says nothing here" in sentences) is not is_sound


@pytest.mark.parametrize("scores", [{"frechet": None}, {"captions": 3}, {"benchmarks": {"set5": {}}}, {"accuracy": 1}])
def test_scores_that_somebody_has_edited_are_said_to_be_unreadable(scores: dict, tmp_path: Path) -> None:
    checkpoint = factories.checkpoint(tmp_path, "dcgan")
    config = json.loads((checkpoint.folder / "config.json").read_text())
    (checkpoint.folder / "config.json").write_text(json.dumps(config | {"scores": scores}))
    edited = store.open_checkpoint(checkpoint.folder)
    assert scores_text(edited)
    assert "cannot be read" in scores_sentences(edited)[0]
