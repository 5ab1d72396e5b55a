"""Tells the raw files of cameras: what they hold are the values of a sensor, and small previews.

Most are TIFF files. Their first directory is often a preview, the sensor's values lie in a child of it (DNG 1.7,
chapter 2; TIFF/EP, ISO 12234-2).
"""

import re

from gan_core.images.tiff import structure as tags
from gan_core.images.tiff.structure import Directory, TiffFile

MAX_DIRECTORIES_SEARCHED = 20
COLOUR_FILTER_ARRAY, LINEAR_RAW = 32803, 34892  # values of PhotometricInterpretation
SENSOR_COMPRESSIONS = {262, 32767, 32769, 32770, 32772, 32867, 34316, 34713, 65000, 65535}
CFA_PATTERN, CFA_REPEAT, EXIF_DIRECTORY, MAKER_NOTE = 33422, 33421, 34665, 37500
RAW_SUFFIXES = (
    ".3fr", ".arw", ".cr2", ".crw", ".dcr", ".dng", ".erf", ".fff", ".gpr", ".iiq", ".kdc", ".mef", ".mos", ".mrw",
    ".nef", ".nrw", ".orf", ".pef", ".ptx", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f",
)  # fmt: skip
RAW_SIGNATURES: tuple[tuple[bytes, str], ...] = (  # regular expression of the first bytes, maker
    (rb"II\*\0.{4}CR[\x02\x03]", "Canon CR2"),
    (rb"II\x1a\0\0\0HEAPCCDR", "Canon CRW"),
    (rb"....ftypcrx ", "Canon CR3"),
    (rb"IIR[OS]\x08\0|MMOR", "Olympus ORF"),
    (rb"IIU\0", "Panasonic RW2"),
    (rb"FUJIFILMCCD-RAW", "Fujifilm RAF"),
    (rb"FOVb", "Sigma X3F"),
    (rb"\0MR[MI]", "Minolta MRW"),
    (rb"(II\*\0|MM\0\*).{4}(IIII|MMMM)", "Phase One IIQ"),
)
PHRASE = "a camera raw file"


def identify_raw_signature(head: bytes) -> str | None:
    """A phrase that names a raw file by its first bytes; None for any other file, and for most raw files of TIFF."""
    for signature, maker in RAW_SIGNATURES:
        if re.match(signature, head, re.DOTALL):
            return f"{PHRASE} ({maker})"
    return None


def raw_message(name: str, phrase: str) -> str:
    """The sentence that refuses a raw file."""
    return (
        f"{name} is {phrase}: it holds the values of the sensor, and its preview is small. Develop it first: export it "
        "as TIFF of 16 bits or as JPEG."
    )


def identify_raw_tiff(file: TiffFile, name: str) -> str | None:
    """A phrase that names a raw file which is a TIFF file; None where it is none. `name` is that of the file.

    The suffix counts only where the first image is a preview: pictures are called .dng or .raw for many reasons.
    """
    first = file.chain[0]
    if tags.DNG_VERSION in first.fields:
        return f"{PHRASE} (DNG)"
    searched = file.chain[:MAX_DIRECTORIES_SEARCHED]
    searched = [*searched, *(child for directory in searched for child in file.children(directory))]
    searched = searched[:MAX_DIRECTORIES_SEARCHED]
    maker = file.text(first, tags.MAKE).split(" ")[0].strip().capitalize()
    phrase = f"{PHRASE} ({maker})" if maker else PHRASE
    if any(holds_sensor_values(file, directory) for directory in searched):
        return phrase
    if is_reduced(file, first) and is_coloured(file, first) and any(is_mosaic(file, other) for other in searched):
        return phrase
    is_preview = is_reduced(file, first) or (file.integer(first, tags.WIDTH, 0) or 1) <= 320
    if is_preview and name.lower().endswith(RAW_SUFFIXES):
        return phrase
    return phrase if is_reduced(file, first) and holds_only_previews(file, searched) and has_maker_note(file) else None


def holds_sensor_values(file: TiffFile, directory: Directory) -> bool:
    photometric = file.integer(directory, tags.PHOTOMETRIC, 0)
    compression = file.integer(directory, tags.COMPRESSION, 1)
    is_of_sensor = photometric in (COLOUR_FILTER_ARRAY, LINEAR_RAW) or compression in SENSOR_COMPRESSIONS
    return is_of_sensor or CFA_PATTERN in directory.fields or CFA_REPEAT in directory.fields


def is_coloured(file: TiffFile, directory: Directory) -> bool:
    return file.integer(directory, tags.SAMPLES, 1) >= 3


def is_mosaic(file: TiffFile, directory: Directory) -> bool:
    """Whether an image of full size has one channel of more than 8 bits: behind a coloured preview, a sensor's."""
    has_one_channel = file.integer(directory, tags.SAMPLES, 1) == 1 and file.integer(directory, tags.BITS, 1) > 8
    return has_one_channel and tags.WIDTH in directory.fields and not is_reduced(file, directory)


def holds_only_previews(file: TiffFile, directories: list[Directory]) -> bool:
    return all(is_reduced(file, directory) or tags.WIDTH not in directory.fields for directory in directories)


def has_maker_note(file: TiffFile) -> bool:
    """Whether the EXIF data of the first image hold a maker note: cameras write it, programs mostly drop it."""
    first = file.chain[0]
    if tags.MAKE not in first.fields:
        return False
    try:
        exif = file.read_directory(file.integer(first, EXIF_DIRECTORY, 0))
    except ValueError:
        return False
    return MAKER_NOTE in exif.fields


def is_reduced(file: TiffFile, directory: Directory) -> bool:
    """Whether a directory states that its image is a smaller copy of another."""
    stated = file.integer(directory, tags.NEW_SUBFILE_TYPE, 0) & 1
    return bool(stated) or file.integer(directory, tags.SUBFILE_TYPE, 0) == 2
