"""Pictures: read and written again, seen by the library, upscaled in a batch, and asked for the settings they hold."""

import warnings
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from gan_core.api.images import open_image, to_pil
from gan_core.images import reading, sniffing, writing
from gan_core.images.quality import measure_quality
from pages.home import provenance
from tests.fuzz import commands
from tests.fuzz.mutations import mutated
from tests.fuzz.picture_files import all_pictures, real_files
from tests.fuzz.targets import Target

MAX_ENCODED_PIXELS = 2_000_000  # larger pictures are read, and not written again
NAMES = ("a.png", "b.jpg", "c", "d.tif", "e.webp", "f.gif", "g.heic", "h.bmp", "i.jfif", "j.avif", "k.dng", "l.txt")


def pictures() -> st.SearchStrategy[bytes]:
    return st.one_of(mutated(all_pictures()), mutated(all_pictures()), mutated(real_files()), st.binary(max_size=60))


def read_and_write(value: dict[str, Any], folder: Path) -> None:
    warnings.filterwarnings("ignore", module="PIL")
    file = folder / value["name"]
    file.write_bytes(value["file"])
    header = sniffing.read_header(file)
    assert header.width > 0
    assert header.height > 0
    image = reading.read_image(file)
    measure_quality(image, file)
    if image.size[0] * image.size[1] <= MAX_ENCODED_PIXELS:
        encoded, _ = writing.encode_image(image, value["format"])
        again = reading.read_image(encoded)
        assert again.size == image.size, "what was written has another size"
        writing.write_image(image, folder / "written.png")


def open_in_library(value: bytes, folder: Path) -> None:
    decoded = open_image(value)
    if decoded.size[0] * decoded.size[1] <= MAX_ENCODED_PIXELS:
        to_pil(decoded)


def read_settings(value: bytes, folder: Path) -> None:
    """The settings in a picture, and the link that the page Home makes of them."""
    metadata = provenance.read_metadata(value)
    provenance.link_from_metadata(metadata)


def upscale_folder(value: dict[str, Any], folder: Path) -> None:
    inputs, out = folder / "in", folder / "out"
    inputs.mkdir()
    for name, content in value["files"].items():
        (inputs / name).write_bytes(content)
    if any(is_large(inputs / name) for name in value["files"]):
        return
    model = str(commands.models() / "tiny-x2")
    commands.run(["upscale", str(inputs), "--out", str(out), "--model", model, *value["flags"]])


def is_large(file: Path) -> bool:
    """Whether upscaling it takes longer than a fuzzer has time for."""
    try:
        header = sniffing.read_header(file)
    except Exception:  # the command meets it as well
        return False
    return header.width * header.height > 100_000


TARGETS = (
    Target(
        "picture",
        st.fixed_dictionaries(
            {"file": pictures(), "name": st.sampled_from(NAMES), "format": st.sampled_from(writing.OUTPUT_FORMATS)}
        ),
        read_and_write,
        short_count=60,
    ),
    Target("picture in the library", pictures(), open_in_library, short_count=10),
    Target("settings in a picture", pictures(), read_settings, short_count=10),
    Target(
        "upscale a folder",
        st.fixed_dictionaries(
            {
                "files": st.dictionaries(st.sampled_from(NAMES), pictures(), min_size=1, max_size=3),
                "flags": st.sampled_from(([], ["--scale", "3"], ["--tile", "16"], ["--model", "auto"])),
            }
        ),
        upscale_folder,
        short_count=4,
    ),
)
