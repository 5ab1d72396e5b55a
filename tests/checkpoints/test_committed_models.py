"""The committed checkpoints: complete, small, measured and described."""

import json
from pathlib import Path

import pytest

from gan_core import sampling
from gan_core.checkpoints import description, store
from gan_core.checkpoints.store import DEFAULT_ROOT
from gan_core.data.benchmarks import BENCHMARKS
from gan_core.evaluation.caption_classifier import load_caption_classifier
from gan_core.evaluation.classifier import load_feature_classifier
from gan_core.evaluation.prompt_cases import score_prompts
from gan_core.upscaling import DEFAULT_UPSCALER
from gan_core.upscaling.upscaler import load_native_upscaler

pytestmark = pytest.mark.core

MODELS = ("mnist-vanilla", "mnist-dcgan", "mnist-cgan", "fashion-dcgan", "fashion-cgan")
MAX_BYTES = 6_000_000
PHOTO_MODELS = ("faces-r3gan", "flowers-r3gan")
MAX_PHOTO_MODEL_BYTES = 16_000_000
TEXT_MODELS = ("fashion-text", "flowers-text")
MAX_TEXT_MODEL_BYTES = 20_000_000
EVERYDAY_PROMPTS = Path(__file__).parents[1] / "benchmarks" / "everyday_prompts.jsonl"
UPSCALERS = {"photo-sr-x4": 4, "photo-srgan-x4": 4, "photo-srgan-x2": 2, "photo-srgan-x4-real": 4}
MAX_UPSCALER_BYTES = 4_000_000


def test_all_committed_models_are_listed() -> None:
    assert {*MODELS, *PHOTO_MODELS, *UPSCALERS} <= {
        checkpoint.name for checkpoint in store.list_checkpoints(DEFAULT_ROOT)
    }


@pytest.mark.parametrize("name", MODELS)
def test_each_digit_or_fashion_model_is_small_and_its_weights_carry_its_config(name: str) -> None:
    model = sampling.load_model(name, DEFAULT_ROOT, "cpu")
    assert sampling.sample(model, range(3)).shape == (3, 28, 28, 1)
    assert model.checkpoint.weights_bytes <= MAX_BYTES
    inside = store.read_safetensors_metadata(model.checkpoint.folder / description.WEIGHTS_FILE)["config"]
    facts = json.loads((model.checkpoint.folder / description.CONFIG_FILE).read_text())
    unscored = {key: value for key, value in facts.items() if key != "scores"}
    assert json.loads(inside) | {"scores": None} == unscored | {"scores": None}


@pytest.mark.parametrize("name", MODELS)
def test_each_digit_or_fashion_model_has_scores_of_ten_thousand_samples_on_its_card(name: str) -> None:
    found = store.find_checkpoint(name, DEFAULT_ROOT)
    scores = found.description.scores
    assert scores["count"] == scores["reference"] == 10_000
    assert scores["floor"]["frechet"] > 0
    card = (found.folder / description.CARD_FILE).read_text()
    for section in ("## Recipe", "## Data", "## Scores", "## Limits", f"{scores['frechet']:.3f}"):
        assert section in card


@pytest.mark.parametrize("name", PHOTO_MODELS)
def test_each_photo_model_is_complete_and_measured_against_its_training_images(name: str) -> None:
    model = sampling.load_model(name, DEFAULT_ROOT, "cpu")
    assert sampling.sample(model, range(2)).shape == (2, 64, 64, 3)
    folder = model.checkpoint.folder
    assert sum(file.stat().st_size for file in folder.iterdir()) <= MAX_PHOTO_MODEL_BYTES
    model.checkpoint.load_discriminator()
    scores = model.checkpoint.description.scores
    assert scores["nearest"]["closer"] <= scores["floor"]["nearest"]["closer"]  # no training image is memorised
    card = (folder / description.CARD_FILE).read_text()
    assert f"{scores['frechet']:.3f}" in card
    assert "none stated" in card  # the licence of the images


