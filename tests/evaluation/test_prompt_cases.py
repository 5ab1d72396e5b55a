from pathlib import Path

import pytest

from gan_core import sampling
from gan_core.errors import UsageError
from gan_core.evaluation import prompt_cases
from gan_core.evaluation.caption_classifier import CaptionClassifier
from tests import factories
from tests.evaluation.image_sets import FakeGenerator


def test_an_image_is_right_where_article_and_colour_are(
    caption_classifier: CaptionClassifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompt_cases, "generate_for_prompts", FakeGenerator("faithful"))
    cases = [
        {"prompt": "blue bag", "articles": ["Bags"], "colours": ["Blue"]},
        {"prompt": "azure satchel", "articles": ["Bags", "Sacks"], "colours": ["Blue"]},  # generated as a red top
        {"prompt": "red top", "articles": ["Tops"], "colours": []},
    ]
    model = sampling.model_from_checkpoint(factories.checkpoint(tmp_path, "text_conditional"))
    scores = prompt_cases.score_prompts(model, caption_classifier, cases)
    assert scores["right"] == scores["article"] == scores["colour"] == pytest.approx(2 / 3)
    assert scores["mostly_wrong"] == ["azure satchel"]
    assert scores["prompts"] == 3


def test_cases_without_correct_classes_are_refused(
    caption_classifier: CaptionClassifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompt_cases, "generate_for_prompts", FakeGenerator("faithful"))
    model = sampling.model_from_checkpoint(factories.checkpoint(tmp_path, "text_conditional"))
    with pytest.raises(UsageError, match="add the correct articles, colours"):
        prompt_cases.score_prompts(model, caption_classifier, [{"prompt": "blue bag", "usages": ["Casual"]}])
