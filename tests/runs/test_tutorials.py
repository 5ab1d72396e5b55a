"""Tutorial presets."""

import pytest

from gan_core.runs.tutorials import TUTORIALS
from gan_core.training.config import Run


@pytest.mark.parametrize("name", TUTORIALS)
def test_a_tutorial_differs_from_its_preset_by_its_changes_alone(name: str) -> None:
    tutorial = TUTORIALS[name]
    run = tutorial.build_run()
    assert run.diff_from_preset() == {
        key: value for key, value in tutorial.changes.items()
        if value != (Run.from_preset(tutorial.family, tutorial.data, tutorial.preset).to_dict()["training"]
                     | Run.from_preset(tutorial.family, tutorial.data, tutorial.preset).to_dict()["model"])[key]
    }  # fmt: skip
