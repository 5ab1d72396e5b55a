"""Which folders name classes, and what is said where a choice was made or there are none."""

import unicodedata

import pytest

from gan_core.data.folder_classes import classes_of_folders, is_split_name


def classes_and_warnings(*files: str) -> tuple[list[str], list[str]]:
    """The class of each file, none where there are no classes, and the warnings."""
    class_names, warnings = classes_of_folders(list(files))
    return [class_names[file] for file in files if class_names], warnings


@pytest.mark.parametrize(
    ("files", "classes", "says"),
    [
        # The first level that differs, below folders that wrap all
        (["cat/1.png", "dog/2.png"], ["cat", "dog"], ""),
        (["a/b/cat/1.png", "a/b/dog/2.png"], ["cat", "dog"], ""),
        (["cat/images/1.png", "dog/images/2.png"], ["cat", "dog"], ""),
        (["cat/2020/1.png", "cat/2021/2.png", "dog/2020/3.png"], ["cat", "cat", "dog"], "such as cat/2020, are none"),
        (["animals/cat/1.png", "tools/saw/2.png"], ["animals", "tools"], "The classes are the folders animals, tools"),
        (["cat/1.png", "dog/young/2.png"], ["cat", "dog"], "such as dog/young, are none"),
        (["1/1.png", "2/2.png", "10/3.png"], ["1", "2", "10"], ""),
        (["cat\\1.png", "dog\\2.png"], ["cat", "dog"], ""),
        (["Cat/1.png", "cat/2.png"], ["Cat", "cat"], "Cat and cat are two classes"),
        # Splits
        (["train/1.png", "test/3.png"], [], "The folders test, train are splits, not classes"),
        (["Train/1.png", "Validation/2.png", "TEST/3.png"], [], "splits, not classes"),
        (["d/train2017/1.png", "d/val2017/2.png"], [], "splits, not classes"),
        (["fold_1/cat/1.png", "fold_2/dog/2.png"], ["cat", "dog"], "splits, not classes"),
        (["trainA/1.png", "trainB/2.png", "testA/3.png"], [], "splits, not classes"),
        (["train/cat/1.png", "test/dog/2.png"], ["cat", "dog"], "splits, not classes: all images are used."),
        (["train/cat/1.png", "train/dog/2.png"], ["cat", "dog"], ""),
        (["x/train/y/cat/1.png", "x/test/y/dog/2.png"], ["cat", "dog"], "splits, not classes"),
        (["train/cat/1.png", "train/dog/2.png", "val/images/3.png"], [], "1 of 3 images lies in no class's folder"),
        (["train/cat/1.png", "train/dog/2.png", "test/3.png"], [], "such as test/3.png, so that the folders cat, dog"),
        (["train/cat/1.png", "val/cat/2.png"], [], "without labels"),
        (["cat/train/1.png", "dog/test/2.png"], ["cat", "dog"], "such as cat/train, are none"),
        (["cat/1.png", "dog/2.png", "test/3.png"], [], "The folder test is named like a split, cat, dog beside it"),
        (["train/1.png", "car/2.png", "bus/3.png"], ["train", "car", "bus"], "The folder train is taken as a class"),
        (["valid/1.png", "invalid/2.png"], ["valid", "invalid"], "The folder valid is taken as a class"),
        (
            ["train/1.png", "2.png"],
            [],
            "The folder train is a split, not a class: all images are used, without labels.",
        ),
        # Images in no folder
        (["1.png", "2.png"], [], ""),
        (["only/1.png", "only/2.png"], [], ""),
        (["cat/1.png", "dog/2.png", "3.png"], [], "1 of 3 images lies in no class's folder, such as 3.png"),
        (["set/cat/1.png", "set/dog/2.png", "set/3.png"], [], "such as set/3.png"),
        (["cat/1.png", "cat/more/2.png"], [], "such as cat/1.png"),
        # Numbered parts of tools
        (["00000/img00000000.png", "00001/img00001000.png"], [], "00000, 00001 are numbered parts of one set"),
        (["a/00000/img00000000.png", "a/00001/img00000004.jpg"], [], "numbered parts of one set"),
        (["00000/000000007.jpg", "00001/000010003.jpg"], [], "numbered parts of one set"),  # img2dataset
        (["00000/00999.png", "01000/01000.png", "69000/69999.png"], [], "00000, 01000, 69000 are"),  # FFHQ
        (["00000/img00000000.png", "00000/img00000001.png"], [], ""),
        (["00000/a.png", "00001/b.png"], ["00000", "00001"], ""),
        (["12345/12345_1.png", "12346/12346_1.png"], ["12345", "12346"], ""),
    ],
)
def test_the_level_of_the_classes_is_found_and_named(files: list[str], classes: list[str], says: str) -> None:
    found, warnings = classes_and_warnings(*files)
    assert found == classes
    assert says in " ".join(warnings)
    assert bool(warnings) == bool(says)


def test_one_folder_in_two_forms_of_unicode_is_one_class() -> None:
    forms = [unicodedata.normalize(form, "\u00e9t\u00e9") for form in ("NFC", "NFD")]
    found, warnings = classes_and_warnings(f"{forms[0]}/1.png", f"{forms[1]}/2.png", "winter/3.png")
    assert found == [forms[0], forms[0], "winter"]
    assert warnings == []


@pytest.mark.parametrize("name", ["train", "Training", "TEST", "tests", "val", "validation", "valid", "dev", "test_set",
                                  "train-images", "val2017", "trainval", "trainA", "test_B", "holdout"])  # fmt: skip
def test_names_of_splits_are_known(name: str) -> None:
    assert is_split_name(name)


@pytest.mark.parametrize("name", ["cat", "training shoes", "testa", "latest", "value", "trainer", "device", "evening"])
def test_names_of_things_are_no_splits(name: str) -> None:
    assert not is_split_name(name)


def test_deep_paths_and_many_files_take_no_time() -> None:
    deep = "/".join(["a"] * 20_000)
    assert classes_and_warnings(f"{deep}/1.png", f"{deep}/2.png", f"b/{deep}/3.png")[0] == ["a", "a", "b"]
    assert len(classes_of_folders([f"{number % 300}/{number}.png" for number in range(50_000)])[0]) == 50_000
