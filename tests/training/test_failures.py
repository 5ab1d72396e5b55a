"""A training whose data or disk fail in the middle saves its last step, and says what failed and how to go on."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from gan_core.cli import main
from gan_core.data import image_folder, super_resolution
from gan_core.errors import ExternalError
from gan_core.training.config import Run
from gan_core.training.events import Event, Preview, Saved, Step
from gan_core.training.run_folder import read_log
from gan_core.training.setup import prepare_run
from gan_core.training.trainer import Trainer, train
from tests import factories
from tests.training.short_runs import equal, resumable_state, train_to, write_images

SMALL = ["--batch-size", "4", "--device", "cpu", "--log-every", "1", "--precision", "float32"]
FAMILIES = {
    "conditional": ["--width", "8", "--latent-size", "4", "--image-size", "28"],
    "srgan": ["--image-size", "16", "--scale", "2", "--features", "4", "--blocks", "1"],
}


@pytest.fixture
def images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of two classes of images, none of which stays in memory."""
    for module in (image_folder, super_resolution):
        monkeypatch.setattr(module, "MAX_IN_MEMORY_BYTES", 1)
    for number, name in enumerate(("cat", "dog")):
        write_images(tmp_path / "set" / name, 4, side=28 + number)
    return tmp_path / "set"


