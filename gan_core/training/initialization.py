"""Warm starts: a training that begins with the networks of an earlier run, or of a checkpoint."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from gan_core.checkpoints.store import follow_alias, is_checkpoint, open_checkpoint
from gan_core.errors import UsageError
from gan_core.training.run_folder import RunFolder

MIN_MATCHED_FRACTION = 0.8  # of a generator's parameters that must fit for a run to start from it


@dataclass(frozen=True)
class WarmStart:
    """Networks to begin with: `state` as a run saves it, as far as there is one, and the summary for the model card."""

    folder: Path
    state: dict[str, Any]
    training_summary: dict[str, Any]

    def fits(self, generator: nn.Module, discriminator: nn.Module) -> bool:
        """Whether both networks have the shapes of this one's."""
        discriminator_weights = self.state.get("discriminator")
        return (
            discriminator_weights is not None
            and same_shapes(discriminator, discriminator_weights)
            and same_shapes(generator, self.state["average"])
        )

    def matching_weights(self, generator: nn.Module) -> dict[str, Tensor]:
        """The EMA's weights that have the name and shape of one of the generator's.

        Raises UsageError where they are less than MIN_MATCHED_FRACTION of its parameters.
        """
        own = generator.state_dict()
        weights = {
            name: value
            for name, value in self.state["average"].items()
            if name in own and own[name].shape == value.shape
        }
        matched, total = (sum(map(Tensor.numel, tensors.values())) for tensors in (weights, own))
        if matched < MIN_MATCHED_FRACTION * total:
            raise UsageError(f"{self.folder} holds a generator of another shape: start from one with this model's.")
        return weights


def load_warm_start(folder: Path) -> WarmStart:
    """Raises UsageError where the folder is neither a run that has saved something nor a whole checkpoint."""
    folder = follow_alias(folder)
    return from_checkpoint(folder) if is_checkpoint(folder) else from_run(RunFolder(folder))


def model_settings(folder: Path, family: str) -> dict[str, Any]:
    """The model's settings of a run or checkpoint, without loading weights; empty where it is of another family.

    The standard deviation of the latents is the one of the training, whatever an export chose for sampling. Raises
    UsageError where the folder is neither a run nor a checkpoint.
    """
    folder = follow_alias(folder)
    if is_checkpoint(folder):
        description = open_checkpoint(folder).description
        spread = description.training.get("spread")
        trained_std = {"latent_spread": spread["trained"]} if spread else {}
        return description.model | trained_std if description.family == family else {}
    run = RunFolder(folder).read_config()
    return run.model.to_dict() if run.family == family else {}


def class_names(folder: Path) -> tuple[str, ...]:
    """The classes of a run or checkpoint, in the order of its labels; empty where it keeps none."""
    folder = follow_alias(folder)
    if is_checkpoint(folder):
        return open_checkpoint(folder).description.classes
    files = RunFolder(folder)
    if fingerprint := files.read_config().fingerprint:
        return fingerprint.classes
    return tuple(files.read_state().get("classes", ()))  # of an earlier version


def from_run(files: RunFolder) -> WarmStart:
    run, state = files.read_config(), files.read_state()
    if not run.objective.needs_discriminator():
        state.pop("discriminator")  # never trained
    summary = {"name": files.name, "before": state.get("before")} | run.training_summary(state)
    return WarmStart(files.path, state, summary)


def from_checkpoint(folder: Path) -> WarmStart:
    """The checkpoint's generator is an EMA: the training continues with it as generator and as average."""
    checkpoint = open_checkpoint(folder)
    weights = checkpoint.load_generator().state_dict()
    state: dict[str, Any] = {"generator": weights, "average": weights}
    if checkpoint.has_discriminator:
        state["discriminator"] = checkpoint.load_discriminator().state_dict()
    description = checkpoint.description
    summary = {"name": checkpoint.name} | description.training | {"objective": description.objective}
    return WarmStart(folder, state, summary)


def same_shapes(network: nn.Module, weights: dict[str, Tensor]) -> bool:
    """Whether the weights have the network's names and shapes."""
    return {name: value.shape for name, value in network.state_dict().items()} == {
        name: value.shape for name, value in weights.items()
    }
