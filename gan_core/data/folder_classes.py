"""Classes by folders: which level of the folders of a data set names the classes of its images.

Folders that wrap the whole set and folders of splits (train, test, ...) are no classes. The first level below them at
which folders differ names the classes, as in torchvision's ImageFolder.
"""

import re
from pathlib import PurePosixPath

from gan_core.data.archives import abbreviate_names, printable_name
from gan_core.data.class_names import clean_name, natural_key

MAX_DEPTH = 32  # folders of a path that are looked at
SPLIT_PATTERN = re.compile(
    r"(train(ing|val)?|test(ing)?|(mini)?val|valid(ation)?|dev(elopment)?|eval(uation)?|hold_?out|held_?out|"
    r"extra|unlabell?ed)s?[\W_]*(set|data|split|images?|imgs?)?[\W_]*[0-9]*|(fold|split|shard)[\W_]*[0-9]+",
    re.IGNORECASE,
)
DOMAIN_SPLIT_PATTERN = re.compile(r"(train|test|val)_?[AB]")  # of unpaired translation (CycleGAN)
AMBIGUOUS_SPLITS = {"train", "trains", "valid", "extra", "extras", "dev"}  # names of things as well
IMAGE_FOLDERS = {"image", "images", "img", "imgs"}  # that may lie in one split and not in another
BUCKET_PATTERN = re.compile(r"[0-9]{5}/img[0-9]{8}")  # of StyleGAN's dataset_tool
SHARD_PATTERN = re.compile(r"([0-9]{5})/\1[0-9]{4}")  # of img2dataset
THOUSAND_PATTERN = re.compile(r"([0-9]{2})000/\1[0-9]{3}")  # of FFHQ: a folder for each thousand


def classes_of_folders(files: list[str]) -> tuple[dict[str, str], list[str]]:
    """The name of each file's class, empty without classes, and sentences on the folders that are none.

    There are classes where every file lies in a folder of a level, and there are at least two of these folders.
    """
    folders = {file: folder_parts(file) for file in files}
    if buckets := numbered_parts(files):
        sentence = f"The folders {listed(buckets)} are numbered parts of one set, not classes: there are no labels."
        return {}, [sentence] if len(buckets) > 1 else []
    warnings, splits = [], set()
    while True:
        folders = without_common_folders(folders)
        if splits:  # "train/cat" beside "test/images/cat"
            folders = {file: parts[is_image_folder(parts) :] for file, parts in folders.items()}
        names = {parts[0] for parts in folders.values() if parts}
        if not names or not all(map(is_split_name, names)):
            break
        splits |= names
        folders = {file: parts[1:] for file, parts in folders.items()}
    if splits:
        without = "" if len(names) > 1 else ", without labels"
        subject = (
            f"The folders {listed(splits)} are splits" if len(splits) > 1 else f"The folder {listed(splits)} is a split"
        )
        warnings.append(f"{subject}, not {'classes' if len(splits) > 1 else 'a class'}: all images are used{without}.")
    loose = [file for file, parts in folders.items() if not parts]
    if names and loose:
        warnings.append(
            f"{len(loose):,} of {len(files):,} images {'lies' if len(loose) == 1 else 'lie'} in no class's folder, "
            f"such as {printable_name(loose[0])}, so that the folders {listed(names)} are no classes: put each image "
            "into the folder of its class, or take those out."
        )
    elif mixed := sorted(name for name in names if is_split_name(name) and name.lower() not in AMBIGUOUS_SPLITS):
        warnings.append(
            f"The folder {mixed[0]} is named like a split, {listed(names - set(mixed))} beside it like classes, so "
            f"that there are no labels: take {mixed[0]} out, or rename it where it is a class."
        )
    elif len(names) > 1:
        return {file: parts[0] for file, parts in folders.items()}, warnings + level_warnings(folders, names)
    return {}, warnings


def level_warnings(folders: dict[str, tuple[str, ...]], names: set[str]) -> list[str]:
    """What was chosen where the classes could also be others."""
    warnings = []
    deeper = [parts for parts in folders.values() if len(parts) > 1]
    if deeper and len({parts[1:] for parts in folders.values()}) > 1:
        warnings.append(
            f"The classes are the folders {listed(names)}; folders inside of them, such as {'/'.join(deeper[0][:2])}, "
            "are none. Where those are meant, name the label of each image in a metadata.jsonl."
        )
    if ambiguous := sorted(filter(is_split_name, names)):
        warnings.append(f"The folder {ambiguous[0]} is taken as a class, because {listed(names)} are not all splits.")
    by_folded: dict[str, str] = {}
    for name in sorted(names):
        if (other := by_folded.setdefault(name.casefold(), name)) != name:
            warnings.append(f"{other} and {name} are two classes, whose names differ by upper and lower case alone.")
    return warnings


def folder_parts(file: str) -> tuple[str, ...]:
    """The folders of a path with either separator, as names of classes."""
    parts = PurePosixPath(file.replace("\\", "/")).parts[:-1]
    return tuple(clean_name(part) for part in parts[:MAX_DEPTH])


def without_common_folders(folders: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    first, last = min(folders.values(), default=()), max(folders.values(), default=())  # what these share, all share
    differing = (depth for depth, (one, other) in enumerate(zip(first, last, strict=False)) if one != other)
    shared = next(differing, min(len(first), len(last)))
    return {file: parts[shared:] for file, parts in folders.items()} if shared else folders


def is_image_folder(parts: tuple[str, ...]) -> bool:
    """Whether a path begins with a folder for images alone."""
    return bool(parts) and parts[0].lower() in IMAGE_FOLDERS


def is_split_name(name: str) -> bool:
    """Whether a folder is named like a part of a data set: train, Validation, test-set, val2017, trainA."""
    return bool(SPLIT_PATTERN.fullmatch(name) or DOMAIN_SPLIT_PATTERN.fullmatch(name))


def numbered_parts(files: list[str]) -> set[str]:
    """The folders, where all are numbered parts that a tool packs many files into; none where they are not."""
    tails = ["/".join(PurePosixPath(file.replace("\\", "/")).with_suffix("").parts[-2:]) for file in files]
    for pattern in (BUCKET_PATTERN, SHARD_PATTERN, THOUSAND_PATTERN):
        if tails and all(map(pattern.fullmatch, tails)):
            return {tail.split("/")[0] for tail in tails}
    return set()


def listed(names: set[str]) -> str:
    return abbreviate_names(sorted(names, key=natural_key))
