"""The command `upscale`: super-resolution of image files and folders of them."""

import argparse
import os
import sys
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tqdm import tqdm

from gan_core.commands.common import add_command, checkpoint_root, progress_bar, resolve_model
from gan_core.errors import ExternalError, UsageError
from gan_core.upscaling import DEFAULT_UPSCALER

AUTO_MODEL = "auto"  # the model that suits each picture
MAX_SKIPPED_NAMED = 5  # skipped images whose reasons are printed


def add_commands(subparsers: Any) -> None:
    parser = add_command(subparsers, "upscale", run_upscale, "upscale images with a super-resolution model")
    parser.add_argument("inputs", nargs="+", type=Path, metavar="INPUT", help="images, and folders of images")
    parser.add_argument(
        "--out", type=Path, required=True, help="an image file for one input (.png, .jpg, .webp, .tif), else a folder"
    )
    parser.add_argument(
        "--model",
        metavar="NAME",
        help=f"a name, folder, .pth file or hub:OWNER/NAME, or {AUTO_MODEL}, which chooses by each picture; default "
        f"{DEFAULT_UPSCALER}",
    )
    parser.add_argument("--scale", type=float, help="factor of both sides; default: the model's own")
    parser.add_argument(
        "--tile", type=int, metavar="N", help="largest side of a tile in pixels of the input; default: as memory allows"
    )
    parser.add_argument("--quality", type=int, help="quality of JPEG and WebP, 1 to 100; default 92")
    parser.add_argument(
        "--precision",
        default="auto",
        help="float32, bfloat16, or auto: bfloat16 where it is fast and exact enough; default auto",
    )


