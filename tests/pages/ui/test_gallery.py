"""The HTML of a gallery: what can be enlarged, picked and downloaded."""

import json
import re
from html import unescape

from streamlit.testing.v1 import AppTest

from gan_core.images import encoding, tensors
from pages.ui.gallery import GalleryImage, enlargeable_image, image_card
from tests import factories

PNG = encoding.encode_png(tensors.to_pil(factories.labelled_images(count=1).images[0].permute(1, 2, 0).numpy()))


def test_an_image_with_a_stem_is_a_button_that_holds_what_its_download_needs() -> None:
    metadata = {"model": "tiny", "prompt": 'a "red" <b>bag</b> – très chic'}
    markup = enlargeable_image(GalleryImage(PNG, "A bag", "bag", metadata=metadata, details="score -1"), True)
    assert markup.startswith("<button")
    assert "<b>" not in markup
    (stored,) = re.findall(r'data-metadata="([^"]*)"', markup)
    assert json.loads(unescape(stored)) == metadata
    assert 'data-stem="bag" data-details="score -1"' in markup


def test_a_thumbnail_is_no_button_and_a_mark_offers_no_download() -> None:
    assert enlargeable_image(GalleryImage(PNG, "A thumbnail", ""), True).startswith("<img")
    assert "data-metadata" not in enlargeable_image(GalleryImage(PNG, "A step", "step"), True)


def test_of_all_cards_the_tab_key_reaches_the_first_alone() -> None:
    cards = [image_card(GalleryImage(PNG, "", "x"), number, []) for number in (1, 2, 3)]
    assert [re.findall(r'tabindex="(-?\d)"', card) for card in cards] == [["0", "0"], ["-1", "-1"], ["-1", "-1"]]


def test_only_a_gallery_with_a_selection_has_numbers_to_pick() -> None:
    image = GalleryImage(PNG, "", "x", ("seed 3",))
    assert "atelier-pick" not in image_card(image, 2, None)
    assert 'aria-pressed="false"' in image_card(image, 2, [1])
    assert image_card(image, 2, [2]).startswith('<figure class="chosen">')


def picks_script() -> None:
    import streamlit as st

    from pages.ui import gallery

    gallery.watch_picks([3], lambda numbers: st.session_state.update(chosen=numbers))


def test_the_page_is_given_the_present_picks_and_no_exception_without_any() -> None:
    app = AppTest.from_function(picks_script, default_timeout=60).run()
    assert not app.exception
    (component,) = app.get("bidi_component")
    assert json.loads(component.proto.json) == [3]
