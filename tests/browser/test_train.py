"""The page Train in a browser: a run is started by the form, watched in two tabs, stopped, resumed, and used."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from gan_core.runs import lifecycle
from gan_core.runs.status import list_runs
from gan_core.training.trainer import train
from tests import factories
from tests.browser.conftest import TIMEOUT_S, running_server
from tests.browser.screen import choose_option, low_contrast_texts, wait_until_idle

TOTAL_STEPS = 1_000_000


@pytest.fixture
def server_url(tmp_path: Path) -> Iterator[str]:
    """A server with a folder of images, without runs and models; runs that are still active at the end are stopped."""
    (tmp_path / "data" / "noise").mkdir(parents=True)
    for number in range(12):
        pixels = np.random.default_rng(number).integers(0, 256, (28, 28), np.uint8)
        Image.fromarray(pixels).save(tmp_path / "data" / "noise" / f"{number}.png")
    (tmp_path / "models").mkdir()
    environment: Any = {f"GAN_CORE_{name.upper()}": str(tmp_path / name) for name in ("data", "runs")}
    with running_server(GAN_CORE_CHECKPOINTS=str(tmp_path / "models"), **environment) as address:
        yield address
    for run in list_runs(tmp_path / "runs"):
        if run.is_active:
            lifecycle.stop(run)


def fill_field(page: Page, label: str, value: int) -> None:
    field = page.get_by_role("spinbutton", name=label, exact=True)
    field.fill(str(value))
    field.press("Enter")
    wait_until_measured(page)


def wait_until_measured(page: Page) -> None:
    """Wait until what was typed has arrived, and its cost is measured."""
    page.wait_for_timeout(300)
    wait_until_idle(page)


def expand_section(page: Page, title: str) -> None:
    wait_until_measured(page)
    page.get_by_text(title, exact=True).click()


def current_step(page: Page) -> int:
    metric = page.get_by_test_id("stMetric").filter(has_text="Step").first
    return int(metric.get_by_test_id("stMetricValue").inner_text().replace(",", ""))


def wait_for_step(page: Page, min_step: int) -> None:
    for _ in range(240):
        if current_step(page) >= min_step:
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"the run stays at step {current_step(page)}")


def start_training(page: Page, address: str) -> None:
    """Start a tiny training on the folder of noise by the form."""
    page.goto(f"{address}/train")
    choose_option(page, "Data", "noise")
    expand_section(page, "All settings")
    choose_option(page, "Family", "Vanilla GAN")
    wait_until_measured(page)
    fill_field(page, "Steps", TOTAL_STEPS)
    fill_field(page, "Batch size", 4)
    fill_field(page, "Width", 8)
    for label, value in (("Log every", 5), ("Preview every", 50), ("Save every", 50)):
        fill_field(page, label, value)
    expect(page.get_by_text("on this device for 1,000,000 steps")).to_be_visible()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_text("It trains.")).to_be_visible(timeout=240_000)


def test_a_training_is_started_watched_stopped_resumed_and_used(server_url: str, page: Page) -> None:
    start_training(page, server_url)
    wait_for_step(page, 55)
    expect(page.get_by_role("img", name="Preview of noise Vanilla GAN at step")).to_be_visible()
    expect(page.get_by_test_id("stPlotlyChart").first).to_be_visible()
    link = page.url
    assert "run=noise-vanilla-gan" in link or "view=Runs" in link
    other = page.context.new_page()
    other.goto(f"{server_url}/train?run=noise-vanilla-gan")
    expect(other.get_by_text("It trains.")).to_be_visible()
    page.get_by_role("button", name="Stop and save").click()
    expect(page.get_by_text("It has stopped, and can go on.")).to_be_visible(timeout=120_000)
    expect(other.get_by_text("It has stopped, and can go on.")).to_be_visible()
    other.close()
    stopped = current_step(page)
    page.get_by_role("button", name="Go on", exact=True).click()
    expect(page.get_by_text("It trains.")).to_be_visible(timeout=240_000)
    wait_for_step(page, stopped + 5)
    page.get_by_role("button", name="Stop and save").click()
    expect(page.get_by_text("It has stopped, and can go on.")).to_be_visible(timeout=120_000)
    page.get_by_role("button", name="Use this model").click()
    page.get_by_role("button", name="Make it a model").click()
    expect(page.get_by_text("noise-vanilla-gan is a model now, on every page.")).to_be_visible()
    page.get_by_role("link", name="Draw with noise-vanilla-gan").click()
    expect(page.get_by_role("img", name="Picture 1: drawn by noise-vanilla-gan from seed 0")).to_be_visible()


def write_photos(folder: Path, first: int) -> list[Path]:
    """Twenty PNG files of coloured noise."""
    folder.mkdir()
    for number in range(first, first + 20):
        pixels = np.random.default_rng(number).integers(0, 256, (32, 32, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return sorted(folder.iterdir())


def test_forty_loose_pictures_of_two_kinds_are_trained_on_and_used_without_scrolling(
    server_url: str, page: Page, tmp_path: Path
) -> None:
    page.goto(f"{server_url}/train")
    page.get_by_text("Loose pictures", exact=True).click()
    kinds = page.get_by_role("textbox", name="Kinds of pictures")
    kinds.fill("cats, dogs")
    kinds.press("Enter")
    expect(page.get_by_role("region", name="Pictures of dogs")).to_be_visible()
    for first, kind in ((0, "cats"), (30, "dogs")):
        wait_until_idle(page)
        field = page.get_by_role("region", name=f"Pictures of {kind}").locator("input[type=file]").first
        field.set_input_files(write_photos(tmp_path / kind, first))
        expect(page.get_by_text(f"{kind}: 20")).to_be_visible()
    expect(page.get_by_text("40 pictures so far (cats: 20, dogs: 20)")).to_be_visible()
    expect(page.get_by_role("radio", name="A small set (fits these)")).to_be_checked()
    expect(page.get_by_text("40 pictures alone would be learnt by heart")).to_be_visible()
    wait_until_idle(page)
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_role("img", name="Preview of my pictures Conditional GAN at step")).to_be_visible(
        timeout=240_000
    )
    page.get_by_role("button", name="Stop and save").click()
    expect(page.get_by_text("It has stopped, and can go on.")).to_be_visible(timeout=120_000)
    use, preview = page.get_by_role("button", name="Use this model"), page.get_by_role("img", name="Preview of my")
    expect(use).to_be_visible()
    use_box, preview_box = use.bounding_box(), preview.bounding_box()
    assert use_box is not None
    assert preview_box is not None
    assert use_box["y"] < preview_box["y"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_readable_and_fits_in_both_themes(
    server_url: str, tmp_path: Path, browser: Browser, scheme: Any
) -> None:
    run = factories.run("vanilla", "minimax", steps=60, preview_every=20, save_every=20, discriminator_rate=0.01)
    for name in ("one", "two"):
        list(train(run, factories.labelled_images(), tmp_path / "runs" / name))
    for width in (1280, 390):
        context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
        context.set_default_timeout(TIMEOUT_S * 1000)
        page = context.new_page()
        page.goto(f"{server_url}/train?run=one&against=two")
        expect(page.get_by_test_id("stPlotlyChart")).to_have_count(5)
        assert_readable(page)
        page.get_by_text("New training", exact=True).click()
        expect(page.get_by_text("on this device for")).to_be_visible()
        assert_readable(page)
        context.close()


def assert_readable(page: Page) -> None:
    page.mouse.move(0, 0)  # an element under the mouse is tinted
    wait_until_measured(page)
    assert not low_contrast_texts(page, 4.5)
    main = page.get_by_test_id("stMain")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth")
    assert main.locator("img").evaluate_all("images => images.every(image => image.alt.trim())")
