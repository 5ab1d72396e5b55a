"""The commands `models`, `forget`, `rename` and `visibility`."""

import json
from pathlib import Path

import pytest

from gan_core.checkpoints import own, store
from gan_core.checkpoints.description import OwnModel
from gan_core.cli import main
from tests import factories
from tests.commands.output import error_line


def test_models_are_listed_as_a_table_and_as_json(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--json", "--checkpoints", str(root)]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == ["shapes-cgan", "shapes-vanilla"]
    assert set(rows[0]) == {
        "name", "family", "data", "classes", "image_size", "size", "scores", "source", "folder", "licence", "weights",
        "critic", "title", "own", "public",
    }  # fmt: skip
    assert main(["models", "--checkpoints", str(root)]) == 0
    assert "shapes-vanilla" in capsys.readouterr().out


def test_a_folder_without_models_says_how_to_get_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--checkpoints", str(tmp_path)]) == 0
    assert f"No models in {tmp_path}: train one" in capsys.readouterr().out
    assert main(["models", "--json", "--checkpoints", str(tmp_path)]) == 0
    assert json.loads(capsys.readouterr().out) == []


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder with a model of one's own, and one of the project."""
    own.write_note(factories.checkpoint(tmp_path, "dcgan", "flowers"), OwnModel())
    factories.checkpoint(tmp_path, "dcgan", "mnist-cgan")
    return tmp_path


def listed(models: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, dict]:
    """The rows of `models --json` by name."""
    capsys.readouterr()
    assert main(["models", "--json", "--checkpoints", str(models)]) == 0
    return {row["name"]: row for row in json.loads(capsys.readouterr().out)}


def test_a_model_of_ones_own_is_forgotten_and_brought_back(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = ["--checkpoints", str(models)]
    assert main(["forget", "flowers", *root]) == 0
    assert "`forget flowers --undo` brings it back" in capsys.readouterr().out
    assert list(listed(models, capsys)) == ["mnist-cgan"]
    assert main(["forget", "flowers", "--undo", *root]) == 0
    assert "is back" in capsys.readouterr().out
    assert list(listed(models, capsys)) == ["flowers", "mnist-cgan"]
    assert main(["forget", "flowers", "--undo", *root]) == 2
    assert "No model flowers of your own was deleted" in error_line(capsys)


def test_a_model_of_the_project_is_neither_forgotten_nor_renamed_nor_hidden(
    models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in (["forget", "mnist-cgan"], ["rename", "mnist-cgan", "x"], ["visibility", "mnist-cgan", "hidden"]):
        assert main([*command, "--checkpoints", str(models)]) == 2
        assert "comes with the project" in error_line(capsys)
    assert "mnist-cgan" in listed(models, capsys)


def test_a_rename_says_which_name_was_made_of_a_title(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rename", "flowers", "Roses & Co.", "--checkpoints", str(models)]) == 0
    output = capsys.readouterr()
    assert "the name is roses-co, with 'Roses & Co.' as its title" in output.err
    assert "flowers is roses-co now" in output.out
    row = listed(models, capsys)["roses-co"]
    assert (row["title"], row["own"], row["public"]) == ("Roses & Co.", True, False)
    assert (
        main(["sample", "roses-co", "--count", "1", "--out", str(models / "x.png"), "--checkpoints", str(models)]) == 0
    )


def test_visibility_shows_a_model_to_strangers_and_hides_it(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for visibility, is_public in (("public", True), ("hidden", False)):
        assert main(["visibility", "flowers", visibility, "--checkpoints", str(models)]) == 0
        assert capsys.readouterr().out == f"flowers is {visibility}\n"
        assert store.find_checkpoint("flowers", models).is_public is is_public


def test_the_table_says_what_scores_were_measured_on_and_marks_those_of_too_few_images(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scores = {"frechet": 198.5, "judge": "judge-shapes", "class_names": ["a"], "reference": 10_000}
    for name, count in (("few", 10), ("many", 10_000)):
        checkpoint = factories.checkpoint(tmp_path, "dcgan", name)
        config = json.loads((checkpoint.folder / "config.json").read_text())
        (checkpoint.folder / "config.json").write_text(json.dumps(config | {"scores": scores | {"count": count}}))
    rows = listed(tmp_path, capsys)
    assert rows["many"]["scores"]["warnings"] == []
    assert "10 images are fewer" in rows["few"]["scores"]["warnings"][0]
    assert main(["models", "--checkpoints", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert " 198.50!  10 images, judge-shapes " in lines[1]
    assert " 198.50  10,000 images, judge-shapes " in lines[2]
    assert lines[3].startswith("! told by too few images")


@pytest.mark.parametrize(
    "scores", [{"frechet": None}, {"frechet": "x", "accuracy": []}, {"captions": 3}, {"count": {}, "frechet": 1.0}]
)
def test_odd_scores_of_one_model_leave_the_list_whole(
    scores: dict, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint = factories.checkpoint(tmp_path, "dcgan", "odd")
    config = json.loads((checkpoint.folder / "config.json").read_text())
    (checkpoint.folder / "config.json").write_text(json.dumps(config | {"scores": scores}))
    assert "odd" in listed(tmp_path, capsys)
    assert main(["models", "--checkpoints", str(tmp_path)]) == 0
    assert "odd" in capsys.readouterr().out
