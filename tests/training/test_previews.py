"""Previews of a training."""

from pathlib import Path

from PIL import Image

from gan_core.training.events import Preview, Step
from tests import factories
from tests.training.short_runs import resumable_state, train_to


def test_the_first_stage_of_super_resolution_trains_no_discriminator(tmp_path: Path) -> None:
    events = train_to(factories.run("srgan", steps=2), tmp_path / "run")
    assert [set(event.losses) for event in events if isinstance(event, Step)] == [{"generator"}] * 2
    assert not resumable_state(tmp_path / "run")["discriminator_adam"]["state"]
    second = train_to(factories.run("srgan", "sharp", steps=2, start=str(tmp_path / "run")), tmp_path / "second")
    assert [len(event.losses) for event in second if isinstance(event, Step)] == [2, 2]
    (shown,) = [event for event in second if isinstance(event, Preview) and event.number == 2]
    assert shown.images.shape == (8, 1, 16, 16)
    assert Image.open(shown.file).size == (8 * 18 - 2, 2 * 18 - 2)  # originals above, restored patches below
