"""Makes the moving pictures of the cards on Home: `python -m tests.moving_pictures` writes pages/home/assets.

`training.webp` is a real training on MNIST, preview by preview, which needs that data set and some minutes; `game.webp`
is the game of the page How it works. Beside each lies its last picture, for visitors who want no movement.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from gan_core.cli import main as gan_core
from gan_core.images import encoding
from gan_core.runs import previews
from gan_core.toy import ToyConfig, ToyGan, single_threaded
from gan_core.toy_targets import FIELD_EXTENT, Points

ASSETS = Path(__file__).resolve().parents[1] / "pages" / "home" / "assets"
TRAIN_STEPS, PREVIEW_STEPS = 800, 20
ROWS, COLUMNS = 4, 4  # of the images of a preview that are shown
GAME_STEPS, GAME_FRAMES = 1200, 30
GAME_SIDE_PX, SUPERSAMPLING = 140, 3
REAL_COLOUR, FAKE_COLOUR = (120, 150, 190), (244, 126, 94)
FRAME_MS, LAST_FRAME_MS, QUALITY = 120, 1800, 40


def training_frames(data_dir: str | None) -> list[Image.Image]:
    """Sixteen images of each preview of a training from noise to digits."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        flags = ["--steps", str(TRAIN_STEPS), "--preview-every", str(PREVIEW_STEPS), "--batch-size", "64"]
        data_flags = ["--data-dir", data_dir] if data_dir else []
        if gan_core(["train", "dcgan", "--data", "mnist", "--run", str(run), *flags, *data_flags]):
            sys.exit("the training failed")
        frames = []
        for step in previews.preview_steps(run):
            images = previews.split_grid(previews.read_preview(run, step))[: ROWS * COLUMNS, :, :, 0]
            rows = [np.concatenate(list(row), 1) for row in np.split(images, ROWS)]
            frames.append(Image.fromarray(np.concatenate(rows, 0)))
        return frames


def game_frames() -> list[Image.Image]:
    """The plane of the game while the generator learns a ring of eight points."""
    game, frames = ToyGan(ToyConfig()), []
    with single_threaded():
        for _ in range(GAME_FRAMES):
            snapshot = game.snapshot()
            frames.append(draw_points(snapshot.real, snapshot.fake))
            game.train(GAME_STEPS // GAME_FRAMES)
    return frames


def draw_points(real: Points, fake: Points) -> Image.Image:
    """Real points as rings, generated ones as dots, on black."""
    side = GAME_SIDE_PX * SUPERSAMPLING
    canvas = Image.new("RGB", (side, side))
    pen = ImageDraw.Draw(canvas)
    for points, colour, radius in ((real, REAL_COLOUR, 1.2), (fake, FAKE_COLOUR, 1.5)):
        radius *= SUPERSAMPLING
        for x, y in points * side / 2 / FIELD_EXTENT:
            centre_x, centre_y = side / 2 + x, side / 2 - y
            box = (centre_x - radius, centre_y - radius, centre_x + radius, centre_y + radius)
            pen.ellipse(box, fill=colour)
    return canvas.resize((GAME_SIDE_PX, GAME_SIDE_PX), Image.Resampling.LANCZOS)


def save(name: str, frames: list[Image.Image]) -> None:
    """An animated WebP that rests on its last frame, and that frame as a PNG."""
    ASSETS.mkdir(exist_ok=True)
    file = ASSETS / f"{name}.webp"
    durations = [FRAME_MS] * (len(frames) - 1) + [LAST_FRAME_MS]
    frames[0].convert("RGB").save(
        file, save_all=True, append_images=[frame.convert("RGB") for frame in frames[1:]], duration=durations, loop=0,
        quality=QUALITY, method=6,
    )  # fmt: skip
    still = ASSETS / f"{name}.png"
    still.write_bytes(encoding.encode_png(frames[-1]))
    sys.stdout.write(f"{file.name}: {len(frames)} frames, {file.stat().st_size:,} bytes\n")


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the moving pictures of Home.")
    parser.add_argument("names", nargs="*", help="training or game; both by default")
    parser.add_argument("--data-dir", help="where MNIST lies or is downloaded to")
    args = parser.parse_args()
    if "training" in args.names or not args.names:
        save("training", training_frames(args.data_dir))
    if "game" in args.names or not args.names:
        save("game", game_frames())


if __name__ == "__main__":
    main()
