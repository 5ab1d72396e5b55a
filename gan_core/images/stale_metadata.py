"""Removes from EXIF data what no longer holds once a picture has another size: where its pixels lie on a map, and how
programs have laid out a stack of images in the file."""

from contextlib import suppress

from PIL import Image

DESCRIPTION_TAG = 0x010E
MAP_TAGS = {33550, 33922, 34264, *range(34735, 34738), 50844}  # of GeoTIFF
VALUE_TAGS = {42112, 42113, 50838, 50839}  # of GDAL and ImageJ, on the values of the file
SHAPE_PREFIX = '{"shape"'  # the size alone, as tifffile writes it
STACK_SIGNS = {"ImageJ=": "ImageJ", "<OME": "OME"}


def remove_stale_tags(image: Image.Image, name: str, notes: list[str]) -> None:
    """Removes such tags from the EXIF data of an image; adds notes on them, of stacks only where none names one."""
    with suppress(Exception):  # hostile or damaged EXIF
        exif = image.getexif()
        if any(exif.pop(tag, None) is not None for tag in sorted(MAP_TAGS)):
            notes.append(f"The place of {name} on the map (GeoTIFF) no longer holds at another size: it is left out.")
        for tag in (MAP_TAGS | VALUE_TAGS) & set(exif):
            del exif[tag]
        description = str(exif.get(DESCRIPTION_TAG, ""))
        program = next((sign for start, sign in STACK_SIGNS.items() if start in description[:1000]), None)
        if program and not any("is a stack of" in note for note in notes):
            notes.append(f"What {program} has written on the layout of {name} no longer holds: it is left out.")
        if program or description.startswith(SHAPE_PREFIX):
            del exif[DESCRIPTION_TAG]
