"""What How it works says in words, with pictures that the models here draw for it."""

from dataclasses import dataclass

from pages.ui import model_cache, thumbnails
from pages.ui.gallery import GalleryImage

EXAMPLE_SEEDS = tuple(range(7))

WHAT_TO_LOOK_FOR = """
- Press **Play**. The colours are the discriminator's opinion of every place; the arrows say where each generated point
  is told to go. When both are content the colours fade: nothing can be told apart any more.
- Press **Collapse**. All generated points run to one place after another: whatever fools the discriminator *now* pays,
  and nothing in the loss rewards variety. This is *mode collapse*.
- Press **The cure**. Each generated point is now judged beside a real one, and the discriminator pays for being steep.
  The points spread out again, from wherever they were.
- Let only the **discriminator** learn for a while without a penalty: it becomes sure of itself, the arrows of the
  minimax loss shrink to nothing, and the generator learns nothing more. Its gradient has *vanished*.
- Let only the **generator** learn: it runs after an opinion that no longer changes, and overshoots.
"""

LOSS_TABLE = """
Played as written, this is fragile. What people changed, all of it under *Objective* above:

| objective | what it changes | paper |
|---|---|---|
| non-saturating | $G$ maximises $\\log D(G(z))$, so that it hears most when it is worst | Goodfellow et al. 2014 |
| least squares | distances instead of probabilities: no saturation on either side | LSGAN, Mao et al. 2017 |
| hinge | only what is not yet told apart by a margin counts | Lim and Ye 2017 |
| WGAN-GP | a distance between the two crowds, with the slope of $D$ held at 1 | Gulrajani et al. 2017 |
| relativistic | $D$ judges pairs, real beside generated: dropping a mode never pays | R3GAN, Huang et al. 2024 |

All of them gain by R1 and R2: the discriminator pays for its squared slope at real and at generated points, and the
game settles (Mescheder et al. 2018). The models of this app are trained with the last objective and both penalties.
"""


@dataclass(frozen=True)
class ModelIntro:
    """A family in a few words, with an example."""

    title: str
    paper: str
    text: str
    model_name: str
    page_path: str
    link_label: str

    def example_images(self) -> list[GalleryImage]:
        """Drawn by its example; none where that model is missing."""
        if self.model_name == "":
            return thumbnails.upscale_thumbnails()
        checkpoint = model_cache.generators().get(self.model_name)
        if checkpoint is None:
            return []
        pngs = model_cache.sample_pngs(self.model_name, checkpoint.weights_hash, EXAMPLE_SEEDS, None, 0.8)
        return [
            GalleryImage(png, f"Drawn by {self.model_name} from seed {seed}", "")
            for png, seed in zip(pngs, EXAMPLE_SEEDS, strict=True)
        ]


MODEL_INTROS = (
    ModelIntro(
        "The first GAN",
        "Goodfellow et al. 2014, Generative adversarial nets",
        "Two stacks of dense layers. Every pixel is computed from all hundred random numbers at once: it works, and it"
        " looks like its time.",
        "mnist-vanilla", "pages/samples/page.py", "See its samples",
    ),
    ModelIntro(
        "DCGAN",
        "Radford et al. 2015, Unsupervised representation learning with deep convolutional GANs",
        "Convolutions instead: the generator starts from a small, deep picture and doubles its size again and again,"
        " the discriminator goes the same way back. Ours also sorts the pictures into kinds by itself and draws each"
        " kind in its share (Liu et al. 2020).",
        "mnist-dcgan", "pages/samples/page.py", "See its samples",
    ),
    ModelIntro(
        "Conditional GAN",
        "Mirza and Osindero 2014, Conditional generative adversarial nets",
        "Both networks are told a label. The discriminator asks: is this real, *and* is it a 7? So the generator draws"
        " what it is asked for, and the random numbers are left to be the handwriting.",
        "mnist-cgan", "pages/digits/page.py", "Ask for a digit",
    ),
    ModelIntro(
        "R3GAN",
        "Huang et al. 2024, The GAN is dead; long live the GAN! A modern baseline GAN",
        "Ten years of tricks left out. What stays is a loss that judges pairs, with both penalties, and plain residual"
        " blocks, each of which begins as nothing and adds what it learns. It is enough for photographs, and no"
        " normalisation mixes one picture with the next.",
        "faces-r3gan", "pages/samples/page.py", "See its samples",
    ),
    ModelIntro(
        "SRGAN",
        "Ledig et al. 2017, Photo-realistic single image super-resolution using a GAN",
        "The generator starts from a small picture instead of noise, and draws it large. Averages of all that could"
        " have been there are blurred; a discriminator that knows photographs demands one that could.",
        "", "pages/upscale/page.py", "Enlarge a picture",
    ),
)  # fmt: skip
