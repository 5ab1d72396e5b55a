"""Data sets that the app offers, and uploaded zips."""

import io
import os
from pathlib import Path

import pytest

from gan_core.errors import UsageError
from gan_core.runs import datasets
from gan_core.runs.dataset_inspection import DatasetReport
from gan_core.runs.queue import REQUEST_FILE, write_note
from tests.runs.test_dataset_inspection import image_files, write_zip


def test_an_upload_is_stored_by_its_content_and_an_unusable_one_leaves_nothing(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "mine.zip", image_files())
    data, root = path.read_bytes(), tmp_path / "runs"
    first = datasets.store_upload(io.BytesIO(data), "../../My pictures!.zip", len(data), root)
    again = datasets.store_upload(io.BytesIO(data), "My pictures!.zip", len(data), root)
    assert first == again
    assert first.parent == root / ".uploads"
    assert first.name.startswith("My-pictures-")
    assert first.read_bytes() == data
    with pytest.raises(UsageError, match="readable zip"):
        datasets.store_upload(io.BytesIO(b"PK no"), "bad.zip", 5, root)
    assert [path.name for path in (root / ".uploads").iterdir()] == [first.name]
    assert list(datasets.available_datasets(root).items())[-1] == ("My-pictures (uploaded)", str(first))


def test_an_upload_is_deleted_unless_a_run_needs_it_and_no_other_file_is(tmp_path: Path) -> None:
    root = tmp_path / "runs"
    data = write_zip(tmp_path / "mine.zip", image_files()).read_bytes()
    kept = datasets.store_upload(io.BytesIO(data), "mine.zip", len(data), root)
    (root / "run").mkdir()
    write_note(root / "run" / REQUEST_FILE, {"title": "Cats", "plan": {"data": str(kept)}})
    with pytest.raises(UsageError, match="Cats was trained on it"):
        datasets.delete_upload(str(kept), root)
    (root / "run" / REQUEST_FILE).unlink()
    datasets.delete_upload(str(tmp_path / "mine.zip"), root)
    datasets.delete_upload(str(kept), root)
    assert (tmp_path / "mine.zip").is_file()
    assert not kept.exists()


def test_an_upload_beyond_the_quota_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAN_CORE_RUNS_GB", "0.001")
    with pytest.raises(UsageError, match="delete some"):
        datasets.store_upload(io.BytesIO(b"x"), "a.zip", 2_000_000, tmp_path)


def test_named_data_sets_come_first_and_those_in_the_data_folder_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAN_CORE_DATA", str(tmp_path))
    write_zip(tmp_path / "flowers.zip", image_files())
    (tmp_path / "MNIST" / "raw").mkdir(parents=True)
    (tmp_path / "cats").mkdir()
    assert list(datasets.available_datasets(tmp_path / "runs").values()) == [
        "mnist",
        "fashion-mnist",
        "cats",
        "flowers",
    ]
    assert datasets.dataset_report("mnist") == DatasetReport("mnist", 60_000, 1, 28, 28, tuple("0123456789"))
    assert datasets.dataset_report("flowers").image_count == 10
    before = datasets.fingerprint("flowers")
    write_zip(tmp_path / "flowers.zip", image_files(20))
    assert datasets.fingerprint("flowers") != before


def test_the_state_of_a_folder_changes_with_its_sub_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAN_CORE_DATA", str(tmp_path))
    (tmp_path / "pets" / "cats").mkdir(parents=True)
    states = [datasets.fingerprint("pets")]
    for change in (tmp_path / "pets" / "cats" / "1.png", tmp_path / "pets" / "2.png"):
        change.write_bytes(b"x")
        os.utime(change.parent, (2_000_000_000 + len(states), 2_000_000_000 + len(states)))
        states.append(datasets.fingerprint("pets"))
    (tmp_path / "pets" / "linked").symlink_to(tmp_path / "pets" / "cats")
    states.append(datasets.fingerprint("pets"))
    assert len(set(states)) == 4


def test_a_zip_of_images_by_the_name_of_a_named_data_set_is_inspected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAN_CORE_DATA", str(tmp_path))
    write_zip(tmp_path / "mnist.zip", image_files(9))
    assert datasets.dataset_report("mnist").image_count == 9
    write_zip(tmp_path / "mnist.zip", {"MNIST/raw/train-images-idx3-ubyte": b"x"})
    assert datasets.dataset_report("mnist").image_count == 60_000
