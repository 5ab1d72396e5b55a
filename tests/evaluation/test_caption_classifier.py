from pathlib import Path

import pytest
import torch

from gan_core.errors import UsageError
from gan_core.evaluation.caption_classifier import (
    FEATURE_SIZE,
    OTHER,
    AttributeSchema,
    CaptionClassifier,
    load_caption_classifier,
    random_blur_noise,
    save_caption_classifier,
)
from gan_core.evaluation.classifier_training import Epoch
from gan_core.images.tensors import to_float
from tests.evaluation.image_sets import wardrobe_images


def test_the_classifier_learns_every_column(caption_classifier: CaptionClassifier) -> None:
    assert set(caption_classifier.accuracy) == {"article", "colour"}
    assert min(caption_classifier.accuracy.values()) > 0.9


def test_rare_values_are_merged_into_one_class() -> None:
    rows = [{"file_name": "x", "article": "Tops" if index < 150 else f"Rare {index % 60}"} for index in range(400)]
    rows += [{"file_name": "x", "article": "Bags"}] * 100
    schema = AttributeSchema.from_rows(rows)
    assert schema.columns == {"article": ("Bags", "Tops", OTHER)}
    targets = schema.targets(
        [{"article": "Tops"}, {"article": "Rare 7"}, {"article": "Unheard of"}, {"usage": "Casual"}]
    )
    assert targets["article"].tolist() == [1, 2, 2, -1]


def test_names_are_classes_where_there_are_no_columns_and_whole_sentences_are_not() -> None:
    flowers = [{"file_name": "x", "text": name} for name in ("rose", "iris", "lotus") for _ in range(30)]
    assert AttributeSchema.from_rows(flowers).columns == {"text": ("iris", "lotus", "rose")}
    with pytest.raises(UsageError, match="no classes to learn"):
        AttributeSchema.from_rows([{"file_name": "x", "text": f"sentence {index}"} for index in range(900)])


def test_a_classifier_is_the_same_after_saving_and_loading(
    caption_classifier: CaptionClassifier, tmp_path: Path
) -> None:
    images = wardrobe_images(20, seed=2)
    save_caption_classifier(tmp_path / "judge-wardrobe", caption_classifier, images, Epoch(3, 0.1, 0.9))
    loaded = load_caption_classifier("judge-wardrobe", tmp_path)
    assert loaded.schema == caption_classifier.schema
    assert loaded.accuracy == caption_classifier.accuracy
    torch.testing.assert_close(
        loaded.features_and_scores(images.images)[0],
        caption_classifier.features_and_scores(images.images)[0],
        rtol=0,
        atol=0,
    )
    with pytest.raises(UsageError, match="There is no classifier"):
        load_caption_classifier("judge-nothing", tmp_path)
    (tmp_path / "judge-wardrobe" / "config.json").write_text('{"columns": 3}')
    with pytest.raises(UsageError, match="no classifier's config"):
        load_caption_classifier("judge-wardrobe", tmp_path)


def test_each_image_is_blurred_by_its_own_amount_and_keeps_its_mean() -> None:
    images = to_float(wardrobe_images(40).images)
    blurred = random_blur_noise(images, torch.Generator().manual_seed(0))
    torch.testing.assert_close(blurred, random_blur_noise(images, torch.Generator().manual_seed(0)), rtol=0, atol=0)
    torch.testing.assert_close(blurred.mean(dim=(1, 2, 3)), images.mean(dim=(1, 2, 3)), rtol=0, atol=0.01)
    assert ((blurred - images).abs().mean(dim=(1, 2, 3)) > 0.001).all()
    edges = [(part[:, :, 1:] - part[:, :, :-1]).square().mean(dim=(1, 2, 3)) for part in (blurred, images)]
    shares = edges[0] / edges[1]
    assert shares.min() < 0.3  # one is much blurred
    assert shares.max() > 0.8  # another hardly


def test_predictions_are_computed_from_the_returned_features(caption_classifier: CaptionClassifier) -> None:
    images = wardrobe_images(8, seed=3).images
    features, predictions = caption_classifier.features_and_scores(images)
    with torch.inference_mode():
        scores = caption_classifier.network(to_float(images))
    for name, log_probabilities in predictions.items():
        torch.testing.assert_close(log_probabilities, scores[name].log_softmax(dim=1))
    assert features.shape == (8, FEATURE_SIZE)
