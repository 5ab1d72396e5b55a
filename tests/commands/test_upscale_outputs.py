"""The files that `upscale` writes: long and foreign names, and targets that cannot be written."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_core.cli import main
from gan_core.commands import upscale_files, upscale_outputs
from gan_core.commands.upscale_inputs import Picture
from gan_core.errors import ExternalError
from tests import small_upscalers
from tests.commands.output import error_line


@pytest.fixture
def root(tmp_path: Path) -> Path:
    small_upscalers.make_upscaler_checkpoint(tmp_path / "models")
    return tmp_path / "models"


def save_picture(file: Path | bytes) -> None:
    with open(file, "wb") as stream:
        Image.new("RGB", (8, 6), (200, 30, 20)).save(stream, "PNG")


def arguments(root: Path, *more: object) -> list[str]:
    return ["upscale", *map(str, more), "--model", "tiny-sr", "--checkpoints", str(root)]


# Names ----------------------------------------------------------------------------------------------------------------

NAMES = [
    b"a" * 251 + b".png", ("é" * 125).encode() + b"x.png", b"bad\xff\xfe.png", b"new\nline.png", b"-dash.png",
    b"trail. .png", "family👩‍👩‍👧.png".encode(), b"\x1b[31mred.png", b"tab\tname.png",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name[:12]))
def test_a_picture_of_any_name_is_written_under_its_name(
    name: bytes, root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    save_picture(os.fsencode(tmp_path / "in") + b"/" + name)
    assert main(arguments(root, tmp_path / "in", "--out", tmp_path / "out")) == 0
    assert os.listdir(os.fsencode(tmp_path / "out")) == [name]
    output = capsys.readouterr().out
    assert output.count("\n") == 1
    assert output.strip().isprintable() or "\u200d" in output


def test_a_name_without_ending_that_leaves_no_room_for_one_is_shortened(root: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("b" * 255, "b" * 254 + "c", "é" * 127):
        save_picture(tmp_path / "in" / name)
    assert main(arguments(root, tmp_path / "in", "--out", tmp_path / "out")) == 0
    names = sorted(os.listdir(tmp_path / "out"))
    assert names == sorted(["b" * 251 + ".png", "b" * 249 + "-2.png", "é" * 125 + ".png"])


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "ascii:strict"])
def test_a_terminal_that_cannot_print_a_name_stops_nothing(encoding: str, root: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("日本.png", "b.png"):
        save_picture(tmp_path / "in" / name)
    (tmp_path / "in" / "cut\u4e00.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    call = [sys.executable, "-m", "gan_core", *arguments(root, tmp_path / "in", "--out", tmp_path / "out")]
    done = subprocess.run(call, capture_output=True, env=os.environ | {"PYTHONIOENCODING": encoding}, timeout=120)
    assert done.returncode == 1
    assert sorted(os.listdir(tmp_path / "out")) == ["b.png", "日本.png"]
    assert rb"\u65e5\u672c.png" in done.stdout
    assert done.stderr.count(b"\n") == 1
    assert b"1 of 3 images were skipped" in done.stderr


# Targets --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    for name in ("a.png", "b.png", "c.png"):
        save_picture(tmp_path / "in" / name)
    return tmp_path / "in"


def test_one_output_that_cannot_be_written_ends_no_batch(
    root: Path, shots: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out" / "b.png").mkdir(parents=True)
    assert main(arguments(root, shots, "--out", tmp_path / "out")) == 1
    message = error_line(capsys)
    assert "1 of 3 images were skipped" in message
    assert "b.png cannot be written: there is a folder of that name" in message
    assert sorted(path.name for path in (tmp_path / "out").iterdir() if path.is_file()) == ["a.png", "c.png"]


def make_file(folder: Path) -> Path:
    (folder / "file").write_text("")
    return folder / "file" / "sub" / "x.png"


def make_long_name(folder: Path) -> Path:
    return folder / f"{'z' * 300}.png"


def make_long_path(folder: Path) -> Path:
    return folder.joinpath(*["d" * 200] * 25, "x.png")


@pytest.mark.parametrize(
    ("make_target", "reason"),
    [(make_file, "is a file, not a folder"), (make_long_name, "File name too long"),
     (make_long_path, "File name too long"), (lambda folder: Path("/proc/x.png"), "cannot be written")],
)  # fmt: skip
def test_an_output_that_cannot_be_written_is_noticed_before_the_work(
    make_target: object, reason: str, root: Path, shots: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def work(*_: object) -> None:
        raise AssertionError("upscaled")

    monkeypatch.setattr(upscale_files.FileUpscaler, "upscale", work)
    target = make_target(tmp_path)  # pyright: ignore[reportCallIssue]
    assert main(arguments(root, shots / "a.png", "--out", target)) == 1
    assert reason in error_line(capsys)


def test_a_folder_that_may_not_be_written_is_noticed_before_the_model_is_loaded(
    root: Path, shots: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(upscale_outputs.tempfile, "TemporaryFile", refuse)
    assert main(["upscale", str(shots), "--out", str(tmp_path / "out"), "--model", "no-such-model"]) == 1
    assert error_line(capsys).count("Permission denied") == 3


def test_a_disk_that_is_full_by_then_ends_no_batch(
    root: Path, shots: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write = upscale_files.writing.write_image

    def write_unless_b(image: object, target: Path, *more: object) -> object:
        if target.name == "b.png":
            raise OSError(28, "No space left on device")
        return write(image, target, *more)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(upscale_files.writing, "write_image", write_unless_b)
    assert main(arguments(root, shots, "--out", tmp_path / "out")) == 1
    assert "b.png cannot be written: No space left on device" in error_line(capsys)
    assert sorted(os.listdir(tmp_path / "out")) == ["a.png", "c.png"]


def test_all_names_of_skipped_pictures_are_listed(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    save_picture(tmp_path / "in" / "good.png")
    for number in range(8):
        (tmp_path / "in" / f"cut{number}.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert main(arguments(root, tmp_path / "in", "--out", tmp_path / "out")) == 1
    message = error_line(capsys)
    assert "8 of 9 images were skipped" in message
    assert all(f"cut{number}.png" in message for number in range(8))


def test_skipped_pictures_of_one_name_are_told_apart_by_their_folders(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_picture(make_parents(tmp_path / "in" / "good.png"))
    cut = [tmp_path / "in" / folder / "cut.png" for folder in ("2023", "2024")]
    for file in cut:
        make_parents(file).write_bytes(b"\x89PNG\r\n\x1a\n")
    assert main(arguments(root, tmp_path / "in", "--out", tmp_path / "out", "--recursive")) == 1
    message = error_line(capsys)
    assert all(str(file) in message for file in cut)


def make_parents(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    return file


def test_a_target_that_can_be_written_is_left_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "new" / "x.png"
    upscale_outputs.validate_target(target)
    assert os.listdir(tmp_path / "new") == []
    target.write_text("old")
    upscale_outputs.validate_target(target)
    assert target.read_text() == "old"
    with pytest.raises(ExternalError, match="folder of that name"):
        upscale_outputs.validate_target(tmp_path / "new")


# Sub-folders and endings ----------------------------------------------------------------------------------------------


def test_sub_folders_are_kept_below_out(root: Path, shots: Path, tmp_path: Path) -> None:
    (shots / "2020" / "deep").mkdir(parents=True)
    save_picture(shots / "2020" / "deep" / "a.png")
    assert main(arguments(root, shots, "--out", shots / "large", "--recursive")) == 0
    assert main(arguments(root, shots, "--out", shots / "large", "--recursive")) == 0
    found = sorted(str(path.relative_to(shots / "large")) for path in (shots / "large").rglob("*.png"))
    assert found == ["2020/deep/a.png", "a.png", "b.png", "c.png"]


def test_without_recursive_one_line_on_standard_error_says_what_is_left_out(
    root: Path, shots: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shots / "2020").mkdir()
    save_picture(shots / "2020" / "a.png")
    assert main(arguments(root, shots, "--out", tmp_path / "out")) == 0
    assert "1 image lies in sub-folders of" in error_line(capsys)
    assert sorted(os.listdir(tmp_path / "out")) == ["a.png", "b.png", "c.png"]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["2020/a.png", "2021/a.png"], ["2020/a.png", "2021/a.png"]),
        (["a.png", "A.PNG"], ["a.png", "A-2.PNG"]),
        (["x/a.png", "X/A.png"], ["x/a.png", "X/A-2.png"]),
        (["a.bmp", "a.heic", "a.gif", "a.jfif"], ["a.png", "a-2.png", "a-3.png", "a-4.png"]),
        (["a.jpeg", "a.tif", "a.webp"], ["a.jpeg", "a.tif", "a.webp"]),
    ],
)
def test_names_are_kept_where_they_differ(names: list[str], expected: list[str]) -> None:
    pictures = [Picture(Path("in") / name, Path(name).parent) for name in names]
    assert upscale_outputs.number_targets(Path("out"), pictures) == [Path("out") / name for name in expected]


def test_the_result_of_a_still_gif_is_a_png_in_a_batch_and_a_gif_where_it_is_asked_for(
    root: Path, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    Image.fromarray(np.arange(48, dtype=np.uint8).reshape(6, 8)).save(tmp_path / "in" / "still.gif")
    assert main(arguments(root, tmp_path / "in", "--out", tmp_path / "out")) == 0
    assert os.listdir(tmp_path / "out") == ["still.png"]
    assert main(arguments(root, tmp_path / "in" / "still.gif", "--out", tmp_path / "still.gif")) == 0
    assert Image.open(tmp_path / "still.gif").format == "GIF"
