"""What encoders are trained on: columns, weights, indices of words, prototypes."""

import pytest
import torch

from gan_core.text import training_captions
from gan_core.text.training_captions import (
    column_targets,
    draw_captions,
    learnable_columns,
    pad_bags,
    prototype_names,
    rarity_weights,
)
from tests.text.shop import SHOP_ROWS, shop_table

LONG_TEXT = {"text": "a man who rides a horse across a river"}


def test_columns_are_those_that_most_rows_have_and_that_group_them() -> None:
    rows = [{"file_name": str(number), "text": f"no. {number}", "label": number % 3, "one": "x"} for number in range(9)]
    assert learnable_columns(rows) == {"label": ("0", "1", "2")}
    assert learnable_columns([{"file_name": "a", "text": "x"}]) == {}


def test_rows_of_rare_values_are_drawn_more_often_but_not_equally_often() -> None:
    rows = [{"colour": "Red"}] * 90 + [{"colour": "Blue"}] * 10
    weights = rarity_weights(rows, ["colour"])
    assert 1 < weights[-1] / weights[0] < 9


def test_bags_are_padded_with_the_number_of_positions_which_unused_words_have_too() -> None:
    assert pad_bags([[5, 7], [9], []], {5: 0, 7: 1}).tolist() == [[0, 1], [2, 2], [2, 2]]


def test_targets_are_the_index_of_the_value_or_a_flag_for_each_word() -> None:
    table = shop_table()
    rows = [{"colour": "Red"}, {"colour": "Blue"}, {}]
    assert column_targets("colour", ("Blue", "Red"), rows, [[], [], []], table).tolist() == [1, 0, -1]
    bags = [[table.word_indices["red"]], [], [table.word_indices["bag"], table.word_indices["a"]]]
    assert column_targets("words", ("red", "bag"), rows, bags, table).tolist() == [[1, 0], [0, 0], [0, 1]]


def test_captions_with_synonyms_have_the_original_ones_beside_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_captions, "CAPTION_COUNT", 200)
    table = shop_table()
    captions = draw_captions(table, SHOP_ROWS, {"red": ["crimson"]}, torch.Generator().manual_seed(0))
    words = [table.words[index] for index in captions.used_ids]
    red, crimson = words.index("red"), words.index("crimson")
    is_red = (captions.original_bags == red).any(dim=1)
    assert len(captions.texts) == len(captions.bags) == len(captions.original_bags) == 200
    assert not (captions.original_bags == crimson).any()
    assert ((captions.bags == crimson).any(dim=1) & ~is_red).sum() == 0
    assert 0.6 < (captions.bags == crimson).any(dim=1)[is_red].float().mean() < 0.95
    assert set(captions.targets) == set(captions.columns) == {"article", "colour"}


def test_prototypes_are_the_short_names_of_several_images() -> None:
    row = {"article": "Handbags", "colour": "Red", "gender": "Women", "text": "Puma Women Red Bag"}
    assert prototype_names([row] * 3) == ["red handbag", "women's red handbag"]
    assert prototype_names([row] * 3 + [LONG_TEXT] * 3) == []  # most images would be mapped to the names of a few
    assert prototype_names([row] * 2) == []
