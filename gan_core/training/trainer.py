"""The training loop: any family, any objective, any device, as a generator of events.

All randomness of step k is a function of (seed, process, k), and batch k one of (seed, k): besides weights and
optimizers, only the number of threads is stored to continue exactly. On the CPU, 2N steps equal N steps, a resume and N
more, to the last bit.

The file is longer than most: the step and the loop around it share the networks, and are read together.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from math import cos, isfinite, pi
from pathlib import Path
from typing import Any, NoReturn, cast

import torch
from torch import Tensor, nn

from gan_core.data.augmentation import augment
from gan_core.data.clustering import cluster_images
from gan_core.data.datasets import Batch, Dataset, UnreadableImage
from gan_core.data.sampler import iterate_batches
from gan_core.devices import use_threads
from gan_core.errors import ExternalError
from gan_core.images import tensors
from gan_core.models import cluster_count, find_family, sample_latents
from gan_core.text.captions import CaptionedDataset
from gan_core.training.acceleration import create_accelerator, describe_hardware
from gan_core.training.class_balance import balanced_indices
from gan_core.training.conditioning import ConditionedDiscriminator, encode_condition
from gan_core.training.config import Run, TrainingConfig
from gan_core.training.ema import MovingAverage
from gan_core.training.events import Event, Notice, Preview, Saved, Step
from gan_core.training.initialization import load_warm_start
from gan_core.training.monitoring import gradient_norm, score_statistics
from gan_core.training.previews import PreviewWriter, round_to_4
from gan_core.training.randomness import process_seed, seeded_rng
from gan_core.training.resumption import NEW_PLACE_FLAGS
from gan_core.training.run_folder import RunFolder, UnwritableFile, writing
from gan_core.training.threads import STORED, ThreadWatch, resumed_threads, starting_threads
from gan_core.training.validation import validate_data

GO_ON_TEXTS = {  # what to do after a failure of the data or the disk
    UnreadableImage: "Bring the image back and go on with `--resume`; if the images were moved, with "
    f"`{NEW_PLACE_FLAGS}`.",
    UnwritableFile: "Make room, or see that the disk is there, and go on with `--resume`.",
}


def train(
    run: Run, data: Dataset, folder: Path, *, resume: bool = False, should_stop: Callable[[], bool] = lambda: False
) -> Iterator[Event]:
    """Trains to `run.training.steps` steps in total, yielding events; `should_stop` is called after every step.

    The last step is saved however the training ends, unless a loss or weight is not finite: then the last save stays
    and ExternalError is raised. It is also raised, after that save, where an image cannot be read any more, or a file
    of the run cannot be written. A run that was killed before its first save is resumed from the beginning. Raises
    UsageError where the folder exists without `resume`, or the data cannot train the model.
    """
    files = RunFolder(folder)
    validate_data(run, data)
    trainer = Trainer(run, data, files)
    with trainer.exclusive_folder(new=not resume):
        if resume and files.state_file.is_file():
            state = files.read_state()
            threads = resumed_threads(run.training, state)
            trainer.restore(state)
        else:
            threads = trainer.starting_threads()
            trainer.initialise()
            if trainer.accelerator.is_main_process:
                files.start_over() if resume else files.create(run)
        trainer.accelerator.wait_for_everyone()
        if trainer.accelerator.is_main_process:
            files.write_config(run)
            if isinstance(data, CaptionedDataset) and not files.encoder_file.is_file():
                with writing(files.encoder_file):
                    data.encoder.save(files.encoder_file)
        yield from (Notice(trainer.step, text) for text in data.warnings)
        with use_threads(threads):
            yield from trainer.events(should_stop)


@dataclass(frozen=True)
class GeneratedBatch:
    """Generated images (N, C, S, S) with their autograd graph, and their latents (N, latent_size)."""

    latents: Tensor
    images: Tensor


class Trainer:
    """Networks, optimizers, and the step that updates them."""

    def __init__(self, run: Run, data: Dataset, files: RunFolder, accelerator: Any = None) -> None:
        self.run, self.data, self.files = run, data, files
        self.settings = run.training
        self.family = find_family(run.family)
        self.cluster_count = cluster_count(run.model)
        self.cluster_labels: Tensor | None = None  # (images,) of a self-conditioned family, once clustered
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
        self.previews = PreviewWriter(run, data, files, self.device)
        self.step = 0
        self.saved_at = 0  # the step of the last save
        self.unreadable: UnreadableImage | None = None  # what ended the training, if an image could not be read
        self.seconds = 0.0  # of steps
        self.elapsed = 0.0  # seconds of steps, previews and saves, before this session
        self.began_at: float | None = None  # when the run began on the clock of this session, as if it had never paused
        self.parent: dict[str, Any] | None = (
            None  # training summary of the run or checkpoint that this one started from
        )
        self.step_metrics: dict[str, float | Tensor] = {}  # of the step to be logged, besides the losses

    def to_device(self, network: nn.Module) -> nn.Module:
        return network.to(self.device).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]

    def create_optimizer(self, network: nn.Module, rate: float) -> torch.optim.Adam:
        betas = (float(self.settings.beta1), float(self.settings.beta2))  # Adam refuses an integer 0 beside a float
        return torch.optim.Adam(network.parameters(), rate, betas=betas, fused=True)

    @contextmanager
    def exclusive_folder(self, *, new: bool) -> Iterator[None]:
        """Holds the lock of the run's folder in the main process; the other processes of the run share it."""
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
        """Trains and saves. Raises ExternalError where data or disk fail: the last step is saved, as far as it can."""
        self.saved_at = self.step
        try:
            yield from self.loop(should_stop)
        except (UnreadableImage, UnwritableFile) as error:
            if self.accelerator.is_main_process and self.saved_at < self.step:
                with suppress(ExternalError):
                    saved = self.save()
                    self.saved_at = self.step
                    yield saved
            raise type(error)(f"{error}. {self.kept_text()} {GO_ON_TEXTS[type(error)]}") from error

    def kept_text(self) -> str:
        """What is saved of a training that has failed, in a sentence."""
        if not self.saved_at or not self.files.state_file.is_file():
            return "Nothing is saved."
        return f"The run is saved in {self.files.path}, at step {self.saved_at}."

    def loop(self, should_stop: Callable[[], bool]) -> Iterator[Event]:
        """Trains until the total is reached, a stop is asked for, or an image cannot be read; then saves."""
        settings, updates = self.settings, self.settings.discriminator_steps
        self.began_at, stream = time.monotonic() - self.elapsed, self.stream_batches()
        if self.step == 0:
            yield from self.on_main_process(self.make_preview)
        started_at, losses = time.monotonic(), []
        watch = ThreadWatch(settings, self.device.type, self.accelerator.num_processes)
        while self.step < settings.steps:
            batches = None if should_stop() else self.next_batches(stream, updates)
            if self.any_process(batches is None):
                break
            due, fewer_threads = self.due_actions(self.step + 1), watch.fewer_threads()
            due |= {"log", "save"} if fewer_threads else set()
            losses.append(self.train_step(batches or [], record_metrics=bool(due)))
            self.step += 1
            if due or self.device.type == "cpu":  # on a GPU, reading a loss waits for it
                self.require_finite(losses[-1])
            if due:
                now = time.monotonic()
                self.seconds += now - started_at
                yield self.log_step(losses, now - started_at)
                if "preview" in due:
                    yield from self.on_main_process(self.make_preview)
                if fewer_threads:
                    yield self.reduce_threads(fewer_threads)
                if "save" in due:
                    yield from self.on_main_process(self.save)
                    self.saved_at = self.step
                started_at, losses = time.monotonic(), []
        if losses:
            self.seconds += time.monotonic() - started_at
        if self.saved_at < self.step:
            yield from self.on_main_process(self.save)
            self.saved_at = self.step
        if self.unreadable:
            raise self.unreadable

    def next_batches(self, stream: Iterator[Batch], count: int) -> list[Batch] | None:
        """The batches of a step; None where an image cannot be read any more, which `unreadable` then names."""
        try:
            return [next(stream) for _ in range(count)]
        except UnreadableImage as error:
            self.unreadable = error
        except Exception as error:  # whatever a data set of another kind raises: the steps so far are not to be lost
            text = f"{self.data.name} cannot be read any more ({type(error).__name__}: {error})"
            self.unreadable = UnreadableImage(text)
            self.unreadable.__cause__ = error
        return None

    def due_actions(self, step: int) -> set[str]:
        """What follows a step: "log", "preview", "save"; any of them logs. The last step is logged and previewed."""
        due = {action for action in ("log", "preview", "save") if step % getattr(self.settings, f"{action}_every") == 0}
        return due | ({"log", "preview"} if step == self.settings.steps else set())

    def starting_threads(self) -> int:
        """The threads of a new run. On a GPU, or with several processes, they are torch's unless `--threads` is set."""
        if self.device.type != "cpu" or self.accelerator.num_processes > 1:
            return self.settings.threads or torch.get_num_threads()
        return starting_threads(self.settings, [self.generator, self.discriminator])

    def reduce_threads(self, count: int) -> Notice:
        """Goes on with fewer threads. The save that follows keeps their number, so that a resume is exact."""
        torch.set_num_threads(count)
        text = f"Other programs keep the processor busy: the training goes on with {count} of its threads."
        return Notice(self.step, text)

    def stream_batches(self) -> Iterator[Batch]:
        """This process's batches, from the current step on."""
        return iterate_batches(
            self.clustered_data(),
            self.settings.batch_size,
            self.settings.seed,
            self.step * self.settings.discriminator_steps,
            self.accelerator.process_index,
            self.accelerator.num_processes,
            epoch_indices=balanced_indices(self.data, self.settings.balance, self.settings.seed),
        )

    def clustered_data(self) -> Dataset:
        """The data, for a self-conditioned family with clusters as labels; its networks get the clusters' shares."""
        if not self.cluster_count:
            return self.data
        if self.cluster_labels is None or len(self.cluster_labels) != len(self.data):
            self.cluster_labels = cluster_images(self.data, self.cluster_count, self.settings.seed)
            shares = torch.bincount(self.cluster_labels, minlength=self.cluster_count) / len(self.cluster_labels)
            for network in (self.generator, self.discriminator, self.ema.network):
                cast(Any, network).modes.shares.copy_(shares)
        return replace(cast(Any, self.data), labels=self.cluster_labels)

    def on_main_process(self, action: Callable[[], Event]) -> Iterator[Event]:
        """Runs the action in the main process while the others wait."""
        if self.accelerator.is_main_process:
            yield action()
        self.accelerator.wait_for_everyone()

    def any_process(self, flag: bool) -> bool:
        """Whether the flag is set in any process: all must leave the loop at the same step."""
        if self.accelerator.num_processes == 1:
            return flag
        return self.all_reduce(torch.tensor(float(flag), device=self.device), "sum").item() > 0

    def all_reduce(self, values: Tensor, reduction: str) -> Tensor:
        """The "sum" or the "mean" of a tensor over all processes."""
        return cast(Tensor, self.accelerator.reduce(values, reduction))

    # A step -----------------------------------------------------------------------------------------------------------

    def train_step(self, real_batches: list[Batch], *, record_metrics: bool = False) -> dict[str, Tensor]:
        """One step: the discriminator's updates, the generator's, the EMA's. Returns the detached losses.

        With `record_metrics`, score statistics and gradient norms go into `step_metrics`.
        """
        self.set_learning_rates()
        self.step_metrics = {}
        losses: dict[str, Tensor] = {}
        self.shared_rng.manual_seed(process_seed(self.settings.seed, 0, self.step + 1))
        with seeded_rng(self.settings.seed, self.accelerator.process_index, self.step + 1):
            prepared = [self.prepare_batch(batch) for batch in real_batches]
            generated = self.generate(*prepared[-1])
            for index, batch in enumerate(prepared if self.run.objective.needs_discriminator() else ()):
                is_last = index == len(real_batches) - 1
                with torch.no_grad():
                    fake = (generated if is_last else self.generate(*batch)).images.detach()
                number = self.step * len(real_batches) + index
                losses |= self.train_discriminator(*batch, fake, number, record_metrics=record_metrics and is_last)
            for number in range(self.settings.generator_steps):
                losses |= self.train_generator(*prepared[-1], self.generate(*prepared[-1]) if number else generated)
                if record_metrics and number == 0:
                    self.step_metrics["generator_gradient"] = gradient_norm(self.generator)
        self.ema.update(self.generator, self.step + 1)
        return losses

    def generate(self, real: Tensor, condition: Tensor | None) -> GeneratedBatch:
        """As many images as there are real ones, with their autograd graph.

        The discriminator's last update and the generator's first share a batch: the generator does not change between.
        """
        with self.accelerator.autocast():
            latents = self.sample_latents(len(real)).to(self.device)
            return GeneratedBatch(latents, self.generator(latents, condition))

    def train_discriminator(
        self, real: Tensor, condition: Tensor | None, fake: Tensor, update_number: int, *, record_metrics: bool = False
    ) -> dict[str, Tensor]:
        """One update of the discriminator; every `penalty_every`-th adds the penalties, as many times as strong."""
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

    def train_generator(self, real: Tensor, condition: Tensor | None, generated: GeneratedBatch) -> dict[str, Tensor]:
        """One update of the generator, with the discriminator frozen."""
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
        """Computes gradients, averages them over the processes, and takes an optimizer step.

        DistributedDataParallel is not used: it does not support the second derivatives of the gradient penalties.
        """
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
        """Images (N, C, S, S) in [-1, 1] and their condition, on the device."""
        on_gpu = self.device.type == "cuda"  # pinned memory is copied without waiting
        images = batch.images.pin_memory() if on_gpu else batch.images
        real = tensors.to_float(images.to(self.device, non_blocking=on_gpu))
        real = real.contiguous(memory_format=torch.channels_last)
        condition = encode_condition(batch, self.run)
        return real, None if condition is None else condition.to(self.device)

    def sample_latents(self, count: int) -> Tensor:
        """Latents (count, latent_size): this process's rows of what a single process would draw for all of them.

        So the losses of several processes match those of one with the same images a step.
        """
        rank, world_size = self.accelerator.process_index, self.accelerator.num_processes
        if world_size == 1:
            return sample_latents(self.run.model, count)
        return sample_latents(self.run.model, count * world_size, self.shared_rng)[rank * count :][:count]

    def augment_images(self, images: Tensor) -> Tensor:
        """The images as the discriminator sees them."""
        return augment(images, self.settings.augment, self.settings.augment_chance)

    def set_learning_rates(self) -> None:
        scale = lr_scale(self.settings, self.step)
        rates = (self.settings.generator_rate, self.settings.discriminator_rate)
        for optimizer, rate in zip((self.generator_optimizer, self.discriminator_optimizer), rates, strict=True):
            optimizer.param_groups[0]["lr"] = rate * scale

    # Log and previews -------------------------------------------------------------------------------------------------

    def log_step(self, losses: list[dict[str, Tensor]], seconds: float) -> Step:
        """Logs the mean losses of the last steps, which took `seconds`."""
        means = {
            name: torch.stack([step_losses[name] for step_losses in losses]).float().mean().item() for name in losses[0]
        }
        if self.accelerator.num_processes > 1:  # each process has computed the losses of its share of the batch
            reduced = self.all_reduce(torch.tensor(list(means.values()), device=self.device), "mean")
            means = dict(zip(means, reduced.tolist(), strict=True))
        image_count = len(losses) * self.settings.batch_size * self.accelerator.num_processes
        metrics = {name: round_to_4(value) for name, value in self.step_metrics.items()}
        event = Step(self.step, means, image_count / max(seconds, 1e-9), self.seconds, metrics)
        if self.accelerator.is_main_process:
            timing = {
                "pictures_per_second": round(event.images_per_second, 1),
                "seconds": round(self.seconds, 1),
                "elapsed": round(self.elapsed_now(), 2),
            }
            self.files.append_log({"step": self.step} | means | metrics | timing)
        return event

    def make_preview(self) -> Preview:
        discriminator = self.discriminator if self.run.objective.needs_discriminator() else None
        return self.previews.write(self.step, self.ema.network, discriminator)

    def require_finite(self, losses: dict[str, Tensor]) -> None:
        """Raises ExternalError where a loss is infinite or NaN."""
        for name, loss in losses.items():
            if not isfinite(loss.item()):
                self.raise_diverged(f"The {name}'s loss is")

    def require_finite_weights(self) -> None:
        """Raises ExternalError where a weight is infinite or NaN: a loss does not show what its own update did."""
        networks = {"generator": self.generator, "discriminator": self.discriminator}
        for name, network in networks.items():
            if not all(value.isfinite().all() for value in network.state_dict().values()):
                self.raise_diverged(f"The {name}'s weights are")

    def raise_diverged(self, subject: str) -> NoReturn:
        raise ExternalError(
            f"{subject} no longer finite at step {self.step}: the training diverged. The last save stays in "
            f"{self.files.path}. Try lower rates, an R1 penalty, or --precision float32."
        )

    # State ------------------------------------------------------------------------------------------------------------

    def elapsed_now(self) -> float:
        """Seconds that the run has taken so far, over all sessions, with previews and saves."""
        return self.elapsed if self.began_at is None else time.monotonic() - self.began_at

    def save(self) -> Saved:
        self.require_finite_weights()
        self.files.write_state(
            {
                "step": self.step,
                "seconds": self.seconds,
                "elapsed": self.elapsed_now(),
                STORED: torch.get_num_threads(),
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
        """Starts at step 0 with random weights, or with those of the run or checkpoint that `run.start` names.

        Where both networks fit, the training continues under another recipe, with weights, EMA and optimizer states (a
        checkpoint has none). Where only the generator fits, its EMA is taken, with a new discriminator; of a generator
        that differs in a few layers (another upscaling factor, say), all other layers.
        Raises UsageError where most of it has other shapes.
        """
        if not self.run.start:
            return
        warm_start = load_warm_start(Path(self.run.start))
        generator_weights = warm_start.matching_weights(self.generator)
        if warm_start.fits(self.generator, self.discriminator):
            self.load_state(warm_start.state)
        else:
            for network in (self.generator, self.ema.network):
                network.load_state_dict(generator_weights, strict=False)
        self.parent = warm_start.training_summary

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from a saved state, exactly as if the run had never stopped."""
        self.step, self.seconds, self.parent = state["step"], state["seconds"], state.get("before")
        self.elapsed = state.get("elapsed", self.seconds)
        self.load_state(state)
        if self.accelerator.is_main_process:
            self.files.make_previews_folder()
            self.files.truncate_log(self.step)

    def load_state(self, state: dict[str, Any]) -> None:
        """Loads weights, EMA and optimizer states; learning rates and betas stay this run's own."""
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


def lr_scale(settings: TrainingConfig, step: int) -> float:
    """The factor on the learning rates at a step: 1, then a cosine from `decay_from` to `decay_until`, then 0.01."""
    if not settings.decay_until or step < settings.decay_from:
        return 1.0
    progress = min((step - settings.decay_from) / (settings.decay_until - settings.decay_from), 1.0)
    return 0.01 + 0.99 * (1 + cos(pi * progress)) / 2
