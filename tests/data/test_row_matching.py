"""The image that a row of metadata names, in any form of its path."""

import unicodedata

import pytest

from gan_core.data.metadata_values import Row
from gan_core.data.row_matching import match_rows

COMPOSED, DECOMPOSED = (unicodedata.normalize(form, "\u00e9.png") for form in ("NFC", "NFD"))


def matches(source: str, names: list[str], files: list[str]) -> list[str | None]:
    return match_rows([Row(source, name, {}) for name in names], files)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("1.png", "1.png"), ("./1.png", "1.png"), ("/1.png", "1.png"), ("x/../1.png", "1.png"), ("a/1.png", "a/1.png"),
        ("images/1.png", "1.png"), ("1.png", "images/1.png"), ("C:/me/pictures/a/1.png", "a/1.png"),
        ("/home/me/1.png", "1.png"), ("1.PNG", "1.png"), ("IMG_1.JPG", "img_1.jpg"), (COMPOSED, DECOMPOSED),
        (DECOMPOSED, COMPOSED), (f"images/{COMPOSED}", DECOMPOSED), ("1", "1.png"), ("v1.2", "v1.2.png"),
        ("a/1", "a/1.png"), (" 1.png ", "1.png"), (" 1.png", " 1.png"), ("1.png", "1.png "),
    ],
)  # fmt: skip
@pytest.mark.parametrize("folder", ["", "in/it/"])
def test_a_row_matches_the_image_that_its_path_means(name: str, file: str, folder: str) -> None:
    files = [f"{folder}{file}", f"{folder}other.png"]
    assert matches(f"{folder}metadata.jsonl", [name], files) == [files[0]]


@pytest.mark.parametrize(
    ("names", "files"),
    [
        (["2.png"], ["1.png"]),
        (["b/1.png"], ["a/1.png"]),  # another folder's
        (["1.png"], ["a/1.png", "b/1.png"]),  # which one?
        (["a/1.png", "b/1.png"], ["1.png"]),  # whose is it?
        (["1.jpg"], ["1.png"]),
        (["1"], ["1.png", "1.jpg"]),
        (["A.png"], ["a.png", "a.PNG"]),
        (["../../etc/passwd"], ["1.png"]),
    ],
)
def test_a_row_that_could_mean_several_images_or_none_matches_none(names: list[str], files: list[str]) -> None:
    assert matches("metadata.jsonl", names, files) == [None] * len(names)


def test_an_exact_name_comes_before_a_similar_one() -> None:
    assert matches("metadata.jsonl", ["a.png", "A.png"], ["a.png", "A.png"]) == ["a.png", "A.png"]
    assert matches("metadata.jsonl", ["1.png", "x/1.png"], ["1.png"]) == ["1.png", None]


def test_metadata_speak_of_the_images_in_their_folder_or_of_all_where_it_has_none() -> None:
    files = ["train/1.png", "test/2.png"]
    assert matches("train/metadata.jsonl", ["1.png", "2.png"], files) == ["train/1.png", None]
    assert matches("meta/metadata.jsonl", ["1.png", "test/2.png"], files) == files


def test_many_rows_of_one_name_and_deep_paths_take_no_time() -> None:
    files = [f"{number}/1.png" for number in range(20_000)]
    assert matches("metadata.jsonl", ["x/1.png"] * 20_000, files) == [None] * 20_000
    deep = "/".join(["a"] * 20_000)
    assert matches("metadata.jsonl", [f"{deep}/1.png"] * 5, [f"b/{deep}/1.png"]) == [None] * 5