def run_upscale(args: argparse.Namespace) -> None:
    from gan_core.images import writing
    from gan_core.upscaling import pipeline
    from gan_core.upscaling.upscaler import open_upscaler

    warnings.filterwarnings("ignore", module="PIL")  # on unusual metadata and large images: both are handled here
    sources = find_sources(args.inputs)
    targets = choose_targets(args, sources)
    quality = writing.DEFAULT_QUALITY if args.quality is None else args.quality
    for target in targets:
        writing.validate_image_output(writing.output_format(target), 1, 1, quality)
    pipeline.validate_settings(args.scale, args.tile, args.precision)
    pixels, skipped = read_sizes(sources)
    is_single = len(args.inputs) == 1 and not args.inputs[0].is_dir()
    if is_single and skipped:
        raise UsageError(next(iter(skipped.values())))
    name = DEFAULT_UPSCALER if args.model in (None, AUTO_MODEL) else resolve_model(args.model)
    upscaler = open_upscaler(name, checkpoint_root(args))
    with progress_bar(sum(pixels.values()) // 1000, "kpx") as bar:
        for source, target in zip(sources, targets, strict=True):
            if source in skipped:
                continue
            start = bar.n
            try:
                upscale_file(args, upscaler, source, target, quality, bar)
            except (UsageError, ExternalError) as error:
                if is_single:
                    raise
                skipped[source] = str(error)
            bar.update(start + pixels[source] // 1000 - bar.n)
    if skipped:
        raise ExternalError(summarise_skipped(skipped, len(sources)))


def upscale_file(args: argparse.Namespace, upscaler: Any, source: Path, target: Path, quality: int, bar: tqdm) -> None:
    """Upscales one file to another; notes are printed above the progress bar."""
    from gan_core.images import reading, sniffing, writing
    from gan_core.upscaling import pipeline

    header = sniffing.read_header(source)
    pipeline.validate_output_size(upscaler, header.width, header.height, args.scale)  # before anything is decoded
    image = reading.read_image(source)
    if args.model in (None, AUTO_MODEL):
        upscaler = suit_upscaler(args, upscaler, source, image)
    input_size = image.size
    height, width = pipeline.validate_output_size(
        upscaler, *input_size, args.scale
    )  # the size after rotation by EXIF orientation
    writing.validate_image_output(writing.output_format(target), width, height, quality)
    print_lines(image.notes)
    start = bar.n
    for event in pipeline.upscale(upscaler, image, args.scale, tile=args.tile, precision=args.precision):
        match event:
            case pipeline.Progress(done_pixels=done):
                bar.update(start + done // 1000 - bar.n)
            case pipeline.Notice(text=text):
                print_lines([text])
            case pipeline.Finished(image=large):
                target.parent.mkdir(parents=True, exist_ok=True)
                print_lines(writing.write_image(large, target, quality))
                print_lines(
                    [f"{source}, {input_size[0]} x {input_size[1]} -> {target}, {large.size[0]} x {large.size[1]}"]
                )


def suit_upscaler(args: argparse.Namespace, upscaler: Any, source: Path, image: Any) -> Any:
    """The upscaler that suits a picture, with --model auto; without --model the default, and a hint at a better one."""
    from gan_core.checkpoints import store
    from gan_core.images.quality import measure_quality
    from gan_core.tasks import Task
    from gan_core.upscaling.recommendation import recommend
    from gan_core.upscaling.upscaler import open_upscaler

    root = checkpoint_root(args)
    models = {
        model.name: model for model in store.list_all_checkpoints(root) if model.family.task == Task.SUPER_RESOLUTION
    }
    recommendation = recommend(measure_quality(image, source), models)
    if recommendation is None:
        return upscaler
    if args.model == AUTO_MODEL:
        print_lines([f"{source}: {recommendation.reason}"])
        return upscaler if recommendation.model == upscaler.name else open_upscaler(recommendation.model, root)
    if recommendation.model != upscaler.name:
        hint = f"--model {AUTO_MODEL} takes {recommendation.model}"
        tqdm.write(f"{source}: {recommendation.reason} {hint}.", file=sys.stderr)
    return upscaler


def print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        tqdm.write(line)


def read_sizes(sources: list[Path]) -> tuple[dict[Path, int], dict[Path, str]]:
    """Pixels of each image, from its header alone, and for files that cannot be read the reason."""
    from gan_core.images import sniffing

    pixels, skipped = {}, {}
    for source in sources:
        try:
            header = sniffing.read_header(source)
            pixels[source] = header.width * header.height
        except UsageError as error:
            skipped[source] = str(error)
    return pixels, skipped


def summarise_skipped(skipped: dict[Path, str], total: int) -> str:
    """One line on the images that were skipped."""
    reasons = " ".join(list(skipped.values())[:MAX_SKIPPED_NAMED])
    more = f" And {len(skipped) - MAX_SKIPPED_NAMED} more." if len(skipped) > MAX_SKIPPED_NAMED else ""
    return f"{len(skipped)} of {total} images were skipped: {reasons}{more}"


# Inputs and outputs ---------------------------------------------------------------------------------------------------


def find_sources(inputs: list[Path]) -> list[Path]:
    """The files among `inputs` and the images in the folders among them, each once.

    Raises UsageError where a path does not exist, or a folder holds no image.
    """
    sources: dict[Path, Path] = {}
    for path in inputs:
        if not path.exists():
            raise UsageError(f"There is no file or folder {path}.")
        files = find_images(path) if path.is_dir() else [path]
        if not files:
            raise UsageError(f"{path} holds no image.")
        for file in files:
            sources.setdefault(file.resolve(), file)
    return list(sources.values())


def find_images(folder: Path) -> list[Path]:
    """The image files in a folder, by suffix or content, without subfolders and hidden files."""
    from gan_core.images.sniffing import INPUT_SUFFIXES, is_image_file

    files = (file for file in sorted(folder.iterdir()) if file.is_file() and not file.name.startswith("."))
    return [file for file in files if file.suffix.lower() in INPUT_SUFFIXES or is_image_file(file)]


def choose_targets(args: argparse.Namespace, sources: list[Path]) -> list[Path]:
    """The output file of each source, by --out.

    Raises UsageError where --out does not fit the inputs, or a source would be overwritten.
    """
    from gan_core.images import sniffing, writing

    out: Path = args.out
    names_an_image = out.suffix.lower() in sniffing.INPUT_SUFFIXES | set(writing.OUTPUT_FORMAT_BY_SUFFIX)
    if out.is_dir() or not names_an_image:
        if out.exists() and not out.is_dir():
            raise UsageError(f"--out {out} is a file that is no image: choose a folder, or a name that ends in .png.")
        targets = number_targets(out, sources)
    elif len(args.inputs) > 1 or args.inputs[0].is_dir():
        raise UsageError(f"--out {out} is one image, but the inputs may be several: choose a folder.")
    else:
        writing.output_format(out)
        targets = [out]
    for target in targets:
        if target.exists() and any(os.path.samefile(target, source) for source in sources):
            raise UsageError(f"{target} is one of the inputs and would be overwritten: choose another --out.")
    return targets


def number_targets(folder: Path, sources: list[Path]) -> list[Path]:
    """A file in the folder for each source, with its suffix or .png; of equal names the second becomes NAME-2.

    Names that differ only in case count as equal, as they do on some file systems.
    """
    from gan_core.images.writing import OUTPUT_FORMAT_BY_SUFFIX

    targets: list[Path] = []
    taken_names: set[str] = set()
    for source in sources:
        suffix = source.suffix if source.suffix.lower() in OUTPUT_FORMAT_BY_SUFFIX else ".png"
        name, number = f"{source.stem}{suffix}", 1
        while name.lower() in taken_names:
            number += 1
            name = f"{source.stem}-{number}{suffix}"
        taken_names.add(name.lower())
        targets.append(folder / name)
    return targets
