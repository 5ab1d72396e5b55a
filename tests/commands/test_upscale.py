"""`upscale` on the command line: files and folders in, images out, one line for every error."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageFile

from gan_core.cli import main
from gan_core.data.benchmarks import DEGRADED_BENCHMARKS
from gan_core.upscaling import DEFAULT_UPSCALER
from tests import factories, small_upscalers


@pytest.fixture
def root(tmp_path: Path) -> Path:
    small_upscalers.make_upscaler_checkpoint(tmp_path / "models")
    factories.checkpoint(tmp_path / "models", "dcgan", "noise")
    return tmp_path / "models"


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    """A folder with two images, a damaged one and a text."""
    folder = tmp_path / "shots"
    folder.mkdir()
    for name, size in (("a.png", (20, 12)), ("b.jpg", (16, 16))):
        Image.fromarray(small_upscalers.noise_pixels(size[1], size[0])).save(folder / name)
    (folder / "cut.png").write_bytes((folder / "a.png").read_bytes()[:60])
    (folder / "notes.txt").write_text("no image")
    return folder


def run_upscale(root: Path, *arguments: object) -> int:
    return main(["upscale", *map(str, arguments), "--model", "tiny-sr", "--checkpoints", str(root)])


def error_line(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line on standard error."""
    output = capsys.readouterr().err
    assert output.count("\n") == 1, output
    assert "Traceback" not in output
    return output


