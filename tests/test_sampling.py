"""Sampling: a seed gives the same image in any batch; labels, truncation, interpolation, blends and prompts."""

from math import nan
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from gan_core import sampling
from gan_core.configuration import MAX_SEED
from gan_core.errors import UsageError
from gan_core.sampling import Model
from tests import factories

pytestmark = pytest.mark.core

EACH_FAMILY = pytest.mark.parametrize("name", factories.NOISE_FAMILIES)


@pytest.fixture
def model(tmp_path: Path, name: str) -> Model:
    """A model so wide that the CPU splits the work by the batch size."""
    widths: dict[str, Any] = {"width": 48} if name == "vanilla" else {"width": 24, "critic_width": 16}
    factories.checkpoint(tmp_path, name, **widths)
    return sampling.load_model("tiny", tmp_path, "cpu")


@pytest.fixture
def digits(tmp_path: Path) -> Model:
    factories.checkpoint(tmp_path, "conditional")
    return sampling.load_model("tiny", tmp_path, "cpu")


@pytest.fixture
def noise(tmp_path: Path) -> Model:
    factories.checkpoint(tmp_path, "dcgan", "noise")
    return sampling.load_model("noise", tmp_path, "cpu")


def test_a_super_resolution_model_is_not_sampled_from_seeds(tmp_path: Path) -> None:
    factories.checkpoint(tmp_path, "srgan")
    with pytest.raises(UsageError, match="tiny upscales images and generates none from seeds"):
        sampling.load_model("tiny", tmp_path)


@EACH_FAMILY
def test_a_seed_gives_the_same_image_in_any_batch_order_and_position(model: Model) -> None:
    alone = {seed: sampling.sample(model, [seed])[0] for seed in (3, 4, 5, 999_999, MAX_SEED)}
    assert len({image.tobytes() for image in alone.values()}) == len(alone)
    for seeds in ([3, 4, 5], [5, 4, 3], [*range(40), 999_999, MAX_SEED], [MAX_SEED, *range(100, 116), 4]):
        images = sampling.sample(model, seeds)
        assert images.shape == (len(seeds), 28, 28, 1)
        for seed in set(seeds) & set(alone):
            assert np.array_equal(images[seeds.index(seed)], alone[seed])


@EACH_FAMILY
def test_the_output_of_a_network_does_not_depend_on_the_batch_in_any_bit(model: Model) -> None:
    seeds = list(range(50))
    latents = sampling.latents_for(model, seeds)
    condition = sampling.one_hot_labels(model, sampling.labels_for(model, seeds, None))
    if model.text_encoder is not None:
        condition = sampling.prompt_embeddings(model, len(seeds), ["red circle", "square"])
    together = sampling.in_fixed_batches(model.generator, model.device, latents, condition)
    for index in (0, 7, 15, 16, 49):
        row = None if condition is None else condition[index : index + 1]
        alone = sampling.in_fixed_batches(model.generator, model.device, latents[index : index + 1], row)
        assert torch.equal(alone[0], together[index])


@EACH_FAMILY
def test_no_seeds_give_no_images(model: Model) -> None:
    assert sampling.sample(model, []).shape == (0, 28, 28, 1)


@EACH_FAMILY
def test_sampling_does_not_touch_the_global_random_state(tmp_path: Path, name: str) -> None:
    factories.checkpoint(tmp_path, name)
    before = torch.random.get_rng_state()
    model = sampling.load_model("tiny", tmp_path, "cpu")
    sampling.sample(model, [1, 2])
    sampling.interpolate(model, 1, 2, 3)
    sampling.discriminator_scores(
        model.checkpoint.load_discriminator(), model, sampling.sample(model, [1]), [0] if model.classes else None
    )
    assert torch.equal(torch.random.get_rng_state(), before)


@EACH_FAMILY
def test_sampling_never_changes_the_model(model: Model) -> None:
    before = {name: value.clone() for name, value in model.generator.state_dict().items()}
    sampling.sample(model, [1, 2, 3])
    assert not model.generator.training
    assert not any(parameter.requires_grad for parameter in model.generator.parameters())
    assert all(torch.equal(value, before[name]) for name, value in model.generator.state_dict().items())


@EACH_FAMILY
@pytest.mark.parametrize("seed", [-1, MAX_SEED + 1, 1.5, "7", None, nan])
def test_an_invalid_seed_is_rejected_by_name(model: Model, seed: Any) -> None:
    with pytest.raises(UsageError, match=rf"^A seed must be a whole number between 0 and {MAX_SEED}, not .*\.$"):
        sampling.sample(model, [1, seed])


def test_seeds_may_be_a_numpy_array(noise: Model) -> None:
    assert np.array_equal(sampling.sample(noise, np.arange(3)), sampling.sample(noise, [0, 1, 2]))  # type: ignore[arg-type]


# Labels --------------------------------------------------------------------------------------------------------------


