"""The folder of a run: never shared, never overwritten, readable or refused."""

import json
from pathlib import Path

import pytest
from filelock import FileLock

from gan_core.errors import UsageError
from gan_core.training.run_folder import RunFolder
from gan_core.training.trainer import train
from tests import factories
from tests.training.short_runs import resumable_state, train_to


def test_the_config_of_a_run_is_written_into_its_folder(tmp_path: Path) -> None:
    run = factories.run("conditional", "classic")
    train_to(run, tmp_path / "run")
    assert RunFolder(tmp_path / "run").read_config() == run


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"family": "vanilla"}', '{"objective": "x"}', "\x00\xff", "[" * 100_000, '{"a": ' + "1" * 5000 + "}"],
    ids=["empty", "list", "no objective", "no object", "binary", "nested", "a long number"],
)
def test_an_invalid_run_json_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageError, match=r"run\.json cannot be read"):
        RunFolder(tmp_path).read_config()


@pytest.mark.parametrize("name", ["family", "data", "preset", "start"])
def test_a_run_json_whose_texts_are_none_is_refused(name: str, tmp_path: Path) -> None:
    values = factories.run("vanilla").to_dict() | {name: None}
    (tmp_path / "run.json").write_text(json.dumps(values), encoding="utf-8")
    with pytest.raises(UsageError, match=f"name no {name}: a text is needed, not None"):
        RunFolder(tmp_path).read_config()


@pytest.mark.parametrize("content", [b"", b"\x80\x02.", b"PK\x03\x04" + bytes(40), b"\x80\x02}q\x00."])
def test_a_damaged_save_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "state.pt").write_bytes(content)
    with pytest.raises(UsageError, match=r"state\.pt is damaged"):
        RunFolder(tmp_path).read_state()


def test_a_run_never_starts_in_a_path_that_holds_files(tmp_path: Path) -> None:
    train_to(factories.run("vanilla"), tmp_path / "run")
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "picture.png").write_text("mine")
    for taken in ("run", "file", "folder"):
        with pytest.raises(UsageError, match="exists: go on with it by --resume"):
            train_to(factories.run("vanilla"), tmp_path / taken)
    assert (tmp_path / "file").read_text() == "mine"
    assert [file.name for file in (tmp_path / "folder").iterdir()] == ["picture.png"]


def test_a_run_starts_in_an_empty_folder(tmp_path: Path) -> None:
    train_to(factories.run("vanilla", steps=1), tmp_path)
    assert (tmp_path / "state.pt").is_file()


@pytest.mark.parametrize("resume", [False, True])
def test_two_processes_never_train_in_one_folder(resume: bool, tmp_path: Path) -> None:
    """Whether the run exists already or is just being created by the other one."""
    folder = tmp_path / "run"
    if resume:
        train_to(factories.run("vanilla", steps=1), folder)
    folder.mkdir(exist_ok=True)
    with (
        FileLock(folder / ".lock"),
        pytest.raises(UsageError, match=r"Another process is training in .*: stop it first"),
    ):
        train_to(factories.run("vanilla"), folder, resume=resume)
    train_to(factories.run("vanilla"), folder, resume=resume)
    assert resumable_state(folder)["step"] == 4


def test_a_run_locks_its_folder_from_its_first_event_on(tmp_path: Path) -> None:
    first = train(factories.run("vanilla"), factories.labelled_images(), tmp_path / "run")
    next(first)
    with pytest.raises(UsageError, match="exists"):
        train_to(factories.run("vanilla"), tmp_path / "run")
    with pytest.raises(UsageError, match="Another process"):
        train_to(factories.run("vanilla"), tmp_path / "run", resume=True)
    first.close()  # type: ignore[attr-defined]