@pytest.mark.parametrize("name", TEXT_MODELS)
def test_each_text_to_image_model_is_complete_and_has_its_scores_on_its_card(name: str) -> None:
    model = sampling.load_model(name, DEFAULT_ROOT, "cpu")
    assert sampling.sample(model, range(2), prompts=["a red handbag"]).shape == (2, 64, 64, 3)
    folder = model.checkpoint.folder
    assert sum(file.stat().st_size for file in folder.iterdir()) <= MAX_TEXT_MODEL_BYTES
    model.checkpoint.load_discriminator()
    scores = model.checkpoint.description.scores["captions"]
    assert scores["frechet"] <= 3 * scores["floor"]["frechet"]
    card = (folder / description.CARD_FILE).read_text()
    for figure in (f"{scores['frechet']:.3f}", *(f"{accuracy:.2%}" for accuracy in scores["accuracy"].values())):
        assert figure in card


def test_fashion_text_follows_everyday_prompts() -> None:
    model, classifier = (
        sampling.load_model("fashion-text", DEFAULT_ROOT, "cpu"),
        load_caption_classifier("judge-fashion-products", DEFAULT_ROOT),
    )
    cases = [json.loads(line) for line in EVERYDAY_PROMPTS.read_text(encoding="utf-8").splitlines()]
    assert len(cases) >= 60
    found = score_prompts(model, classifier, cases)
    assert found["right"] >= 0.75
    scores = model.checkpoint.description.scores["captions"]
    for column, share in (("article", 0.9), ("colour", 0.85)):
        assert scores["accuracy"][column] >= share * scores["floor"]["accuracy"][column]


@pytest.mark.parametrize(("name", "scale"), UPSCALERS.items())
def test_each_upscaler_is_small_and_has_its_scores_beside_bicubic_on_its_card(name: str, scale: int) -> None:
    found = store.find_checkpoint(name, DEFAULT_ROOT)
    network = load_native_upscaler(found, "cpu")
    assert network.scale == scale
    assert network.parameter_count < 1_000_000
    assert (found.folder / description.WEIGHTS_FILE).stat().st_size <= MAX_UPSCALER_BYTES
    card = (found.folder / description.CARD_FILE).read_text()
    for benchmark in found.description.scores["benchmarks"].values():
        assert f"{benchmark['psnr']:.2f} ({benchmark['bicubic']['psnr']:.2f})" in card


def test_the_faithful_upscaler_has_a_higher_psnr_than_bicubic_on_every_benchmark() -> None:
    benchmarks = store.find_checkpoint("photo-sr-x4", DEFAULT_ROOT).description.scores["benchmarks"]
    assert all(benchmarks[name]["psnr"] > benchmarks[name]["bicubic"]["psnr"] + 1 for name in BENCHMARKS)


def test_the_default_upscaler_is_committed() -> None:
    assert DEFAULT_UPSCALER in UPSCALERS


@pytest.mark.parametrize("name", ["mnist-dcgan", "mnist-cgan"])
def test_the_discriminators_of_the_digit_models_are_committed(name: str) -> None:
    store.find_checkpoint(name, DEFAULT_ROOT).load_discriminator()


@pytest.mark.parametrize(("name", "least"), [("judge-mnist", 0.993), ("judge-fashion-mnist", 0.92)])
def test_the_classifiers_are_accurate(name: str, least: float) -> None:
    assert load_feature_classifier(name, DEFAULT_ROOT).accuracy >= least


def test_the_classifier_reads_the_digits_of_the_labels() -> None:
    model = sampling.load_model("mnist-cgan", DEFAULT_ROOT, "cpu")
    read = load_feature_classifier("judge-mnist", DEFAULT_ROOT).predict_labels(
        sampling.sample(model, range(500), truncation=0.7)
    )
    assert (read == [seed % 10 for seed in range(500)]).mean() >= 0.99