def test_labels_are_assigned_in_turn_by_position(digits: Model) -> None:
    in_turn = sampling.sample(digits, [9, 9, 9, 9, 9], [2, 0])
    explicit = sampling.sample(digits, [9, 9, 9, 9, 9], [2, 0, 2, 0, 2])
    assert np.array_equal(in_turn, explicit)
    assert not np.array_equal(in_turn[0], in_turn[1])


def test_without_a_label_the_seed_modulo_classes_decides(digits: Model) -> None:
    assert np.array_equal(sampling.sample(digits, [3, 4, 8]), sampling.sample(digits, [3, 4, 8], [0, 1, 2]))


@pytest.mark.parametrize("label", [-1, 3, 12, 0.5, "1", nan])
def test_an_unknown_label_is_answered_with_the_known_ones(digits: Model, label: Any) -> None:
    with pytest.raises(UsageError, match=r"tiny has the labels 0 to 2 \(circle, square, star\), not"):
        sampling.sample(digits, [1], [label])


def test_an_unconditional_model_takes_no_label(noise: Model) -> None:
    with pytest.raises(UsageError, match="noise takes no label"):
        sampling.sample(noise, [1], [0])


# Truncation, interpolation, blending ---------------------------------------------------------------------------------


@EACH_FAMILY
def test_truncation_multiplies_the_latents(model: Model) -> None:
    plain = sampling.latents_for(model, [5])
    assert torch.equal(sampling.latents_for(model, [5], 2), plain * 2)
    assert sampling.latents_for(model, [5], 0).count_nonzero() == 0
    nothing = sampling.sample(model, [3, 6], truncation=0)  # both of label 0 where there are labels
    assert np.array_equal(nothing[0], nothing[1])
    assert not np.array_equal(sampling.sample(model, [5], truncation=0.7), sampling.sample(model, [5]))


@pytest.mark.parametrize("truncation", [-0.1, 2.1, nan, float("inf")])
def test_a_truncation_out_of_range_is_rejected(noise: Model, truncation: float) -> None:
    with pytest.raises(UsageError, match="Truncation must lie between 0 and 2, not be"):
        sampling.sample(noise, [1], truncation=truncation)


def test_an_interpolation_between_two_clusters_has_no_jump(tmp_path: Path) -> None:
    factories.checkpoint(tmp_path, "dcgan", modes=3, latent_size=8)
    model = sampling.load_model("tiny", tmp_path, "cpu")
    walk = sampling.interpolate(model, 1, 4, 65).astype(float)
    assert np.array_equal(walk[[0, -1]], sampling.sample(model, [1, 4]).astype(float))
    clusters = model.generator.sample_cluster(sampling.latents_for(model, [1, 4])).argmax(dim=1)  # type: ignore[operator]
    assert clusters[0] != clusters[1]
    strides = np.abs(np.diff(walk, axis=0)).mean(axis=(1, 2, 3))
    assert strides.max() < 4 * strides.mean()


@EACH_FAMILY
def test_an_interpolation_begins_and_ends_with_the_images_of_its_seeds(model: Model) -> None:
    for first, last in ((1, 2), (10, 3), (6, 6)):
        strip = sampling.interpolate(model, first, last, 7, truncation=0.8)
        assert strip.shape == (7, 28, 28, 1)
        assert np.array_equal(strip[[0, -1]], sampling.sample(model, [first, last], truncation=0.8))


def test_an_interpolation_blends_the_labels(digits: Model) -> None:
    strip = sampling.interpolate(digits, 5, 5, 3, labels=(0, 2))
    assert np.array_equal(strip[[0, 2]], sampling.sample(digits, [5, 5], [0, 2]))
    assert np.array_equal(strip[1], sampling.blend(digits, [5], (0, 2), 0.5)[0])


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_an_interpolation_needs_two_ends(noise: Model, steps: int) -> None:
    with pytest.raises(UsageError, match="at least 2 steps"):
        sampling.interpolate(noise, 1, 2, steps)


def test_slerp_keeps_the_norm_and_is_exact_at_both_ends() -> None:
    start, end = torch.randn(2, 64, generator=torch.Generator().manual_seed(0))
    start, end = 8 * start / start.norm(), 8 * end / end.norm()
    assert torch.equal(sampling.slerp(start, end, 0), start)
    assert torch.equal(sampling.slerp(start, end, 1), end)
    angle = torch.acos(start @ end / 64)
    for weight in (0.1, 0.5, 0.9):
        point = sampling.slerp(start, end, weight)
        assert point.norm().item() == pytest.approx(8, rel=1e-5)
        assert torch.acos(start @ point / 64).item() == pytest.approx(weight * angle.item(), rel=1e-3)


