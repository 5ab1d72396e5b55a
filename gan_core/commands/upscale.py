"""The command `upscale`: super-resolution of image files and folders of them."""

import argparse
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

from gan_core.commands.common import (
    add_command,
    checkpoint_root,
    muted_libraries,
    print_notes,
    progress_bar,
    resolve_model,
)
from gan_core.commands.upscale_inputs import AUTO_MODEL, Picture, find_pictures
from gan_core.commands.upscale_outputs import choose_targets, validate_target
from gan_core.errors import ExternalError, UsageError
from gan_core.upscaling import DEFAULT_UPSCALER

MAX_REASONS, MAX_NAMES = 5, 100  # skipped images whose reasons, and whose names, are printed


def add_commands(subparsers: Any) -> None:
    parser = add_command(subparsers, "upscale", run_upscale, "upscale images with a super-resolution model")
    parser.add_argument("inputs", nargs="+", type=Path, metavar="INPUT", help="images, and folders of images")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        help="an image file for one input (.png, .jpg, .webp, .tif, .gif), else a folder; animated pictures stay so as "
        ".gif, .webp and .png",
    )
    parser.add_argument(
        "--recursive",
        action="store_true",
        help="take the pictures in sub-folders too, and keep the sub-folders in --out",
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


@muted_libraries()
def run_upscale(args: argparse.Namespace) -> None:
    from gan_core.commands.upscale_files import FileUpscaler
    from gan_core.images import writing
    from gan_core.upscaling import pipeline
    from gan_core.upscaling.upscaler import open_upscaler

    warnings.filterwarnings("ignore", module="PIL")  # on unusual metadata and large images: both are handled here
    pictures, notes = find_pictures(args.inputs, args.out, args.recursive)
    is_single = len(args.inputs) == 1 and not args.inputs[0].is_dir()
    targets = choose_targets(args.inputs, args.out, pictures)
    args.quality = writing.DEFAULT_QUALITY if args.quality is None else args.quality
    writing.validate_image_output("PNG", 1, 1, args.quality)
    pipeline.validate_settings(args.scale, args.tile, args.precision)
    if is_single and pictures[0].problem:
        raise UsageError(pictures[0].problem)
    pictures = mark_unwritable(pictures, targets, is_single)
    print_notes(notes)
    if all(picture.problem for picture in pictures):
        raise ExternalError(summarise_skipped({picture: picture.problem for picture in pictures}, len(pictures)))
    name = DEFAULT_UPSCALER if args.model in (None, AUTO_MODEL) else resolve_model(args.model)
    upscaler = open_upscaler(name, checkpoint_root(args))
    print_notes(upscaler.notes)
    total = sum(picture.pixels for picture in pictures) // 1000
    with progress_bar(total, "kpx") as bar:
        files = FileUpscaler(args, upscaler, bar)
        skipped = {
            picture: reason
            for picture, target in zip(pictures, targets, strict=True)
            if (reason := try_upscale(files, picture, target, is_single))
        }
    if skipped:
        raise ExternalError(summarise_skipped(skipped, len(pictures)))


def mark_unwritable(pictures: list[Picture], targets: list[Path], is_single: bool) -> list[Picture]:
    """The pictures, with the reason where their output cannot be written: before any work. Raises it for a single
    one."""
    marked = []
    for picture, target in zip(pictures, targets, strict=True):
        problem = picture.problem
        if not problem:
            try:
                validate_target(target)
            except ExternalError as error:
                if is_single:
                    raise
                problem = str(error)
        marked.append(replace(picture, problem=problem))
    return marked


def try_upscale(files: Any, picture: Picture, target: Path, is_single: bool) -> str:
    """Upscales one picture; "" once it is written, else the reason why it is not.

    The target is tried once more before the work, for the disk may be full by then. Raises what goes wrong where the
    picture is the only one.
    """
    if picture.problem:
        return picture.problem
    try:
        validate_target(target)
        with files.counted(picture):
            files.upscale(picture, target)
    except (UsageError, ExternalError, OSError, MemoryError) as error:
        if is_single:
            raise
        return describe_failure(error, picture, target)
    return ""


def describe_failure(error: Exception, picture: Picture, target: Path) -> str:
    """Why a picture was skipped, as a sentence."""
    if isinstance(error, MemoryError):
        return f"There is not enough memory for {picture.path}."
    if isinstance(error, OSError):
        return f"{target} cannot be written: {error.strerror or error}."
    return str(error)


def summarise_skipped(skipped: dict[Picture, str], total: int) -> str:
    """One line on the images that were skipped."""
    named = (name_in_full(reason, picture) for picture, reason in [*skipped.items()][:MAX_REASONS])
    reasons = " ".join(dict.fromkeys(named))
    names = [str(picture.path) for picture in skipped][MAX_REASONS:]
    more = f" And {len(names)} more: {', '.join(names[:MAX_NAMES])}" if names else ""
    more += " ..." if len(names) > MAX_NAMES else "." if names else ""
    return f"{len(skipped)} of {total} images were skipped: {reasons}{more}"


def name_in_full(reason: str, picture: Picture) -> str:
    """A reason that begins with the name of a picture, with its path instead: other folders may hold that name too."""
    name = picture.path.name
    return f"{picture.path}{reason[len(name) :]}" if reason.startswith(f"{name} ") else reason
