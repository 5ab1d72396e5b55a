"""What somebody wants to train on is looked at first, and a hostile zip harms nobody."""

import io
import json
import stat
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_core.errors import InputError
from gan_core.runs import dataset_inspection, datasets
from gan_core.runs.dataset_inspection import Report, inspect
from gan_core.runs.queue import REQUEST, write


def picture(number: int = 0, side: int = 40, mode: str = "RGB", format: str = "PNG") -> bytes:
    pixels = np.random.default_rng(number).integers(0, 256, (side, side, len(mode)), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels.squeeze(), mode).save(buffer, format)
    return buffer.getvalue()


def packed(path: Path, files: dict[str | zipfile.ZipInfo, bytes], how: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", how) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def several(count: int = 10, **how) -> dict[str | zipfile.ZipInfo, bytes]:
    return {f"{number}.png": picture(number, **how) for number in range(count)}


def test_count_sizes_channels_and_formats_are_told(tmp_path: Path) -> None:
    found = inspect(packed(tmp_path / "mine.zip", several() | {"x.jpg": picture(77, 20, format="JPEG")}))
    assert (found.name, found.pictures, found.channels, found.smallest, found.usual) == ("mine", 11, 3, 20, 40)
    assert found.formats == ("JPEG", "PNG")
    assert found.good
    assert found.image_size() == 32
    assert any("1 are smaller than 28" in each for each in found.warnings)
    assert any("11 pictures are few" in each for each in found.warnings)


def test_a_folder_is_looked_at_like_a_zip(tmp_path: Path) -> None:
    for number in range(9):
        folder = tmp_path / ("cats" if number < 5 else "dogs")
        folder.mkdir(exist_ok=True)
        (folder / f"{number}.png").write_bytes(picture(number, mode="L"))
    found = inspect(tmp_path)
    assert (found.pictures, found.channels, found.labels) == (9, 1, ("cats", "dogs"))
    assert any("Of dogs there are only 4" in each for each in found.warnings)


def test_labels_and_captions_come_from_the_metadata(tmp_path: Path) -> None:
    rows = [{"file_name": f"{number}.png", "text": "a red thing", "label": number % 2} for number in range(10)]
    lines = "\n".join(map(json.dumps, rows)).encode()
    found = inspect(packed(tmp_path / "mine.zip", several() | {"metadata.jsonl": lines}))
    assert found.captions
    assert found.labels == ("0", "1")


def test_broken_and_doubled_pictures_are_counted_and_too_few_refused(tmp_path: Path) -> None:
    files = several(9) | {"again.png": picture(0), "torn.png": picture(5)[:300], "text.png": b"hello"}
    found = inspect(packed(tmp_path / "mine.zip", files))
    assert found.good
    assert any("2 cannot be read and will be skipped" in each for each in found.warnings)
    assert any("1 are copies of others" in each for each in found.warnings)
    few = inspect(packed(tmp_path / "few.zip", several(5) | {"torn.png": b"x"}))
    assert not few.good
    assert "5 usable pictures are too few" in few.troubles[0]


def test_a_picture_of_too_many_pixels_counts_as_unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset_inspection, "MOST_PIXELS", 1000)
    found = inspect(packed(tmp_path / "mine.zip", several(10)))
    assert not found.good


def test_of_a_large_set_a_part_spread_over_all_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset_inspection, "LOOKED_AT", 10)
    files = several(40) | {"39.png": b"broken"}
    found = inspect(packed(tmp_path / "mine.zip", files))
    assert found.pictures == 40
    assert found.good


@pytest.mark.parametrize("how", ["nothing", "no pictures", "no zip", "nowhere"])
def test_what_is_no_set_is_said(tmp_path: Path, how: str) -> None:
    path = tmp_path / "mine.zip"
    if how == "no zip":
        path.write_bytes(b"PK but no more")
    elif how != "nowhere":
        packed(path, {} if how == "nothing" else {"a.txt": b"words"})
    with pytest.raises(InputError, match=r"holds no pictures|not a readable zip|There is no folder and no zip"):
        inspect(path)


# Hostile zips ---------------------------------------------------------------------------------------------------------


def link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("innocent.png")
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


OUTSIDE = (
    "../evil.png", "a/../../evil.png", "/etc/evil.png", "..\\evil.png", "C:\\evil.png", "C:evil.png", "a\\..\\..\\b",
)  # fmt: skip


@pytest.mark.parametrize("name", OUTSIDE)
def test_names_that_lead_out_are_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    place = tmp_path / "deep" / "deeper"
    place.mkdir(parents=True)
    path = packed(place / "evil.zip", several() | {name: picture()})
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InputError, match="outside of itself"):
        inspect(path)
    assert sorted(tmp_path.rglob("*")) == before


def test_links_and_passwords_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds links"):
        inspect(packed(tmp_path / "links.zip", several() | {link(): b"/etc/passwd"}))
    path = packed(tmp_path / "secret.zip", several())
    data = bytearray(path.read_bytes())
    place = data.rindex(b"PK\x01\x02")
    flags = struct.unpack_from("<H", data, place + 8)[0]
    struct.pack_into("<H", data, place + 8, flags | 1)
    path.write_bytes(bytes(data))
    with pytest.raises(InputError, match="password"):
        inspect(path)


