"""`gan_core.load`, `load_upscaler` and `list_models`."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

import gan_core
from tests import small_upscalers
from tests.hub.server import Hub
from tests.imported_models import save_to_bytes


def test_a_model_is_loaded_by_name_and_by_folder(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = np.asarray(gan_core.load("shapes-cgan").sample(3)[0])
    monkeypatch.delenv("GAN_CORE_CHECKPOINTS")
    others = (
        gan_core.load("shapes-cgan", checkpoints=root),
        gan_core.load(root / "shapes-cgan"),
        gan_core.load(str(root / "shapes-cgan"), device="cpu"),
    )
    for model in others:
        np.testing.assert_array_equal(np.asarray(model.sample(3)[0]), expected)


def test_a_model_of_the_hub_is_downloaded_once(root: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = root / "shapes-cgan"
    hub.add("me/shapes", {file.name: file.read_bytes() for file in folder.iterdir()})
    reported: list[tuple[int, int]] = []
    model = gan_core.load("hub:me/shapes", progress=lambda done, total: reported.append((done, total)))
    assert reported[-1][0] == reported[-1][1] > 0
    np.testing.assert_array_equal(np.asarray(model.sample(3)[0]), np.asarray(gan_core.load("shapes-cgan").sample(3)[0]))
    assert [info.source.split("@")[0] for info in gan_core.list_models() if info.source.startswith("hub:")] == [
        "hub:me/shapes"
    ]
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.warns(UserWarning, match=r"The copy of .* is used") as caught:
        gan_core.load("hub:me/shapes")
    assert caught[0].filename == __file__


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("nobody", "There is no model 'nobody'; there are: shapes-cgan, shapes-vanilla, tiny-sr, words"),
        ("owner/name", "write hub:owner/name"),
        ("hub:owner", "hub:OWNER/NAME"),
        ("tiny-sr", r"tiny-sr upscales images .*: use gan_core.upscale\(image, 'tiny-sr'\)"),
    ],
)
def test_a_model_that_cannot_be_loaded_raises_a_usage_error(root: Path, model: str, message: str) -> None:
    with pytest.raises(gan_core.UsageError, match=message):
        gan_core.load(model)


def test_a_hub_that_does_not_answer_raises_an_external_error(root: Path, hub: Hub) -> None:
    hub.add("me/shapes", {"config.json": b"{}"})
    hub.fault("/api/", status=500)
    with pytest.raises(gan_core.ExternalError):
        gan_core.load("hub:me/shapes")


def test_models_are_listed_by_name_and_by_task(root: Path) -> None:
    models = gan_core.list_models()
    assert [model.name for model in models] == ["shapes-cgan", "shapes-vanilla", "tiny-sr", "words"]
    for task in (gan_core.Task.TEXT_TO_IMAGE, "text_to_image", "TEXT_TO_IMAGE"):
        assert [model.name for model in gan_core.list_models(task)] == ["words"]
    assert gan_core.list_models("unconditional", checkpoints=root / "nowhere") == []
    with pytest.raises(
        gan_core.UsageError, match="There is no task 'paint'; there are unconditional, class_conditional"
    ):
        gan_core.list_models("paint")


def test_a_listed_model_says_what_is_known_without_loading_it(root: Path) -> None:
    (model,) = gan_core.list_models("class_conditional")
    values = dataclasses.asdict(model)
    assert values["classes"] == ("circle", "square", "star")
    assert (model.family, model.data, model.image_size, model.licence) == ("conditional", "shapes", 28, "mit")
    assert (model.folder, model.source) == (root.resolve() / "shapes-cgan", str(root.resolve() / "shapes-cgan"))
    assert model.weights_bytes == (root / "shapes-cgan" / "model.safetensors").stat().st_size
    assert model.weights_hash == gan_core.load("shapes-cgan").checkpoint.weights_hash
    assert model.has_discriminator


def test_an_upscaler_is_loaded_by_name_and_from_a_file_of_another_project(root: Path, tmp_path: Path) -> None:
    assert gan_core.load_upscaler("tiny-sr").scale == 4
    (tmp_path / "other.pth").write_bytes(save_to_bytes(small_upscalers.compact_network().state_dict()))
    other = gan_core.load_upscaler(tmp_path / "other.pth", device="cpu")
    assert (other.scale, other.device) == (2, torch.device("cpu"))


def test_a_generator_is_no_upscaler(root: Path) -> None:
    with pytest.raises(gan_core.UsageError, match="shapes-cgan is a Conditional GAN"):
        gan_core.load_upscaler("shapes-cgan")
