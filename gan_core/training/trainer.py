"""The one training loop: any family, any objective, any device, as a generator of events.

All randomness of step k is a function of (seed, process, k), and batch k one of (seed, k): nothing needs to be stored
to continue exactly. On the CPU, 2N steps equal N steps, a resume and N more, to the last bit.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import cos, isfinite, pi
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import cosine_similarity

from gan_core.data.augmentation import augment
from gan_core.data.clustering import cluster_images
from gan_core.data.datasets import Batch, Dataset
from gan_core.data.sampler import iterate_batches
from gan_core.data.super_resolution import PatchDataset
from gan_core.devices import computes_bfloat16
from gan_core.errors import InputError, OutsideError
from gan_core.images import tensors
from gan_core.models import draw_latents, find_family, modes_of
from gan_core.text.captions import CaptionedDataset
from gan_core.training.class_balance import shown_in_turn
from gan_core.training.config import Run, TrainingConfig
from gan_core.training.ema import MovingAverage
from gan_core.training.events import Diagnosis, Event, Preview, Saved, Step
from gan_core.training.initialization import find_origin
from gan_core.training.monitoring import SHOWN, Onlooker, gradient_norm, score_facts
from gan_core.training.run_folder import RunFolder

if TYPE_CHECKING:
    from accelerate import Accelerator

PREVIEWS = 64
PATCHES = 8  # of a preview of restored photos
PROMPTS = 16  # of a preview of sentences, each drawn from several noises
LEAST_SHARE = 0.8  # of a generator's numbers that must fit for a run to start from it
ALIKE = 0.9  # cosine of two conditions from which on the one is no wrong description of the other's picture


def train(
    run: Run, data: Dataset, folder: Path, *, resume: bool = False, should_stop: Callable[[], bool] = lambda: False
) -> Iterator[Event]:
    """Train to `run.training.steps` in total, yielding events; `should_stop` is asked after every step.

    Saves at the end however it ends, unless a loss is not finite: then what was saved last stays and OutsideError is
    raised. A run that was killed before its first save is resumed from the beginning. Raises InputError where the
    folder exists without `resume`, or the data do not suit the family.
    """
    files = RunFolder(folder)
    check_data(run, data)
    trainer = Trainer(run, data, files)
    with trainer.only_process(new=not resume):
        if resume and files.state.is_file():
            trainer.restore(files.read_state())
        else:
            trainer.begin()
            if trainer.accelerator.is_main_process:
                files.start_over() if resume else files.create(run)
        trainer.accelerator.wait_for_everyone()
        if trainer.accelerator.is_main_process:
            files.write_config(run)
            if isinstance(data, CaptionedDataset) and not files.encoder.is_file():
                data.encoder.save(files.encoder)
        yield from (Diagnosis(trainer.step, text) for text in data.warnings)
        yield from trainer.events(should_stop)


class Trainer:
    """Networks, optimizers and the step between them."""

    def __init__(self, run: Run, data: Dataset, files: RunFolder, accelerator: Any = None) -> None:
        self.run, self.data, self.files = run, data, files
        self.settings = run.training
        self.family = find_family(run.family)
        self.modes = modes_of(run.model)
        self.clusters: Tensor | None = None  # of every picture, where the family looks for modes
        self.accelerator = accelerator or accelerator_for(self.settings)
        self.device = self.accelerator.device
        with seeded(self.settings.seed, 0, 0):
            self.generator = self.on_device(self.family.generator(run.model))
            self.discriminator = self.on_device(self.family.discriminator(run.model))
        pictures = self.settings.batch_size * self.accelerator.num_processes
        self.average = MovingAverage(self.generator, self.settings.ema_pictures / pictures)
        self.generator_adam = self.adam(self.generator, self.settings.generator_rate)
        self.discriminator_adam = self.adam(self.discriminator, self.settings.discriminator_rate)
        self.common = torch.Generator()  # of latents, the same in all processes
        self.step = 0
        self.seconds = 0.0
        self.before: dict[str, Any] | None = None  # of the run that this one began with: what the card must tell
        self.watched: dict[str, float | Tensor] = {}  # of the step that is logged
        self.onlooker: Onlooker | None = None  # from the first preview on

    def on_device(self, network: nn.Module) -> nn.Module:
        return network.to(self.device).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]

    def adam(self, network: nn.Module, rate: float) -> torch.optim.Adam:
        betas = (float(self.settings.beta1), float(self.settings.beta2))  # Adam refuses an integer 0 beside a float
        return torch.optim.Adam(network.parameters(), rate, betas=betas, fused=True)

    @contextmanager
    def only_process(self, *, new: bool) -> Iterator[None]:
        """The run's folder is the main process's alone; the others of the same run share it."""
        if self.accelerator.is_main_process and new:
            self.files.demand_new()  # before a folder is made, and again by `create` once it is locked
            self.files.path.mkdir(parents=True, exist_ok=True)
        if not self.accelerator.is_main_process or not self.files.path.is_dir():
            yield
        else:
            with self.files.locked():
                yield

    # The loop ---------------------------------------------------------------------------------------------------------

    def events(self, should_stop: Callable[[], bool]) -> Iterator[Event]:
        """Steps until the total is reached or a stop is asked for, then a last save."""
        settings, shares = self.settings, (self.accelerator.process_index, self.accelerator.num_processes)
        each = settings.discriminator_steps
        shown = shown_in_turn(self.data, settings.balance, settings.seed)
        stream = iterate_batches(self.clustered(), settings.batch_size, settings.seed, self.step * each, *shares, epoch_indices=shown)
        if self.step == 0:
            yield from self.on_main(self.preview)
        began, measured = time.monotonic(), []
        saved_at = self.step
        while self.step < settings.steps and not self.anywhere(should_stop()):
            due = {
                kind for kind in ("log", "preview", "save") if (self.step + 1) % getattr(settings, f"{kind}_every") == 0
            }
            last = self.step + 1 == settings.steps
            measured.append(self.train_step([next(stream) for _ in range(each)], watch=bool(due) or last))
            self.step += 1
            if due or last or self.device.type == "cpu":
                self.demand_finite(measured[-1])
            if due or last:
                now = time.monotonic()
                self.seconds += now - began
                yield self.log(measured, now - began)
                if "preview" in due or last:
                    yield from self.on_main(self.preview)
                if "save" in due:
                    yield from self.on_main(self.save)
                    saved_at = self.step
                began, measured = time.monotonic(), []
        if measured:
            self.seconds += time.monotonic() - began
        if saved_at < self.step:
            yield from self.on_main(self.save)

    def clustered(self) -> Dataset:
        """The data, with clusters in place of labels where modes are looked for; the networks learn their shares."""
        if not self.modes:
            return self.data
        if self.clusters is None or len(self.clusters) != len(self.data):
            self.clusters = cluster_images(self.data, self.modes, self.settings.seed)
            shares = torch.bincount(self.clusters, minlength=self.modes) / len(self.clusters)
            for network in (self.generator, self.discriminator, self.average.network):
                cast(Any, network).modes.shares.copy_(shares)
        return replace(cast(Any, self.data), labels=self.clusters)

    def on_main(self, act: Callable[[], Event]) -> Iterator[Event]:
        """What only the main process does, while the others wait."""
        if self.accelerator.is_main_process:
            yield act()
        self.accelerator.wait_for_everyone()

    def anywhere(self, flag: bool) -> bool:
        """Whether the flag is up in any process: all must leave the loop at the same step."""
        if self.accelerator.num_processes == 1:
            return flag
        return self.reduced(torch.tensor(float(flag), device=self.device), "sum").item() > 0

    def reduced(self, values: Tensor, how: str) -> Tensor:
        """The sum or the mean of a tensor over all processes."""
        return cast(Tensor, self.accelerator.reduce(values, how))

    def train_step(self, real: list[Batch], *, watch: bool = False) -> dict[str, Tensor]:
        """One step of the game: the discriminator's updates, the generator's, the average. Losses, detached; what else
        there is to tell of a step to `watch` goes into `self.watched`."""
        self.set_rates()
        self.watched = {}
        measured: dict[str, Tensor] = {}
        self.common.manual_seed(mixed(self.settings.seed, 0, self.step + 1))
        with seeded(self.settings.seed, self.accelerator.process_index, self.step + 1):
            prepared = [self.prepare(batch) for batch in real]
            drawn = self.draw_for(*prepared[-1])
            for index, batch in enumerate(prepared if self.run.objective.needs_critic() else ()):
                last = index == len(real) - 1
                with torch.no_grad():
                    fake = (drawn if last else self.draw_for(*batch)).pictures.detach()
                number = self.step * len(real) + index
                measured |= self.train_discriminator(*batch, fake, number, watch=watch and last)
            for number in range(self.settings.generator_steps):
                measured |= self.train_generator(*prepared[-1], self.draw_for(*prepared[-1]) if number else drawn)
                if watch and number == 0:
                    self.watched["generator_gradient"] = gradient_norm(self.generator)
        self.average.update(self.generator, self.step + 1)
        return measured

    def draw_for(self, real: Tensor, condition: Tensor | None) -> "Drawn":
        """As many pictures as there are real ones, with the way back to the generator. Both networks learn from them:
        between the discriminator's last update and the generator's first, the generator stays what it is."""
        with self.accelerator.autocast():
            noise = self.latents(len(real)).to(self.device)
            return Drawn(noise, self.generator(noise, condition))

    def train_discriminator(
        self, real: Tensor, condition: Tensor | None, fake: Tensor, number: int, *, watch: bool = False
    ) -> dict[str, Tensor]:
        objective = self.run.objective
        with self.accelerator.autocast():
            real, fake = self.shown(real), self.shown(fake)
            critic = BoundCritic(self.discriminator, condition, real if objective.mismatch else None)
            loss = total = objective.critic_loss(critic, real, fake)
            if objective.mismatch and condition is not None:
                total = loss + objective.mismatch_loss(critic(real), *critic.under_others(objective.rivals))
            if objective.has_penalty() and number % objective.penalty_every == 0:
                total = total + objective.penalty_every * objective.penalty(critic, real, fake)
        self.update(total, self.discriminator, self.discriminator_adam)
        if watch:
            self.watched |= score_facts(critic.scores_of(real), critic.scores_of(fake))
            self.watched["discriminator_gradient"] = gradient_norm(self.discriminator)
        return {"discriminator": loss.detach()}

    def train_generator(self, real: Tensor, condition: Tensor | None, drawn: "Drawn") -> dict[str, Tensor]:
        objective = self.run.objective
        self.discriminator.requires_grad_(False)
        with self.accelerator.autocast():
            fake = self.shown(drawn.pictures)
            critic = BoundCritic(self.discriminator, condition, fake if objective.match else None)
            loss = total = objective.generator_loss(critic, self.shown(real), fake)
            if objective.match and condition is not None:
                total = loss + objective.match_loss(critic(fake), *critic.under_others(objective.rivals))
            if objective.variety:
                other = self.latents(len(real)).to(self.device)
                again = self.generator(other, condition)
                total = total + objective.variety_loss(drawn.pictures, again, (drawn.noise, other), real)
        self.update(total, self.generator, self.generator_adam)
        self.discriminator.requires_grad_(True)
        return {"generator": loss.detach()}

    def update(self, loss: Tensor, network: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        """Gradients, averaged over the processes, and a step. (Not DistributedDataParallel: it knows no second
        derivatives, which the gradient penalties take.)"""
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if self.accelerator.num_processes > 1:
            gradients = [each.grad for each in network.parameters() if each.grad is not None]
            joined = self.reduced(torch.cat([gradient.flatten() for gradient in gradients]), "mean")
            for gradient, part in zip(gradients, joined.split([each.numel() for each in gradients]), strict=True):
                gradient.copy_(part.view_as(gradient))
        optimizer.step()

    def prepare(self, batch: Batch) -> tuple[Tensor, Tensor | None]:
        """Images in [-1, 1] and their condition, on the device."""
        on_gpu = self.device.type == "cuda"  # which need not wait for pictures
        pictures = batch.images.pin_memory() if on_gpu else batch.images
        real = tensors.to_float(pictures.to(self.device, non_blocking=on_gpu))
        real = real.contiguous(memory_format=torch.channels_last)
        condition = self.condition_of(batch)
        return real, None if condition is None else condition.to(self.device)

    def condition_of(self, batch: Batch) -> Tensor | None:
        """What the networks are told besides the pictures: sentences, small pictures, class weights, or nothing."""
        if batch.text_embeddings is not None:
            return batch.text_embeddings
        if batch.low_res is not None:
            return tensors.to_float(batch.low_res).contiguous(memory_format=torch.channels_last)
        return self.family.encode(batch.labels, self.run.model)

    def latents(self, count: int) -> Tensor:
        """Latents (count, latent_size): this process's rows of what one process would draw for all of them, so that the
        losses of several processes match those of one with the same pictures a step."""
        rank, world = self.accelerator.process_index, self.accelerator.num_processes
        if world == 1:
            return draw_latents(self.run.model, count)
        return draw_latents(self.run.model, count * world, self.common)[rank * count :][:count]

    def shown(self, pictures: Tensor) -> Tensor:
        """Pictures as the discriminator gets to see them."""
        return augment(pictures, self.settings.augment, self.settings.augment_chance)

    def set_rates(self) -> None:
        share = rate_share(self.settings, self.step)
        rates = (self.settings.generator_rate, self.settings.discriminator_rate)
        for adam, rate in zip((self.generator_adam, self.discriminator_adam), rates, strict=True):
            adam.param_groups[0]["lr"] = rate * share

    # What is seen and kept --------------------------------------------------------------------------------------------

    def demand_finite(self, measured: dict[str, Tensor]) -> None:
        for name, loss in measured.items():
            if not isfinite(loss.item()):
                self.diverged(f"The {name}'s loss is")

    def demand_finite_weights(self) -> None:
        """A loss is measured before its update: a gradient that is not finite shows in the weights first."""
        networks = {"generator": self.generator, "discriminator": self.discriminator}
        for name, network in networks.items():
            if not all(value.isfinite().all() for value in network.state_dict().values()):
                self.diverged(f"The {name}'s weights are")

    def diverged(self, what: str) -> NoReturn:
        raise OutsideError(
            f"{what} no longer finite at step {self.step}: the training diverged. The last good save stays in "
            f"{self.files.path}. Try smaller rates, an R1 penalty, or --precision float32."
        )

    def log(self, measured: list[dict[str, Tensor]], seconds: float) -> Step:
        means = {name: torch.stack([each[name] for each in measured]).float().mean().item() for name in measured[0]}
        if self.accelerator.num_processes > 1:  # each has seen its own share of the batch
            joined = self.reduced(torch.tensor(list(means.values()), device=self.device), "mean")
            means = dict(zip(means, joined.tolist(), strict=True))
        pictures = len(measured) * self.settings.batch_size * self.accelerator.num_processes
        watched = {name: float(f"{float(value):.4g}") for name, value in self.watched.items()}
        event = Step(self.step, means, pictures / max(seconds, 1e-9), self.seconds, watched)
        if self.accelerator.is_main_process:
            facts = {"pictures_per_second": round(event.pictures_per_second, 1), "seconds": round(self.seconds, 1)}
            self.files.append_log({"step": self.step} | means | watched | facts)
        return event

    def preview(self) -> Preview:
        """The average's pictures of the same seeds each time; of photos, restored patches below their originals; of
        sentences, those of prompts.txt, each from several noises."""
        generator, above, labels = torch.Generator().manual_seed(self.settings.seed), None, None
        if isinstance(self.data, CaptionedDataset):
            prompts = self.data.preview_captions(PROMPTS)
            (self.files.path / "prompts.txt").write_text("\n".join(prompts) + "\n", encoding="utf-8")
            condition = self.data.encoder.encode(prompts).repeat_interleave(PREVIEWS // PROMPTS, dim=0)
            drawn = self.draw(PREVIEWS, condition, generator)
        elif self.family.condition == "picture":
            batch = self.data.get_batch(torch.arange(PATCHES) % len(self.data), generator)
            drawn, above = self.draw(0, self.condition_of(batch), generator), tensors.to_float(batch.images)
        else:
            known = self.family.condition == "label"
            labels = torch.arange(PREVIEWS) % self.run.model.classes if known else None
            drawn = self.draw(PREVIEWS, self.family.encode(labels, self.run.model), generator)
        if above is None:
            self.look_on(drawn, labels)
        shown = drawn if above is None else torch.cat([above, drawn])
        sheet = tensors.grid(tensors.to_pixels(shown), None if above is None else PATCHES)
        file = self.files.previews / f"step-{self.step:07d}.png"
        file.write_bytes(tensors.png_bytes(tensors.to_pil(sheet)))
        return Preview(self.step, drawn, file)

    def look_on(self, drawn: Tensor, labels: Tensor | None) -> None:
        """Facts of a preview into `seen.jsonl`; before the first, real pictures of the same kind into `real.png`."""
        if self.onlooker is None:
            self.onlooker = Onlooker(self.data, known=labels is not None)
            sheet = tensors.grid(tensors.to_pixels(tensors.to_float(self.onlooker.real[:SHOWN])))
            self.files.real.write_bytes(tensors.png_bytes(tensors.to_pil(sheet)))
        critic = self.discriminator if self.run.objective.needs_critic() else None
        found = self.onlooker.facts(drawn, labels, critic)
        self.files.append_seen({"step": self.step} | {name: float(f"{value:.4g}") for name, value in found.items()})

    @torch.inference_mode()
    def draw(self, count: int, condition: Tensor | None, generator: torch.Generator) -> Tensor:
        """The moving average's pictures, on the CPU."""
        latents = draw_latents(self.run.model, count, generator).to(self.device)
        return self.average.network(latents, None if condition is None else condition.to(self.device)).cpu()

    def save(self) -> Saved:
        self.demand_finite_weights()
        self.files.write_state(
            {
                "step": self.step,
                "seconds": self.seconds,
                "generator": self.generator.state_dict(),
                "discriminator": self.discriminator.state_dict(),
                "average": self.average.network.state_dict(),
                "generator_adam": self.generator_adam.state_dict(),
                "discriminator_adam": self.discriminator_adam.state_dict(),
                "hardware": hardware(self.accelerator),
                "pictures": len(self.data),
                "classes": list(self.data.classes),
                "subjects": self.data.vocabulary() if isinstance(self.data, CaptionedDataset) else {},
                "before": self.before,
                "clusters": self.clusters,
            }
        )
        return Saved(self.step, self.files.path)

    def begin(self) -> None:
        """Start at step 0: with fresh weights, or with those of the run or checkpoint that `start` names.

        Where both networks fit, the game goes on under another recipe: weights, averages and optimizers are taken
        over (a checkpoint has no optimizers). Where only the generator does, its average is, against a discriminator
        that begins anew; and of a generator that differs in a few layers (another scale to enlarge by), all the others.
        Raises InputError where most of it has other shapes.
        """
        if not self.run.start:
            return
        origin = find_origin(Path(self.run.start))
        fitting = fitting_part(self.generator, origin.state["average"])
        if share_of(fitting, self.generator) < LEAST_SHARE:
            raise InputError(f"{self.run.start} holds a generator of another shape: start from one with this model's.")
        critic = origin.state.get("discriminator")
        if critic and fits(self.discriminator, critic) and fits(self.generator, origin.state["average"]):
            self.take_over(origin.state)
        else:
            for network in (self.generator, self.average.network):
                network.load_state_dict(fitting, strict=False)
        self.before = origin.story

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a saved state, as if the run had never stopped."""
        self.step, self.seconds, self.before = state["step"], state["seconds"], state.get("before")
        self.take_over(state)
        if self.accelerator.is_main_process:
            self.files.previews.mkdir(exist_ok=True)  # the last good save of a run has none yet
            self.files.cut_log(self.step)

    def take_over(self, state: dict[str, Any]) -> None:
        """Weights, average and optimizers of a saved state; rates and betas stay this run's own."""
        self.generator.load_state_dict(state["generator"])
        self.discriminator.load_state_dict(state["discriminator"])
        self.average.network.load_state_dict(state["average"])
        for name, adam in (("generator_adam", self.generator_adam), ("discriminator_adam", self.discriminator_adam)):
            if name not in state:
                continue
            betas = adam.param_groups[0]["betas"]
            adam.load_state_dict(state[name])
            adam.param_groups[0]["betas"] = betas
        self.clusters = state.get("clusters")


