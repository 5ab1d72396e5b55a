"""What enlarges: upscale, for files and folders of pictures."""

import argparse
import os
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tqdm import tqdm

from gan_core.commands.common import add_command, checkpoint_root, progress_bar, resolve_model
from gan_core.errors import ExternalError, UsageError

DEFAULT_MODEL = "photo-srgan-x4"
MAX_NAMED_IMAGES = 5  # skipped pictures that are named one by one


def add_commands(subparsers: Any) -> None:
    parser = add_command(subparsers, "upscale", run_upscale, "make pictures larger and sharp")
    parser.add_argument("inputs", nargs="+", type=Path, metavar="INPUT", help="pictures, and folders of pictures")
    parser.add_argument(
        "--out", type=Path, required=True, help="a picture for one input (.png, .jpg, .webp, .tif), else a folder"
    )
    parser.add_argument(
        "--model",
        default=DEFAULT_MODEL,
        metavar="NAME",
        help=f"a name, folder, .pth file or hub:OWNER/NAME; default {DEFAULT_MODEL}",
    )
    parser.add_argument("--scale", type=float, help="how many times larger; default: as the model draws")
    parser.add_argument(
        "--tile", type=int, metavar="N", help="largest side of a tile in pixels; default: as fits memory"
    )
    parser.add_argument("--quality", type=int, help="of JPEG and WebP, 1 to 100; default 92")
    parser.add_argument(
        "--precision", default="auto", help="float32, bfloat16, or auto: bfloat16 where it is fast and does no harm"
    )


def run_upscale(args: argparse.Namespace) -> None:
    from gan_core.images import writing
    from gan_core.upscaling import pipeline
    from gan_core.upscaling.upscaler import open_upscaler

    warnings.filterwarnings("ignore", module="PIL")  # of odd metadata and large pictures: both are judged here
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
    upscaler = open_upscaler(resolve_model(args.model), checkpoint_root(args))
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
    """One picture from file to file; what there is to say goes above the bar."""
    from gan_core.images import reading, sniffing, writing
    from gan_core.upscaling import pipeline

    header = sniffing.read_header(source)
    pipeline.validate_output_size(upscaler, header.width, header.height, args.scale)  # before anything is decoded
    image = reading.read_image(source)
    input_size = image.size
    height, width = pipeline.validate_output_size(upscaler, *input_size, args.scale)  # as it stands when upright
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


def print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        tqdm.write(line)


def read_sizes(sources: list[Path]) -> tuple[dict[Path, int], dict[Path, str]]:
    """Pixels of each picture, from its header alone, and why others cannot be read."""
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
    """One line on what was left out."""
    reasons = " ".join(list(skipped.values())[:MAX_NAMED_IMAGES])
    more = f" And {len(skipped) - MAX_NAMED_IMAGES} more." if len(skipped) > MAX_NAMED_IMAGES else ""
    return f"{len(skipped)} of {total} pictures were skipped: {reasons}{more}"


# What to read and where to write -------------------------------------------------------------------------------------


def find_sources(inputs: list[Path]) -> list[Path]:
    """The files given and the pictures in the folders given, each once.

    Raises InputError where there is nothing of that name, or a folder holds no picture.
    """
    sources: dict[Path, Path] = {}
    for path in inputs:
        if not path.exists():
            raise UsageError(f"There is no file or folder {path}.")
        files = find_images(path) if path.is_dir() else [path]
        if not files:
            raise UsageError(f"{path} holds no picture.")
        for file in files:
            sources.setdefault(file.resolve(), file)
    return list(sources.values())


def find_images(folder: Path) -> list[Path]:
    """The files right in a folder that are pictures by their name or their content, hidden ones aside."""
    from gan_core.images.sniffing import INPUT_SUFFIXES, is_image_file

    files = (file for file in sorted(folder.iterdir()) if file.is_file() and not file.name.startswith("."))
    return [file for file in files if file.suffix.lower() in INPUT_SUFFIXES or is_image_file(file)]


def choose_targets(args: argparse.Namespace, sources: list[Path]) -> list[Path]:
    """Where each goes: names are kept, endings where they can be written (else .png), equal names are numbered.

    Raises InputError where --out cannot be meant so, or would overwrite a source.
    """
    from gan_core.images import sniffing, writing

    out: Path = args.out
    names_an_image = out.suffix.lower() in sniffing.INPUT_SUFFIXES | set(writing.OUTPUT_FORMAT_BY_SUFFIX)
    if out.is_dir() or not names_an_image:
        if out.exists() and not out.is_dir():
            raise UsageError(f"--out {out} is a file that is no picture; name a folder, or end it in .png.")
        targets = number_targets(out, sources)
    elif len(args.inputs) > 1 or args.inputs[0].is_dir():
        raise UsageError(f"--out {out} is one picture, but there may be several: name a folder.")
    else:
        writing.output_format(out)
        targets = [out]
    for target in targets:
        if target.exists() and any(os.path.samefile(target, source) for source in sources):
            raise UsageError(
                f"{target} is one of the pictures to read, and would be overwritten: choose another --out."
            )
    return targets


def number_targets(folder: Path, sources: list[Path]) -> list[Path]:
    """A file in the folder for each source; of equal names the second becomes NAME-2. Case is no difference."""
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
