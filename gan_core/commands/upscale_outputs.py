"""The files that `upscale` writes: their names, and whether they can be written, tried before the work."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from gan_core.commands.upscale_inputs import Picture
from gan_core.errors import ExternalError, UsageError
from gan_core.files import max_name_bytes

STILL_SUFFIX = ".png"  # of pictures whose own format is not written
PROBE_BYTES = 4096  # written on trial


def choose_targets(inputs: list[Path], out: Path, pictures: list[Picture]) -> list[Path]:
    """The output file of each picture, by --out.

    Raises UsageError where --out does not fit the inputs, or a source would be overwritten.
    """
    from gan_core.images import sniffing, writing
    from gan_core.images.animation.formats import ANIMATION_FORMAT_BY_SUFFIX

    suffixes = sniffing.INPUT_SUFFIXES | {*writing.OUTPUT_FORMAT_BY_SUFFIX, *ANIMATION_FORMAT_BY_SUFFIX}
    names_an_image = out.suffix.lower() in suffixes
    if is_folder(out) or not names_an_image:
        if out.exists() and not out.is_dir():
            raise UsageError(f"--out {out} is a file that is no image: choose a folder, or a name that ends in .png.")
        targets = number_targets(out, pictures)
    elif len(inputs) > 1 or inputs[0].is_dir():
        raise UsageError(f"--out {out} is one image, but the inputs may be several: choose a folder.")
    else:
        check_suffix(out, pictures[0])
        targets = [out]
    sources = {(status.st_dev, status.st_ino) for status in (picture.path.stat() for picture in pictures)}
    for target in targets:
        if identity(target) in sources:
            raise UsageError(f"{target} is one of the inputs and would be overwritten: choose another --out.")
    return targets


def check_suffix(out: Path, picture: Picture) -> None:
    """Raises UsageError where a picture cannot be written by the suffix of a name."""
    from gan_core.images import writing
    from gan_core.images.animation.formats import animation_format

    if picture.animation is None or animation_format(out) is None:
        writing.output_format(out, picture.format)


def is_folder(path: Path) -> bool:
    """Whether a path is a folder; False where it cannot exist, as with a name that is too long."""
    try:
        return path.is_dir()
    except OSError:
        return False


def identity(path: Path) -> tuple[int, int] | None:
    """What is the same for all names of one file; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def number_targets(out: Path, pictures: Sequence[Picture]) -> list[Path]:
    """A file below `out` for each picture, in its sub-folder and with its suffix or .png; of equal names the second
    becomes NAME-2.

    Names that differ only in case count as equal, as they do on some file systems.
    """
    targets: list[Path] = []
    taken_names: set[str] = set()
    for picture in pictures:
        suffix, number = target_suffix(picture), 1
        name = fit_name(out, picture.path.stem, suffix)
        while str(picture.folder / name).lower() in taken_names:
            number += 1
            name = fit_name(out, picture.path.stem, f"-{number}{suffix}")
        taken_names.add(str(picture.folder / name).lower())
        targets.append(out / picture.folder / name)
    return targets


def target_suffix(picture: Picture) -> str:
    """The suffix of a picture's own format where that is written, else that of PNG.

    Still GIFs become PNGs, which hold every colour; animated pictures keep their kind, AVIF becomes APNG.
    """
    from gan_core.images.animation.formats import SUFFIX_BY_FORMAT, animation_format
    from gan_core.images.writing import OUTPUT_FORMAT_BY_SUFFIX

    suffix = picture.path.suffix
    if picture.animation is not None:
        is_of_its_kind = animation_format(picture.path) == picture.animation.format
        return suffix if is_of_its_kind else SUFFIX_BY_FORMAT[picture.animation.format]
    is_written = suffix.lower() in OUTPUT_FORMAT_BY_SUFFIX and suffix.lower() != ".apng"
    return suffix if is_written else STILL_SUFFIX


def fit_name(folder: Path, stem: str, suffix: str) -> str:
    """A file name whose stem is cut off to what the file system allows."""
    limit = max_name_bytes(folder)
    while len(os.fsencode(f"{stem}{suffix}")) > limit:
        stem = stem[:-1]
    return f"{stem}{suffix}"


# Whether a file can be written ----------------------------------------------------------------------------------------


def validate_target(target: Path) -> None:
    """Makes the folder of an output file, and tries to write there.

    Raises ExternalError that says why the file cannot be written.
    """
    if is_folder(target):
        raise ExternalError(f"{target} cannot be written: there is a folder of that name.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        os.lstat(target)
    except FileNotFoundError:
        pass
    except (FileExistsError, NotADirectoryError):
        raise ExternalError(f"{target} cannot be written: {blocking_file(target)} is a file, not a folder.") from None
    except OSError as error:
        raise ExternalError(f"{target} cannot be written: {error.strerror or error}.") from error
    try:
        with tempfile.TemporaryFile(dir=target.parent) as file:
            file.write(bytes(PROBE_BYTES))
            file.flush()
    except OSError as error:
        raise ExternalError(f"{target} cannot be written: {error.strerror or error}.") from error


def blocking_file(target: Path) -> Path:
    """The first of a file's folders that is no folder."""
    return next(
        (folder for folder in reversed(target.parents) if not folder.is_dir() and folder.exists()), target.parent
    )
