"""Data sets: folders and zips with hostile names, sizes, compressions and nesting, pictures that are damaged, and
metadata that do not fit."""

import io
import json
import os
import tarfile
import warnings
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import torch
from hypothesis import strategies as st

from gan_core.data import benchmarks, registry, super_resolution
from gan_core.runs import dataset_inspection
from gan_core.text.captions import drop_uncaptioned, row_attributes, short_names
from tests.fuzz.json_values import HOSTILE_VALUES, NESTED, json_bytes
from tests.fuzz.mutations import mutated
from tests.fuzz.picture_files import readable_pictures
from tests.fuzz.targets import Target

NAMES = (
    "a.png", "b.PNG", "c.jpg", "d.jfif", "e.gif", "x/a.png", "x/b.png", "y/a.png", "y/b.png", "train/x/1.png",
    "test/y/2.png", "00000/img00000000.png", "00001/img00001000.png", "10/a.png", "2/b.png", "__MACOSX/._a.png",
    ".DS_Store", "Thumbs.db", "@eaDir/a.png/SYNOPHOTO_THUMB_M.jpg", "é.png", "e\u0301.png", "a b/ü ü.png",
    "metadata.jsonl",
    "metadata.csv", "dataset.json", "labels.txt", "x/metadata.jsonl", "img.txt", "nested.zip", "-.png", "x.png/y.png",
    "a" * 200 + ".png", "con.png", "\u202e.png", "1.0/a.png", "true/a.png", "MNIST/raw/train-images-idx3-ubyte",
)  # fmt: skip
ZIP_NAMES = (
    *NAMES,
    "../out.png",
    "/etc/out.png",
    "C:\\out.png",
    "..\\out.png",
    "a//b.png",
    "./a.png",
    "x/",
    "x/../y.png",
    "",
)
ROWS = (
    {"file_name": "a.png", "label": 0, "text": "a red bag", "article": "Handbags", "colour": "Red", "gender": "Women"},
    {"file_name": "b.PNG", "label": "x"},
    {"file_name": "x/a.png", "label": None, "caption": "a cat"},
    {"file_name": "./y/a.png", "label": 1.0},
    {"file_name": "y\\b.png", "label": True},
    {"file": "c.jpg", "label": [1, 2]},
)
STYLEGAN = {"labels": [["00000/img00000000.png", 0], ["00001/img00001000.png", 1]]}
COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


def contents() -> st.SearchStrategy[bytes]:
    return st.one_of(
        mutated(readable_pictures()), st.sampled_from(readable_pictures()), metadata(), st.binary(max_size=80)
    )


def metadata() -> st.SearchStrategy[bytes]:
    """Text of metadata.jsonl, dataset.json or a CSV file."""
    lines = st.lists(
        st.one_of(json_bytes(*ROWS), st.sampled_from([json.dumps(row).encode() for row in ROWS])), max_size=5
    )
    separators = st.sampled_from((b"\n", b"\r\n", b"\r", b"\n\n"))
    rows = st.builds(lambda separator, texts: separator.join(texts), separators, lines)
    return st.one_of(
        rows, json_bytes(STYLEGAN, {"labels": None}, {"labels": {}}), st.builds(csv_text, separators, cells())
    )


def cells() -> st.SearchStrategy[list[list[str]]]:
    names = st.sampled_from((*NAMES, "file_name", "label", "text", '"', "a,b", *map(str, HOSTILE_VALUES[:30])))
    return st.lists(st.lists(names, min_size=1, max_size=3), max_size=5)


def csv_text(newline: bytes, rows: list[list[str]]) -> bytes:
    lines = ["file_name,label,text", *(",".join(row) for row in rows)]
    return newline.join(line.encode("utf-8", "replace") for line in lines)


def files(names: tuple[str, ...]) -> st.SearchStrategy[list[tuple[str, bytes]]]:
    """Names and contents; the right kind of content for most of the metadata."""
    described = st.tuples(
        st.sampled_from([name for name in names if ("." in name and "metadata" in name) or name == "dataset.json"]),
        metadata(),
    )
    return st.lists(st.one_of(st.tuples(st.sampled_from(names), contents()), described), max_size=9)


def read_dataset(path: Path) -> None:
    """What Train and `train` do with a data set: inspect it, read it in three ways, and take batches."""
    warnings.filterwarnings("ignore", module="PIL")
    for read in (inspect, read_images, read_photos, read_pairs):
        try:
            read(path)
        except ValueError as error:  # UsageError is one
            if type(error) is ValueError:
                raise


def inspect(path: Path) -> None:
    report = dataset_inspection.inspect_dataset(path)
    assert all(isinstance(text, str) and text for text in (*report.errors, *report.warnings))
    report.training_size()


