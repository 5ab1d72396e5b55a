"""Tutorial presets: trainings on MNIST that show a behaviour within three minutes on two processor cores.

The EMA is switched off where a training is to fail: it would hide the failure in the previews.
"""

from dataclasses import dataclass, field
from typing import Any

from gan_core.training.config import Run


@dataclass(frozen=True)
class TutorialPreset:
    """A preset with changes, and what its user should watch."""

    name: str
    title: str
    family: str
    preset: str
    what_to_watch: str
    data: str = "mnist"
    changes: dict[str, Any] = field(default_factory=dict)

    def build_run(self) -> Run:
        return Run.from_preset(self.family, self.data, self.preset, **self.changes)


SHORT_RUN = {"batch_size": 64, "log_every": 10, "preview_every": 50, "save_every": 250}

TUTORIALS = {
    tutorial.name: tutorial
    for tutorial in (
        TutorialPreset(
            "classic",
            "The classic, unstable",
            "vanilla",
            "classic",
            "The first networks with the loss and the optimizer of the old tutorials, at a high learning rate. Watch"
            " the two curves: the discriminator is soon nearly certain, the generator's loss climbs and jumps, and the"
            " previews change from one moment to the next without getting better for long.",
            changes=SHORT_RUN
            | {
                "generator_rate": 1e-3,
                "discriminator_rate": 1e-3,
                "beta1": 0.9,
                "ema_pictures": 0,
                "steps": 4000,
                "width": 128,
                "layers": 3,
            },
        ),
        TutorialPreset(
            "collapse",
            "Collapse on purpose",
            "vanilla",
            "minimax",
            "The original loss, and a generator with five updates for each of a slow discriminator. It finds one image"
            " that the discriminator accepts and draws it sixty-four times; when the discriminator notices, all of them"
            " change to another one together.",
            changes=SHORT_RUN
            | {
                "generator_steps": 5,
                "discriminator_steps": 1,
                "generator_rate": 1e-3,
                "discriminator_rate": 1e-4,
                "beta1": 0.5,
                "ema_pictures": 0,
                "steps": 2500,
                "width": 128,
                "layers": 3,
            },
        ),
        TutorialPreset(
            "modern",
            "The modern recipe",
            "dcgan",
            "modern",
            "Relativistic pairing with R1 and R2, and averaged weights. The discriminator stays unsure, its gradient"
            " keeps coming, and after a minute the previews are digits of all ten classes, each unlike the next.",
            changes=SHORT_RUN | {"width": 24, "critic_width": 16, "steps": 2000, "ema_pictures": 10_000},
        ),
    )
}
