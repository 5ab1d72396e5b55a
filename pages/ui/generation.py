"""A request for generated images: what the pages Samples, Digits and Text have in common."""

from dataclasses import dataclass

from gan_core.checkpoints.checkpoint import Checkpoint
from pages.ui import gallery, widgets


@dataclass
class GenerationRequest:
    """Which model draws which seeds, and the link that shows the result. The widgets of a page fill it."""

    checkpoint: Checkpoint
    seed: int = 0
    count: int = widgets.DEFAULT_COUNT
    truncation: float = 1.0
    link: str = ""

    @property
    def model_key(self) -> tuple[str, str]:
        """Name and weights hash, the key of the model in every cache."""
        return self.checkpoint.name, self.checkpoint.weights_hash

    @property
    def layout(self) -> str:
        """The layout of a gallery: photos in colour are larger and smooth, small grey images show their pixels."""
        return "photo" if self.checkpoint.description.model.get("image_channels") == 3 else ""

    @property
    def seeds(self) -> tuple[int, ...]:
        return widgets.seeds_from(self.seed, self.count)

    @property
    def number_parameters(self) -> dict[str, object]:
        """The URL parameters that every such page has."""
        return {"seed": self.seed, "count": self.count, "truncation": self.truncation}

    def png_metadata(self, seed: int, **condition: str) -> dict[str, str]:
        """The text chunks of a downloaded image; `condition` is what it was drawn for: `label` or `prompt`."""
        return gallery.png_metadata(self.model_key, seed, self.truncation, self.link, **condition)
