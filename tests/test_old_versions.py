"""What version 0.1 wrote goes on working: checkpoints, fetched models, run folders, configs, PNGs (tests/fixtures)."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from gan_core.checkpoints import store
from gan_core.cli import main
from gan_core.training.config import Run

FIXTURES = Path(__file__).parent / "fixtures" / "version_0_1"
CHECKPOINTS = sorted(folder.name for folder in (FIXTURES / "checkpoints").iterdir())
GENERATORS = [name for name in CHECKPOINTS if name != "tiny-x2"]
FETCHED = sorted(folder.name for folder in (FIXTURES / "fetched").iterdir() if folder.is_dir())
RUN_CONFIGS = json.loads((FIXTURES / "run-configs.json").read_text(encoding="utf-8"))


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    """A copy of the run, beside its data."""
    folder = shutil.copytree(FIXTURES / "runs" / "first", tmp_path / "first")
    config = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    config["data"] = str(shutil.copy(FIXTURES / "pictures.zip", tmp_path))
    (folder / "run.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_check_finds_each_model_as_it_was(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", name, "--checkpoints", str(FIXTURES / "checkpoints"), "--json"]) == 0
    (model,) = json.loads(capsys.readouterr().out)["models"]
    assert model["state"] == "same"


@pytest.mark.parametrize("name", GENERATORS)
def test_each_generator_draws_the_same_pixels(name: str, tmp_path: Path) -> None:
    root = ["--checkpoints", str(FIXTURES / "checkpoints")]
    prompts = tmp_path / "prompts.txt"
    prompts.write_text("a red circle\nblue square\nstar\n")
    asked = ["--prompts", str(prompts)] if "text" in name else []
    expected = np.load(FIXTURES / "samples.npz")[name]
    found = []
    for position, seed in enumerate((0, 1, 7)):
        prompt = ["--prompt", prompts.read_text().splitlines()[position]] if asked else []
        out = tmp_path / f"{seed}.npz"
        call = ["sample", name, "--seed", str(seed), "--count", "1", "--truncation", "0.8", "--out", str(out)]
        assert main([*call, *prompt, *root]) == 0
        found.append(np.load(out)["images"][0])
    difference = np.abs(np.stack(found).astype(int) - expected.astype(int)).max()
    assert difference <= 1  # another processor may round otherwise


@pytest.mark.parametrize("name", FETCHED)
def test_each_fetched_model_is_listed_with_its_source_and_draws(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GAN_CORE_FETCHED", str(FIXTURES / "fetched"))
    assert main(["models", "--json", "--checkpoints", str(tmp_path)]) == 0
    row = next(row for row in json.loads(capsys.readouterr().out) if row["name"] == name)
    assert row["source"].startswith("hub:someone/")
    out = tmp_path / "drawn.png"
    assert main(["sample", name, "--count", "2", "--out", str(out), "--checkpoints", str(tmp_path)]) == 0
    assert Image.open(out).size[0] > 0


def test_a_run_goes_on_from_its_save_as_the_version_that_wrote_it_would_have(run_folder: Path) -> None:
    call = ["train", "conditional", "--run", str(run_folder), "--resume", "--steps", "40"]
    assert main(call) == 0
    state = torch.load(run_folder / "state.pt", weights_only=True)
    assert state["step"] == 40
    expected = load_file(FIXTURES / "resumed-to-40.safetensors")
    assert expected
    for name, tensor in expected.items():
        part, _, key = name.partition(".")
        torch.testing.assert_close(state[part][key], tensor, rtol=1e-3, atol=1e-4)  # on another processor nearly so


def test_a_run_is_exported_as_it_was(run_folder: Path, tmp_path: Path) -> None:
    assert main(["export", str(run_folder), "again", "--critic", "--checkpoints", str(tmp_path / "made")]) == 0
    again, before = (
        store.open_checkpoint(folder) for folder in (tmp_path / "made/again", FIXTURES / "exports/exported")
    )
    assert again.weights_hash == before.weights_hash
    for file in ("model.safetensors", "critic.safetensors"):
        made, kept = (load_file(checkpoint.folder / file) for checkpoint in (again, before))
        assert made.keys() == kept.keys()
        assert all(torch.equal(made[key], kept[key]) for key in made)


def test_a_run_is_a_start_for_another(run_folder: Path, tmp_path: Path) -> None:
    call = ["train", "conditional", "--data", str(tmp_path / "pictures.zip"), "--start", str(run_folder)]
    assert main([*call, "--run", str(tmp_path / "second"), "--steps", "1", "--batch-size", "4", "--device", "cpu"]) == 0


@pytest.mark.parametrize("name", RUN_CONFIGS)
def test_each_run_config_is_read_and_written_as_it_was(name: str) -> None:
    written = Run.from_dict(RUN_CONFIGS[name]).to_dict()
    for part, values in RUN_CONFIGS[name].items():
        if isinstance(values, dict):
            assert written[part] | values == written[part]  # a later version may have more settings
        else:
            assert written[part] == values


def test_a_picture_of_the_command_line_says_what_it_was_drawn_with(tmp_path: Path) -> None:
    (file,) = (FIXTURES / "png" / "cli").iterdir()
    with Image.open(file) as old:
        old.load()
        assert (
            main(["sample", "mnist-cgan", "--label", "7", "--seed", "5", "--count", "1", "--out", str(tmp_path)]) == 0
        )
        with Image.open(tmp_path / file.name) as new:
            assert new.info == old.info
            assert np.abs(np.asarray(new).astype(int) - np.asarray(old).astype(int)).max() <= 1