def read_images(path: Path) -> None:
    dataset: Any = registry.load_dataset(str(path), path.parent, size=8)
    batch = dataset.get_batch(torch.arange(len(dataset)))
    assert batch.images.shape == (len(dataset), dataset.channels, 8, 8)
    assert batch.labels is None or 0 <= int(batch.labels.min()) <= int(batch.labels.max()) < len(dataset.classes)
    for row in dataset.rows:
        row_attributes(row)
        short_names(row)
    drop_uncaptioned(dataset)


def read_photos(path: Path) -> None:
    photos = super_resolution.load_photos(
        str(path), path.parent, patch_size=8, scale=2, channels=3, degradation="bicubic"
    )
    photos.get_batch(torch.arange(len(photos)))


def read_pairs(path: Path) -> None:
    for _, high_res, low_res in benchmarks.benchmark_pairs(str(path), path.parent, 2):
        assert low_res.shape[1] * 2 == high_res.shape[1]


# Folders -------------------------------------------------------------------------------------------------------------


def read_folder(value: dict[str, Any], folder: Path) -> None:
    root = folder / "set"
    root.mkdir()
    for name, content in value["files"]:
        file = root / name
        if all(not parent.is_file() for parent in file.parents) and not file.is_dir():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
    for name, target in value["links"]:
        if not os.path.lexists(root / name):
            (root / name).symlink_to(target)
    read_dataset(root)


LINK_NAMES, LINK_TARGETS = (
    ("link", "x-link", "l.png", "metadata.jsonl"),
    (".", "x", "link", "nowhere", "a.png", "/dev/zero"),
)
LINKS = st.lists(st.tuples(st.sampled_from(LINK_NAMES), st.sampled_from(LINK_TARGETS)), max_size=2)


# Zips ----------------------------------------------------------------------------------------------------------------


def read_zip(value: bytes, folder: Path) -> None:
    file = folder / "set.zip"
    file.write_bytes(value)
    read_dataset(file)


def zips() -> st.SearchStrategy[bytes]:
    whole = st.builds(
        write_zip, files(ZIP_NAMES), st.sampled_from(COMPRESSIONS), st.sampled_from((0, 0, 0, 0o120777, 0o10644))
    )
    return st.one_of(whole, mutated(sample_zips()))


def write_zip(members: list[tuple[str, bytes]], compression: int, mode: int) -> bytes:
    stream = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "w", compression) as archive:
        warnings.simplefilter("ignore")  # of names that come twice
        for index, (name, content) in enumerate(members):
            info = zipfile.ZipInfo(name or "x")
            info.filename, info.compress_type = name, compression
            info.external_attr = mode << 16 if index == len(members) - 1 else 0
            archive.writestr(info, content)
    return stream.getvalue()


@cache
def sample_zips() -> tuple[bytes, ...]:
    """Sound zips of pictures, and things that are called a zip."""
    pictures = readable_pictures()[:12]
    plain = [(f"{index % 2}/{index}.png", data) for index, data in enumerate(pictures)]
    rows = b"\n".join(
        json.dumps({"file_name": f"{index % 2}/{index}.png", "label": index % 3}).encode() for index in range(12)
    )
    bomb = [("0.png", b"\0" * 60_000_000)]
    nested = [("nested.zip", write_zip(plain, zipfile.ZIP_STORED, 0)), *plain]
    stylegan = [
        ("dataset.json", json.dumps(STYLEGAN).encode()),
        *((name, pictures[0]) for name, _ in STYLEGAN["labels"]),
    ]
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for name, data in plain:
            tar.addfile(tarfile.TarInfo(name), io.BytesIO(data[:0]))
    sets = [plain, [("metadata.jsonl", rows), *plain], nested, stylegan, []]
    return (
        *(write_zip(members, compression, 0) for members in sets for compression in COMPRESSIONS[:2]),
        write_zip(bomb, zipfile.ZIP_DEFLATED, 0),
        write_zip(plain, zipfile.ZIP_LZMA, 0),
        b"7z\xbc\xaf\x27\x1c" + b"\0" * 30, b"Rar!\x1a\x07\x01\x00" + b"\0" * 30, stream.getvalue(),
    )  # fmt: skip


METADATA_NAMES = ("metadata.jsonl", "dataset.json", "metadata.csv")
TARGETS = (
    Target(
        "data set in a folder",
        st.fixed_dictionaries({"files": files(NAMES), "links": LINKS}),
        read_folder,
        tuple({"files": [[name, NESTED], ["a.png", b""]], "links": []} for name in METADATA_NAMES),
        short_count=25,
    ),
    Target("data set in a zip", zips(), read_zip, (write_zip([("", b"x"), ("a.png", b"x")], 0, 0),), short_count=25),
)