def test_bombs_are_refused_by_what_they_claim_before_anything_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *_: pytest.fail("it was unpacked"))
    bomb = packed(tmp_path / "bomb.zip", {"a.png": bytes(60_000_000)}, zipfile.ZIP_DEFLATED)
    with pytest.raises(InputError, match="times its size: that is a bomb"):
        inspect(bomb)
    monkeypatch.setattr(dataset_inspection, "MOST_BYTES", 1000)
    with pytest.raises(InputError, match="at most"):
        inspect(packed(tmp_path / "large.zip", several()))
    monkeypatch.setattr(dataset_inspection, "MOST_FILES", 5)
    with pytest.raises(InputError, match="holds 10 files"):
        inspect(packed(tmp_path / "many.zip", several()))


def test_files_that_share_their_bytes_are_a_bomb_all_the_same(tmp_path: Path) -> None:
    """Ten thousand entries of a directory that all point at one file (Fifield 2019)."""
    path = packed(tmp_path / "one.zip", {"0.png": bytes(60_000)}, zipfile.ZIP_DEFLATED)
    data = path.read_bytes()
    first, last = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    entry = data[first:last]
    entries, end = entry * 2000, bytearray(data[last:])
    struct.pack_into("<HHII", end, 8, 2000, 2000, len(entries), first)
    path.write_bytes(data[:first] + entries + bytes(end))
    with pytest.raises(InputError, match="bomb"):
        inspect(path)


def test_a_zip_that_lies_about_its_sizes_gives_no_more_than_it_claims(tmp_path: Path) -> None:
    path = packed(tmp_path / "liar.zip", several(9) | {"big.png": bytes(5_000_000)}, zipfile.ZIP_DEFLATED)
    data = bytearray(path.read_bytes())
    place = data.rindex(b"PK\x01\x02")
    struct.pack_into("<I", data, place + 24, 10)  # the uncompressed size in the directory
    path.write_bytes(bytes(data))
    found = inspect(path)
    assert any("big.png" in each for each in found.warnings)


# Uploads --------------------------------------------------------------------------------------------------------------


def test_an_upload_is_kept_by_its_content_and_a_bad_one_leaves_nothing(tmp_path: Path) -> None:
    path = packed(tmp_path / "mine.zip", several())
    data, root = path.read_bytes(), tmp_path / "runs"
    first = datasets.keep(io.BytesIO(data), "../../My pictures!.zip", len(data), root)
    again = datasets.keep(io.BytesIO(data), "My pictures!.zip", len(data), root)
    assert first == again
    assert first.parent == root / ".uploads"
    assert first.name.startswith("My-pictures-")
    assert first.read_bytes() == data
    with pytest.raises(InputError, match="readable zip"):
        datasets.keep(io.BytesIO(b"PK no"), "bad.zip", 5, root)
    assert [each.name for each in (root / ".uploads").iterdir()] == [first.name]
    assert list(datasets.known(root).items())[-1] == ("My-pictures (uploaded)", str(first))


def test_an_upload_that_no_run_needs_can_be_deleted_and_nothing_else(tmp_path: Path) -> None:
    root = tmp_path / "runs"
    data = packed(tmp_path / "mine.zip", several()).read_bytes()
    kept = datasets.keep(io.BytesIO(data), "mine.zip", len(data), root)
    (root / "run").mkdir()
    write(root / "run" / REQUEST, {"title": "Cats", "plan": {"data": str(kept)}})
    with pytest.raises(InputError, match="Cats was trained on it"):
        datasets.forget(str(kept), root)
    (root / "run" / REQUEST).unlink()
    datasets.forget(str(tmp_path / "mine.zip"), root)
    datasets.forget(str(kept), root)
    assert (tmp_path / "mine.zip").is_file()
    assert not kept.exists()


def test_an_upload_beyond_the_quota_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAN_CORE_RUNS_GB", "0.001")
    with pytest.raises(InputError, match="delete some"):
        datasets.keep(io.BytesIO(b"x"), "a.zip", 2_000_000, tmp_path)


def test_named_sets_come_first_and_what_lies_in_the_data_folder_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAN_CORE_DATA", str(tmp_path))
    packed(tmp_path / "flowers.zip", several())
    (tmp_path / "MNIST" / "raw").mkdir(parents=True)
    (tmp_path / "cats").mkdir()
    assert list(datasets.known(tmp_path / "runs").values()) == ["mnist", "fashion-mnist", "cats", "flowers"]
    assert datasets.report("mnist") == Report("mnist", 60_000, 1, 28, 28, tuple("0123456789"))
    assert datasets.report("flowers").pictures == 10
    before = datasets.stamp("flowers")
    packed(tmp_path / "flowers.zip", several(20))
    assert datasets.stamp("flowers") != before