def test_slerp_is_linear_between_parallel_vectors() -> None:
    start = torch.ones(4)
    assert torch.allclose(sampling.slerp(start, 3 * start, 0.5), 2 * start)
    assert sampling.slerp(start, -start, 0.5).isfinite().all()
    assert sampling.slerp(0 * start, 0 * start, 0.5).count_nonzero() == 0


def test_the_ends_of_a_blend_are_the_pure_labels(digits: Model) -> None:
    for weight, label in ((0, 2), (1, 1)):
        blended = sampling.blend(digits, [4, 5], (2, 1), weight)
        assert np.array_equal(blended, sampling.sample(digits, [4, 5], [label]))
    between = sampling.blend(digits, [4], (2, 1), 0.5)
    assert not np.array_equal(between, sampling.sample(digits, [4], [2]))


@pytest.mark.parametrize("weight", [-0.1, 1.1, nan])
def test_a_blend_weight_out_of_range_is_rejected(digits: Model, weight: float) -> None:
    with pytest.raises(UsageError, match="weight of a blend must lie between 0 and 1"):
        sampling.blend(digits, [1], (0, 1), weight)


def test_a_model_without_labels_blends_no_labels(noise: Model) -> None:
    with pytest.raises(UsageError, match="takes no label"):
        sampling.blend(noise, [1], (0, 1), 0.5)


# Scores of the discriminator -----------------------------------------------------------------------------------------


@EACH_FAMILY
def test_the_score_of_an_image_does_not_depend_on_the_rest_of_the_batch(model: Model) -> None:
    discriminator, pixels = model.checkpoint.load_discriminator(), sampling.sample(model, list(range(20)))
    labels = [index % 3 for index in range(20)] if model.is_class_conditional else None
    together = sampling.discriminator_scores(discriminator, model, pixels, labels)
    assert len(set(together)) > 10
    for index in (0, 15, 19):
        own = None if labels is None else [labels[index]]
        assert sampling.discriminator_scores(discriminator, model, pixels[index : index + 1], own) == [together[index]]


def test_a_conditional_discriminator_needs_a_known_label(digits: Model) -> None:
    discriminator, pixels = digits.checkpoint.load_discriminator(), sampling.sample(digits, [1])
    with pytest.raises(UsageError, match="needs a label"):
        sampling.discriminator_scores(discriminator, digits, pixels)
    with pytest.raises(UsageError, match="has the labels 0 to 2"):
        sampling.discriminator_scores(discriminator, digits, pixels, [7])


# Prompts -------------------------------------------------------------------------------------------------------------


def test_a_prompt_gives_the_same_image_in_any_batch_and_prompts_are_assigned_in_turn(tmp_path: Path) -> None:
    factories.checkpoint(tmp_path, "text_conditional")
    model = sampling.load_model("tiny", tmp_path)
    many = sampling.sample(model, range(20), prompts=["red circle", "blue square"])
    assert (many[3] == sampling.sample(model, [3], prompts=["blue square"])[0]).all()
    assert (many[3] != sampling.sample(model, [3], prompts=["red circle"])[0]).any()


def test_a_prompt_of_unknown_words_equals_no_prompt_and_other_models_take_none(tmp_path: Path) -> None:
    factories.checkpoint(tmp_path, "text_conditional", "words")
    factories.checkpoint(tmp_path, "vanilla", "noise")
    model = sampling.load_model("words", tmp_path)
    assert (sampling.sample(model, [0]) == sampling.sample(model, [0], prompts=["qwxz"])).all()
    with pytest.raises(UsageError, match="noise takes no prompt"):
        sampling.sample(sampling.load_model("noise", tmp_path), [0], prompts=["red"])


def test_a_model_is_not_loaded_with_another_text_encoder(tmp_path: Path) -> None:
    factories.checkpoint(tmp_path, "text_conditional")
    factories.tiny_encoder(5).save(tmp_path / "tiny" / "text.safetensors")
    with pytest.raises(UsageError, match="is not the encoder that tiny was trained with"):
        sampling.load_model("tiny", tmp_path)
    (tmp_path / "tiny" / "text.safetensors").unlink()
    with pytest.raises(UsageError, match="cannot be read as a text encoder"):
        sampling.load_model("tiny", tmp_path)


def test_a_blend_of_prompts_gives_the_same_images_at_once_and_one_by_one(tmp_path: Path) -> None:
    factories.checkpoint(tmp_path, "text_conditional")
    model, ends, weights = sampling.load_model("tiny", tmp_path), ("red circle", "blue star"), [0.0, 0.25, 0.5, 1.0]
    blended = sampling.blend(model, [3] * 4, ends, weights)
    assert all(
        (blended[index] == sampling.blend(model, [3], ends, weight)[0]).all() for index, weight in enumerate(weights)
    )
    assert len(sampling.blend(model, [], ends, 0.5)) == 0
    with pytest.raises(UsageError, match="one for each of its 2 seeds, not 1"):
        sampling.blend(model, [1, 2], ends, [0.5])
