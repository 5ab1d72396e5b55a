"""The widgets of all settings."""

from dataclasses import fields
from pathlib import Path

import pytest

from gan_core.models import FAMILIES
from gan_core.runs.recipes import DATA_DERIVED_FIELDS
from gan_core.training.config import TrainingConfig
from tests.pages.conftest import OpenPage


@pytest.mark.parametrize("family", ["vanilla", "dcgan", "residual", "conditional"])
def test_every_setting_that_the_data_do_not_decide_is_in_the_form(
    open_page: OpenPage, runs_root: Path, family: str
) -> None:
    app = open_page("train")
    app.selectbox(key="train_family").select(family).run()
    keys = " ".join(
        str(widget.key) for kind in ("number_input", "selectbox", "toggle", "text_input") for widget in app.get(kind)
    )
    configs = (FAMILIES[family].config, type(next(iter(FAMILIES[family].presets.values())).objective), TrainingConfig)
    for config in configs:
        for setting in fields(config):
            if "help" in setting.metadata and setting.name not in DATA_DERIVED_FIELDS:
                assert f"_{setting.name}" in keys, setting.name
