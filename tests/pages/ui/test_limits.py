"""The limits of a host hold on every page, whatever a link or a browser asks for."""

from dataclasses import fields
from pathlib import Path

import pytest
from torch import Tensor
from torch.nn.functional import interpolate

from gan_core.errors import UsageError
from gan_core.images.reading import DecodedImage
from gan_core.upscaling import pipeline, precision
from pages.ui import limits, server
from pages.ui.limits import HOSTED_LIMITS, LOCAL_LIMITS
from pages.ui.upscaler_cache import LoadedUpscaler
from pages.upscale import jobs, upload, worker
from pages.upscale.request import SourceImage, UpscaleRequest, UpscaleResult
from tests.pages.conftest import OpenPage
from tests.pages.queries import encode_noise, image_sources, messages, run_until_finished, upload_image
from tests.small_upscalers import nearest_upscaler, noise_pixels


@pytest.fixture
def _hosted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(limits.HOSTED_VARIABLE, "1")


pytestmark = pytest.mark.usefixtures("_hosted")


def test_a_host_allows_less_of_everything() -> None:
    assert limits.current_limits() is HOSTED_LIMITS
    assert not HOSTED_LIMITS.is_owner
    caps = [field.name for field in fields(HOSTED_LIMITS) if field.name != "is_owner"]
    assert all(getattr(HOSTED_LIMITS, name) < getattr(LOCAL_LIMITS, name) for name in caps)


def test_a_machine_of_ones_own_has_the_local_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(limits.HOSTED_VARIABLE)
    assert limits.current_limits() is LOCAL_LIMITS


@pytest.mark.parametrize("page", ["samples", "digits"])
def test_a_link_cannot_ask_for_more_pictures(open_page: OpenPage, weights_hashes: dict[str, str], page: str) -> None:
    app = open_page(page, count="64")
    assert f"a whole number from 1 to {HOSTED_LIMITS.images}" in messages(app)[0]
    assert len(image_sources(app)) == 16


def test_a_browser_that_ignores_the_widgets_limit_gets_no_more_pictures(
    open_page: OpenPage, weights_hashes: dict[str, str]
) -> None:
    app = open_page("samples")
    app.number_input(key="count").set_value(64).run()
    assert len(image_sources(app)) <= HOSTED_LIMITS.images


def test_a_link_cannot_ask_for_more_handwritings(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    app = open_page("digits", view="Handwriting", rows="10")
    assert f"from 1 to {HOSTED_LIMITS.handwriting_rows}" in messages(app)[0]


def test_a_long_text_in_a_link_is_refused(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    app = open_page("digits", view="Write", text="1" * (HOSTED_LIMITS.prompt_characters + 1))
    assert any("text cannot be used" in message for message in messages(app))


def test_an_upload_with_too_many_bytes_or_pixels_is_refused() -> None:
    class File:
        name, size = "mine.png", HOSTED_LIMITS.upload_megabytes * 1024**2 + 1

        def getvalue(self) -> bytes:
            return encode_noise(4000, 3001, format="BMP", mode="L")

    with pytest.raises(UsageError, match="at most 10 MB"):
        upload.open_upload(File())
    File.size = 100
    with pytest.raises(UsageError, match="at most 12 are allowed"):
        upload.open_upload(File())


def test_a_result_with_too_many_pixels_is_refused(open_page: OpenPage, with_upscalers: Path) -> None:
    app = run_until_finished(open_page("upscale", model="tiny-x4", scale="other", times="8"))
    assert not app.exception
    app = upload_image(app, encode_noise(640, 480))
    assert "20 megapixels; this page makes up to 16" in messages(app)[-1]


@pytest.mark.parametrize("proof", [False, True])
def test_an_upscaling_uses_smaller_tiles(proof: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "supports_bfloat16", lambda on_cpu: False)  # which allows larger tiles
    seen: list[int] = []

    def network(small: Tensor) -> Tensor:
        seen.append(small.shape[2] * small.shape[3])
        return interpolate(small, scale_factor=2, mode="nearest")

    tool = LoadedUpscaler(nearest_upscaler(network, bytes_per_pixel=HOSTED_LIMITS.tile_bytes // 5000), "key")
    wish = UpscaleRequest(SourceImage("key", "mine", DecodedImage(noise_pixels(300, 400))), tool, benchmark=proof)
    assert isinstance(list(worker.run_request(wish, lambda: False, lambda share: None))[-1], UpscaleResult)
    assert max(seen) <= 5000
    assert LOCAL_LIMITS.tile_bytes == pipeline.TILE_MEMORY_BYTES


def test_visitors_cannot_load_a_network_of_their_own(open_page: OpenPage, with_upscalers: Path) -> None:
    app = run_until_finished(open_page("upscale"))
    assert [uploader.label for uploader in app.file_uploader] == ["Your picture"]
    assert not app.text_input


def test_visitors_cannot_train(open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "run.json").write_text("{}")
    monkeypatch.setenv("GAN_CORE_RUNS", str(tmp_path))
    app = open_page("train", run="mine", view="Runs")
    assert not app.exception
    assert not app.button
    assert not app.selectbox
    assert "Not on a shared demo" in [heading.value for heading in app.subheader]


def test_the_queue_is_shorter_and_keeps_smaller_results() -> None:
    jobs.job_queue.clear()
    assert (jobs.job_queue().capacity, jobs.job_queue().max_result_bytes) == (
        HOSTED_LIMITS.queue_length,
        HOSTED_LIMITS.kept_bytes,
    )
    jobs.job_queue.clear()


@pytest.mark.parametrize("hosted", [True, False])
def test_an_unexpected_exception_shows_its_message_on_a_machine_of_ones_own_only(
    open_page: OpenPage, weights_hashes: dict[str, str], monkeypatch: pytest.MonkeyPatch, hosted: bool
) -> None:
    def broken(text: str) -> str:
        raise RuntimeError("a secret of the house")

    if not hosted:
        monkeypatch.delenv(limits.HOSTED_VARIABLE)
    monkeypatch.setattr("pages.digits.glyphs.parse_line", broken)
    shown = open_page("digits", view="Write").exception[0]
    assert ("secret" in shown.message) is not hosted
    assert bool(shown.stack_trace) is not hosted


def test_each_setting_of_a_host_has_an_environment_variable_that_overrides_it() -> None:
    assert server.env_var("server.xsrfCookieSameSite") == "STREAMLIT_SERVER_XSRF_COOKIE_SAME_SITE"
    assert server.env_var("client.showErrorDetails") == "STREAMLIT_CLIENT_SHOW_ERROR_DETAILS"
    assert server.env_var("server.disconnectedSessionTTL") == "STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL"
