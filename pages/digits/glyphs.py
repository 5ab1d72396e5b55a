"""A number, a date or a telephone number as a line of glyphs: generated digits, and separators drawn as strokes."""

from functools import cache

from PIL import Image, ImageDraw

from gan_core.errors import UsageError
from gan_core.images import encoding

DIGITS = "0123456789"
BRACKET_CHARACTERS = "()"
STROKE_NAMES = {"-": "dash", ".": "point", "/": "slash", ":": "colon", "+": "plus", ",": "comma"}
SEPARATORS = STROKE_NAMES | dict.fromkeys(BRACKET_CHARACTERS, "bracket")  # character: its name for screen readers
SEPARATOR_STROKES = {  # (x, y, x, y) on a canvas of 14 x 28; a stroke of length 0 is a dot
    "-": [(3, 15, 11, 15)],
    "+": [(2, 15, 12, 15), (7, 10, 7, 20)],
    "/": [(11, 5, 3, 24)],
    ".": [(7, 22, 7, 22)],
    ",": [(7, 22, 5.5, 25.5)],
    ":": [(7, 11, 7, 11), (7, 20, 7, 20)],
}
BRACKET_ARCS = {"(": ((4, 2, 18, 26), (125, 235)), ")": ((-4, 2, 10, 26), (-55, 55))}  # bounding box, angles in degrees
MAX_CHARACTERS = 32
SEPARATOR_WIDTH_PX = 14  # half the width of a digit
SEPARATOR_HEIGHT_PX = 28
STROKE_WIDTH_PX = 2
DOT_RADIUS_PX = 1.3
SUPERSAMPLING = 8


def parse_line(text: str) -> str:
    """The text, white space trimmed and collapsed. Raises UsageError where it cannot be written."""
    line = " ".join(text.split())
    if len(line) > MAX_CHARACTERS:
        raise UsageError(f"The text has {len(line)} characters; at most {MAX_CHARACTERS} fit on the line.")
    if not set(line) <= set(DIGITS) | set(SEPARATORS) | {" "}:
        raise UsageError(
            f"Only the digits 0 to 9, spaces and `{' '.join(SEPARATORS)}` can be written: the network was trained on"
            " digits, not on letters."
        )
    if not set(line) & set(DIGITS):
        raise UsageError("The text contains no digit: write a number, a date or a telephone number.")
    return line


@cache
def separator_png(character: str) -> bytes:
    """A separator as a PNG file of 14 x 28 pixels: white on black like the digits, empty for a space."""
    canvas = Image.new("L", (SEPARATOR_WIDTH_PX * SUPERSAMPLING, SEPARATOR_HEIGHT_PX * SUPERSAMPLING))
    pen = ImageDraw.Draw(canvas)
    for stroke in SEPARATOR_STROKES.get(character, []):
        draw_stroke(pen, [value * SUPERSAMPLING for value in stroke])
    if character in BRACKET_ARCS:
        box, angles = BRACKET_ARCS[character]
        pen.arc([value * SUPERSAMPLING for value in box], *angles, fill=255, width=STROKE_WIDTH_PX * SUPERSAMPLING)
    return encoding.encode_png(canvas.resize((SEPARATOR_WIDTH_PX, SEPARATOR_HEIGHT_PX), Image.Resampling.BOX))


def draw_stroke(pen: ImageDraw.ImageDraw, stroke: list[float]) -> None:
    """Draws a line (x, y, x, y) with round ends."""
    pen.line(stroke, fill=255, width=STROKE_WIDTH_PX * SUPERSAMPLING)
    radius = DOT_RADIUS_PX * SUPERSAMPLING
    for x, y in (stroke[:2], stroke[2:]):
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
