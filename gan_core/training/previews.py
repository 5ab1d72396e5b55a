"""Previews of a training: images of the EMA generator at fixed seeds, saved as a PNG grid, and their metrics."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gan_core.data.datasets import Dataset
from gan_core.files import write_atomically
from gan_core.images import tensors
from gan_core.images.encoding import encode_png
from gan_core.models import Task, find_family, sample_latents
from gan_core.text.captions import CaptionedDataset
from gan_core.training.conditioning import encode_condition
from gan_core.training.config import Run
from gan_core.training.events import Preview
from gan_core.training.monitoring import REAL_SHEET_COUNT, PreviewMetrics
from gan_core.training.run_files import preview_file
from gan_core.training.run_folder import RunFolder, writing

PREVIEW_COUNT = 64  # images of a preview
PROMPT_COUNT = 16  # prompts of a text-to-image preview, each drawn from PREVIEW_COUNT / PROMPT_COUNT latents
PATCH_COUNT = 8  # patches of a super-resolution preview


@dataclass(frozen=True)
class PreviewImages:
    """Generated images (N, C, S, S) in [-1, 1] with their labels (N,), or with the original patches (N, C, S, S)."""

    images: Tensor
    labels: Tensor | None = None
    originals: Tensor | None = None


class PreviewWriter:
    """Draws, measures and saves the previews of one run. It uses a random generator of its own."""

    def __init__(self, run: Run, data: Dataset, files: RunFolder, device: torch.device) -> None:
        self.run, self.data, self.files, self.device = run, data, files, device
        self.metrics: PreviewMetrics | None = None  # created with the first preview, for it reads real images

    def write(self, step: int, generator: nn.Module, discriminator: nn.Module | None) -> Preview:
        """Saves the preview of a step; `discriminator` is None where the objective trains none."""
        preview = self.draw(generator)
        if preview.originals is None:
            self.record_metrics(step, preview, discriminator)
            grid = tensors.make_grid(tensors.to_pixels(preview.images))
        else:  # originals above, restored patches below
            grid = tensors.make_grid(tensors.to_pixels(torch.cat([preview.originals, preview.images])), PATCH_COUNT)
        file = preview_file(self.files.path, step)
        png = encode_png(tensors.to_pil(grid))
        with writing(file):
            write_atomically(file, lambda partial: partial.write_bytes(png))
        return Preview(step, preview.images, file)

    def draw(self, generator: nn.Module) -> PreviewImages:
        """Images of the same latents, prompts and patches at every step."""
        rng = torch.Generator().manual_seed(self.run.training.seed)
        family, model = find_family(self.run.family), self.run.model
        if isinstance(self.data, CaptionedDataset):
            prompts = self.data.preview_captions(PROMPT_COUNT)
            with writing(self.files.prompts_file):
                self.files.prompts_file.write_text("\n".join(prompts) + "\n", encoding="utf-8")
            embeddings = self.data.encoder.encode(prompts).repeat_interleave(PREVIEW_COUNT // PROMPT_COUNT, dim=0)
            return PreviewImages(self.sample(generator, PREVIEW_COUNT, embeddings, rng))
        if family.task == Task.SUPER_RESOLUTION:
            batch = self.data.get_batch(torch.arange(PATCH_COUNT) % len(self.data), rng)
            restored = self.sample(generator, 0, encode_condition(batch, self.run), rng)
            return PreviewImages(restored, originals=tensors.to_float(batch.images))
        has_labels = family.task == Task.CLASS_CONDITIONAL
        labels = torch.arange(PREVIEW_COUNT) % model.classes if has_labels else None
        return PreviewImages(self.sample(generator, PREVIEW_COUNT, family.encode_labels(labels, model), rng), labels)

    @torch.inference_mode()
    def sample(self, generator: nn.Module, count: int, condition: Tensor | None, rng: torch.Generator) -> Tensor:
        """The generator's images, on the CPU."""
        latents = sample_latents(self.run.model, count, rng).to(self.device)
        return generator(latents, None if condition is None else condition.to(self.device)).cpu()

    def record_metrics(self, step: int, preview: PreviewImages, discriminator: nn.Module | None) -> None:
        """Appends a row to `seen.jsonl`; with the first preview, saves real images as `real.png`."""
        if self.metrics is None:
            self.metrics = PreviewMetrics(self.data, class_conditional=preview.labels is not None)
            real = tensors.to_pixels(tensors.to_float(self.metrics.real[:REAL_SHEET_COUNT]))
            png = encode_png(tensors.to_pil(tensors.make_grid(real)))
            with writing(self.files.real_sheet_file):
                write_atomically(self.files.real_sheet_file, lambda partial: partial.write_bytes(png))
        metrics = self.metrics.measure(preview.images, preview.labels, discriminator)
        self.files.append_preview_metrics({"step": step} | {name: round_to_4(value) for name, value in metrics.items()})


def round_to_4(value: Tensor | float) -> float:
    """The value with four significant digits, as logs hold it."""
    return float(f"{float(value):.4g}")
