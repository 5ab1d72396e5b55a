"""What enlarges: upscale, for files and folders of pictures."""

import argparse
import os
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tqdm import tqdm

from gan_core.commands.common import add_command, resolve_model, progress_bar, checkpoint_root
from gan_core.errors import UsageError, ExternalError

DEFAULT_MODEL = "photo-srgan-x4"
NAMED = 5  # skipped pictures that are named one by one


def add_commands(commands: Any) -> None:
    parser = add_command(commands, "upscale", run_upscale, "make pictures larger and sharp")
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


def run_upscale(chosen: argparse.Namespace) -> None:
    from gan_core.images import writing
    from gan_core.upscaling import pipeline
    from gan_core.upscaling.upscaler import load_network

    warnings.filterwarnings("ignore", module="PIL")  # of odd metadata and large pictures: both are judged here
    sources = find_sources(chosen.inputs)
    targets = choose_targets(chosen, sources)
    quality = writing.QUALITY if chosen.quality is None else chosen.quality
    for target in targets:
        writing.check(writing.format_of(target), 1, 1, quality)
    pipeline.check_settings(chosen.scale, chosen.tile, chosen.precision)
    pixels, skipped = look_at(sources)
    single = len(chosen.inputs) == 1 and not chosen.inputs[0].is_dir()
    if single and skipped:
        raise UsageError(next(iter(skipped.values())))
    network = load_network(resolve_model(chosen.model), checkpoint_root(chosen))
    with progress_bar(sum(pixels.values()) // 1000, "kpx") as bar:
        for source, target in zip(sources, targets, strict=True):
            if source in skipped:
                continue
            start = bar.n
            try:
                enlarge(chosen, network, source, target, quality, bar)
            except (UsageError, ExternalError) as error:
                if single:
                    raise
                skipped[source] = str(error)
            bar.update(start + pixels[source] // 1000 - bar.n)
    if skipped:
        raise ExternalError(summary(skipped, len(sources)))


def enlarge(chosen: argparse.Namespace, network: Any, source: Path, target: Path, quality: int, bar: tqdm) -> None:
    """One picture from file to file; what there is to say goes above the bar."""
    from gan_core.images import reading, sniffing, writing
    from gan_core.upscaling import pipeline

    facts = sniffing.inspect(source)
    pipeline.check_size(network, facts.width, facts.height, chosen.scale)  # before anything is decoded
    picture = reading.read(source)
    small = picture.size
    height, width = pipeline.check_size(network, *small, chosen.scale)  # as it stands when upright
    writing.check(writing.format_of(target), width, height, quality)
    say(picture.notes)
    start = bar.n
    for event in pipeline.upscale(network, picture, chosen.scale, tile=chosen.tile, precision=chosen.precision):
        match event:
            case pipeline.Progress(done=done):
                bar.update(start + done // 1000 - bar.n)
            case pipeline.Note(text=text):
                say([text])
            case pipeline.Done(picture=large):
                target.parent.mkdir(parents=True, exist_ok=True)
                say(writing.write(large, target, quality))
                say([f"{source}, {small[0]} x {small[1]} -> {target}, {large.size[0]} x {large.size[1]}"])


def say(texts: Iterable[str]) -> None:
    for text in texts:
        tqdm.write(text)


def look_at(sources: list[Path]) -> tuple[dict[Path, int], dict[Path, str]]:
    """Pixels of each picture, from its header alone, and why others cannot be read."""
    from gan_core.images import sniffing

    pixels, skipped = {}, {}
    for source in sources:
        try:
            facts = sniffing.inspect(source)
            pixels[source] = facts.width * facts.height
        except UsageError as error:
            skipped[source] = str(error)
    return pixels, skipped


def summary(skipped: dict[Path, str], count: int) -> str:
    """One line on what was left out."""
    named = " ".join(list(skipped.values())[:NAMED])
    more = f" And {len(skipped) - NAMED} more." if len(skipped) > NAMED else ""
    return f"{len(skipped)} of {count} pictures were skipped: {named}{more}"


# What to read and where to write -------------------------------------------------------------------------------------


def find_sources(inputs: list[Path]) -> list[Path]:
    """The files given and the pictures in the folders given, each once.

    Raises InputError where there is nothing of that name, or a folder holds no picture.
    """
    found: dict[Path, Path] = {}
    for given in inputs:
        if not given.exists():
            raise UsageError(f"There is no file or folder {given}.")
        files = pictures_in(given) if given.is_dir() else [given]
        if not files:
            raise UsageError(f"{given} holds no picture.")
        for file in files:
            found.setdefault(file.resolve(), file)
    return list(found.values())


def pictures_in(folder: Path) -> list[Path]:
    """The files right in a folder that are pictures by their name or their content, hidden ones aside."""
    from gan_core.images.sniffing import SUFFIXES, is_picture

    files = (file for file in sorted(folder.iterdir()) if file.is_file() and not file.name.startswith("."))
    return [file for file in files if file.suffix.lower() in SUFFIXES or is_picture(file)]


def choose_targets(chosen: argparse.Namespace, sources: list[Path]) -> list[Path]:
    """Where each goes: names are kept, endings where they can be written (else .png), equal names are numbered.

    Raises InputError where --out cannot be meant so, or would overwrite a source.
    """
    from gan_core.images import sniffing, writing

    out: Path = chosen.out
    pictured = out.suffix.lower() in sniffing.SUFFIXES | set(writing.SUFFIXES)
    if out.is_dir() or not pictured:
        if out.exists() and not out.is_dir():
            raise UsageError(f"--out {out} is a file that is no picture; name a folder, or end it in .png.")
        targets = numbered(out, sources)
    elif len(chosen.inputs) > 1 or chosen.inputs[0].is_dir():
        raise UsageError(f"--out {out} is one picture, but there may be several: name a folder.")
    else:
        writing.format_of(out)
        targets = [out]
    for target in targets:
        if target.exists() and any(os.path.samefile(target, source) for source in sources):
            raise UsageError(
                f"{target} is one of the pictures to read, and would be overwritten: choose another --out."
            )
    return targets


def numbered(folder: Path, sources: list[Path]) -> list[Path]:
    """A file in the folder for each source; of equal names the second becomes NAME-2. Case is no difference."""
    from gan_core.images.writing import SUFFIXES

    targets: list[Path] = []
    taken: set[str] = set()
    for source in sources:
        suffix = source.suffix if source.suffix.lower() in SUFFIXES else ".png"
        name, number = f"{source.stem}{suffix}", 1
        while name.lower() in taken:
            number += 1
            name = f"{source.stem}-{number}{suffix}"
        taken.add(name.lower())
        targets.append(folder / name)
    return targets
