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
from gan_core.devices import supports_bfloat16
from gan_core.errors import ExternalError, UsageError
from gan_core.images import tensors
from gan_core.models import Task, cluster_count, find_family, sample_latents
from gan_core.text.captions import CaptionedDataset
from gan_core.training.class_balance import balanced_indices
from gan_core.training.config import Run, TrainingConfig
from gan_core.training.ema import MovingAverage
from gan_core.training.events import Event, Notice, Preview, Saved, Step
from gan_core.training.initialization import load_warm_start
from gan_core.training.monitoring import SHEET_COUNT, PreviewMetrics, gradient_norm, score_statistics
from gan_core.training.run_folder import RunFolder

if TYPE_CHECKING:
    from accelerate import Accelerator

PREVIEW_COUNT = 64
PATCH_COUNT = 8  # of a preview of restored photos
PROMPT_COUNT = 16  # of a preview of sentences, each drawn from several noises
MIN_MATCHED_FRACTION = 0.8  # of a generator's numbers that must fit for a run to start from it
SAME_CONDITION_COSINE = (
    0.9  # cosine of two conditions from which on the one is no wrong description of the other's picture
)


def train(
    run: Run, data: Dataset, folder: Path, *, resume: bool = False, should_stop: Callable[[], bool] = lambda: False
) -> Iterator[Event]:
    """Train to `run.training.steps` in total, yielding events; `should_stop` is asked after every step.

    Saves at the end however it ends, unless a loss is not finite: then what was saved last stays and OutsideError is
    raised. A run that was killed before its first save is resumed from the beginning. Raises InputError where the
    folder exists without `resume`, or the data do not suit the family.
    """
    run_files = RunFolder(folder)
    validate_data(run, data)
    trainer = Trainer(run, data, run_files)
    with trainer.exclusive_folder(new=not resume):
        if resume and run_files.state_file.is_file():
            trainer.restore(run_files.read_state())
        else:
            trainer.initialise()
            if trainer.accelerator.is_main_process:
                run_files.start_over() if resume else run_files.create(run)
        trainer.accelerator.wait_for_everyone()
        if trainer.accelerator.is_main_process:
            run_files.write_config(run)
            if isinstance(data, CaptionedDataset) and not run_files.encoder_file.is_file():
                data.encoder.save(run_files.encoder_file)
        yield from (Notice(trainer.step, text) for text in data.warnings)
        yield from trainer.events(should_stop)


