"""Tutorial presets: trainings on MNIST that show a behaviour within about a minute on two processor cores.

The EMA is switched off where a training is to fail: it would hide the failure in the previews. The settings were chosen
by trainings with three seeds each, on one thread.
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


SHORT_RUN = {"batch_size": 64, "log_every": 5, "preview_every": 25, "save_every": 100}

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
            " previews change from one moment to the next without getting better for long; few differ from the others.",
            changes=SHORT_RUN
            | {
                "generator_rate": 1e-3,
                "discriminator_rate": 1e-3,
                "beta1": 0.9,
                "ema_pictures": 0,
                "steps": 500,
                "width": 128,
                "layers": 3,
            },
        ),
        TutorialPreset(
            "collapse",
            "Collapse on purpose",
            "vanilla",
            "classic",
            "A generator with five updates for each of the discriminator's. It finds one shape that the discriminator"
            " accepts and draws it sixty-four times; as soon as the discriminator has learned that it is generated, all"
            " sixty-four become another shape together. Move along the previews: none of them shows two kinds.",
            changes=SHORT_RUN
            | {
                "generator_steps": 5,
                "discriminator_steps": 1,
                "generator_rate": 5e-4,
                "discriminator_rate": 2e-3,
                "beta1": 0.0,
                "r1": 5.0,  # without it the discriminator accepts noise, and nothing looks like a digit
                "ema_pictures": 0,
                "steps": 350,
                "width": 64,
                "layers": 3,
            },
        ),
        TutorialPreset(
            "modern",
            "The modern recipe",
            "dcgan",
            "modern",
            "Relativistic pairing with R1 and R2, and averaged weights. At first the discriminator is far ahead; then"
            " the generator catches up, the certainty falls towards guessing, and the previews become shapes of nine or"
            " ten of the classes, each unlike the next. From there on they slowly get better.",
            changes=SHORT_RUN
            | {
                "width": 16,
                "critic_width": 16,
                "generator_rate": 1e-3,
                "discriminator_rate": 1e-3,
                "r1": 1.0,
                "r2": 1.0,
                "ema_pictures": 2_000,
                "steps": 600,
            },
        ),
    )
}
