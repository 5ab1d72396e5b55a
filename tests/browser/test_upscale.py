"""The page Upscale in a browser: file formats, the comparison slider, pasting, the camera, and long jobs."""

import io
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from tests import small_upscalers
from tests.browser.conftest import CHROMIUM_ARGUMENTS, ROOT, TIMEOUT_S, launch_chromium, running_server
from tests.browser.screen import low_contrast_texts
from tests.browser.test_looks_and_access import MIN_CONTRAST

MODEL_NAME = "photo-srgan-x4"  # random weights under the name that the page opens with


@pytest.fixture(scope="module")
def page_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page on a server of its own with one tiny upscaler."""
    root = tmp_path_factory.mktemp("checkpoints")
    small_upscalers.make_upscaler_checkpoint(root, MODEL_NAME)
    with running_server(GAN_CORE_CHECKPOINTS=str(root)) as address:
        yield f"{address}/upscale"


# Files of many formats ---------------------------------------------------------------------------------------


def striped_image(width: int = 24, height: int = 16) -> Image.Image:
    """The upper half red, the lower half blue."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, :, 0] = 250
    pixels[height // 2 :, :, 2] = 250
    return Image.fromarray(pixels)


def encode_image(image: Image.Image, format: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def rotated_jpeg() -> bytes:
    """An image that is upright only if its EXIF orientation is applied."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "A phone"  # turn by 90 degrees; the maker
    return encode_image(striped_image().rotate(90, expand=True), "JPEG", exif=exif, quality=95)


def transparent_png() -> bytes:
    image = striped_image().convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    return encode_image(image, "PNG")


def png_16_bit() -> bytes:
    return encode_image(Image.fromarray(np.arange(24 * 16, dtype=np.uint16).reshape(16, 24) * 170), "PNG")


def heic_bytes() -> bytes:
    buffer = io.BytesIO()
    pillow_heif.from_pillow(striped_image(48, 32)).save(buffer, quality=90)
    return buffer.getvalue()


def upload_image(page: Page, name: str, data: bytes) -> None:
    uploader = page.locator("[class*='st-key-picture-'] input[type=file]")
    uploader.set_input_files({"name": name, "mimeType": "application/octet-stream", "buffer": data})


def before_and_after(page: Page) -> tuple[Locator, Locator]:
    """The two images under the slider."""
    return page.get_by_role("img", name="bicubic interpolation"), page.get_by_role("img", name=f"by {MODEL_NAME}")


def image_sizes(page: Page, expected: str) -> list[list[int]]:
    """Width and height of both images in the browser, once the page shows one of the size `expected`."""
    sizes = []
    for image in before_and_after(page):
        page.get_by_role("img", name=f"at {expected} pixels").first.wait_for()
        image.evaluate("image => image.decode()")
        sizes.append(image.evaluate("image => [image.naturalWidth, image.naturalHeight]"))
    return sizes


def download_result(page: Page, format: str) -> Image.Image:
    """The downloaded result in a format."""
    page.get_by_role("button", name="Download").click()
    page.get_by_role("radio", name=format).click()
    with page.expect_download() as download:
        page.get_by_role("button", name=f"{format} file").click()
    page.keyboard.press("Escape")
    return Image.open(io.BytesIO(Path(download.value.path()).read_bytes()))


def test_images_of_every_format_become_four_times_as_large(page_url: str, page: Page) -> None:
    page.goto(page_url)
    assert image_sizes(page, "752 × 496") == [[752, 496]] * 2  # the sample

    upload_image(page, "phone.jpg", rotated_jpeg())
    assert image_sizes(page, "96 × 64") == [[96, 64]] * 2
    with download_result(page, "JPEG") as result:
        red, blue = (np.asarray(result.convert("RGB"))[rows].mean((0, 1)) for rows in (slice(0, 24), slice(40, 64)))
        assert red[0] > red[2]
        assert blue[2] > blue[0]
        assert result.getexif().get(0x010F) == "A phone"
        assert 0x0112 not in result.getexif()

    page.goto(page_url)
    upload_image(page, "see-through.png", transparent_png())
    image_sizes(page, "96 × 64")
    with download_result(page, "PNG") as result:
        alpha = np.asarray(result.getchannel("A"))
        assert result.mode == "RGBA"
        assert alpha[0].max() < 10
        assert alpha[-1].min() > 245

    page.goto(page_url)
    upload_image(page, "deep.png", png_16_bit())
    image_sizes(page, "96 × 64")
    with download_result(page, "PNG") as result:
        assert result.mode == "I;16"

    page.goto(page_url)
    upload_image(page, "inks.jpg", encode_image(striped_image().convert("CMYK"), "JPEG"))
    image_sizes(page, "96 × 64")
    expect(page.get_by_text("CMYK without a usable profile")).to_be_visible()

    upload_image(page, "phone.heic", heic_bytes())
    assert image_sizes(page, "192 × 128") == [[192, 128]] * 2
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_a_file_that_is_no_image_is_refused_in_one_sentence_and_the_next_one_works(page_url: str, page: Page) -> None:
    page.goto(page_url)
    bad = {
        "notes.png": (b"These are no pixels.\n" * 9, "is text, not a readable image"),
        "torn.png": (encode_image(Image.effect_noise((200, 200), 90), "PNG")[:5000], "damaged or cut off"),
        "drawing.svg": (b'<svg xmlns="http://www.w3.org/2000/svg"></svg>', "is an SVG drawing"),
        "empty.png": (b"", "is an empty file"),
    }
    for name, (data, sentence) in bad.items():
        upload_image(page, name, data)
        expect(page.get_by_test_id("stAlert")).to_contain_text(sentence)
        expect(page.get_by_test_id("stAlert")).to_have_count(1)
    upload_image(page, "good.png", encode_image(striped_image(), "PNG"))
    assert image_sizes(page, "96 × 64") == [[96, 64]] * 2
    expect(page.get_by_test_id("stAlert")).to_have_count(0)


def test_a_picture_can_be_pasted(page_url: str, page: Page) -> None:
    page.goto(page_url)
    image_sizes(page, "752 × 496")
    page.evaluate(
        """async data => {
            const file = new File([await (await fetch(data)).blob()], "image.png", {type: "image/png"});
            const clipboardData = new DataTransfer();
            clipboardData.items.add(file);
            document.body.dispatchEvent(new ClipboardEvent("paste", {clipboardData, bubbles: true, cancelable: true}));
        }""",
        f"data:image/png;base64,{b64encode(encode_image(striped_image(), 'PNG')).decode()}",
    )
    assert image_sizes(page, "96 × 64") == [[96, 64]] * 2


def test_the_slider_moves_by_keyboard_mouse_and_touch_and_the_image_zooms(page_url: str, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 1400}, has_touch=True)
    context.set_default_timeout(TIMEOUT_S * 1000)
    page = context.new_page()
    page.goto(page_url)
    image_sizes(page, "752 × 496")
    line = page.get_by_role("slider", name="Line between")
    expect(line).to_have_attribute("aria-valuenow", "50")
    line.focus()
    for key, value in {"ArrowRight": 51, "Shift+ArrowLeft": 41, "End": 100, "PageDown": 90, "Home": 0}.items():
        page.keyboard.press(key)
        expect(line).to_have_attribute("aria-valuenow", str(value))
    assert line.evaluate("line => getComputedStyle(line).outlineStyle") == "solid"

    stage = page.get_by_role("group", name="plus and minus zoom")
    box = stage.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 3
    page.mouse.move(box["x"] + box["width"] * 0.2, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.75, middle, steps=4)
    page.mouse.up()
    expect(line).to_have_attribute("aria-valuenow", "75")
    page.touchscreen.tap(box["x"] + box["width"] * 0.3, middle)
    expect(line).to_have_attribute("aria-valuenow", "30")

    zoom = page.get_by_role("status")
    page.get_by_role("button", name="100 %").click()
    expect(zoom).to_have_text("100 %")
    for _ in range(4):
        page.get_by_role("button", name="Larger").click()
    expect(zoom).to_have_text("244 %")
    after = before_and_after(page)[1]
    before = after.evaluate("image => image.style.transform")
    page.mouse.move(box["x"] + box["width"] * 0.6, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, middle + 30, steps=3)
    page.mouse.up()
    assert after.evaluate("image => image.style.transform") != before
    expect(line).to_have_attribute("aria-valuenow", "30")
    page.get_by_role("button", name="Fit").click()
    expect(zoom).not_to_have_text("244 %")
    context.close()


def test_two_fingers_zoom_about_their_middle(page_url: str, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    context.set_default_timeout(TIMEOUT_S * 1000)
    page = context.new_page()
    page.goto(page_url)
    image_sizes(page, "752 × 496")
    stage = page.get_by_role("group", name="plus and minus zoom")
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()
    assert box is not None
    zoom = page.get_by_role("status")
    fitted = float(zoom.inner_text().split()[0])
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    hand = context.new_cdp_session(page)

    def touch(kind: str, *places: float) -> None:
        points = [{"x": x + away, "y": y, "id": number} for number, away in enumerate(places)]
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", -30, 30)
    for away in (40, 60, 75, 90):
        touch("touchMove", -away, away)
    touch("touchEnd")
    assert float(zoom.inner_text().split()[0]) == pytest.approx(3 * fitted, rel=0.05)
    after = before_and_after(page)[1].bounding_box()
    assert after is not None
    assert after["x"] + after["width"] / 2 == pytest.approx(x, abs=3)
    context.close()


def test_a_photo_can_be_taken(page_url: str, browser: Browser) -> None:
    flags = [*CHROMIUM_ARGUMENTS, "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    with_camera = launch_chromium(browser.browser_type, flags)
    page = with_camera.new_page()
    page.set_default_timeout(TIMEOUT_S * 1000)
    page.goto(page_url)
    image_sizes(page, "752 × 496")
    page.get_by_text("Camera", exact=True).click()
    page.wait_for_function("() => document.querySelector('video')?.videoWidth > 0")  # a click before finds no picture
    page.get_by_role("button", name="Take Photo").click()
    expect(page.get_by_role("button", name="Clear photo")).to_be_visible()
    expect(page.get_by_role("img", name=f"by {MODEL_NAME}")).to_be_visible()
    expect(page.get_by_role("img", name="at 752 × 496 pixels")).to_have_count(0)
    page.get_by_role("radio", name="window").or_(page.get_by_role("button", name="window")).first.click()
    image_sizes(page, "752 × 496")
    with_camera.close()


def test_a_long_job_is_confirmed_first_and_can_be_stopped(page_url: str, page: Page) -> None:
    page.goto(page_url)
    upload_image(page, "large.jpg", encode_image(Image.new("RGB", (4000, 3000), "teal"), "JPEG"))
    expect(page.get_by_test_id("stAlert")).to_contain_text("become 16000 × 12000")
    page.get_by_role("button", name="Start").click()
    page.locator(".st-key-stop button").click()
    expect(page.get_by_text("Stopped.")).to_be_visible()
    expect(page.get_by_role("button", name="Start again")).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_page_is_readable_and_fits(page_url: str, browser: Browser, width: int, scheme) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
    context.set_default_timeout(TIMEOUT_S * 1000)
    page = context.new_page()
    page.goto(f"{page_url}?sample=sails")
    image_sizes(page, "496 × 752")
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    assert not low_contrast_texts(page, MIN_CONTRAST)
    assert page.get_by_test_id("stMain").evaluate("main => main.scrollWidth <= main.clientWidth")
    snapshot = page.get_by_test_id("stMain").aria_snapshot().splitlines()
    controls = ("- button", "- combobox", "- spinbutton", "- slider", "- textbox", "- radio", "- checkbox", "- switch")
    assert not [line for line in snapshot if line.strip().startswith(controls) and '"' not in line]
    context.close()


# The model by the picture, and the preview ----------------------------------------------------------------------------


def test_a_compressed_photo_selects_another_model_and_says_why(address: str, page: Page) -> None:
    """With the published upscalers: quality 40 is beyond all of them, 85 is for the faithful one."""
    photo = Image.open(ROOT / "pages/ui/assets/samples/lighthouse.webp").convert("RGB")
    small = photo.resize((photo.width // 4, photo.height // 4), Image.Resampling.BICUBIC)
    page.goto(f"{address}/upscale")
    model = page.get_by_role("combobox", name="Model")
    expect(model).to_have_value("Clean originals, × 4 (photo-srgan-x4)")
    for quality, sentence in ((40, "no network here gains anything"), (85, "photo-sr-x4 comes nearest")):
        upload_image(page, "phone.jpg", encode_image(small, "JPEG", quality=quality))
        expect(page.get_by_text("JPEG of quality about")).to_contain_text(sentence)
        expect(model).to_have_value("Faithful, invents nothing, × 4 (photo-sr-x4)")
    assert "model=" not in page.url
    upload_image(page, "clean.png", encode_image(small, "PNG"))
    expect(model).to_have_value("Clean originals, × 4 (photo-srgan-x4)")


def test_finished_tiles_appear_in_place_while_a_long_job_runs(page_url: str, page: Page) -> None:
    page.goto(page_url)
    upload_image(page, "large.png", encode_image(Image.new("RGB", (3500, 2600), "white"), "PNG"))
    preview = page.get_by_role("img", name="Your picture as far as it is enlarged")
    start = page.get_by_role("button", name="Start")
    expect(start.or_(preview).first).to_be_visible()
    if start.is_visible():
        start.click()
    first = preview.get_attribute("src")
    assert first is not None
    assert first.startswith("data:image/jpeg;base64,")
    page.wait_for_function(
        "old => [...document.images].some(now => now.alt.startsWith('Your picture as far') && now.src !== old)",
        arg=first,
    )
    page.locator(".st-key-stop button").click()
    expect(page.get_by_text("Stopped.")).to_be_visible()


def test_a_result_that_is_too_large_is_offered_at_a_scale_that_fits(page_url: str, page: Page) -> None:
    page.goto(page_url)
    upload_image(page, "huge.jpg", encode_image(Image.new("RGB", (6000, 4000), "teal"), "JPEG"))
    expect(page.get_by_test_id("stAlert")).to_contain_text("× 2 fits")
    page.get_by_role("button", name="Use × 2").click()
    expect(page.get_by_text("become 12000 × 8000").or_(page.locator(".st-key-stop")).first).to_be_visible()
    expect(page.get_by_text("× 2 fits")).to_have_count(0)


# Animations ----------------------------------------------------------------------------------------------------------


def test_an_animated_gif_is_enlarged_whole_and_moves(page_url: str, page: Page) -> None:
    """Solid frames of four colours: the picture on the screen changes, and the download has all frames."""
    frames = [Image.new("RGB", (24, 16), colour) for colour in ("red", "lime", "blue", "white")]
    data = encode_image(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=[90, 90, 120, 120], loop=0)
    page.goto(page_url)
    upload_image(page, "anim.gif", data)
    expect(page.get_by_text("All 4 frames")).to_be_visible()
    expect(page.get_by_text("Frames", exact=True)).to_be_visible()
    enlarged = page.get_by_role("img", name=f"enlarged by {MODEL_NAME}")
    assert enlarged.evaluate("image => image.decode().then(() => [image.naturalWidth, image.naturalHeight])") == [
        96,
        64,
    ]
    shots = {page.locator(".stage").screenshot() for _ in range(8) if page.wait_for_timeout(70) is None}
    assert len(shots) > 1
    with page.expect_download() as download:
        page.get_by_role("button", name="Download GIF").click()
    assert download.value.suggested_filename == "anim-x4.gif"
    with Image.open(io.BytesIO(Path(download.value.path()).read_bytes())) as result:
        assert (result.format, result.size, getattr(result, "n_frames", 1)) == ("GIF", (96, 64), 4)
    page.get_by_text("All 4 frames").click()
    expect(page.get_by_text("Frames", exact=True)).to_have_count(0)
    assert image_sizes(page, "96 × 64") == [[96, 64]] * 2
    expect(page.get_by_test_id("stException")).to_have_count(0)