@dataclass(frozen=True)
class Drawn:
    """Pictures (N, C, S, S) of the generator that learns, and the latents (N, latent_size) that they came from."""

    noise: Tensor
    pictures: Tensor


class BoundCritic:
    """The discriminator with its condition bound: what an objective asks.

    The pictures `known` are looked at once, however often they are judged: see `under`.
    """

    def __init__(self, discriminator: Any, condition: Tensor | None, known: Tensor | None = None) -> None:
        self.discriminator, self.condition, self.known = discriminator, condition, known
        self.seen = None if known is None else discriminator.trunk(known)
        self.heard: list[tuple[Tensor, Tensor]] = []  # the first pictures judged, and their scores

    def __call__(self, pictures: Tensor) -> Tensor:
        seen_before = self.known is not None and pictures is self.known
        scores = self.under(self.condition) if seen_before else self.discriminator(pictures, self.condition)
        if len(self.heard) < 2:
            self.heard.append((pictures, scores.detach()))
        return scores

    def beside(self, pictures: Tensor, condition: Tensor | None) -> Tensor:
        """Scores of any pictures beside any condition."""
        return self.discriminator(pictures, condition)

    def scores_of(self, pictures: Tensor) -> Tensor:
        """What an objective has heard of these very pictures: nothing is judged twice."""
        return next(scores for judged, scores in self.heard if judged is pictures)

    def under(self, condition: Tensor | None) -> Tensor:
        """Scores of the known pictures beside another condition."""
        return self.discriminator.judge(self.seen, condition)

    def under_others(self, count: int) -> tuple[Tensor, Tensor]:
        """Scores (count, N) of the known pictures beside the conditions of so many neighbours in the batch, and where
        these say something else than a picture's own."""
        condition = self.condition
        if condition is None:
            raise ValueError("nobody is told anything")
        wrong = [others(condition, shift) for shift in range(1, min(count, len(condition) - 1) + 1)]
        scores, differs = zip(*[(self.under(told), differs) for told, differs in wrong], strict=True)
        return torch.stack(scores), torch.stack(differs)

    def features(self, pictures: Tensor) -> list[Tensor]:
        return self.discriminator.features(pictures)