class Trainer:
    """Networks, optimizers and the step between them."""

    def __init__(self, run: Run, data: Dataset, run_files: RunFolder, accelerator: Any = None) -> None:
        self.run, self.data, self.files = run, data, run_files
        self.settings = run.training
        self.family = find_family(run.family)
        self.cluster_count = cluster_count(run.model)
        self.cluster_labels: Tensor | None = None  # of every picture, where the family looks for modes
        self.accelerator = accelerator or create_accelerator(self.settings)
        self.device = self.accelerator.device
        with seeded_rng(self.settings.seed, 0, 0):
            self.generator = self.to_device(self.family.generator(run.model))
            self.discriminator = self.to_device(self.family.discriminator(run.model))
        images_per_step = self.settings.batch_size * self.accelerator.num_processes
        self.ema = MovingAverage(self.generator, self.settings.ema_pictures / images_per_step)
        self.generator_optimizer = self.create_optimizer(self.generator, self.settings.generator_rate)
        self.discriminator_optimizer = self.create_optimizer(self.discriminator, self.settings.discriminator_rate)
        self.shared_rng = torch.Generator()  # of latents, the same in all processes
        self.step = 0
        self.seconds = 0.0
        self.parent: dict[str, Any] | None = None  # of the run that this one began with: what the card must tell
        self.step_metrics: dict[str, float | Tensor] = {}  # of the step that is logged
        self.preview_metrics: PreviewMetrics | None = None  # from the first preview on

    def to_device(self, network: nn.Module) -> nn.Module:
        return network.to(self.device).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]

    def create_optimizer(self, network: nn.Module, rate: float) -> torch.optim.Adam:
        betas = (float(self.settings.beta1), float(self.settings.beta2))  # Adam refuses an integer 0 beside a float
        return torch.optim.Adam(network.parameters(), rate, betas=betas, fused=True)

    @contextmanager
    def exclusive_folder(self, *, new: bool) -> Iterator[None]:
        """The run's folder is the main process's alone; the others of the same run share it."""
        if self.accelerator.is_main_process and new:
            self.files.require_new()  # before a folder is made, and again by `create` once it is locked
            self.files.path.mkdir(parents=True, exist_ok=True)
        if not self.accelerator.is_main_process or not self.files.path.is_dir():
            yield
        else:
            with self.files.lock():
                yield

    # The loop ---------------------------------------------------------------------------------------------------------

    def events(self, should_stop: Callable[[], bool]) -> Iterator[Event]:
        """Steps until the total is reached or a stop is asked for, then a last save."""
        settings, rank_and_world = self.settings, (self.accelerator.process_index, self.accelerator.num_processes)
        updates = settings.discriminator_steps
        epoch_indices = balanced_indices(self.data, settings.balance, settings.seed)
        stream = iterate_batches(
            self.clustered_data(),
            settings.batch_size,
            settings.seed,
            self.step * updates,
            *rank_and_world,
            epoch_indices=epoch_indices,
        )
        if self.step == 0:
            yield from self.on_main_process(self.make_preview)
        started_at, losses = time.monotonic(), []
        saved_at = self.step
        while self.step < settings.steps and not self.any_process(should_stop()):
            due = {
                action
                for action in ("log", "preview", "save")
                if (self.step + 1) % getattr(settings, f"{action}_every") == 0
            }
            is_last = self.step + 1 == settings.steps
            losses.append(self.train_step([next(stream) for _ in range(updates)], record_metrics=bool(due) or is_last))
            self.step += 1
            if due or is_last or self.device.type == "cpu":
                self.require_finite(losses[-1])
            if due or is_last:
                now = time.monotonic()
                self.seconds += now - started_at
                yield self.log_step(losses, now - started_at)
                if "preview" in due or is_last:
                    yield from self.on_main_process(self.make_preview)
                if "save" in due:
                    yield from self.on_main_process(self.save)
                    saved_at = self.step
                started_at, losses = time.monotonic(), []
        if losses:
            self.seconds += time.monotonic() - started_at
        if saved_at < self.step:
            yield from self.on_main_process(self.save)

    def clustered_data(self) -> Dataset:
        """The data, with clusters in place of labels where modes are looked for; the networks learn their shares."""
        if not self.cluster_count:
            return self.data
        if self.cluster_labels is None or len(self.cluster_labels) != len(self.data):
            self.cluster_labels = cluster_images(self.data, self.cluster_count, self.settings.seed)
            shares = torch.bincount(self.cluster_labels, minlength=self.cluster_count) / len(self.cluster_labels)
            for network in (self.generator, self.discriminator, self.ema.network):
                cast(Any, network).modes.shares.copy_(shares)
        return replace(cast(Any, self.data), labels=self.cluster_labels)

    def on_main_process(self, action: Callable[[], Event]) -> Iterator[Event]:
        """What only the main process does, while the others wait."""
        if self.accelerator.is_main_process:
            yield action()
        self.accelerator.wait_for_everyone()

    def any_process(self, flag: bool) -> bool:
        """Whether the flag is up in any process: all must leave the loop at the same step."""
        if self.accelerator.num_processes == 1:
            return flag
        return self.all_reduce(torch.tensor(float(flag), device=self.device), "sum").item() > 0

    def all_reduce(self, values: Tensor, reduction: str) -> Tensor:
        """The sum or the mean of a tensor over all processes."""
        return cast(Tensor, self.accelerator.reduce(values, reduction))

    def train_step(self, real_batches: list[Batch], *, record_metrics: bool = False) -> dict[str, Tensor]:
        """One step of the game: the discriminator's updates, the generator's, the average. Losses, detached; what else
        there is to tell of a step to `watch` goes into `self.watched`."""
        self.set_learning_rates()
        self.step_metrics = {}
        losses: dict[str, Tensor] = {}
        self.shared_rng.manual_seed(mix_seed(self.settings.seed, 0, self.step + 1))
        with seeded_rng(self.settings.seed, self.accelerator.process_index, self.step + 1):
            prepared = [self.prepare_batch(batch) for batch in real_batches]
            generated = self.generate(*prepared[-1])
            for index, batch in enumerate(prepared if self.run.objective.needs_discriminator() else ()):
                last = index == len(real_batches) - 1
                with torch.no_grad():
                    fake = (generated if last else self.generate(*batch)).images.detach()
                number = self.step * len(real_batches) + index
                losses |= self.train_discriminator(*batch, fake, number, record_metrics=record_metrics and last)
            for number in range(self.settings.generator_steps):
                losses |= self.train_generator(*prepared[-1], self.generate(*prepared[-1]) if number else generated)
                if record_metrics and number == 0:
                    self.step_metrics["generator_gradient"] = gradient_norm(self.generator)
        self.ema.update(self.generator, self.step + 1)
        return losses

    def generate(self, real: Tensor, condition: Tensor | None) -> "GeneratedBatch":
        """As many pictures as there are real ones, with the way back to the generator. Both networks learn from them:
        between the discriminator's last update and the generator's first, the generator stays what it is."""
        with self.accelerator.autocast():
            latents = self.sample_latents(len(real)).to(self.device)
            return GeneratedBatch(latents, self.generator(latents, condition))

    def train_discriminator(
        self, real: Tensor, condition: Tensor | None, fake: Tensor, update_number: int, *, record_metrics: bool = False
    ) -> dict[str, Tensor]:
        objective = self.run.objective
        with self.accelerator.autocast():
            real, fake = self.augment_images(real), self.augment_images(fake)
            conditioned = ConditionedDiscriminator(self.discriminator, condition, real if objective.mismatch else None)
            loss = total = objective.discriminator_loss(conditioned, real, fake)
            if objective.mismatch and condition is not None:
                total = loss + objective.mismatch_loss(
                    conditioned(real), *conditioned.score_negatives(objective.rivals)
                )
            if objective.has_penalty() and update_number % objective.penalty_every == 0:
                total = total + objective.penalty_every * objective.penalty(conditioned, real, fake)
        self.update_network(total, self.discriminator, self.discriminator_optimizer)
        if record_metrics:
            self.step_metrics |= score_statistics(
                conditioned.cached_scores_of(real), conditioned.cached_scores_of(fake)
            )
            self.step_metrics["discriminator_gradient"] = gradient_norm(self.discriminator)
        return {"discriminator": loss.detach()}

    def train_generator(self, real: Tensor, condition: Tensor | None, generated: "GeneratedBatch") -> dict[str, Tensor]:
        objective = self.run.objective
        self.discriminator.requires_grad_(False)
        with self.accelerator.autocast():
            fake = self.augment_images(generated.images)
            conditioned = ConditionedDiscriminator(self.discriminator, condition, fake if objective.match else None)
            loss = total = objective.generator_loss(conditioned, self.augment_images(real), fake)
            if objective.match and condition is not None:
                total = loss + objective.matching_loss(
                    conditioned(fake), *conditioned.score_negatives(objective.rivals)
                )
            if objective.variety:
                other_latents = self.sample_latents(len(real)).to(self.device)
                other_images = self.generator(other_latents, condition)
                total = total + objective.diversity_loss(
                    generated.images, other_images, (generated.latents, other_latents), real
                )
        self.update_network(total, self.generator, self.generator_optimizer)
        self.discriminator.requires_grad_(True)
        return {"generator": loss.detach()}

    def update_network(self, loss: Tensor, network: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        """Gradients, averaged over the processes, and a step. (Not DistributedDataParallel: it knows no second
        derivatives, which the gradient penalties take.)"""
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if self.accelerator.num_processes > 1:
            gradients = [parameter.grad for parameter in network.parameters() if parameter.grad is not None]
            reduced = self.all_reduce(torch.cat([gradient.flatten() for gradient in gradients]), "mean")
            for gradient, reduced_part in zip(
                gradients, reduced.split([gradient.numel() for gradient in gradients]), strict=True
            ):
                gradient.copy_(reduced_part.view_as(gradient))
        optimizer.step()

    def prepare_batch(self, batch: Batch) -> tuple[Tensor, Tensor | None]:
        """Images in [-1, 1] and their condition, on the device."""
        on_gpu = self.device.type == "cuda"  # which need not wait for pictures
        images = batch.images.pin_memory() if on_gpu else batch.images
        real = tensors.to_float(images.to(self.device, non_blocking=on_gpu))
        real = real.contiguous(memory_format=torch.channels_last)
        condition = self.condition_for(batch)
        return real, None if condition is None else condition.to(self.device)

    def condition_for(self, batch: Batch) -> Tensor | None:
        """What the networks are told besides the pictures: sentences, small pictures, class weights, or nothing."""
        if batch.text_embeddings is not None:
            return batch.text_embeddings
        if batch.low_res is not None:
            return tensors.to_float(batch.low_res).contiguous(memory_format=torch.channels_last)
        return self.family.encode_labels(batch.labels, self.run.model)

    def sample_latents(self, count: int) -> Tensor:
        """Latents (count, latent_size): this process's rows of what one process would draw for all of them, so that the
        losses of several processes match those of one with the same pictures a step."""
        rank, world_size = self.accelerator.process_index, self.accelerator.num_processes
        if world_size == 1:
            return sample_latents(self.run.model, count)
        return sample_latents(self.run.model, count * world_size, self.shared_rng)[rank * count :][:count]

    def augment_images(self, images: Tensor) -> Tensor:
        """Pictures as the discriminator gets to see them."""
        return augment(images, self.settings.augment, self.settings.augment_chance)

    def set_learning_rates(self) -> None:
        scale = lr_scale(self.settings, self.step)
        rates = (self.settings.generator_rate, self.settings.discriminator_rate)
        for optimizer, rate in zip((self.generator_optimizer, self.discriminator_optimizer), rates, strict=True):
            optimizer.param_groups[0]["lr"] = rate * scale

    # What is seen and kept --------------------------------------------------------------------------------------------

    def require_finite(self, losses: dict[str, Tensor]) -> None:
        for name, loss in losses.items():
            if not isfinite(loss.item()):
                self.raise_diverged(f"The {name}'s loss is")

    def require_finite_weights(self) -> None:
        """A loss is measured before its update: a gradient that is not finite shows in the weights first."""
        networks = {"generator": self.generator, "discriminator": self.discriminator}
        for name, network in networks.items():
            if not all(value.isfinite().all() for value in network.state_dict().values()):
                self.raise_diverged(f"The {name}'s weights are")

    def raise_diverged(self, subject: str) -> NoReturn:
        raise ExternalError(
            f"{subject} no longer finite at step {self.step}: the training diverged. The last good save stays in "
            f"{self.files.path}. Try smaller rates, an R1 penalty, or --precision float32."
        )

    def log_step(self, losses: list[dict[str, Tensor]], seconds: float) -> Step:
        means = {
            name: torch.stack([step_losses[name] for step_losses in losses]).float().mean().item() for name in losses[0]
        }
        if self.accelerator.num_processes > 1:  # each has seen its own share of the batch
            reduced = self.all_reduce(torch.tensor(list(means.values()), device=self.device), "mean")
            means = dict(zip(means, reduced.tolist(), strict=True))
        image_count = len(losses) * self.settings.batch_size * self.accelerator.num_processes
        metrics = {name: float(f"{float(value):.4g}") for name, value in self.step_metrics.items()}
        event = Step(self.step, means, image_count / max(seconds, 1e-9), self.seconds, metrics)
        if self.accelerator.is_main_process:
            timing = {"pictures_per_second": round(event.images_per_second, 1), "seconds": round(self.seconds, 1)}
            self.files.append_log({"step": self.step} | means | metrics | timing)
        return event

    def make_preview(self) -> Preview:
        """The average's pictures of the same seeds each time; of photos, restored patches below their originals; of
        sentences, those of prompts.txt, each from several noises."""
        generator, originals, labels = torch.Generator().manual_seed(self.settings.seed), None, None
        if isinstance(self.data, CaptionedDataset):
            prompts = self.data.preview_captions(PROMPT_COUNT)
            (self.files.path / "prompts.txt").write_text("\n".join(prompts) + "\n", encoding="utf-8")
            condition = self.data.encoder.encode(prompts).repeat_interleave(PREVIEW_COUNT // PROMPT_COUNT, dim=0)
            generated = self.sample_ema(PREVIEW_COUNT, condition, generator)
        elif self.family.task == Task.SUPER_RESOLUTION:
            batch = self.data.get_batch(torch.arange(PATCH_COUNT) % len(self.data), generator)
            generated, originals = (
                self.sample_ema(0, self.condition_for(batch), generator),
                tensors.to_float(batch.images),
            )
        else:
            has_labels = self.family.task == Task.CLASS_CONDITIONAL
            labels = torch.arange(PREVIEW_COUNT) % self.run.model.classes if has_labels else None
            generated = self.sample_ema(PREVIEW_COUNT, self.family.encode_labels(labels, self.run.model), generator)
        if originals is None:
            self.record_preview(generated, labels)
        images = generated if originals is None else torch.cat([originals, generated])
        sheet = tensors.make_grid(tensors.to_pixels(images), None if originals is None else PATCH_COUNT)
        file = self.files.previews_folder / f"step-{self.step:07d}.png"
        file.write_bytes(tensors.encode_png(tensors.to_pil(sheet)))
        return Preview(self.step, generated, file)

    def record_preview(self, images: Tensor, labels: Tensor | None) -> None:
        """Facts of a preview into `seen.jsonl`; before the first, real pictures of the same kind into `real.png`."""
        if self.preview_metrics is None:
            self.preview_metrics = PreviewMetrics(self.data, class_conditional=labels is not None)
            sheet = tensors.make_grid(tensors.to_pixels(tensors.to_float(self.preview_metrics.real[:SHEET_COUNT])))
            self.files.real_sheet_file.write_bytes(tensors.encode_png(tensors.to_pil(sheet)))
        discriminator = self.discriminator if self.run.objective.needs_discriminator() else None
        metrics = self.preview_metrics.measure(images, labels, discriminator)
        self.files.append_preview_metrics(
            {"step": self.step} | {name: float(f"{value:.4g}") for name, value in metrics.items()}
        )

    @torch.inference_mode()
    def sample_ema(self, count: int, condition: Tensor | None, generator: torch.Generator) -> Tensor:
        """The moving average's pictures, on the CPU."""
        latents = sample_latents(self.run.model, count, generator).to(self.device)
        return self.ema.network(latents, None if condition is None else condition.to(self.device)).cpu()

    def save(self) -> Saved:
        self.require_finite_weights()
        self.files.write_state(
            {
                "step": self.step,
                "seconds": self.seconds,
                "generator": self.generator.state_dict(),
                "discriminator": self.discriminator.state_dict(),
                "average": self.ema.network.state_dict(),
                "generator_adam": self.generator_optimizer.state_dict(),
                "discriminator_adam": self.discriminator_optimizer.state_dict(),
                "hardware": describe_hardware(self.accelerator),
                "pictures": len(self.data),
                "classes": list(self.data.classes),
                "subjects": self.data.vocabulary() if isinstance(self.data, CaptionedDataset) else {},
                "before": self.parent,
                "clusters": self.cluster_labels,
            }
        )
        return Saved(self.step, self.files.path)

    def initialise(self) -> None:
        """Start at step 0: with fresh weights, or with those of the run or checkpoint that `start` names.

        Where both networks fit, the game goes on under another recipe: weights, averages and optimizers are taken
        over (a checkpoint has no optimizers). Where only the generator does, its average is, against a discriminator
        that begins anew; and of a generator that differs in a few layers (another scale to enlarge by), all the others.
        Raises InputError where most of it has other shapes.
        """
        if not self.run.start:
            return
        warm_start = load_warm_start(Path(self.run.start))
        matching = matching_weights(self.generator, warm_start.state["average"])
        if matched_fraction(matching, self.generator) < MIN_MATCHED_FRACTION:
            raise UsageError(f"{self.run.start} holds a generator of another shape: start from one with this model's.")
        discriminator_weights = warm_start.state.get("discriminator")
        if (
            discriminator_weights
            and same_shapes(self.discriminator, discriminator_weights)
            and same_shapes(self.generator, warm_start.state["average"])
        ):
            self.load_state(warm_start.state)
        else:
            for network in (self.generator, self.ema.network):
                network.load_state_dict(matching, strict=False)
        self.parent = warm_start.training_summary

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a saved state, as if the run had never stopped."""
        self.step, self.seconds, self.parent = state["step"], state["seconds"], state.get("before")
        self.load_state(state)
        if self.accelerator.is_main_process:
            self.files.previews_folder.mkdir(exist_ok=True)  # the last good save of a run has none yet
            self.files.truncate_log(self.step)

    def load_state(self, state: dict[str, Any]) -> None:
        """Weights, average and optimizers of a saved state; rates and betas stay this run's own."""
        self.generator.load_state_dict(state["generator"])
        self.discriminator.load_state_dict(state["discriminator"])
        self.ema.network.load_state_dict(state["average"])
        for name, optimizer in (
            ("generator_adam", self.generator_optimizer),
            ("discriminator_adam", self.discriminator_optimizer),
        ):
            if name not in state:
                continue
            betas = optimizer.param_groups[0]["betas"]
            optimizer.load_state_dict(state[name])
            optimizer.param_groups[0]["betas"] = betas
        self.cluster_labels = state.get("clusters")


@dataclass(frozen=True)
class GeneratedBatch:
    """Pictures (N, C, S, S) of the generator that learns, and the latents (N, latent_size) that they came from."""

    latents: Tensor
    images: Tensor


class ConditionedDiscriminator:
    """The discriminator with its condition bound: what an objective asks.

    The pictures `known` are looked at once, however often they are judged: see `under`.
    """

    def __init__(self, discriminator: Any, condition: Tensor | None, anchor: Tensor | None = None) -> None:
        self.discriminator, self.condition, self.anchor = discriminator, condition, anchor
        self.anchor_features = None if anchor is None else discriminator.trunk(anchor)
        self.cached_scores: list[tuple[Tensor, Tensor]] = []  # the first pictures judged, and their scores

    def __call__(self, images: Tensor) -> Tensor:
        is_anchor = self.anchor is not None and images is self.anchor
        scores = self.score_anchor(self.condition) if is_anchor else self.discriminator(images, self.condition)
        if len(self.cached_scores) < 2:
            self.cached_scores.append((images, scores.detach()))
        return scores

    def score_any(self, images: Tensor, condition: Tensor | None) -> Tensor:
        """Scores of any pictures beside any condition."""
        return self.discriminator(images, condition)

    def cached_scores_of(self, images: Tensor) -> Tensor:
        """What an objective has heard of these very pictures: nothing is judged twice."""
        return next(scores for scored_images, scores in self.cached_scores if scored_images is images)

    def score_anchor(self, condition: Tensor | None) -> Tensor:
        """Scores of the known pictures beside another condition."""
        return self.discriminator.score_features(self.anchor_features, condition)

    def score_negatives(self, count: int) -> tuple[Tensor, Tensor]:
        """Scores (count, N) of the known pictures beside the conditions of so many neighbours in the batch, and where
        these say something else than a picture's own."""
        condition = self.condition
        if condition is None:
            raise ValueError("nobody is told anything")
        negatives = [mismatched_conditions(condition, shift) for shift in range(1, min(count, len(condition) - 1) + 1)]
        scores, differs = zip(*[(self.score_anchor(negative), differs) for negative, differs in negatives], strict=True)
        return torch.stack(scores), torch.stack(differs)

    def features(self, images: Tensor) -> list[Tensor]:
        return self.discriminator.features(images)


def mismatched_conditions(condition: Tensor, shift: int = 1) -> tuple[Tensor, Tensor]:
    """For each row (N, K) that of a neighbour in the batch, and where it says something else (N,)."""
    shifted = condition.roll(shift, dims=0)
    is_set = condition.abs().sum(dim=1) > 0  # a row of zeros says nothing, and nothing is never wrong
    return shifted, (cosine_similarity(condition, shifted, dim=1) < SAME_CONDITION_COSINE) & is_set & is_set.roll(shift)


def same_shapes(network: nn.Module, weights: dict[str, Tensor]) -> bool:
    """Whether these weights have the network's names and shapes."""
    return {name: value.shape for name, value in network.state_dict().items()} == {
        name: value.shape for name, value in weights.items()
    }


def matching_weights(network: nn.Module, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Those of the weights that have the name and shape of one of the network's."""
    own_weights = network.state_dict()
    return {
        name: value for name, value in weights.items() if name in own_weights and own_weights[name].shape == value.shape
    }


def matched_fraction(weights: dict[str, Tensor], network: nn.Module) -> float:
    """How much of the network's numbers these weights are, 0 to 1."""
    return sum(map(Tensor.numel, weights.values())) / sum(map(Tensor.numel, network.state_dict().values()))


def validate_data(run: Run, data: Dataset) -> None:
    """Raise InputError where these data cannot train this model."""
    model = run.model
    if model.image_channels != data.channels:
        raise UsageError(f"The data have {data.channels} channels, the model {model.image_channels}.")
    task = find_family(run.family).task
    if (task == Task.SUPER_RESOLUTION) != isinstance(data, PatchDataset):
        verb = "learns" if task == Task.SUPER_RESOLUTION else "does not learn"
        raise UsageError(f"{run.family} {verb} from photos in patches.")
    if (task == Task.TEXT_TO_IMAGE) != isinstance(data, CaptionedDataset):
        verb = "learns" if task == Task.TEXT_TO_IMAGE else "does not learn"
        raise UsageError(f"{run.family} {verb} from captioned pictures.")
    if isinstance(data, CaptionedDataset) and data.encoder.dim != run.model.sentence_size:
        raise UsageError(
            f"The encoder's sentences have {data.encoder.dim} values, the model's {run.model.sentence_size}: "
            "leave out --sentence-size."
        )
    if task == Task.CLASS_CONDITIONAL:
        if not data.classes:
            raise UsageError(
                f"{run.family} needs labelled pictures, and {data.name} has no labels: put each class into a "
                "sub-folder of its own, or a label into each line of metadata.jsonl."
            )
        if len(data.classes) != model.classes:
            raise UsageError(
                f"{data.name} has {len(data.classes)} classes, the model {model.classes}: leave out --classes."
            )


def create_accelerator(settings: TrainingConfig) -> "Accelerator":
    """Device, precision and processes, as the launcher and the settings say."""
    on_cpu = settings.device == "cpu" or not (torch.cuda.is_available() or torch.backends.mps.is_available())
    from accelerate import Accelerator  # late: the app, which estimates by the trainer, never needs it

    return Accelerator(mixed_precision="bf16" if uses_bfloat16(settings, on_cpu) else "no", cpu=on_cpu)


def uses_bfloat16(settings: TrainingConfig, on_cpu: bool) -> bool:
    """Whether bfloat16 is what the settings come to on such a device."""
    return settings.precision == "bfloat16" or (settings.precision == "auto" and supports_bfloat16(on_cpu))


def describe_hardware(accelerator: "Accelerator") -> str:
    """What trained this, for the model card."""
    count = accelerator.num_processes
    if accelerator.device.type == "cuda":
        return f"{count} x {torch.cuda.get_device_name()}"
    cpu = torch.cpu.get_capabilities().get("cpu_name", "CPU")
    return f"{cpu}, {torch.get_num_threads()} threads" + (f", {count} processes" if count > 1 else "")


def lr_scale(settings: TrainingConfig, step: int) -> float:
    """The share of the full rates at a step: 1, then a cosine from decay_from to decay_until, then 0.01."""
    if not settings.decay_until or step < settings.decay_from:
        return 1.0
    progress = min((step - settings.decay_from) / (settings.decay_until - settings.decay_from), 1.0)
    return 0.01 + 0.99 * (1 + cos(pi * progress)) / 2


@contextmanager
def seeded_rng(seed: int, rank: int, step: int) -> Iterator[None]:
    """Torch's global randomness as a function of (seed, process, step), put back afterwards."""
    gpus = [torch.cuda.current_device()] if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices=gpus):
        torch.manual_seed(mix_seed(seed, rank, step))
        yield


def mix_seed(seed: int, rank: int, step: int) -> int:
    """A seed of its own for each seed, process and step."""
    return (seed * 1_000_003 + step) * 4_099 + rank
