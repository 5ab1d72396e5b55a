"""The judge of captioned pictures learns kinds and colours, and tells whether a model draws what it is asked for."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from gan_core import sampling
from gan_core.data.datasets import InMemoryImages
from gan_core.errors import UsageError
from gan_core.evaluation import caption_classifier, text_to_image
from gan_core.evaluation.caption_classifier import (
    OTHER,
    AttributeNetwork,
    AttributeSchema,
    CaptionClassifier,
    attribute_accuracies,
    load_caption_classifier,
    random_blur_noise,
    save_caption_classifier,
    train_caption_classifier,
)
from gan_core.images.tensors import to_float
from tests import factories

ARTICLES, COLOURS = ("Tops", "Bags"), ("Red", "Blue")


def wardrobe(count: int, size: int = 28, seed: int = 0) -> InMemoryImages:
    """Tops are bright above, bags below; red ones in the first channel, blue ones in the last."""
    torch.manual_seed(seed)
    images, rows = torch.randint(0, 60, (count, 3, size, size), dtype=torch.uint8), []
    for index in range(count):
        article, colour = index % 2, index // 2 % 2
        half = slice(0, size // 2) if article == 0 else slice(size // 2, size)
        images[index, 0 if colour == 0 else 2, half] = 220
        attributes = {"article": ARTICLES[article], "colour": COLOURS[colour], "text": f"number {index}"}
        rows.append({"file_name": f"{index}.png"} | attributes)
    return InMemoryImages("wardrobe", images, rows=rows)


@pytest.fixture(scope="module")
def judge() -> CaptionClassifier:
    with pytest.MonkeyPatch.context() as patch, torch.random.fork_rng():
        patch.setattr("gan_core.evaluation.classifier.BATCH_SIZE", 32)
        train, held = wardrobe(256), wardrobe(64, seed=1)
        schema = AttributeSchema.from_rows(train.rows)
        torch.manual_seed(0)
        network = AttributeNetwork(3, {name: len(values) for name, values in schema.columns.items()})
        *_, last = train_caption_classifier(network, schema, train, held, 8)
    assert last.accuracy > 0.9
    return CaptionClassifier("judge-wardrobe", network, schema, 28, attribute_accuracies(network, schema, held))


def test_the_judge_learns_every_column(judge: CaptionClassifier) -> None:
    assert set(judge.accuracy) == {"article", "colour"}
    assert min(judge.accuracy.values()) > 0.9


def test_kinds_that_few_pictures_show_are_one_kind() -> None:
    rows = [{"file_name": "x", "article": "Tops" if index < 150 else f"Rare {index % 60}"} for index in range(400)]
    rows += [{"file_name": "x", "article": "Bags"}] * 100
    kinds = AttributeSchema.from_rows(rows)
    assert kinds.columns == {"article": ("Bags", "Tops", OTHER)}
    told = kinds.targets([{"article": "Tops"}, {"article": "Rare 7"}, {"article": "Unheard of"}, {"usage": "Casual"}])
    assert told["article"].tolist() == [1, 2, 2, -1]


def test_names_are_kinds_where_there_are_no_columns_and_sentences_are_none() -> None:
    flowers = [{"file_name": "x", "text": name} for name in ("rose", "iris", "lotus") for _ in range(30)]
    assert AttributeSchema.from_rows(flowers).columns == {"text": ("iris", "lotus", "rose")}
    with pytest.raises(UsageError, match="no kinds"):
        AttributeSchema.from_rows([{"file_name": "x", "text": f"sentence {index}"} for index in range(900)])


def test_a_judge_reads_the_same_after_it_was_saved(judge: CaptionClassifier, tmp_path: Path) -> None:
    held = wardrobe(20, seed=2)
    save_caption_classifier(tmp_path / "judge-wardrobe", judge, held, caption_classifier.Epoch(3, 0.1, 0.9))
    again = load_caption_classifier("judge-wardrobe", tmp_path)
    assert again.schema == judge.schema
    assert again.accuracy == judge.accuracy
    torch.testing.assert_close(
        again.features_and_scores(held.images)[0], judge.features_and_scores(held.images)[0], rtol=0, atol=0
    )
    with pytest.raises(UsageError, match="There is no judge"):
        load_caption_classifier("judge-nothing", tmp_path)
    (tmp_path / "judge-wardrobe" / "config.json").write_text('{"columns": 3}')
    with pytest.raises(UsageError, match="no judge's config"):
        load_caption_classifier("judge-wardrobe", tmp_path)


def test_pictures_are_softened_each_by_itself_and_keep_what_they_show() -> None:
    pictures = to_float(wardrobe(40).images)
    soft = random_blur_noise(pictures, torch.Generator().manual_seed(0))
    torch.testing.assert_close(soft, random_blur_noise(pictures, torch.Generator().manual_seed(0)), rtol=0, atol=0)
    torch.testing.assert_close(soft.mean(dim=(1, 2, 3)), pictures.mean(dim=(1, 2, 3)), rtol=0, atol=0.01)
    assert ((soft - pictures).abs().mean(dim=(1, 2, 3)) > 0.001).all()
    edges = [(images[:, :, 1:] - images[:, :, :-1]).square().mean(dim=(1, 2, 3)) for images in (soft, pictures)]
    shares = edges[0] / edges[1]
    assert shares.min() < 0.3  # one is much blurred
    assert shares.max() > 0.8  # another hardly


def test_features_are_those_that_the_answers_come_from(judge: CaptionClassifier) -> None:
    pictures = wardrobe(8, seed=3).images
    features, told = judge.features_and_scores(pictures)
    with torch.inference_mode():
        scores = judge.network(to_float(pictures))
    for name, log_probabilities in told.items():
        torch.testing.assert_close(log_probabilities, scores[name].log_softmax(dim=1))
    assert features.shape == (8, caption_classifier.FEATURE_SIZE)


class FakeGenerator:
    """Draws a prompt as the wardrobe would, or always the same."""

    def __init__(self, mode: str) -> None:
        self.mode = mode

    def __call__(self, model: Any, prompts: list[str], report: Any) -> torch.Tensor:
        images = wardrobe(4, seed=4).images
        if self.mode == "blind":
            return images[:1].expand(len(prompts), -1, -1, -1)
        indices = [("bag" in prompt.lower()) + 2 * ("blue" in prompt.lower()) for prompt in prompts]
        return images[indices]


def score_generator(
    mode: str, judge: CaptionClassifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    checkpoint = factories.checkpoint(tmp_path, "text_conditional")
    monkeypatch.setattr(text_to_image, "generate_for_prompts", FakeGenerator(mode))
    train, held = wardrobe(300), wardrobe(240, seed=1)
    for row in held.rows:
        del row["text"]  # its captions are made of kind and colour
    return text_to_image.score_text_to_image(sampling.model_from_checkpoint(checkpoint), judge, train, held, 240)


def test_a_model_that_draws_what_it_is_asked_for_scores_like_real_pictures(
    judge: CaptionClassifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = score_generator("faithful", judge, tmp_path, monkeypatch)
    assert scores["accuracy"]["article"] == pytest.approx(scores["floor"]["accuracy"]["article"], abs=0.05)
    assert scores["accuracy"]["colour"] == pytest.approx(scores["floor"]["accuracy"]["colour"], abs=0.05)
    assert scores["floor"]["r_precision"] == pytest.approx(1 / 25, abs=0.01)  # a quarter of 100 are of the same kind


def test_a_model_that_does_not_listen_is_found_out(
    judge: CaptionClassifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = score_generator("blind", judge, tmp_path, monkeypatch)
    assert scores["accuracy"]["article"] == pytest.approx(0.5, abs=0.1)
    assert scores["accuracy"]["colour"] == pytest.approx(0.5, abs=0.1)
    assert scores["frechet"] > 5 * scores["floor"]["frechet"]
    assert scores["r_precision"] < 0.5 * scores["floor"]["r_precision"]


def test_a_model_that_draws_one_picture_again_and_again_has_no_variety(
    judge: CaptionClassifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = score_generator("blind", judge, tmp_path, monkeypatch)
    assert scores["variety"] == pytest.approx(0, abs=0.01 * scores["floor"]["variety"])
    assert scores["floor"]["variety"] > 0


def test_variety_is_the_distance_between_pictures_that_agree_in_every_known_column() -> None:
    features = torch.tensor([[0.0], [3.0], [10.0], [50.0], [90.0]])
    wanted = {"article": torch.tensor([0, 0, 0, 1, 0]), "colour": torch.tensor([1, 1, 1, 1, -1])}
    assert text_to_image.intra_class_diversity(features, wanted) == pytest.approx((3 + 10 + 7) / 3)
    assert text_to_image.intra_class_diversity(features, {"article": torch.arange(5)}) == 0


def test_everyday_prompts_are_right_where_kind_and_colour_are(
    judge: CaptionClassifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_to_image, "generate_for_prompts", FakeGenerator("faithful"))
    cases = [
        {"prompt": "blue bag", "articles": ["Bags"], "colours": ["Blue"]},
        {"prompt": "azure satchel", "articles": ["Bags", "Sacks"], "colours": ["Blue"]},  # drawn as a red top
        {"prompt": "red top", "articles": ["Tops"], "colours": []},
    ]
    model = sampling.model_from_checkpoint(factories.checkpoint(tmp_path, "text_conditional"))
    found = text_to_image.score_prompts(model, judge, cases)
    assert found["right"] == found["article"] == found["colour"] == pytest.approx(2 / 3)
    assert found["mostly_wrong"] == ["azure satchel"]
    assert found["prompts"] == 3


def test_too_few_captions_are_refused(judge: CaptionClassifier, tmp_path: Path) -> None:
    model = sampling.model_from_checkpoint(factories.checkpoint(tmp_path, "text_conditional"))
    with pytest.raises(UsageError, match="--count must lie between 200 and 64"):
        text_to_image.score_text_to_image(model, judge, wardrobe(64), wardrobe(64), 100)
    with pytest.raises(UsageError, match="pictures of 32 pixels"):
        text_to_image.score_text_to_image(model, replace(judge, size=32), wardrobe(64), wardrobe(64), 100)
