"""The game in the plane: what is learnt, what collapses, and what there is to see."""

import dataclasses

import numpy as np
import pytest
import torch

from gan_core.errors import UsageError
from gan_core.toy import (
    FIELD_EXTENT,
    FIELD_SIDE,
    SNAPSHOT_POINTS,
    TARGETS,
    TOY_OBJECTIVES,
    MinimalAdam,
    ToyConfig,
    ToyGan,
    parse_drawing,
    thin_out,
)

COLLAPSE = ToyConfig(objective="minimax", penalty=0.0, generator_steps=3)
CURE = dataclasses.replace(COLLAPSE, objective="relativistic", penalty=1.0, generator_steps=1)


def trained_game(config: ToyConfig, steps: int) -> ToyGan:
    game = ToyGan(config)
    game.train(steps)
    return game


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_fits_the_field_and_its_places_lie_apart(target: str) -> None:
    places = TARGETS[target]()
    assert np.abs(places).max() < FIELD_EXTENT - 0.2
    assert len(thin_out(places)) == len(places)


@pytest.mark.parametrize("objective", TOY_OBJECTIVES)
@pytest.mark.parametrize("target", ["ring", "moons"])
def test_every_objective_moves_the_points_and_shows_a_finite_view(objective: str, target: str) -> None:
    game = ToyGan(ToyConfig(objective=objective, target=target))
    before = game.snapshot()
    game.train(3)
    after = game.snapshot()
    assert after.step == 3
    assert after.real.shape == after.fake.shape == after.arrows.shape == (SNAPSHOT_POINTS, 2)
    assert after.field.shape == (FIELD_SIDE, FIELD_SIDE)
    assert ((after.field >= 0) & (after.field <= 1)).all()
    assert np.isfinite(after.fake).all()
    assert np.isfinite(after.arrows).all()
    np.testing.assert_array_equal(before.real, after.real)
    assert np.abs(after.fake - before.fake).max() > 1e-4


@pytest.mark.parametrize("objective", ["relativistic", "wgan-gp"])
def test_the_same_rules_and_seed_play_the_same_game(objective: str) -> None:
    rules = ToyConfig(objective=objective, seed=3)
    first, second = trained_game(rules, 20).snapshot(), trained_game(rules, 20).snapshot()
    np.testing.assert_array_equal(first.fake, second.fake)
    other = dataclasses.replace(rules, seed=4)
    assert np.abs(trained_game(other, 20).snapshot().fake - first.fake).max() > 1e-3


def test_looking_changes_nothing() -> None:
    watched, alone = ToyGan(ToyConfig()), ToyGan(ToyConfig())
    for _ in range(4):
        watched.train(5)
        watched.snapshot()
    alone.train(20)
    np.testing.assert_array_equal(watched.snapshot().fake, alone.snapshot().fake)


def test_only_the_one_whose_turn_it_is_learns() -> None:
    game = ToyGan(ToyConfig())
    start = game.snapshot()
    game.train(5, generator=False)
    np.testing.assert_array_equal(game.snapshot().fake, start.fake)
    told = game.snapshot()
    assert np.abs(told.field - start.field).max() > 0.01
    assert told.generator_loss is None
    weights = [parameter.clone() for parameter in game.discriminator.parameters()]
    game.train(5, discriminator=False)
    assert all((now == then).all() for now, then in zip(game.discriminator.parameters(), weights, strict=True))
    assert np.abs(game.snapshot().fake - start.fake).max() > 1e-3


def median_covered(game: ToyGan, steps: int) -> float:
    """How many places are covered while it plays on, at the median of five looks in the second half."""
    game.train(steps // 2)
    counts = []
    for _ in range(5):
        game.train(steps // 10)
        counts.append(game.snapshot().covered_count)
    return float(np.median(counts))


def test_minimax_collapses_and_the_same_game_recovers_under_pairing_with_penalties() -> None:
    game = ToyGan(COLLAPSE)
    assert median_covered(game, 400) <= 3
    game.set_config(CURE)
    assert median_covered(game, 1000) >= 5
    assert game.snapshot().step == 1400


def test_pairing_with_penalties_covers_the_ring_from_the_start() -> None:
    assert median_covered(ToyGan(ToyConfig()), 800) >= 5


def test_another_target_is_another_game() -> None:
    with pytest.raises(UsageError, match="begin anew"):
        ToyGan(ToyConfig()).set_config(ToyConfig(target="spiral"))


def test_arrows_point_to_where_the_discriminator_finds_it_more_real() -> None:
    game = trained_game(ToyConfig(), 200)
    view = game.snapshot()
    moved = view.fake + view.arrows / np.linalg.norm(view.arrows, axis=1, keepdims=True).clip(1e-9) * 0.01
    with torch.no_grad():
        before, after = (game.critic(torch.from_numpy(points)[:, :, None, None]) for points in (view.fake, moved))
    assert (after > before).float().mean() > 0.95


def test_covered_counts_places_that_get_a_quarter_of_their_due() -> None:
    game = ToyGan(ToyConfig())
    places = game.counted_centres
    assert game.count_covered(np.repeat(places, 32, axis=0)) == 8
    assert game.count_covered(np.repeat(places[:1], 256, axis=0)) == 1
    assert game.count_covered(np.repeat(places, 32, axis=0) + 0.2) == 0
    few = np.concatenate([np.repeat(places[:7], 36, axis=0), places[7:].repeat(4, axis=0)])
    assert game.count_covered(few) == 7


def test_its_descent_is_adams() -> None:
    torch.manual_seed(0)
    ours, theirs = torch.nn.Linear(3, 2), torch.nn.Linear(3, 2)
    theirs.load_state_dict(ours.state_dict())
    descent, adam = MinimalAdam(ours), torch.optim.Adam(theirs.parameters(), 0.01, betas=(0.0, 0.99))
    for _ in range(5):
        inputs = torch.randn(4, 3)
        descent.step(ours(inputs).square().sum(), 0.01)
        adam.zero_grad()
        theirs(inputs).square().sum().backward()
        adam.step()
    for mine, reference in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(mine, reference)


def test_a_drawing_is_a_target() -> None:
    places = parse_drawing([[0.5, 0.5], [-0.5, -0.5], [0.5, 0.51]])
    game = ToyGan(ToyConfig(target="drawn"), places)
    assert len(game.counted_centres) == 2
    assert np.abs(game.snapshot().real).max() < 0.8


@pytest.mark.parametrize(
    "drawing",
    [[], [[1]], [[0, 0, 0]], [["a", "b"]], [[9, 9]], [[float("nan"), 0]], [[0, 0]] * 500, None, [[0, 0], [1]]],
)
def test_what_is_no_drawing_is_refused(drawing) -> None:
    with pytest.raises(UsageError):
        parse_drawing(drawing)


def test_a_game_without_its_drawing_is_refused() -> None:
    with pytest.raises(UsageError, match="Draw a target"):
        ToyGan(ToyConfig(target="drawn"))


def test_a_game_that_diverges_says_so() -> None:
    game = ToyGan(ToyConfig())
    with torch.no_grad():
        next(game.generator.parameters()).fill_(float("nan"))
    with pytest.raises(UsageError, match="diverged"):
        game.train(3)
