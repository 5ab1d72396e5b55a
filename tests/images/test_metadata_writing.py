"""Metadata are written in the form that the format has."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from gan_core.images.reading import DecodedImage, ImageMetadata
from gan_core.images.writing import encode_image

RESOLUTION_UNIT_TAG, SOFTWARE_TAG = 296, 305


@pytest.mark.parametrize("unit", [0, 2, 257, 65_535])
def test_a_tiff_with_an_odd_unit_of_resolution_is_written_with_its_other_tags(unit: int) -> None:
    exif = Image.Exif()
    exif[RESOLUTION_UNIT_TAG], exif[SOFTWARE_TAG] = unit, "a program"
    image = DecodedImage(np.zeros((4, 5, 3), np.uint8), metadata=ImageMetadata(exif=exif.tobytes()))
    encoded, _ = encode_image(image, "TIFF")
    with Image.open(BytesIO(encoded)) as written:
        assert written.getexif()[SOFTWARE_TAG] == "a program"
