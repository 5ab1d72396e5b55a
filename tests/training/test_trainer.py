"""The parts of the loop by themselves: average, rates, precision, and two processes that stay one."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from gan_core.errors import UsageError
from gan_core.models import FAMILIES
from gan_core.training import acceleration, conditioning, trainer
from gan_core.training.acceleration import create_accelerator
from gan_core.training.config import TrainingConfig
from gan_core.training.ema import MovingAverage
from gan_core.training.run_folder import RunFolder
from gan_core.training.randomness import seeded_rng
from gan_core.training.trainer import lr_scale
from tests import factories


def filled_network(value: float) -> nn.Module:
    """A weight, a bias, running statistics and a count, all set to `value`."""
    built = nn.Sequential(nn.Linear(1, 1), nn.BatchNorm1d(1))
    for tensor in built.state_dict().values():
        tensor.fill_(value)
    return built


def test_the_average_keeps_half_after_its_half_life() -> None:
    average = MovingAverage(filled_network(0), half_life=10)
    for number in range(1001, 1011):  # long after the warm-up
        average.update(filled_network(1), number)
    for name, value in average.network.state_dict().items():
        expected = 1 if "num_batches" in name else 0.5  # a count is copied, weights and statistics are averaged
        assert value.item() == pytest.approx(expected, abs=1e-4)


def test_the_average_is_short_at_first() -> None:
    average = MovingAverage(filled_network(0), half_life=10)
    assert average.decay(1) == pytest.approx(0.5**20)  # half-life of a twentieth of the updates so far
    assert average.decay(20) == pytest.approx(0.5)
    assert average.decay(100) == pytest.approx(0.5 ** (1 / 5))
    assert average.decay(200) == average.decay(10**6) == pytest.approx(0.5 ** (1 / 10))
    average.update(filled_network(1), 1)
    assert next(average.network.parameters()).item() == pytest.approx(1, abs=1e-5)


def test_without_a_half_life_the_average_is_the_network() -> None:
    average = MovingAverage(filled_network(0), half_life=0)
    average.update(filled_network(3), 7)
    assert all(value.item() == 3 for value in average.network.state_dict().values())


def test_the_average_never_trains() -> None:
    average = MovingAverage(filled_network(0), half_life=1)
    assert not average.network.training
    assert not any(parameter.requires_grad for parameter in average.network.parameters())


def test_rates_fall_on_a_cosine_to_a_hundredth() -> None:
    settings = TrainingConfig(decay_from=100, decay_until=200)
    shares = [lr_scale(settings, step) for step in (0, 100, 150, 200, 10_000)]
    assert shares == pytest.approx([1, 1, 0.505, 0.01, 0.01])
    assert lr_scale(TrainingConfig(), 10**6) == 1


def test_randomness_is_a_function_of_seed_process_and_step() -> None:
    def random_number(*key: int) -> float:
        with seeded_rng(*key):
            return torch.rand(1).item()

    keys = [(seed, rank, step) for seed in (0, 1, 2**31 - 1) for rank in (0, 1) for step in (0, 1, 2, 10**8)]
    assert len({random_number(*key) for key in keys}) == len(keys)
    assert random_number(5, 0, 3) == random_number(5, 0, 3)


@pytest.mark.parametrize(
    ("precision", "able", "expected"),
    [("auto", False, "no"), ("auto", True, "bf16"), ("float32", True, "no"), ("bfloat16", False, "bf16")],
)
def test_auto_takes_bfloat16_only_where_the_processor_computes_in_it(
    precision: str, able: bool, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": able, "amx_bf16": False})
    accelerator = create_accelerator(TrainingConfig(precision=precision, device="cpu"))
    assert accelerator.mixed_precision == expected
    assert accelerator.device.type == "cpu"


def test_a_processor_without_the_answer_computes_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)
    assert not acceleration.supports_bfloat16(on_cpu=True)


PROCESS_SCRIPT = """
import sys, torch
from pathlib import Path
from gan_core.training.run_folder import RunFolder
from gan_core.training.trainer import Trainer
from tests import factories

