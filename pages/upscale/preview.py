"""The preview of a running job: the picture at the size of a screen, finished tiles in it, the rest paler."""

import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

from PIL import Image

from gan_core.images.reading import DecodedImage
from gan_core.images.tensors import grey_to_8_bit, to_opaque, to_pil
from gan_core.upscaling.events import Patch

MAX_SIDE_PX = 1200
INTERVAL_S = 1.0  # at least, between two previews
JPEG_QUALITY = 82
PALE_COLOUR, PALE_SHARE = (128, 128, 128), 0.55  # laid over what is not finished


@dataclass(frozen=True)
class PreviewImage:
    """The event that shows how far the picture is: a JPEG file, with width and height."""

    jpeg: bytes
    size: tuple[int, int]

    @property
    def data_url(self) -> str:
        return f"data:image/jpeg;base64,{b64encode(self.jpeg).decode()}"


class Preview:
    """Draws finished tiles over the picture enlarged by bicubic interpolation."""

    def __init__(self, image: DecodedImage, scale: int, clock: Callable[[], float] = time.monotonic) -> None:
        """`scale` is that of the network, in whose pixels the tiles come."""
        self.clock, self.drawn_at = clock, float("-inf")
        self.profile = image.metadata.icc_profile
        width, height = image.size
        self.factor = min(1.0, MAX_SIDE_PX / (max(width, height) * scale))
        size = (max(1, round(width * scale * self.factor)), max(1, round(height * scale * self.factor)))
        enlarged = to_opaque(image.to_pil(), "RGB").resize(size, Image.Resampling.BICUBIC)
        self.canvas = Image.blend(enlarged, Image.new("RGB", size, PALE_COLOUR), PALE_SHARE)

    def add(self, patch: Patch) -> None:
        """Draws the pixels of a finished tile."""
        height, width = patch.pixels.shape[:2]
        box = [round(edge * self.factor) for edge in (
            patch.left, patch.top, patch.left + width, patch.top + height
        )]  # fmt: skip
        size = (max(1, box[2] - box[0]), max(1, box[3] - box[1]))
        pixels = patch.pixels if patch.pixels.dtype.itemsize == 1 else grey_to_8_bit(patch.pixels)
        tile = to_pil(pixels).convert("RGB").resize(size, Image.Resampling.BOX if self.factor < 1 else None)
        self.canvas.paste(tile, (box[0], box[1]))

    def image_if_due(self) -> PreviewImage | None:
        """The preview as a file, unless one was made less than INTERVAL_S ago."""
        if self.clock() - self.drawn_at < INTERVAL_S:
            return None
        self.drawn_at = self.clock()
        buffer = BytesIO()
        self.canvas.save(buffer, "JPEG", quality=JPEG_QUALITY, icc_profile=self.profile)
        return PreviewImage(buffer.getvalue(), self.canvas.size)