def others(condition: Tensor, shift: int = 1) -> tuple[Tensor, Tensor]:
    """For each row (N, K) that of a neighbour in the batch, and where it says something else (N,)."""
    wrong = condition.roll(shift, dims=0)
    told = condition.abs().sum(dim=1) > 0  # a row of zeros says nothing, and nothing is never wrong
    return wrong, (cosine_similarity(condition, wrong, dim=1) < ALIKE) & told & told.roll(shift)


def fits(network: nn.Module, weights: dict[str, Tensor]) -> bool:
    """Whether these weights have the network's names and shapes."""
    return {name: value.shape for name, value in network.state_dict().items()} == {
        name: value.shape for name, value in weights.items()
    }


def fitting_part(network: nn.Module, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Those of the weights that have the name and shape of one of the network's."""
    wanted = network.state_dict()
    return {name: value for name, value in weights.items() if name in wanted and wanted[name].shape == value.shape}


def share_of(weights: dict[str, Tensor], network: nn.Module) -> float:
    """How much of the network's numbers these weights are, 0 to 1."""
    return sum(map(Tensor.numel, weights.values())) / sum(map(Tensor.numel, network.state_dict().values()))


def check_data(run: Run, data: Dataset) -> None:
    """Raise InputError where these data cannot train this model."""
    model = run.model
    if model.image_channels != data.channels:
        raise InputError(f"The data have {data.channels} channels, the model {model.image_channels}.")
    condition = find_family(run.family).condition
    if (condition == "picture") != isinstance(data, PatchDataset):
        raise InputError(f"{run.family} {'' if condition == 'picture' else 'does not '}learn from photos in patches.")
    if (condition == "text") != isinstance(data, CaptionedDataset):
        raise InputError(f"{run.family} {'' if condition == 'text' else 'does not '}learn from captioned pictures.")
    if isinstance(data, CaptionedDataset) and data.encoder.dim != run.model.sentence_size:
        raise InputError(
            f"The encoder's sentences have {data.encoder.dim} values, the model's {run.model.sentence_size}: "
            "leave out --sentence-size."
        )
    if condition == "label":
        if not data.classes:
            raise InputError(
                f"{run.family} needs labelled pictures, and {data.name} has no labels: put each class into a "
                "sub-folder of its own, or a label into each line of metadata.jsonl."
            )
        if len(data.classes) != model.classes:
            raise InputError(
                f"{data.name} has {len(data.classes)} classes, the model {model.classes}: leave out --classes."
            )


def accelerator_for(settings: TrainingConfig) -> "Accelerator":
    """Device, precision and processes, as the launcher and the settings say."""
    on_cpu = settings.device == "cpu" or not (torch.cuda.is_available() or torch.backends.mps.is_available())
    from accelerate import Accelerator  # late: the app, which estimates by the trainer, never needs it

    return Accelerator(mixed_precision="bf16" if in_half(settings, on_cpu) else "no", cpu=on_cpu)


def in_half(settings: TrainingConfig, on_cpu: bool) -> bool:
    """Whether bfloat16 is what the settings come to on such a device."""
    return settings.precision == "bfloat16" or (settings.precision == "auto" and computes_bfloat16(on_cpu))


def hardware(accelerator: "Accelerator") -> str:
    """What trained this, for the model card."""
    count = accelerator.num_processes
    if accelerator.device.type == "cuda":
        return f"{count} x {torch.cuda.get_device_name()}"
    cpu = torch.cpu.get_capabilities().get("cpu_name", "CPU")
    return f"{cpu}, {torch.get_num_threads()} threads" + (f", {count} processes" if count > 1 else "")


def rate_share(settings: TrainingConfig, step: int) -> float:
    """The share of the full rates at a step: 1, then a cosine from decay_from to decay_until, then 0.01."""
    if not settings.decay_until or step < settings.decay_from:
        return 1.0
    progress = min((step - settings.decay_from) / (settings.decay_until - settings.decay_from), 1.0)
    return 0.01 + 0.99 * (1 + cos(pi * progress)) / 2


@contextmanager
def seeded(seed: int, rank: int, number: int) -> Iterator[None]:
    """Torch's global randomness as a function of (seed, process, step), put back afterwards."""
    gpus = [torch.cuda.current_device()] if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices=gpus):
        torch.manual_seed(mixed(seed, rank, number))
        yield


def mixed(seed: int, rank: int, number: int) -> int:
    """A seed of its own for each seed, process and step."""
    return (seed * 1_000_003 + number) * 4_099 + rank