torch.set_num_threads(1)
folder = Path(sys.argv[1])
run = factories.run("dcgan", steps=3, penalty_every=2, save_every=3)
one = Trainer(run, factories.labelled_images(), RunFolder(folder))
if one.accelerator.is_main_process:
    one.files.create(run)
one.accelerator.wait_for_everyone()
for event in one.events(lambda: False):
    pass
weights = {f"{kind} {name}": value.detach() for kind in ("generator", "discriminator")
           for name, value in getattr(one, kind).named_parameters()}
torch.save(weights, folder / f"rank-{one.accelerator.process_index}-of-{one.accelerator.num_processes}.pt")
"""


def test_two_processes_end_with_the_same_weights_and_one_state(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    (tmp_path / "two.py").write_text(f"import sys; sys.path.insert(0, {str(root)!r})\n{PROCESS_SCRIPT}")
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [*launch, str(tmp_path / "two.py"), str(tmp_path / "run")], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-3000:]
    first, second = (torch.load(tmp_path / "run" / f"rank-{rank}-of-2.pt") for rank in (0, 1))
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)
    files = RunFolder(tmp_path / "run")
    state, run = files.read_state(), files.read_config()
    assert state["step"] == 3
    assert all(torch.equal(state["generator"][name], first[f"generator {name}"]) for name in ("dense.weight",))
    with seeded_rng(run.training.seed, 0, 0):
        untrained = FAMILIES["dcgan"].generator(run.model).state_dict()
    assert not torch.equal(state["generator"]["dense.weight"], untrained["dense.weight"])
    again = trainer.Trainer(run, factories.labelled_images(), files)
    again.restore(state)
    assert again.step == 3


def test_a_wrong_condition_is_the_neighbours_where_it_says_something_else() -> None:
    rows = torch.tensor([[1.0, 0.0], [1.0, 0.05], [0.0, 1.0]])
    wrong, differs = conditioning.mismatched_conditions(rows)
    assert wrong.tolist() == [rows[2].tolist(), rows[0].tolist(), rows[1].tolist()]
    assert differs.tolist() == [True, False, True]
    assert conditioning.mismatched_conditions(torch.tensor([[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]]))[1].tolist() == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize("name", ["conditional", "text_conditional"])
def test_mismatched_conditions_teach_the_discriminator_and_look_at_no_picture_twice(name: str, tmp_path: Path) -> None:
    batch_sizes: list[int] = []
    weights = []
    for mismatch in (0.0, 2.0):
        run = factories.run(name, mismatch=mismatch, r1=0.0, r2=0.0)
        one = trainer.Trainer(run, factories.dataset_for(run), RunFolder(tmp_path / f"{mismatch}"))
        if isinstance(one.discriminator.trunk, nn.Module):
            one.discriminator.trunk.register_forward_hook(
                lambda module, inputs, output: batch_sizes.append(len(output))
            )
        batch = factories.dataset_for(run).get_batch(torch.arange(4), torch.Generator().manual_seed(0))
        before = one.discriminator.project.weight.clone()  # type: ignore[union-attr, operator]
        one.train_step([batch])
        weights.append(one.discriminator.project.weight - before)  # type: ignore[union-attr, operator]
    assert not torch.equal(weights[0], weights[1])
    assert len(batch_sizes) in (
        0,
        8,
    )  # real and fake, for the discriminator's step and the generator's, in two trainings


@pytest.mark.parametrize("name", ["conditional", "text_conditional"])
def test_generators_are_paid_for_matching_what_was_said_and_no_picture_is_looked_at_twice(
    name: str, tmp_path: Path
) -> None:
    batch_sizes: list[int] = []
    weights = []
    for match in (0.0, 2.0):
        run = factories.run(name, match=match, rivals=3, r1=0.0, r2=0.0)
        one = trainer.Trainer(run, factories.dataset_for(run), RunFolder(tmp_path / f"{match}"))
        if isinstance(one.discriminator.trunk, nn.Module):
            one.discriminator.trunk.register_forward_hook(
                lambda module, inputs, output: batch_sizes.append(len(output))
            )
        one.train_step([factories.dataset_for(run).get_batch(torch.arange(4), torch.Generator().manual_seed(0))])
        weights.append([flat_weights(network) for network in (one.generator, one.discriminator)])
    (generator, critic), (paid_generator, same_critic) = weights
    assert not torch.equal(generator, paid_generator)
    assert torch.equal(critic, same_critic)
    assert len(batch_sizes) in (0, 8)


@pytest.mark.parametrize("name", factories.NOISE_FAMILIES)
def test_generators_are_paid_for_variety_and_the_discriminator_learns_as_before(name: str, tmp_path: Path) -> None:
    weights = []
    for variety in (0.0, 50.0):
        run = factories.run(name, variety=variety)
        one = trainer.Trainer(run, factories.dataset_for(run), RunFolder(tmp_path / f"{variety}"))
        one.train_step([factories.dataset_for(run).get_batch(torch.arange(4), torch.Generator().manual_seed(0))])
        weights.append([flat_weights(network) for network in (one.generator, one.discriminator)])
    (generator, critic), (paid_generator, same_critic) = weights
    assert not torch.equal(generator, paid_generator)
    assert torch.equal(critic, same_critic)


def test_who_takes_no_noise_cannot_be_paid_for_variety() -> None:
    with pytest.raises(UsageError, match="srgan has no latent, so no diversity loss"):
        factories.run("srgan", variety=1.0)


def flat_weights(network: nn.Module) -> torch.Tensor:
    return torch.cat([parameter.flatten() for parameter in network.parameters()])


class SummingDiscriminator:
    """A discriminator that adds up what it sees and what it is told."""

    def trunk(self, images: torch.Tensor) -> torch.Tensor:
        return images.flatten(1).sum(dim=1)

    def score_features(self, features: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        return features + condition.sum(dim=1)


def test_pictures_are_held_against_as_many_rivals_as_the_batch_has() -> None:
    conditioned = conditioning.ConditionedDiscriminator(SummingDiscriminator(), torch.eye(4), torch.zeros(4, 1, 2, 2))
    scores, differs = conditioned.score_negatives(2)
    assert scores.shape == differs.shape == (2, 4)
    assert conditioned.score_negatives(64)[0].shape == (3, 4)


def test_a_family_without_a_condition_knows_no_mismatch() -> None:
    with pytest.raises(UsageError, match="vanilla has no condition to mismatch"):
        factories.run("vanilla", mismatch=1.0)
    with pytest.raises(UsageError, match="--match must be 0"):
        factories.run("vanilla", match=1.0)
    assert factories.run("dcgan", modes=2, mismatch=1.0).objective.mismatch == 1


def test_the_matching_aware_penalty_is_nearly_the_same_in_bfloat16(tmp_path: Path) -> None:
    """A sixth power makes much of little: eight bits must still be enough."""
    run = factories.run("text_conditional", "df-gan", width=16, critic_width=16)
    one = trainer.Trainer(run, factories.dataset_for(run), RunFolder(tmp_path / "run"))
    torch.manual_seed(0)
    factories.strengthen(one.discriminator.parameters())
    real, condition = one.prepare_batch(factories.dataset_for(run).get_batch(torch.arange(12)))
    conditioned, losses = conditioning.ConditionedDiscriminator(one.discriminator, condition), []
    for is_bfloat16 in (False, True):
        one.discriminator.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=is_bfloat16):
            losses.append(run.objective.penalty(conditioned, real, real))
        losses[-1].backward()
        gradients = [parameter.grad for parameter in one.discriminator.parameters() if parameter.grad is not None]
        assert gradients
        assert all(gradient.isfinite().all() for gradient in gradients)
    assert losses[1].dtype == torch.float32
    assert losses[1].item() == pytest.approx(losses[0].item(), rel=0.1)
    assert losses[0].item() > 0.01
