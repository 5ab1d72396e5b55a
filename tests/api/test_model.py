"""`gan_core.Model`: images from seeds, labels and prompts, and the discriminator's scores."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import gan_core
from gan_core import sampling
from gan_core.api.model import BATCH_SIZE
from gan_core.cli import main
from gan_core.sampling import BATCH_SIZE as NETWORK_BATCH_SIZE
from tests import factories


@pytest.fixture
def shapes(root: Path) -> gan_core.Model:
    return gan_core.load("shapes-cgan")


@pytest.fixture
def words(root: Path) -> gan_core.Model:
    return gan_core.load("words")


def stacked(images: list[Image.Image]) -> np.ndarray:
    return np.stack([np.asarray(image) for image in images])


def test_a_seed_gives_the_same_pixels_as_on_the_command_line(shapes: gan_core.Model, tmp_path: Path) -> None:
    arguments = ["--count", "5", "--seed", "7", "--label", "0,2", "--truncation", "0.5"]
    assert main(["sample", "shapes-cgan", "--out", str(tmp_path / "x.npz"), *arguments]) == 0
    with np.load(tmp_path / "x.npz") as arrays:
        expected = arrays["images"][:, :, :, 0]
    np.testing.assert_array_equal(stacked(shapes.sample(range(7, 12), label=(0, 2), truncation=0.5)), expected)


def test_prompts_interpolations_and_blends_give_the_same_pixels_as_on_the_command_line(
    shapes: gan_core.Model, words: gan_core.Model, tmp_path: Path
) -> None:
    calls: list[tuple[list[str], list[Image.Image]]] = [
        (["sample", "words", "--prompt", "red circle", "--count", "3"], words.sample(range(3), prompt="red circle")),
        (["interpolate", "words", "--seed", "1", "--to", "2", "--steps", "5", "--prompt", "red circle"],
         words.interpolate(1, 2, steps=5, prompt="red circle")),
        (["interpolate", "shapes-cgan", "--seed", "1", "--to", "2", "--steps", "5", "--label", "0,1"],
         shapes.interpolate(1, 2, steps=5, label=(0, 1))),
        (["blend", "shapes-cgan", "--labels", "0,2", "--seed", "5", "--steps", "4"],
         shapes.blend(0, 2, seed=5, steps=4)),
    ]  # fmt: skip
    for arguments, images in calls:
        assert main([*arguments, "--out", str(tmp_path / "x.npz")]) == 0
        with np.load(tmp_path / "x.npz") as arrays:
            np.testing.assert_array_equal(stacked(images), arrays["images"][:, :, :, 0])


@pytest.mark.parametrize(
    ("label", "indices"),
    [
        (None, [0, 1, 2, 0]),
        (1, [1, 1, 1, 1]),
        (np.int64(1), [1, 1, 1, 1]),
        ("star", [2, 2, 2, 2]),
        (["star", 0], [2, 0, 2, 0]),
        (range(2), [0, 1, 0, 1]),
    ],
)
def test_labels_are_indices_or_names_dealt_in_turn(shapes: gan_core.Model, label: Any, indices: list[int]) -> None:
    expected = [shapes.sample(seed, label=index)[0] for seed, index in enumerate(indices)]
    np.testing.assert_array_equal(stacked(shapes.sample(range(4), label=label)), stacked(expected))


def test_where_classes_are_named_by_numbers_a_label_is_a_name(root: Path) -> None:
    stored = ("1", "10", "11", "2")  # in the order of text, as earlier versions stored them
    factories.checkpoint(root, "conditional", "numbers", class_names=stored)
    model = gan_core.load("numbers")
    by_name = model.sample([0] * 4, label=stored)
    np.testing.assert_array_equal(stacked(model.sample([0] * 4, label=[1, 10, 11, 2])), stacked(by_name))
    np.testing.assert_array_equal(stacked(by_name), sampling.sample(model.loaded, [0] * 4, [0, 1, 2, 3])[:, :, :, 0])
    np.testing.assert_array_equal(stacked(model.blend(2, 10, steps=2)), stacked(model.blend("2", "10", steps=2)))
    for label in (0, 3, "3"):
        with pytest.raises(gan_core.UsageError, match="it has 1, 10, 11, 2"):
            model.sample(label=label)


def test_prompts_are_dealt_in_turn(words: gan_core.Model) -> None:
    expected = [words.sample(seed, prompt=("red", "blue")[seed % 2])[0] for seed in range(3)]
    np.testing.assert_array_equal(stacked(words.sample(range(3), prompt=["red", "blue"])), stacked(expected))


def test_labels_and_prompts_are_dealt_in_turn_over_many_images(
    shapes: gan_core.Model, words: gan_core.Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds = range(NETWORK_BATCH_SIZE + 3)
    labelled, prompted = shapes.sample(seeds, label=(0, 2)), words.sample(seeds, prompt=["red", "blue", "circle"])
    assert len(seeds) < BATCH_SIZE
    monkeypatch.setattr("gan_core.api.model.BATCH_SIZE", 4)
    np.testing.assert_array_equal(stacked(shapes.sample(seeds, label=(0, 2))), stacked(labelled))
    np.testing.assert_array_equal(stacked(words.sample(seeds, prompt=["red", "blue", "circle"])), stacked(prompted))


def test_seeds_may_be_one_an_array_or_a_generator(shapes: gan_core.Model) -> None:
    expected = stacked(shapes.sample([3, 5]))
    for seeds in (np.array([3, 5]), (seed for seed in (3, 5)), (3, 5)):
        np.testing.assert_array_equal(stacked(shapes.sample(seeds)), expected)
    np.testing.assert_array_equal(stacked(shapes.sample(3)), expected[:1])
    assert shapes.sample([]) == []


def test_an_interpolation_begins_and_ends_with_its_two_seeds(shapes: gan_core.Model) -> None:
    images = shapes.interpolate(4, 8, steps=3, label="star")
    np.testing.assert_array_equal(stacked([images[0], images[-1]]), stacked(shapes.sample([4, 8], label=2)))


def test_an_interpolation_begins_and_ends_with_its_two_prompts(words: gan_core.Model) -> None:
    images = words.interpolate(4, 8, steps=3, prompt=("red circle", "blue star"))
    ends = words.sample([4, 8], prompt=["red circle", "blue star"])
    np.testing.assert_array_equal(stacked([images[0], images[-1]]), stacked(ends))


def test_a_blend_begins_and_ends_with_its_two_prompts(words: gan_core.Model) -> None:
    images = words.blend("red circle", "blue star", seed=3, steps=4)
    ends = words.sample([3, 3], prompt=["red circle", "blue star"])
    np.testing.assert_array_equal(stacked([images[0], images[-1]]), stacked(ends))


def test_a_model_says_what_it_is(shapes: gan_core.Model, words: gan_core.Model) -> None:
    assert repr(shapes) == "<Model shapes-cgan: Conditional GAN, 28 x 28 pixels, 3 classes>"
    assert (shapes.name, shapes.classes) == ("shapes-cgan", factories.CLASSES)
    assert (shapes.task, words.task) == (gan_core.Task.CLASS_CONDITIONAL, gan_core.Task.TEXT_TO_IMAGE)
    assert shapes.description.data["name"] == "shapes"
    assert shapes.checkpoint.folder.name == "shapes-cgan"
    assert shapes.scores == {}
    assert not any(parameter.requires_grad for parameter in shapes.generator.parameters())


# Scores --------------------------------------------------------------------------------------------------------------


def test_an_image_has_the_same_score_in_each_of_its_forms(shapes: gan_core.Model, tmp_path: Path) -> None:
    images = shapes.sample(range(3), label=1)
    scores = shapes.score(images, label=1)
    assert len(set(scores)) == 3
    images[0].save(tmp_path / "0.png")
    forms: list[Any] = [images[0], tmp_path / "0.png", str(tmp_path / "0.png"), (tmp_path / "0.png").read_bytes(),
                        np.asarray(images[0]), np.asarray(images[0])[:, :, None]]  # fmt: skip
    for form in forms:
        assert shapes.score(form, label=1) == pytest.approx(scores[:1])
    assert shapes.score(stacked(images)[:, :, :, None], label="square") == pytest.approx(scores)
    assert shapes.score([], label=1) == []


def test_scores_depend_on_the_label(shapes: gan_core.Model) -> None:
    (image,) = shapes.sample(0, label=0)
    assert shapes.score(image, label=0) != shapes.score(image, label=1)


def test_an_unconditional_model_scores_without_a_label(root: Path) -> None:
    model = gan_core.load("shapes-vanilla")
    assert len(model.score(model.sample(range(2)))) == 2


def test_a_model_without_its_discriminator_says_so(root: Path) -> None:
    (root / "shapes-vanilla" / "critic.safetensors").unlink()
    with pytest.raises(gan_core.UsageError, match="shapes-vanilla has no"):
        gan_core.load("shapes-vanilla").score(Image.new("L", (28, 28)))


# Messages ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda model: model.sample(label=3), "labels 0 to 2"),
        (lambda model: model.sample(label="dog"), "shapes-cgan has no class 'dog'; it has circle, square, star"),
        (lambda model: model.sample(label=[]), "sequence of labels is empty"),
        (lambda model: model.sample(label=1.5), "1.5"),
        (lambda model: model.sample(-1), "seed"),
        (lambda model: model.sample(0.5), "seed"),
        (lambda model: model.sample(truncation=3), "Truncation must lie between 0 and 2"),
        (lambda model: model.sample(prompt="red"), "takes no prompt"),
        (lambda model: model.sample(prompt="red", label=1), "from a label or from a prompt"),
        (lambda model: model.interpolate(1, 2, steps=1), "at least 2 steps"),
        (lambda model: model.interpolate(1, 2, label=(0, 1, 2)), "one label or prompt, or one for each end"),
        (lambda model: model.interpolate(1, 2, label=0, prompt="red"), "from a label or from a prompt"),
        (lambda model: model.interpolate(1, 2, prompt="red"), "takes no prompt"),
        (lambda model: model.blend(0, 1, steps=1), "at least 2 steps"),
        (lambda model: model.blend("circle", "dog"), "no class 'dog'"),
        (lambda model: model.score(Image.new("L", (28, 28))), "name it by label="),
        (lambda model: model.score(3, label=1), "An image is a PIL image, a path, bytes or a uint8 array, not int"),
    ],
)
def test_arguments_that_a_model_cannot_take_raise_a_usage_error(
    shapes: gan_core.Model, call: Callable[[gan_core.Model], Any], message: str
) -> None:
    with pytest.raises(gan_core.UsageError, match=message):
        call(shapes)


def test_a_model_without_classes_takes_no_label(root: Path) -> None:
    model = gan_core.load("shapes-vanilla")
    with pytest.raises(gan_core.UsageError, match="shapes-vanilla has no class 'star'; it has none"):
        model.sample(label="star")
    for call in (lambda: model.sample(label=1), lambda: model.blend(0, 1)):
        with pytest.raises(gan_core.UsageError, match="takes no label"):
            call()


def test_unknown_words_of_a_prompt_are_listed_in_a_warning(words: gan_core.Model) -> None:
    with pytest.warns(UserWarning, match="words does not know, and leaves out: Flurbl") as caught:
        words.sample(0, prompt="blue Flurbl")
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        words.sample(0, prompt="blue circle")
    with pytest.raises(gan_core.UsageError, match="sequence of prompts is empty"):
        words.sample(0, prompt=[])


def test_a_prompt_that_is_read_as_another_is_named_in_a_warning(root: Path) -> None:
    factories.checkpoint(root, "text_conditional", "reader", text_encoder=factories.encoder_with_names("red circle"))
    with pytest.warns(UserWarning, match="reader reads 'a blue circle' as 'red circle'"):
        gan_core.load("reader").blend("a blue circle", "a red circle", steps=2)
