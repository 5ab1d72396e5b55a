"""Animated pictures on the command line: all frames in and out, by the endings of the names."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from gan_core.cli import main
from gan_core.images.animation.frames import read_animation
from gan_core.upscaling import animated
from tests import small_upscalers
from tests.commands.output import error_line
from tests.images.animation.test_frames import encode_frames, moving_square

TIMES = [40, 70, 200, 10, 100, 250]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    small_upscalers.make_upscaler_checkpoint(tmp_path / "models")
    return tmp_path / "models"


def run(root: Path, *arguments: object) -> int:
    return main(["upscale", *map(str, arguments), "--model", "tiny-sr", "--checkpoints", str(root)])


def frame_facts(file: Path) -> dict[str, Any]:
    """What Pillow says of an animated file."""
    with Image.open(file) as image:
        times = []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            image.load()
            times.append(image.info.get("duration"))
        return {"format": image.format, "size": image.size, "times": times, "loop": image.info.get("loop")}


@pytest.mark.parametrize("source", ["gif", "webp", "png"])
@pytest.mark.parametrize(("ending", "format"), [("gif", "GIF"), ("webp", "WEBP"), ("png", "PNG"), ("apng", "PNG")])
def test_all_frames_are_written_as_the_ending_says(
    source: str, ending: str, format: str, root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / f"anim.{source}").write_bytes(encode_frames(moving_square(), source.upper(), duration=TIMES, loop=0))
    assert run(root, tmp_path / f"anim.{source}", "--out", tmp_path / f"out.{ending}") == 0
    facts = frame_facts(tmp_path / f"out.{ending}")
    assert facts == {"format": format, "size": (96, 64), "times": TIMES, "loop": 0}
    assert "6 frames" in capsys.readouterr().out


@pytest.mark.parametrize("ending", ["jpg", "tif"])
def test_a_still_format_gets_the_first_frame_and_says_so(
    ending: str, root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "anim.gif").write_bytes(encode_frames(moving_square(), "GIF", duration=TIMES))
    assert run(root, tmp_path / "anim.gif", "--out", tmp_path / f"out.{ending}") == 0
    assert "anim.gif is animated; the first is used." in capsys.readouterr().out
    assert len(frame_facts(tmp_path / f"out.{ending}")["times"]) == 1


def test_in_a_batch_animations_keep_their_kind_and_stills_theirs(root: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name, format in (("a.gif", "GIF"), ("b.webp", "WEBP"), ("c.png", "PNG"), ("d.apng", "PNG")):
        (tmp_path / "in" / name).write_bytes(encode_frames(moving_square(), format, duration=TIMES, loop=2))
    moving_square()[0].save(tmp_path / "in" / "e.gif")
    # The ending lies: the content decides.
    (tmp_path / "in" / "f.png").write_bytes((tmp_path / "in" / "a.gif").read_bytes())
    assert run(root, tmp_path / "in", "--out", tmp_path / "out") == 0
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["a.gif", "b.webp", "c.png", "d.apng", "e.png", "f.gif"]
    assert [len(frame_facts(tmp_path / "out" / name)["times"]) for name in names] == [6, 6, 6, 6, 1, 6]
    assert {frame_facts(tmp_path / "out" / name)["loop"] for name in ("a.gif", "b.webp", "c.png")} == {2}


def test_every_frame_is_what_the_network_makes_of_it(root: Path, tmp_path: Path) -> None:
    from gan_core.upscaling.upscaler import open_upscaler

    frames = [frame.convert("RGB") for frame in moving_square(3)]
    (tmp_path / "anim.png").write_bytes(encode_frames(frames, "PNG", duration=50))
    assert run(root, tmp_path / "anim.png", "--out", tmp_path / "out.png", "--precision", "float32") == 0
    animation = read_animation(tmp_path / "out.png")
    assert animation is not None
    upscaler = open_upscaler("tiny-sr", root)
    source = read_animation(tmp_path / "anim.png")
    assert source is not None
    for small, large in zip(source.frames(), animation.frames(), strict=True):
        expected = small_upscalers.upscale_untiled(upscaler, small.image.pixels)
        assert small_upscalers.max_difference(large.image.pixels, expected) <= 1


def test_too_long_an_animation_is_refused_before_the_work(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "anim.gif").write_bytes(encode_frames(moving_square(), "GIF", duration=TIMES))
    monkeypatch.setattr(animated, "MAX_ANIMATION_PIXELS", 1000)
    assert run(root, tmp_path / "anim.gif", "--out", tmp_path / "out.gif") == 2
    assert "anim.gif has 6 frames" in error_line(capsys)
    assert not (tmp_path / "out.gif").exists()


def test_an_interrupt_leaves_no_part_of_a_file(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "anim.gif").write_bytes(encode_frames(moving_square(), "GIF", duration=TIMES))
    original = animated.AnimatedUpscale.frame_events
    calls = []

    def interrupt(self: Any, *arguments: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return original(self, *arguments)

    monkeypatch.setattr(animated.AnimatedUpscale, "frame_events", interrupt)
    (tmp_path / "out").mkdir()
    assert run(root, tmp_path / "anim.gif", "--out", tmp_path / "out" / "x.gif") == 130
    assert "interrupted" in error_line(capsys)
    assert list((tmp_path / "out").iterdir()) == []