def test_one_image_is_upscaled_by_the_models_own_scale(
    root: Path, shots: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_upscale(root, shots / "a.png", "--out", tmp_path / "new" / "large.png") == 0
    assert Image.open(tmp_path / "new" / "large.png").size == (80, 48)
    assert "20 x 12" in capsys.readouterr().out
    assert run_upscale(root, shots / "a.png", "--out", tmp_path / "large.webp", "--scale", "2.5", "--tile", "16") == 0
    assert Image.open(tmp_path / "large.webp").size == (50, 30)


def test_tiles_do_not_change_the_result(root: Path, shots: Path, tmp_path: Path) -> None:
    Image.fromarray(small_upscalers.noise_pixels(70, 50)).save(shots / "wide.png")
    for name, more in (("whole.png", ()), ("tiled.png", ("--tile", "24"))):
        assert run_upscale(root, shots / "wide.png", "--out", tmp_path / name, *more) == 0
    whole, tiled = (np.asarray(Image.open(tmp_path / name)).astype(int) for name in ("whole.png", "tiled.png"))
    assert np.abs(whole - tiled).max() <= 1


def test_a_folder_keeps_its_names_and_damaged_files_are_named_at_the_end(
    root: Path, shots: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_upscale(root, shots, "--out", tmp_path / "large") == 1
    assert "1 of 3 images were skipped: " in (message := error_line(capsys))
    assert "cut.png" in message
    assert sorted(file.name for file in (tmp_path / "large").iterdir()) == ["a.png", "b.jpg"]
    assert Image.open(tmp_path / "large" / "b.jpg").size == (64, 64)


def test_equal_names_from_two_folders_do_not_overwrite_each_other(root: Path, shots: Path, tmp_path: Path) -> None:
    (shots / "cut.png").unlink()
    other = tmp_path / "other"
    other.mkdir()
    Image.fromarray(small_upscalers.noise_pixels(8, 8)).save(other / "a.png")
    assert run_upscale(root, shots, other, "--out", tmp_path / "large") == 0
    assert sorted(file.name for file in (tmp_path / "large").iterdir()) == ["a-2.png", "a.png", "b.jpg"]
    assert Image.open(tmp_path / "large" / "a-2.png").size == (32, 32)


def test_settings_hold_for_every_image_of_a_batch(root: Path, shots: Path, tmp_path: Path) -> None:
    sizes = {}
    for quality in ("20", "95"):
        out = tmp_path / quality
        assert (
            run_upscale(root, shots / "b.jpg", shots / "b.jpg", shots / "a.png", "--out", out, "--quality", quality)
            == 0
        )
        sizes[quality] = (out / "b.jpg").stat().st_size
    assert sizes["20"] < sizes["95"] / 2
    assert run_upscale(root, shots, "--out", tmp_path / "thrice", "--scale", "3") == 1
    assert [Image.open(tmp_path / "thrice" / name).size for name in ("a.png", "b.jpg")] == [(60, 36), (48, 48)]


def test_a_weights_file_is_a_model_too(root: Path, shots: Path, tmp_path: Path) -> None:
    torch.save({"params": small_upscalers.compact_network().state_dict()}, tmp_path / "compact.pth")
    call = ["upscale", str(shots / "a.png"), "--out", str(tmp_path / "x.png"), "--model", str(tmp_path / "compact.pth")]
    assert main(call) == 0
    assert Image.open(tmp_path / "x.png").size == (40, 24)


def test_notes_are_printed_and_an_earlier_result_is_replaced(
    root: Path, shots: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.new("RGBA", (8, 8), (1, 2, 3, 100)).save(shots / "glass.png")
    (tmp_path / "x.jpg").write_bytes(b"old")
    assert run_upscale(root, shots / "glass.png", "--out", tmp_path / "x.jpg") == 0
    output = capsys.readouterr()
    assert "composited on white" in output.out
    assert output.err == ""
    assert Image.open(tmp_path / "x.jpg").size == (32, 32)


def test_a_folder_without_images_is_refused(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert run_upscale(root, tmp_path / "empty", "--out", tmp_path / "out") == 2
    assert "holds no image" in error_line(capsys)


def test_a_source_is_never_overwritten(
    root: Path, shots: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (shots / "a.png").read_bytes()
    (tmp_path / "link.png").symlink_to(shots / "a.png")
    for out in (shots / "a.png", shots, tmp_path / "link.png"):
        assert run_upscale(root, shots / "a.png", "--out", out) == 2
        assert "would be overwritten" in error_line(capsys)
    assert (shots / "a.png").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a.png", "--scale", "0"], "Scale must be above 0"),
        (["a.png", "--scale", "nan"], "Scale must be above 0"),
        (["a.png", "--tile", "-3"], "A tile must have between"),
        (["a.png", "--quality", "101"], "Quality must be between 1 and 100"),
        (["a.png", "--precision", "half"], "Precision must be one of"),
        (["nothing.png"], "There is no file or folder"),
        (["cut.png"], "cut.png"),
        (["notes.txt"], "notes.txt"),
    ],
)
def test_a_wrong_call_ends_with_one_line(
    arguments: list[str], message: str, root: Path, shots: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, *more = arguments
    assert run_upscale(root, shots / first, *more, "--out", tmp_path / "x.png") == 2
    assert message in error_line(capsys)
    assert not (tmp_path / "x.png").exists()


@pytest.mark.parametrize(
    ("out", "message"),
    [("x.gif", "must end in .png"), ("taken", "is a file that is no image"), ("x.png", "choose a folder")],
)
def test_an_impossible_out_is_refused(
    out: str, message: str, root: Path, shots: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "taken").write_text("")
    inputs = [shots / "a.png"] if out != "x.png" else [shots / "a.png", shots / "b.jpg"]
    assert run_upscale(root, *inputs, "--out", tmp_path / out) == 2
    assert message in error_line(capsys)


def test_a_model_that_does_not_upscale_is_refused_with_its_type(
    root: Path, shots: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["upscale", str(shots / "a.png"), "--out", str(tmp_path / "x.png"), "--checkpoints", str(root), "--model"]
    assert main([*call, "noise"]) == 2
    assert "noise is a DCGAN, which generates images and does not upscale" in error_line(capsys)
    assert main([*call, "photo-sr-x9"]) == 2
    assert "There is no model 'photo-sr-x9'; there are: noise, tiny-sr" in error_line(capsys)


def test_an_image_whose_result_would_be_too_large_is_refused_before_decoding(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("1", (6000, 6000)).save(tmp_path / "wide.png")

    def decode(*_: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", decode)
    assert run_upscale(root, tmp_path / "wide.png", "--out", tmp_path / "x.png") == 2
    assert "make 576 megapixels; at most 400" in error_line(capsys)


# The model by the picture ---------------------------------------------------------------------------------------------


@pytest.fixture
def measured_root(tmp_path: Path) -> Path:
    """The default upscaler and a faithful one, with scores that say: the default spoils JPEGs, the other gains."""
    root = tmp_path / "measured"
    for name, gain in ((DEFAULT_UPSCALER, -0.05), ("faithful", 0.03)):
        checkpoint = small_upscalers.make_upscaler_checkpoint(root, name)
        scores = {key: {"ssim": 0.6 + gain, "bicubic": {"ssim": 0.6}} for key in DEGRADED_BENCHMARKS}
        config = json.loads((checkpoint.folder / "config.json").read_text())
        (checkpoint.folder / "config.json").write_text(json.dumps(config | {"scores": {"benchmarks": scores}}))
    return root


@pytest.fixture
def jpeg(tmp_path: Path) -> Path:
    Image.effect_noise((64, 64), 60).convert("RGB").save(tmp_path / "phone.jpg", quality=60)
    return tmp_path / "phone.jpg"


def test_auto_takes_the_model_that_suits_the_picture_and_says_why(
    measured_root: Path, jpeg: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["upscale", str(jpeg), "--checkpoints", str(measured_root), "--out"]
    assert main([*call, str(tmp_path / "auto.png"), "--model", "auto"]) == 0
    output = capsys.readouterr()
    assert "of the networks here, faithful comes nearest" in output.out
    assert output.err == ""
    assert main([*call, str(tmp_path / "faithful.png"), "--model", "faithful"]) == 0
    assert (tmp_path / "auto.png").read_bytes() == (tmp_path / "faithful.png").read_bytes()


def test_without_a_model_the_default_is_used_and_a_better_one_is_named_on_standard_error(
    measured_root: Path, jpeg: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["upscale", str(jpeg), "--checkpoints", str(measured_root), "--out"]
    assert main([*call, str(tmp_path / "plain.png")]) == 0
    assert "--model auto takes faithful" in error_line(capsys)
    assert main([*call, str(tmp_path / "named.png"), "--model", DEFAULT_UPSCALER]) == 0
    assert capsys.readouterr().err == ""
    assert (tmp_path / "plain.png").read_bytes() == (tmp_path / "named.png").read_bytes()


def test_a_result_that_is_too_large_is_refused_with_a_scale_that_fits(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.new("L", (8000, 6000)).save(tmp_path / "large.png")
    assert run_upscale(root, tmp_path / "large.png", "--out", tmp_path / "x.png") == 2
    assert "a scale of 2 fits" in error_line(capsys)