def at_step(step: int, action: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets `action` happen after this step, once."""
    original = Trainer.train_step

    def train_step(trainer: Trainer, *arguments: Any, **options: Any) -> dict[str, Tensor]:
        losses = original(trainer, *arguments, **options)
        if trainer.step + 1 == step:
            action()
        return losses

    monkeypatch.setattr(Trainer, "train_step", train_step)


def remove(folder: Path) -> None:
    for name in ("cat", "dog"):
        (folder / name / "1.png").unlink()


def cut_off(folder: Path) -> None:
    for name in ("cat", "dog"):
        (folder / name / "1.png").write_bytes((folder / name / "1.png").read_bytes()[:60])


def replace(folder: Path) -> None:
    for name in ("cat", "dog"):
        shutil.copy(folder / name / "2.png", folder / name / "1.png")


FAULTS = [remove, cut_off, replace, shutil.rmtree]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_an_image_that_is_lost_ends_the_training_with_a_save_and_its_name(
    fault: Callable[[Path], None],
    family: str,
    images: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    call = ["train", family, *SMALL, *FAMILIES[family], "--steps", "6"]
    assert main([*call, "--data", str(images), "--run", str(tmp_path / "whole")]) == 0
    shutil.copytree(images, tmp_path / "kept")
    with monkeypatch.context() as patch:
        at_step(2, lambda: fault(images), patch)
        capsys.readouterr()
        assert main([*call, "--data", str(images), "--run", str(tmp_path / "run")]) == 1
    error = capsys.readouterr().err
    assert ".png of set cannot be read any more" in error
    assert "go on with `--resume`" in error
    assert "Traceback" not in error
    step = resumable_state(tmp_path / "run")["step"]
    assert step >= 2
    assert f"at step {step}" in error
    resume = ["train", family, "--run", str(tmp_path / "run"), "--resume"]
    assert main([*resume, "--data", str(tmp_path / "kept")]) == 0
    assert equal(resumable_state(tmp_path / "run"), resumable_state(tmp_path / "whole"))


def test_a_zip_that_is_cut_off_ends_the_training_with_a_save(
    images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", images))
    run, data = prepare_run("vanilla", packed, tmp_path / "run", steps=9, width=8, batch_size=4, device="cpu")
    at_step(2, lambda: packed.write_bytes(b""), monkeypatch)
    with pytest.raises(ExternalError, match=r"of packed cannot be read any more .* at step \d"):
        list(train(run, data, tmp_path / "run"))
    assert resumable_state(tmp_path / "run")["step"] >= 2


@pytest.mark.parametrize("error", [OSError("gone"), ValueError("odd"), KeyError("x"), MemoryError(), RuntimeError("?")])
def test_whatever_a_data_set_raises_the_last_step_is_saved(error: Exception, tmp_path: Path) -> None:
    class FailingImages(type(factories.labelled_images())):
        """A data set of the library's user, which fails after a few batches."""

        def get_batch(self, indices: Tensor, generator: torch.Generator | None = None) -> Any:
            if len(indices) == 4 and next(countdown) == 0:
                raise error
            return super().get_batch(indices, generator)

    countdown: Iterator[int] = iter(range(3, -1, -1))
    plain = factories.labelled_images()
    data = FailingImages(plain.name, plain.images, plain.labels, plain.classes)
    events: list[Event] = []
    with pytest.raises(ExternalError, match=r"shapes cannot be read any more .* at step 3"):
        events.extend(train(factories.run("vanilla", steps=9), data, tmp_path / "run"))
    assert resumable_state(tmp_path / "run")["step"] == 3


def consume(run: Run, folder: Path, act: Callable[[Event], None]) -> None:
    """Trains, and lets `act` do something after each event."""
    for event in train(run, factories.dataset_for(run), folder):
        act(event)


# The disk -------------------------------------------------------------------------------------------------------------


def full_disk(*_: Any, **__: Any) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), RuntimeError("PytorchStreamWriter failed")])
def test_a_save_on_a_full_disk_keeps_the_one_before_and_says_so(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(state: Any, file: Path) -> None:
        Path(file).write_bytes(b"half a state")
        raise error

    train_to(factories.run("vanilla", steps=2), tmp_path / "run")
    with monkeypatch.context() as patch:
        patch.setattr(torch, "save", fail)
        text = r"state\.pt cannot be written .*saved in .*run, at step 2\. Make room"
        with pytest.raises(ExternalError, match=text):
            train_to(factories.run("vanilla", steps=4), tmp_path / "run", resume=True)
    assert resumable_state(tmp_path / "run")["step"] == 2
    train_to(factories.run("vanilla", steps=4), tmp_path / "run", resume=True)
    train_to(factories.run("vanilla", steps=4), tmp_path / "whole")
    assert equal(resumable_state(tmp_path / "run"), resumable_state(tmp_path / "whole"))


@pytest.mark.parametrize("method", ["append_log", "append_preview_metrics"])
def test_a_log_that_cannot_be_written_ends_the_training_with_a_save(
    method: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = factories.run("vanilla", steps=6, preview_every=3)
    train_to(run, tmp_path / "whole")
    with monkeypatch.context() as patch:
        events = train(run, factories.dataset_for(run), tmp_path / "run")
        for event in events:
            if isinstance(event, Step) and event.number == 2:
                break
        log = tmp_path / "run" / ("log.jsonl" if method == "append_log" else "seen.jsonl")
        original = Path.open
        patch.setattr(
            Path, "open", lambda file, *rest, **more: full_disk() if file == log else original(file, *rest, **more)
        )
        with pytest.raises(ExternalError, match=rf"{log.name} cannot be written .* at step 3\. Make room"):
            list(events)
    assert resumable_state(tmp_path / "run")["step"] == 3
    train_to(run, tmp_path / "run", resume=True)
    assert equal(resumable_state(tmp_path / "run"), resumable_state(tmp_path / "whole"))
    assert [row["step"] for row in read_log(tmp_path / "run" / "log.jsonl")][-3:] == [4, 5, 6]


def test_a_preview_that_cannot_be_written_ends_the_training_with_a_save(tmp_path: Path) -> None:
    run = factories.run("vanilla", steps=6, preview_every=3)
    found: list[Event] = []

    def record(event: Event) -> None:
        found.append(event)
        if isinstance(event, Preview):
            shutil.rmtree(tmp_path / "run" / "previews")

    with pytest.raises(ExternalError, match=r"step-0000003\.png cannot be written .* at step 3"):
        consume(run, tmp_path / "run", record)
    assert isinstance(found[-1], Saved)


def test_a_run_whose_folder_is_gone_does_not_claim_a_save(tmp_path: Path) -> None:
    run = factories.run("vanilla", steps=6, save_every=2)

    def remove_folder(event: Event) -> None:
        if isinstance(event, Saved):
            shutil.rmtree(tmp_path / "run")

    with pytest.raises(ExternalError, match=r"cannot be written .* Nothing is saved"):
        consume(run, tmp_path / "run", remove_folder)
