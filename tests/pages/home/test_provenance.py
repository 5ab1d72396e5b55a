"""A PNG that was made here leads back to its page and state; other files are refused with a reason."""

import io
import json
import struct
import zlib
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
import streamlit as st
from PIL import Image

from gan_core.checkpoints.store import ALIASES
from gan_core.cli import main
from gan_core.errors import UsageError
from gan_core.images import encoding
from pages.home.provenance import PageLink, link_from_metadata, read_metadata
from pages.ui import paths, url_params
from tests import factories
from tests.pages.conftest import OpenPage
from tests.pages.queries import messages, run_until_finished

PAGES = paths.ROOT / "pages"
OLD_VERSION = paths.ROOT / "tests" / "fixtures" / "version_0_1"
OLD_PNGS = OLD_VERSION / "png"
OLD_LINKS: dict[str, str] = json.loads((OLD_VERSION / "links.json").read_text(encoding="utf-8"))
DIGITS_LINK = "http://localhost:8501/digits?digit=7&seed=21&weights=12345678"


def png_with(**facts: str) -> bytes:
    return encoding.encode_png(Image.new("L", (28, 28)), facts)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of_chunks(*chunks: bytes, width: int = 28) -> bytes:
    """A PNG with these chunks between its header and its pixels."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, 28, 8, 0, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(bytes(29 * 28)))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + pixels + chunk(b"IEND", b"")


def link_of(data: bytes) -> PageLink:
    return link_from_metadata(read_metadata(data))


def test_a_download_leads_back_to_its_page_with_its_parameters() -> None:
    found = link_of(png_with(link=DIGITS_LINK, model="mnist-cgan", seed="21"))
    assert found == PageLink("digits", (("digit", "7"), ("seed", "21"), ("weights", "12345678")))


def test_a_repeatable_parameter_keeps_all_its_values() -> None:
    assert link_of(png_with(link="https://a.example/samples?pick=2&pick=5")).values() == {"pick": ["2", "5"]}


@pytest.mark.parametrize(
    "link", ["https://evil.example/digits?seed=3", "//evil.example/digits?seed=3", "evil:/x/../digits/?seed=3"]
)
def test_of_a_link_with_another_host_only_page_and_parameters_are_used(link: str) -> None:
    assert link_of(png_with(link=link)) == PageLink("digits", (("seed", "3"),))


def test_an_image_of_the_command_line_with_a_prompt_leads_to_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.checkpoint(tmp_path, "text_conditional", "painter")
    monkeypatch.setenv("GAN_CORE_CHECKPOINTS", str(tmp_path))
    facts = {"model": "painter", "prompt": "a red star", "seed": "3", "weights": "0" * 8}
    assert link_of(png_with(**facts)) == PageLink("text", tuple(facts.items()))


@pytest.mark.parametrize("file", sorted(OLD_PNGS.glob("*.png")), ids=lambda file: file.stem)
def test_a_png_of_version_0_1_leads_to_its_page_in_its_state(
    open_page: OpenPage, weights_hashes: dict[str, str], file: Path
) -> None:
    link = urlsplit(OLD_LINKS[file.stem.removesuffix("-sheet")])
    page_link = link_of(file.read_bytes())
    assert page_link == PageLink(link.path.strip("/"), tuple(parse_qsl(link.query)))
    app = open_page(page_link.page, **page_link.values())
    assert not app.exception
    assert not app.warning
    expected = [(name, ALIASES.get(value, value)) for name, value in page_link.query]
    assert parse_qsl(urlsplit(app.code[0].value).query) == expected


def test_a_png_that_the_command_line_of_version_0_1_drew_leads_to_samples(weights_hashes: dict[str, str]) -> None:
    (file,) = (OLD_PNGS / "cli").iterdir()
    query = {"model": "mnist-cgan", "seed": "5", "truncation": "1", "weights": "feb87d54", "label": "7"}
    assert link_of(file.read_bytes()) == PageLink("samples", tuple(query.items()))


@pytest.mark.parametrize(("old", "new"), ALIASES.items())
def test_a_former_name_of_a_model_leads_to_the_present_one(weights_hashes: dict[str, str], old: str, new: str) -> None:
    assert link_of(png_with(model=old, seed="3")) == PageLink("samples", (("model", new), ("seed", "3")))


def test_parameters_that_the_page_does_not_declare_are_dropped() -> None:
    odd = "https://a.example/digits?embed=true&seed=3&token=x&scale=4&text=" + "1" * 1001 + "&set=a%00b"
    assert link_of(png_with(link=odd)) == PageLink("digits", (("seed", "3"),))


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/", "javascript:alert(1)", "http://[::1", "", "/models/../../etc/passwd", "x" * 5000,
        "https://a.example/digits?" + "&".join(f"pick={number}" for number in range(500)),
    ],
)  # fmt: skip
def test_a_link_that_leads_to_no_page_of_ours_is_not_followed(link: str) -> None:
    with pytest.raises(UsageError, match="made elsewhere"):
        link_of(png_with(link=link))


def test_a_png_without_metadata_is_refused() -> None:
    with pytest.raises(UsageError, match="does not say how it was made"):
        link_of(png_with())


def test_a_file_that_is_no_png_is_refused_by_its_format() -> None:
    jpeg = io.BytesIO()
    Image.new("L", (28, 28)).save(jpeg, "JPEG")
    with pytest.raises(UsageError, match="is a JPEG; only PNG files carry"):
        read_metadata(jpeg.getvalue())
    with pytest.raises(UsageError, match="is text, not a readable image"):
        read_metadata(b"no pixels here\n")


@pytest.mark.parametrize(
    "data",
    [
        png_of_chunks(chunk(b"zTXt", b"link\0\0" + zlib.compress(bytes(100_000_000)))),  # a text that unpacks to 100 MB
        png_of_chunks(chunk(b"tEXt", b"")),
        png_of_chunks(chunk(b"iTXt", b"link\0\1\0\0\0not packed")),
        png_of_chunks(width=2**31 - 1),
        png_of_chunks()[:40],
    ],
    ids=["bomb", "empty text", "torn text", "too wide", "cut"],
)  # fmt: skip
def test_a_hostile_png_is_refused_in_a_sentence(data: bytes) -> None:
    with pytest.raises(UsageError, match="This file"):
        link_of(data)


def test_an_image_of_the_command_line_leads_to_samples(tmp_path: Path, weights_hashes: dict[str, str]) -> None:
    assert main(["sample", "fashion-cgan", "--label", "7", "--seed", "5", "--count", "1", "--out", str(tmp_path)]) == 0
    found = link_of(next(tmp_path.glob("*.png")).read_bytes())
    assert found.page == "samples"
    assert found.values() | {"weights": []} == {
        "model": ["fashion-cgan"], "seed": ["5"], "truncation": ["1"], "label": ["sneaker"], "weights": [],
    }  # fmt: skip


def test_every_page_shares_a_link_and_declares_its_parameters() -> None:
    sharing = {
        file.parent.name.replace("_", "-")
        for file in PAGES.glob("*/page.py")
        if "build_link(" in file.read_text(encoding="utf-8")
    }
    assert sharing == set(url_params.PARAMETERS)


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("digits", {"view": "Blend", "set": "Garments"}), ("digits", {"view": "Write"}),
        ("digits", {"view": "Handwriting"}),
        ("samples", {"model": "mnist-cgan", "against": "mnist-dcgan", "critic": "true", "label": "3", "pick": "2"}),
        ("upscale", {"scale": "other", "times": "2.5"}), ("models", {"model": "mnist-cgan"}),
        ("how-it-works", {"seed": "3"}),
    ],
)  # fmt: skip
def test_a_shared_link_holds_declared_parameters_only(
    open_page: OpenPage, weights_hashes: dict[str, str], name: str, query: dict[str, str]
) -> None:
    app = run_until_finished(open_page(name, **query))
    names = {key for key, _ in parse_qsl(urlsplit(app.code[0].value).query)}
    assert names
    assert names <= set(url_params.PARAMETERS[name])


def test_home_shows_why_a_file_is_refused(open_page: OpenPage, weights_hashes: dict[str, str]) -> None:
    app = open_page("home")
    app.file_uploader[0].upload("mine.png", png_with())
    app.run()
    assert not app.exception
    assert messages(app)[0].startswith("This file does not say how it was made.")


def test_home_leads_away_once_for_each_upload_although_a_browser_that_goes_back_sends_it_again(
    open_page: OpenPage, weights_hashes: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    queries: list[dict[str, list[str]]] = []
    monkeypatch.setattr(st, "switch_page", lambda page, query_params: queries.append(query_params))
    app = open_page("home")
    app.file_uploader[0].upload("mine.png", png_with(link="http://here/digits?seed=4"))
    first = app.run()
    again = run_until_finished(first.run())
    assert not again.exception
    assert queries == [{"seed": ["4"]}]
