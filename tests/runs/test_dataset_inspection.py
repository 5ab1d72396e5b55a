"""The inspection of folders and zips before a training."""

import io
import json
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_core.errors import UsageError
from gan_core.runs import dataset_inspection
from gan_core.runs.dataset_inspection import DatasetReport, inspect_dataset


def image_bytes(number: int = 0, side: int = 40, mode: str = "RGB", format: str = "PNG") -> bytes:
    pixels = np.random.default_rng(number).integers(0, 256, (side, side, len(mode)), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels.squeeze(), mode).save(buffer, format)
    return buffer.getvalue()


def write_zip(path: Path, files: dict[str | zipfile.ZipInfo, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def image_files(count: int = 10, **options) -> dict[str | zipfile.ZipInfo, bytes]:
    return {f"{number}.png": image_bytes(number, **options) for number in range(count)}


def test_the_report_has_count_sizes_channels_and_formats(tmp_path: Path) -> None:
    found = inspect_dataset(
        write_zip(tmp_path / "mine.zip", image_files() | {"x.jpg": image_bytes(77, 20, format="JPEG")})
    )
    assert (found.name, found.image_count, found.channels, found.min_side, found.median_side) == ("mine", 11, 3, 20, 40)
    assert found.formats == ("JPEG", "PNG")
    assert found.is_usable
    assert found.training_size() == 32
    assert any("1 are smaller than 28" in warning for warning in found.warnings)
    assert found.is_memorisable
    assert not DatasetReport("many", 500).is_memorisable


def test_a_folder_is_inspected_like_a_zip(tmp_path: Path) -> None:
    for number in range(9):
        folder = tmp_path / ("cats" if number < 5 else "dogs")
        folder.mkdir(exist_ok=True)
        (folder / f"{number}.png").write_bytes(image_bytes(number, mode="L"))
    found = inspect_dataset(tmp_path)
    assert (found.image_count, found.channels, found.classes) == (9, 1, ("cats", "dogs"))
    assert any("Of the class dogs there are only 4" in warning for warning in found.warnings)


def test_labels_and_captions_come_from_the_metadata(tmp_path: Path) -> None:
    rows = [{"file_name": f"{number}.png", "text": "a red thing", "label": number % 2} for number in range(10)]
    lines = "\n".join(map(json.dumps, rows)).encode()
    found = inspect_dataset(write_zip(tmp_path / "mine.zip", image_files() | {"metadata.jsonl": lines}))
    assert found.has_captions
    assert found.classes == ("0", "1")


def test_broken_and_duplicate_images_are_counted_and_too_few_refused(tmp_path: Path) -> None:
    files = image_files(9) | {"again.png": image_bytes(0), "torn.png": image_bytes(5)[:300], "text.png": b"hello"}
    found = inspect_dataset(write_zip(tmp_path / "mine.zip", files))
    assert found.is_usable
    assert any("2 cannot be read and will be skipped" in warning for warning in found.warnings)
    assert any("1 are copies of others" in warning for warning in found.warnings)
    few = inspect_dataset(write_zip(tmp_path / "few.zip", image_files(5) | {"torn.png": b"x"}))
    assert not few.is_usable
    assert "5 usable images are too few" in few.errors[0]


def test_an_image_of_too_many_pixels_counts_as_unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset_inspection, "MAX_IMAGE_PIXELS", 1000)
    found = inspect_dataset(write_zip(tmp_path / "mine.zip", image_files(10)))
    assert not found.is_usable


def test_of_a_large_data_set_an_evenly_spread_part_is_inspected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset_inspection, "MAX_INSPECTED_IMAGES", 10)
    files = image_files(40) | {"39.png": b"broken"}
    found = inspect_dataset(write_zip(tmp_path / "mine.zip", files))
    assert found.image_count == 40
    assert found.is_usable


