"""`gan_core.train`, `export` and `evaluate`."""

from pathlib import Path
from typing import Any

import pytest

import gan_core
from gan_core.cli import main
from gan_core.evaluation import protocol

SMALL: dict[str, Any] = {"batch_size": 4, "width": 8, "latent_size": 4, "image_size": 32, "device": "cpu"}


def test_a_training_yields_its_events_and_is_exported_and_loaded(workplace: Path) -> None:
    events = list(gan_core.train("dcgan", "my-images", "run", steps=2, log_every=1, **SMALL))
    steps = [event for event in events if isinstance(event, gan_core.Step)]
    assert [step.number for step in steps] == [1, 2]
    assert {"discriminator", "generator"} <= steps[0].losses.keys()
    assert any(isinstance(event, gan_core.Preview) for event in events)
    assert isinstance(events[-1], gan_core.Saved)
    assert gan_core.export("run", "mine", with_discriminator=True).has_discriminator
    model = gan_core.load("mine")
    assert model.score(model.sample(0))
    with pytest.raises(gan_core.UsageError, match="exists"):
        gan_core.export("run", "mine")
    gan_core.export("run", "mine", force=True)


def test_a_training_is_continued_here_and_on_the_command_line(workplace: Path) -> None:
    list(gan_core.train("dcgan", "my-images", "run", steps=1, **SMALL))
    assert main(["train", "dcgan", "--run", "run", "--resume", "--steps", "2"]) == 0
    events = list(gan_core.train("dcgan", None, "run", steps=3, resume=True))
    assert events[-1] == gan_core.Saved(3, Path("run"))


def test_a_training_that_is_asked_to_stop_saves(workplace: Path) -> None:
    numbers: list[int] = []
    for event in gan_core.train(
        "dcgan", "my-images", "run", steps=1000, log_every=1, should_stop=lambda: len(numbers) >= 2, **SMALL
    ):
        if isinstance(event, gan_core.Step):
            numbers.append(event.number)
    assert event == gan_core.Saved(2, Path("run"))  # pyright: ignore[reportPossiblyUnboundVariable]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"data": "nowhere"}, "There is no data set 'nowhere'"),
        ({"family": "cubism"}, "There is no family 'cubism'"),
        ({"preset": "cubist"}, "has no preset 'cubist'"),
        ({"steps": -1}, "--steps must be at least"),
        ({"colour": 3}, "colour"),
        ({"resume": True}, "is not a run"),
    ],
)
def test_a_training_that_cannot_begin_raises_a_usage_error_at_once(
    workplace: Path, arguments: dict[str, Any], message: str
) -> None:
    call: dict[str, Any] = {"family": "dcgan", "data": "my-images", "run": "run"}
    with pytest.raises(gan_core.UsageError, match=message):
        gan_core.train(**call | arguments)
    assert not (workplace / "run").exists()


def test_an_evaluation_takes_a_model_a_name_or_a_folder(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[dict[str, Any]] = []

    def evaluate(model: Any, **arguments: Any) -> dict[str, Any]:
        calls.append({"name": getattr(model, "checkpoint", model).name, **arguments})
        return {"count": 1}

    monkeypatch.setattr(protocol, "evaluate", evaluate)
    folder = workplace / "checkpoints" / "mnist-cgan"
    for model in (gan_core.load("mnist-cgan"), "mnist-cgan", folder):
        assert gan_core.evaluate(model, "fashion-mnist", count=5, data_dir="data") == {"count": 1}
    gan_core.evaluate("photo-sr-x4")
    assert [call.pop("name") for call in calls] == ["mnist-cgan"] * 3 + ["photo-sr-x4"]
    root = workplace / "checkpoints"
    expected = {"data": "fashion-mnist", "count": 5, "data_dir": Path("data"), "root": root, "progress": None}
    assert calls[:3] == [expected] * 3


def test_an_evaluation_without_its_classifier_says_so(workplace: Path) -> None:
    with pytest.raises(gan_core.UsageError, match="judge-mnist"):
        gan_core.evaluate(workplace / "checkpoints" / "mnist-cgan", checkpoints=workplace)
