"""The toy GAN: training, mode collapse and recovery, and its snapshots."""

import dataclasses

import numpy as np
import pytest
import torch

from gan_core.errors import UsageError
from gan_core.toy import FIELD_SIDE, SNAPSHOT_POINTS, TOY_OBJECTIVES, MinimalAdam, ToyConfig, ToyGan

COLLAPSE = ToyConfig(objective="minimax", penalty=0.0, generator_steps=3)
CURE = dataclasses.replace(COLLAPSE, objective="relativistic", penalty=1.0, generator_steps=1)


def trained_game(config: ToyConfig, steps: int) -> ToyGan:
    game = ToyGan(config)
    game.train(steps)
    return game


@pytest.mark.parametrize("objective", TOY_OBJECTIVES)
@pytest.mark.parametrize("target", ["ring", "moons"])
def test_every_objective_trains_and_gives_finite_snapshots(objective: str, target: str) -> None:
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
def test_the_same_config_and_seed_give_the_same_training(objective: str) -> None:
    config = ToyConfig(objective=objective, seed=3)
    first, second = trained_game(config, 20).snapshot(), trained_game(config, 20).snapshot()
    np.testing.assert_array_equal(first.fake, second.fake)
    other = dataclasses.replace(config, seed=4)
    assert np.abs(trained_game(other, 20).snapshot().fake - first.fake).max() > 1e-3


def test_a_snapshot_changes_nothing() -> None:
    watched, alone = ToyGan(ToyConfig()), ToyGan(ToyConfig())
    for _ in range(4):
        watched.train(5)
        watched.snapshot()
    alone.train(20)
    np.testing.assert_array_equal(watched.snapshot().fake, alone.snapshot().fake)


def test_one_network_can_be_trained_alone() -> None:
    game = ToyGan(ToyConfig())
    start = game.snapshot()
    game.train(5, generator=False)
    np.testing.assert_array_equal(game.snapshot().fake, start.fake)
    trained = game.snapshot()
    assert np.abs(trained.field - start.field).max() > 0.01
    assert trained.generator_loss is None
    weights = [parameter.clone() for parameter in game.discriminator.parameters()]
    game.train(5, discriminator=False)
    assert all((now == then).all() for now, then in zip(game.discriminator.parameters(), weights, strict=True))
    assert np.abs(game.snapshot().fake - start.fake).max() > 1e-3


def median_covered(game: ToyGan, steps: int) -> float:
    """The covered centres during `steps` more steps: the median of five snapshots in the second half."""
    game.train(steps // 2)
    counts = []
    for _ in range(5):
        game.train(steps // 10)
        counts.append(game.snapshot().covered_count)
    return float(np.median(counts))


def test_minimax_collapses_and_the_relativistic_loss_with_penalties_recovers() -> None:
    game = ToyGan(COLLAPSE)
    assert median_covered(game, 400) <= 3
    game.set_config(CURE)
    assert median_covered(game, 1000) >= 5
    assert game.snapshot().step == 1400


def test_the_relativistic_loss_with_penalties_covers_the_ring() -> None:
    assert median_covered(ToyGan(ToyConfig()), 800) >= 5


def test_another_target_needs_a_new_game() -> None:
    with pytest.raises(UsageError, match="need a new game"):
        ToyGan(ToyConfig()).set_config(ToyConfig(target="spiral"))


def test_arrows_point_to_higher_scores_of_the_discriminator() -> None:
    game = trained_game(ToyConfig(), 200)
    snapshot = game.snapshot()
    moved = snapshot.fake + snapshot.arrows / np.linalg.norm(snapshot.arrows, axis=1, keepdims=True).clip(1e-9) * 0.01
    with torch.no_grad():
        before, after = (game.critic(torch.from_numpy(points)[:, :, None, None]) for points in (snapshot.fake, moved))
    assert (after > before).float().mean() > 0.95


def test_a_centre_is_covered_by_a_quarter_of_its_fair_share_of_points() -> None:
    game = ToyGan(ToyConfig())
    centres = game.counted_centres
    assert game.count_covered(np.repeat(centres, 32, axis=0)) == 8
    assert game.count_covered(np.repeat(centres[:1], 256, axis=0)) == 1
    assert game.count_covered(np.repeat(centres, 32, axis=0) + 0.2) == 0
    few = np.concatenate([np.repeat(centres[:7], 36, axis=0), centres[7:].repeat(4, axis=0)])
    assert game.count_covered(few) == 7


def test_minimal_adam_steps_as_torch_adam_does() -> None:
    torch.manual_seed(0)
    ours, theirs = torch.nn.Linear(3, 2), torch.nn.Linear(3, 2)
    theirs.load_state_dict(ours.state_dict())
    minimal, adam = MinimalAdam(ours), torch.optim.Adam(theirs.parameters(), 0.01, betas=(0.0, 0.99))
    for _ in range(5):
        inputs = torch.randn(4, 3)
        minimal.step(ours(inputs).square().sum(), 0.01)
        adam.zero_grad()
        theirs(inputs).square().sum().backward()
        adam.step()
    for mine, reference in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(mine, reference)


def test_a_drawn_target_without_its_drawing_is_rejected() -> None:
    with pytest.raises(UsageError, match="Draw a target"):
        ToyGan(ToyConfig(target="drawn"))


def test_a_diverged_training_raises() -> None:
    game = ToyGan(ToyConfig())
    with torch.no_grad():
        next(game.generator.parameters()).fill_(float("nan"))
    with pytest.raises(UsageError, match="diverged"):
        game.train(3)