@pytest.mark.parametrize("how", ["nothing", "no pictures", "no zip", "nowhere"])
def test_what_is_no_data_set_is_refused(tmp_path: Path, how: str) -> None:
    path = tmp_path / "mine.zip"
    if how == "no zip":
        path.write_bytes(b"PK but no more")
    elif how != "nowhere":
        write_zip(path, {} if how == "nothing" else {"a.txt": b"words"})
    with pytest.raises(UsageError, match=r"holds no images|not a readable zip|There is no folder and no zip"):
        inspect_dataset(path)


def test_a_report_says_what_is_left_out_converted_and_why_images_cannot_be_read(tmp_path: Path) -> None:
    files = image_files(9) | {f"grey{number}.png": image_bytes(number, mode="L") for number in range(3)}
    files |= {"notes.txt": b"words", "torn.png": image_bytes(5)[:300], "text.png": b"hello"}
    found = inspect_dataset(write_zip(tmp_path / "mine.zip", files))
    assert found.channels == 3
    text = "\n".join(found.warnings)
    assert "2 cannot be read and will be skipped: text.png (is text, not a readable image" in text
    assert "torn.png (is damaged or cut off" in text
    assert "1 file that is no image was left out: 1 .txt." in text
    assert "3 of the images are grey and 9 in colour" in text


def test_a_report_says_that_images_are_nearly_black_or_the_same(tmp_path: Path) -> None:
    dark = {f"{number}.png": image_bytes(number, mode="L") for number in range(9)}
    for name, content in dark.items():
        with Image.open(io.BytesIO(content)) as image:
            buffer = io.BytesIO()
            image.point([value // 20 for value in range(256)]).save(buffer, "PNG")
            dark[name] = buffer.getvalue()
    assert any("nearly black" in text for text in inspect_dataset(write_zip(tmp_path / "a.zip", {**dark})).warnings)
    same = {f"{number}.png": image_bytes(0) for number in range(9)}
    assert any(
        "nearly all the same" in text for text in inspect_dataset(write_zip(tmp_path / "b.zip", {**same})).warnings
    )


def test_a_side_is_that_of_the_file_however_it_is_decoded(tmp_path: Path) -> None:
    files = {f"{number}.jpg": image_bytes(number, 600, format="JPEG") for number in range(8)}
    found = inspect_dataset(write_zip(tmp_path / "mine.zip", {**files}))
    assert (found.min_side, found.median_side, found.formats) == (600, 600, ("JPEG",))


# Hostile zips ---------------------------------------------------------------------------------------------------------


def test_a_hostile_zip_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="outside of itself"):
        inspect_dataset(write_zip(tmp_path / "evil.zip", image_files() | {"../evil.png": image_bytes()}))


def test_more_files_or_bytes_than_a_page_takes_are_refused_before_anything_is_decompressed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *_: pytest.fail("it was decompressed"))
    monkeypatch.setattr(dataset_inspection, "MAX_UNZIPPED_BYTES", 1000)
    with pytest.raises(UsageError, match="at most"):
        inspect_dataset(write_zip(tmp_path / "large.zip", image_files()))
    monkeypatch.setattr(dataset_inspection, "MAX_ZIP_FILES", 5)
    with pytest.raises(UsageError, match="holds 10 files"):
        inspect_dataset(write_zip(tmp_path / "many.zip", image_files()))


def test_a_zip_with_false_sizes_decompresses_to_no_more_than_it_claims(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "liar.zip", image_files(9) | {"big.png": bytes(5_000_000)}, zipfile.ZIP_DEFLATED)
    data = bytearray(path.read_bytes())
    offset = data.rindex(b"PK\x01\x02")
    struct.pack_into("<I", data, offset + 24, 10)  # the uncompressed size in the directory
    path.write_bytes(bytes(data))
    found = inspect_dataset(path)
    assert any("big.png" in warning for warning in found.warnings)


# Uploads --------------------------------------------------------------------------------------------------------------
