"""A number, a date or a telephone number as a line of glyphs: digits for the network, marks drawn by rule."""

from functools import cache

from PIL import Image, ImageDraw

from gan_core.errors import UsageError
from gan_core.images import tensors

DIGITS = "0123456789"
BRACKET_CHARACTERS = "()"
STROKE_NAMES = {"-": "dash", ".": "point", "/": "slash", ":": "colon", "+": "plus", ",": "comma"}
SEPARATORS = STROKE_NAMES | dict.fromkeys(BRACKET_CHARACTERS, "bracket")
MAX_CHARACTERS = 32
SEPARATOR_WIDTH_PX, SEPARATOR_HEIGHT_PX, SUPERSAMPLING = (
    14,
    28,
    8,
)  # a mark is half a digit wide; drawn eight times too large, then shrunk


def parse_line(text: str) -> str:
    """The text as it can be written: white space around it gone, inside it single. Raises InputError otherwise."""
    line = " ".join(text.split())
    if len(line) > MAX_CHARACTERS:
        raise UsageError(f"That is {len(line)} characters long; {MAX_CHARACTERS} fit on the line.")
    if not set(line) <= set(DIGITS) | set(SEPARATORS) | {" "}:
        raise UsageError(
            f"Only the digits 0 to 9, spaces and the marks `{' '.join(SEPARATORS)}` can be written: the network learned"
            " no letters."
        )
    if not set(line) & set(DIGITS):
        raise UsageError("There is no digit in it: write a number, a date or a telephone number.")
    return line


@cache
def separator_png(character: str) -> bytes:
    """A separator as a PNG file, 14 x 28: white on black like the digits, empty for a space."""
    canvas = Image.new("L", (SEPARATOR_WIDTH_PX * SUPERSAMPLING, SEPARATOR_HEIGHT_PX * SUPERSAMPLING))
    pen = ImageDraw.Draw(canvas)
    for stroke in strokes(character):
        draw_stroke(pen, [value * SUPERSAMPLING for value in stroke])
    if character in BRACKET_CHARACTERS:
        box = (4, 2, 18, 26) if character == "(" else (-4, 2, 10, 26)
        angles = (125, 235) if character == "(" else (-55, 55)
        pen.arc([value * SUPERSAMPLING for value in box], *angles, fill=255, width=2 * SUPERSAMPLING)
    return tensors.encode_png(canvas.resize((SEPARATOR_WIDTH_PX, SEPARATOR_HEIGHT_PX), Image.Resampling.BOX))


def strokes(character: str) -> list[tuple[float, ...]]:
    """Strokes (x, y, x, y) of a mark on 14 x 28; a stroke of no length is a dot."""
    return {
        "-": [(3, 15, 11, 15)],
        "+": [(2, 15, 12, 15), (7, 10, 7, 20)],
        "/": [(11, 5, 3, 24)],
        ".": [(7, 22, 7, 22)],
        ",": [(7, 22, 5.5, 25.5)],
        ":": [(7, 11, 7, 11), (7, 20, 7, 20)],
    }.get(character, [])


def draw_stroke(pen: ImageDraw.ImageDraw, stroke: list[float]) -> None:
    """A line with round ends."""
    pen.line(stroke, fill=255, width=2 * SUPERSAMPLING)
    for x, y in (stroke[:2], stroke[2:]):
        pen.ellipse(
            (x - 1.3 * SUPERSAMPLING, y - 1.3 * SUPERSAMPLING, x + 1.3 * SUPERSAMPLING, y + 1.3 * SUPERSAMPLING),
            fill=255,
        )
