"""Metadata beside images: the forms that are read, and what is said of rows and files that are not used."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from gan_core.data.datasets import Dataset
from gan_core.errors import UsageError
from tests.data.image_sets import load_images, metadata_lines, png, write_dataset
from tests.data.test_labels import labels_of, numbered

NAMES = ["0.png", "1.png", "2.png"]
LABELS = ["b", "a", "b"]


def load_with(tmp_path: Path, files: dict[str, bytes], names: list[str] = NAMES, storage: str = "zip") -> Dataset:
    return load_images(write_dataset(tmp_path, numbered(names) | files, storage))


def rows(names: list[str], labels: list[Any]) -> bytes:
    return metadata_lines(*({"file_name": name, "label": label} for name, label in zip(names, labels, strict=True)))


# Rows and images -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row_names", "says"),
    [
        (NAMES, ""),
        ([f"images/{name}" for name in NAMES], ""),
        ([f"C:\\me\\set\\{name}" for name in NAMES], ""),
        (
            [*NAMES, "9.png", "8.png"],
            "2 of 5 rows of metadata.jsonl match no image and are left out, the first names 9.png",
        ),
        ([*NAMES, "2.png", "0.png"], "0.png and 1 more have several rows in metadata.jsonl, of which the last counts."),
        ([*NAMES, "2.png"], "2.png has several rows in metadata.jsonl, of which the last counts."),
        (NAMES[:2], "1 of 3 images has no row in metadata.jsonl, the first is 2.png."),
    ],
)
def test_rows_are_matched_and_what_matches_nothing_is_counted(row_names: list[str], says: str, tmp_path: Path) -> None:
    labels = [*LABELS, "b", "b"][: len(row_names)]
    images = load_with(tmp_path, {"metadata.jsonl": rows(row_names, labels)})
    assert labels_of(images) == (LABELS if len(row_names) > 2 else [])
    assert says in " ".join(images.warnings)
    assert bool(says) == bool(images.warnings)


def test_the_last_of_several_rows_counts(tmp_path: Path) -> None:
    assert labels_of(load_with(tmp_path, {"metadata.jsonl": rows([*NAMES, "0.png"], [*LABELS, "c"])})) == [
        "c",
        "a",
        "b",
    ]


def test_metadata_may_lie_in_each_folder(storage: str, tmp_path: Path) -> None:
    files = {f"{folder}/metadata.jsonl": rows(["1.png"], [folder]) for folder in "ab"}
    images = load_with(tmp_path, files, ["a/1.png", "b/1.png"], storage)
    assert labels_of(images) == ["a", "b"]
    assert images.warnings == []


# JSON lines ----------------------------------------------------------------------------------------------------------

PLAIN = rows(NAMES, LABELS).decode()


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode(), b"\xef\xbb\xbf" + PLAIN.encode(), PLAIN.replace("\n", "\r\n").encode(), PLAIN.encode("utf-16"),
        PLAIN.encode("utf-16-le"), PLAIN.encode("utf-16-be"), PLAIN.encode("utf-32"),
        f"[{PLAIN.replace(chr(10), ',')}]".encode(),
        json.dumps([json.loads(line) for line in PLAIN.split("\n")], indent=1).encode(),
        PLAIN.replace("file_name", "image").encode(), PLAIN.replace("file_name", "File Name").encode(),
        PLAIN.replace("label", "class").encode(), PLAIN.replace("label", "Label").encode(),
        PLAIN.replace('"file_name": "0.png"', '"image": {"bytes": null, "path": "0.png"}').encode(),
    ],
)  # fmt: skip
def test_every_usual_form_of_json_lines_is_read(content: bytes, tmp_path: Path) -> None:
    images = load_with(tmp_path, {"Metadata.JSONL" if b"Label" in content else "metadata.jsonl": content})
    assert labels_of(images) == LABELS
    assert images.warnings == []


@pytest.mark.parametrize(
    "line",
    [b"{broken", b"[1]", b'{"label": 1}', b'{"file_name": 3}', b"\xff\xfe", b'{"file_name": "0.png", "label": [1]}',
     b'{"file_name": ""}', b'{"file_name": "0.png", "label": 0.5}', b'{"file_name": "0.png", "label": 1e999}',
     b"[" * 100_000, b'{"file_name": "0.png", "label": {"a": 1}}'],
)  # fmt: skip
def test_a_broken_line_of_metadata_is_named(line: bytes, storage: str, tmp_path: Path) -> None:
    files = {"0.png": png(), "metadata.jsonl": metadata_lines({"file_name": "0.png", "label": 1}) + b"\n" + line}
    with pytest.raises(UsageError, match=r"metadata\.jsonl, line 2") as error:
        load_images(write_dataset(tmp_path, files, storage))
    assert len(str(error.value)) < 200


@pytest.mark.parametrize("column", ["text", "caption", "prompt"])
def test_captions_are_found_under_their_usual_names(column: str, tmp_path: Path) -> None:
    lines = metadata_lines(*({"file_name": name, column: f"a {name}"} for name in NAMES))
    images: Any = load_with(tmp_path, {"metadata.jsonl": lines})
    assert [row["text"] for row in images.rows] == [f"a {name}" for name in NAMES]


# Tables --------------------------------------------------------------------------------------------------------------

TABLE = "file_name,label\n0.png,b\n1.png,a\n2.png,b\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("metadata.csv", TABLE), ("metadata.tsv", TABLE.replace(",", "\t")), ("metadata.csv", TABLE.replace(",", ";")),
        ("metadata.csv", TABLE.replace("\n", "\r\n")), ("metadata.csv", TABLE.replace("\n", "\r")),
        ("metadata.csv", "\ufeff" + TABLE), ("metadata.csv", "sep=;\n" + TABLE.replace(",", ";")),
        ("METADATA.CSV", TABLE.replace("file_name", "image").replace("label", "Class")),
        ("metadata.csv", TABLE.replace(",", ", ")), ("metadata.csv", TABLE + "\n\n"),
        ("metadata.csv", 'label,note,path\nb,"one, two",.\\0.png\na,"a ""b""\nc",1.png\nb,,2.png'),
    ],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_tables_are_read_whatever_wrote_them(name: str, text: str, encoding: str, tmp_path: Path) -> None:
    images = load_with(tmp_path, {name: text.encode(encoding)})
    assert labels_of(images) == LABELS
    assert images.warnings == []


def test_numbers_of_a_table_are_labels_also_as_pandas_writes_them(tmp_path: Path) -> None:
    images = load_with(tmp_path, {"metadata.csv": b"file_name,label\n0.png,10.0\n1.png,9.0\n2.png,10\n"})
    assert images.classes == ("9", "10")
    assert labels_of(images) == ["10", "9", "10"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"file_name,label\n0.png,b\n1.png,\n2.png,b\n", "1 of 3 images has no label in metadata.csv, the first is 1"),
        (b"file_name,label\n0.png,b\n,a\n2.png,a\n", "1 rows of metadata.csv name no file"),
        (b"id,breed\n0,b\n", "metadata.csv is left out: it has no column file_name, its columns are id, breed."),
        (b"0.png,b\n1.png,a\n", "its columns are 0.png, b"),
        (b"", "its columns are none"),
        (b"file_name,label\n", "metadata.csv holds no rows"),
        ("file_name,label\n0.png,\u00e9\n1.png,a\n2.png,a\n".encode("cp1252"), "was read as Windows-1252"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(content: bytes, says: str, tmp_path: Path) -> None:
    assert says in " ".join(load_with(tmp_path, {"metadata.csv": content}).warnings)


def test_a_row_with_an_unquoted_delimiter_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"metadata\.csv, line 3 has more fields than the header: put quotation"):
        load_with(tmp_path, {"metadata.csv": b"file_name,text\n0.png,a\n1.png,a red, big one\n"})
    with pytest.raises(UsageError, match=r"metadata\.csv, line \d+ cannot be read: field larger"):
        load_with(tmp_path, {"metadata.csv": b"file_name,text\n0.png," + b"a" * 200_000 + b"\n"})


# Other files ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["metadata.parquet", "metadata.json", "labels.csv", "Annotations.xlsx"])
def test_a_file_that_looks_like_metadata_and_is_not_read_is_named(name: str, tmp_path: Path) -> None:
    images = load_with(tmp_path, {name: b"PAR1"})
    assert images.warnings == [f"{name} is not read: labels and captions come from metadata.jsonl or metadata.csv."]


def test_texts_beside_images_are_named_as_what_is_not_read(tmp_path: Path) -> None:
    images = load_with(tmp_path, {"0.txt": b"a cat", "2.txt": b"a dog", "notes.txt": b"x"})
    assert (
        "2 of 3 images have a text file of the same name, which is not read: captions come from metadata.jsonl or "
        "metadata.csv." in images.warnings
    )


def test_of_two_tables_in_a_folder_one_is_read(tmp_path: Path) -> None:
    images = load_with(tmp_path, {"metadata.csv": b"file_name,label\n0.png,z\n", "metadata.jsonl": PLAIN.encode()})
    assert labels_of(images) == LABELS
    assert images.warnings == ["metadata.csv is not read, because metadata.jsonl lies beside it."]


@pytest.mark.parametrize(
    "name",
    ["@eaDir/1.png", "a/@eaDir/1.png/SYNOPHOTO_THUMB_M.jpg", "__MACOSX/a/._1.png", "a/._1.png", "Thumbs.db",
     ".DS_Store", ".thumbnails/1.png", "desktop.ini", "#recycle/1.png", "$RECYCLE.BIN/1.png", "a\\@eaDir\\1.png",
     ".cache/metadata.jsonl", "@eaDir/metadata.csv", "SYNOFILE_THUMB_1.png"],
)  # fmt: skip
def test_what_systems_leave_beside_images_is_ignored(name: str, storage: str, tmp_path: Path) -> None:
    images = load_with(tmp_path, {name: b"no image"}, ["a/0.png", "b/1.png"], storage)
    assert (len(images), images.warnings, images.classes) == (2, [], ("a", "b"))


# StyleGAN ------------------------------------------------------------------------------------------------------------

STYLEGAN_NAMES = [f"{index // 2:05d}/img{index:08d}.png" for index in range(4)]


def dataset_json(labels: Any) -> bytes:
    return json.dumps({"labels": labels}).encode()


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        ([0, 1, 2, 0], ["0", "1", "2", "0"]), ([10, 9, 9, 10], ["10", "9", "9", "10"]),
        (["a", "b", "a", "b"], list("abab")),
        ([[1, 0], [0, 1], [1.0, 0.0], [0, 1]], ["0", "1", "0", "1"]), ([0.0, 1.0, 0, 1], ["0", "1", "0", "1"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("wrapping", ["", "mydata/", "a/b/"])
def test_the_labels_of_stylegan_are_read(labels: list[Any], classes: list[str], wrapping: str, tmp_path: Path) -> None:
    for number, separator in enumerate("/\\"):
        pairs = [[name.replace("/", separator), label] for name, label in zip(STYLEGAN_NAMES, labels, strict=True)]
        files = {f"{wrapping}dataset.json": dataset_json(pairs)}
        images = load_with(tmp_path / str(number), files, [wrapping + name for name in STYLEGAN_NAMES])
        assert labels_of(images) == classes
        assert images.warnings == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "The folders 00000, 00001 are numbered parts of one set, not classes: there are no labels."),
        (dataset_json(None), ""),
        (dataset_json([[name, None] for name in STYLEGAN_NAMES]), "The labels in dataset.json are all empty."),
        (dataset_json([[name, [0.2, 0.7]] for name in STYLEGAN_NAMES]), "is a vector that stands for no class"),
        (dataset_json([[name, 3] for name in STYLEGAN_NAMES]), "All images have the label 3"),
        (dataset_json([[name, 3] for name in STYLEGAN_NAMES[:3]]), "1 of 4 images has no label in dataset.json"),
        (dataset_json([["x.png", 3]]), "None of the 1 names in dataset.json is that of an image here."),
        (b"{broken", "dataset.json is no JSON, and is left out."),
        (b"[" * 100_000, "dataset.json is no JSON, and is left out."),
        (b'{"labels": ["cat", "dog"]}', "numbered parts"),
        (b"[1, 2]", "numbered parts"),
    ],
)
def test_the_buckets_of_stylegan_are_never_classes(content: bytes | None, says: str, tmp_path: Path) -> None:
    images = load_with(tmp_path, {"dataset.json": content} if content else {}, STYLEGAN_NAMES)
    assert images.classes == ()
    assert says in " ".join(images.warnings)


@pytest.mark.parametrize(
    "content", [b"[1, 2]", b'{"labels": ["cat", "dog"]}', b'{"name": "pets"}', b"{}", b'{"labels": []}']
)
def test_another_dataset_json_does_no_harm(content: bytes, storage: str, tmp_path: Path) -> None:
    images = load_with(tmp_path, {"dataset.json": content}, ["cat/0.png", "dog/1.png"], storage)
    assert (images.classes, images.warnings) == (("cat", "dog"), [])


def test_labels_of_metadata_come_before_those_of_stylegan(tmp_path: Path) -> None:
    pairs = [[name, index % 2] for index, name in enumerate(NAMES)]
    captions = metadata_lines(*({"file_name": name, "text": "a thing"} for name in NAMES))
    both: Any = load_with(tmp_path / "a", {"dataset.json": dataset_json(pairs), "metadata.jsonl": captions})
    assert labels_of(both) == ["0", "1", "0"]
    assert both.rows[0]["text"] == "a thing"
    files = {"dataset.json": dataset_json(pairs), "metadata.jsonl": PLAIN.encode()}
    assert labels_of(load_with(tmp_path / "b", files)) == LABELS


def test_a_zip_of_windows_with_backslashes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in numbered(["pets\\cat\\0.png", "pets\\dog\\1.png"]).items():
            info = zipfile.ZipInfo(name)
            info.create_system = 0
            archive.writestr(info, content)
    assert labels_of(load_images(path)) == ["cat", "dog"]
