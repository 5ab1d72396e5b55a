"""Upscales one file to another for the command `upscale`, with its progress and its notes."""

import argparse
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tqdm import tqdm

from gan_core.checkpoints import store
from gan_core.commands.common import checkpoint_root, printable
from gan_core.commands.upscale_inputs import AUTO_MODEL, Picture
from gan_core.files import write_atomically
from gan_core.images import reading, sniffing, writing
from gan_core.images.animation import formats
from gan_core.images.animation.frames import Animation, read_animation
from gan_core.images.quality import measure_quality
from gan_core.tasks import Task
from gan_core.upscaling import animated, pipeline
from gan_core.upscaling.recommendation import recommend
from gan_core.upscaling.upscaler import Upscaler, open_upscaler


class FileUpscaler:
    """Upscales files with the settings of one call; notes are printed above the progress bar."""

    def __init__(self, args: argparse.Namespace, upscaler: Upscaler, bar: tqdm) -> None:
        self.args, self.upscaler, self.bar = args, upscaler, bar
        self.start = 0  # of the bar, for the picture at hand

    @contextmanager
    def counted(self, picture: Picture) -> Iterator[None]:
        """The bar moves on by the pixels of a picture, whether it succeeds or not."""
        self.start = self.bar.n
        try:
            yield
        finally:
            self.bar.update(self.start + picture.pixels // 1000 - self.bar.n)

    def upscale(self, picture: Picture, target: Path) -> None:
        """Upscales one picture. Raises UsageError, ExternalError and OSError."""
        animation = None
        if picture.animation is not None and formats.animation_format(target):
            animated.validate_animation_size(self.upscaler, picture.animation, self.args.scale)
            animation = read_animation(picture.path)
        if animation is None:
            self.upscale_still(picture.path, target, picture.format)
        else:
            self.upscale_animation(picture.path, animation, target)

    def upscale_still(self, source: Path, target: Path, source_format: str) -> None:
        """Upscales the picture of a file, of an animation the first frame."""
        header = sniffing.read_header(source)
        pipeline.validate_output_size(self.upscaler, header.width, header.height, self.args.scale)  # before decoding
        image = reading.read_image(source)
        upscaler, input_size = self.suit_upscaler(source, image), image.size
        height, width = pipeline.validate_output_size(upscaler, *input_size, self.args.scale)  # once it is upright
        format = writing.output_format(target, source_format)
        writing.validate_image_output(format, width, height, self.args.quality)
        print_lines(image.notes)
        for event in pipeline.upscale(
            upscaler, image, self.args.scale, tile=self.args.tile, precision=self.args.precision
        ):
            match event:
                case pipeline.Finished(image=large):
                    print_lines(writing.write_image(large, target, self.args.quality, source_format))
                    print_lines([describe_result(source, input_size, target, large.size)])
                case _:
                    self.follow(event)

    def upscale_animation(self, source: Path, animation: Animation, target: Path) -> None:
        """Upscales all frames of an animation and writes each as soon as it is there."""
        format = formats.animation_format(target) or "PNG"
        upscaler = self.suit_upscaler(source, next(animation.frames()).image)
        height, width = animated.validate_animation_size(upscaler, animation, self.args.scale)
        writing.validate_image_output(format, width, height, self.args.quality)
        print_lines(animation.notes)
        notes: list[str] = []

        def write(partial: Path) -> None:
            with partial.open("wb") as stream:
                writer = formats.make_writer(format, stream, animation, self.args.quality)
                for event in animated.upscale_animation(
                    upscaler, animation, self.args.scale, tile=self.args.tile, precision=self.args.precision
                ):
                    match event:
                        case animated.FrameFinished(image=large, duration=duration, is_still=is_still):
                            writer.add(large, duration, is_still)
                        case _:
                            self.follow(event)
                notes.extend(writer.close())

        write_atomically(target, write)
        print_lines(notes)
        frames = f"{animation.frame_count} frames"
        print_lines([f"{describe_result(source, animation.size, target, (width, height))}, {frames}"])

    def follow(self, event: Any) -> None:
        """Shows progress on the bar, and notices above it."""
        match event:
            case pipeline.Progress(done_pixels=done):
                self.bar.update(self.start + done // 1000 - self.bar.n)
            case pipeline.Notice(text=text):
                print_lines([text])

    def suit_upscaler(self, source: Path, image: reading.DecodedImage) -> Upscaler:
        """The upscaler that suits a picture, with --model auto; without --model the default, and a hint at a better
        one."""
        if self.args.model not in (None, AUTO_MODEL):
            return self.upscaler
        root = checkpoint_root(self.args)
        models = {
            model.name: model
            for model in store.list_all_checkpoints(root)
            if model.family.task == Task.SUPER_RESOLUTION
        }
        recommendation = recommend(measure_quality(image, source), models)
        if recommendation is None:
            return self.upscaler
        if self.args.model == AUTO_MODEL:
            print_lines([f"{source}: {recommendation.reason}"])
            is_default = recommendation.model == self.upscaler.name
            return self.upscaler if is_default else open_upscaler(recommendation.model, root)
        if recommendation.model != self.upscaler.name:
            hint = f"--model {AUTO_MODEL} takes {recommendation.model}"
            tqdm.write(printable(f"{source}: {recommendation.reason} {hint}."), file=sys.stderr)
        return self.upscaler


def describe_result(source: Path, size: tuple[int, int], target: Path, large_size: tuple[int, int]) -> str:
    """The line on a file that was written."""
    return f"{source}, {size[0]} x {size[1]} -> {target}, {large_size[0]} x {large_size[1]}"


def print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        tqdm.write(printable(line))
