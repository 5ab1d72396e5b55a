"""The classifier of a data set is found by the set's fingerprint, not by its name alone."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gan_core.data.fingerprint import tensor_fingerprint
from gan_core.errors import UsageError
from gan_core.evaluation.judges import classifier_name, find_judge, is_judge_of, new_judge_name, require_judge
from tests.evaluation.image_sets import quilt_images


def quilt(count: int) -> Any:
    """A data set with a fingerprint; another count is another set."""
    images = quilt_images(count)
    return replace(images, fingerprint=tensor_fingerprint(images.images, None, ()))


def write_judge(root: Path, name: str, kind: str = "instance-judge", **data: Any) -> None:
    (root / name).mkdir()
    (root / name / "config.json").write_text(json.dumps({"kind": kind, "data": data}))


def fingerprint(dataset: Any) -> str:
    return dataset.fingerprint.short


def test_two_data_sets_of_one_name_have_two_classifiers(tmp_path: Path) -> None:
    first, second = quilt(60), quilt(80)
    assert new_judge_name("a/quilt.zip", first, tmp_path) == classifier_name("a/quilt.zip") == "judge-quilt"
    write_judge(tmp_path, "judge-quilt", fingerprint=fingerprint(first), pictures=57)
    with pytest.raises(UsageError, match=r"\(80 images\).* judge-quilt on 57 images.*gan_core judge b/quilt"):
        find_judge("b/quilt", second, tmp_path)
    other = new_judge_name("b/quilt", second, tmp_path)
    assert other == f"judge-quilt-{fingerprint(second)[:6]}"
    write_judge(tmp_path, other, fingerprint=fingerprint(second), pictures=76)
    assert find_judge("a/quilt.zip", first, tmp_path) == "judge-quilt"
    assert find_judge("b/quilt", second, tmp_path) == other
    assert new_judge_name("b/quilt", second, tmp_path) == other
    assert new_judge_name("a/quilt.zip", first, tmp_path) == "judge-quilt"
    assert is_judge_of(other, "quilt", second, tmp_path)
    assert not is_judge_of("judge-quilt", "quilt", second, tmp_path)


@pytest.mark.parametrize(
    ("kind", "learned", "is_found"), [("instance-judge", 57, True), ("instance-judge", 60, False), ("judge", 60, True)]
)
def test_a_classifier_without_a_fingerprint_is_told_by_the_number_of_images_that_it_learned(
    kind: str, learned: int, is_found: bool, tmp_path: Path
) -> None:
    write_judge(tmp_path, "judge-quilt", kind, pictures=learned)
    if is_found:
        assert find_judge("quilt", quilt(60), tmp_path) == "judge-quilt"
        return
    with pytest.raises(UsageError, match="no classifier of this data set"):
        find_judge("quilt", quilt(60), tmp_path)


def test_a_classifier_of_captions_is_told_by_the_images_with_captions_that_are_not_held_out(tmp_path: Path) -> None:
    rows = [{"file_name": f"{index}.png", "text": "a quilt"} for index in range(60)]
    dataset = replace(quilt(60), rows=rows)
    write_judge(tmp_path, "judge-quilt", "caption-judge", pictures=60)
    with pytest.raises(UsageError, match="no classifier of this data set"):
        find_judge("quilt", dataset, tmp_path)  # some are held out
    config = json.loads((tmp_path / "judge-quilt" / "config.json").read_text())
    counts = range(50, 60)
    found = []
    for count in counts:
        config["data"]["pictures"] = count
        (tmp_path / "judge-quilt" / "config.json").write_text(json.dumps(config))
        found += [count] if is_judge_of("judge-quilt", "quilt", dataset, tmp_path) else []
    assert len(found) == 1


def test_a_data_set_in_memory_takes_the_classifier_of_its_name(tmp_path: Path) -> None:
    write_judge(tmp_path, "judge-quilt", fingerprint="another", pictures=1)
    assert find_judge("quilt", quilt_images(60), tmp_path) == "judge-quilt"


def test_a_missing_classifier_is_named_with_the_command_that_trains_it(tmp_path: Path) -> None:
    write_judge(tmp_path, "judge-quilt-of-others", pictures=1)
    for name in ("quilt", "a[b]*"):
        with pytest.raises(UsageError, match=r"There is no classifier judge-.* gan_core judge"):
            require_judge(name, tmp_path)


@pytest.mark.parametrize("text", ["", "[]", '{"data": 3}'])
def test_an_odd_config_is_left_to_its_loader_which_says_what_is_wrong(text: str, tmp_path: Path) -> None:
    write_judge(tmp_path, "judge-quilt")
    (tmp_path / "judge-quilt" / "config.json").write_text(text)
    assert find_judge("quilt", quilt(60), tmp_path) == "judge-quilt"


@pytest.mark.parametrize(("data", "is_taken"), [("flowers102", True), ("elsewhere/flowers102.zip", False)])
def test_a_data_set_of_the_project_takes_the_classifier_of_its_name_and_a_file_called_so_does_not(
    data: str, is_taken: bool, tmp_path: Path
) -> None:
    write_judge(tmp_path, "judge-flowers102", pictures=7_767)
    assert is_judge_of("judge-flowers102", data, quilt(60), tmp_path) is is_taken
