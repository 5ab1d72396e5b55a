"""The texts of the page How it works, and the families of GANs with example images."""

from dataclasses import dataclass

from pages.ui import thumbnails
from pages.ui.gallery import GalleryImage

EXAMPLE_SEEDS = tuple(range(7))

WHAT_TO_LOOK_FOR = """
- Press **Play**. The colours show how real the discriminator finds each place, the arrows where the gradient moves each
  generated point. When the two distributions match, the colours fade: real and generated look the same.
- **Collapse**, and the other lessons, play by themselves. Each starts from an untrained game with the same seed,
  whatever was played before, and says when it has shown its point; **Back to my game** brings back what was there.
  Here all generated points run to one mode after another: it is enough to fool the discriminator *now*, and nothing in
  the loss rewards diversity. This is *mode collapse*.
- **The cure** continues the collapsed game. The loss now compares each generated point with a real one, and a penalty
  keeps the discriminator's gradient small. The points spread out again.
- **Vanishing gradient**: only the discriminator learns, without a penalty. It becomes certain, and the arrows of the
  minimax loss shrink to nothing. Plain gradient descent would now stand still; Adam, which divides each gradient by its
  usual size, jumps blindly: choose *Both* under *Who learns* and see the points leave the plane.
- **Generator alone**: after both have learned, the discriminator stops. The generator follows one that no longer
  changes, and all points run to where it was highest: the modes that were covered are lost.
"""

OBJECTIVES = (  # name, what it changes, paper
    (
        "non-saturating",
        r"$G$ maximises $\log D(G(z))$: its gradient is largest where its samples are worst",
        "Goodfellow et al. 2014",
    ),
    (
        "least squares",
        "squared distances instead of log probabilities: no saturation on either side",
        "LSGAN, Mao et al. 2017",
    ),
    ("hinge", "only samples within the margin count in the loss of $D$", "Lim and Ye 2017"),
    (
        "WGAN-GP",
        "the Wasserstein distance of the two distributions, with the gradient norm of $D$ kept at 1",
        "Gulrajani et al. 2017",
    ),
    (
        "relativistic",
        "$D$ compares pairs, real beside generated: no local minimum drops a mode",
        "R3GAN, Huang et al. 2024",
    ),
)
LOSS_TABLE = "\n".join(
    (
        "Trained as written, this is fragile. These changes followed, all of them under *Objective* above:",
        "",
        "| objective | what it changes | paper |",
        "|---|---|---|",
        *(f"| {' | '.join(row)} |" for row in OBJECTIVES),
        "",
        "All of them gain by R1 and R2, penalties on the discriminator's squared gradient norm at real and at generated"
        " points, with which training converges locally (Mescheder et al. 2018). Most models of this app are trained"
        " with the last objective and both penalties.",
    )
)


@dataclass(frozen=True)
class ModelIntro:
    """A kind of GAN: its paper, a description, and the model that draws examples; "" stands for the upscaler."""

    title: str
    paper: str
    text: str
    model_name: str
    page_path: str
    link_label: str

    def example_images(self) -> list[GalleryImage]:
        """Images by the example model; none where it is missing."""
        if self.model_name == "":
            return thumbnails.upscale_thumbnails()
        return thumbnails.model_thumbnails(self.model_name, EXAMPLE_SEEDS)


MODEL_INTROS = (
    ModelIntro(
        "The first GAN",
        "Goodfellow et al. 2014, Generative adversarial nets",
        "Two multilayer perceptrons. Every pixel is computed from all hundred random numbers at once: it works, and it"
        " looks like its time.",
        "mnist-vanilla", "pages/samples/page.py", "See its samples",
    ),
    ModelIntro(
        "DCGAN",
        "Radford et al. 2015, Unsupervised representation learning with deep convolutional GANs",
        "Convolutions instead: the generator starts from a small feature map with many channels and doubles its size"
        " again and again, the discriminator does the reverse. Ours is also conditioned on clusters that it finds in"
        " the pictures by itself (Liu et al. 2020).",
        "mnist-dcgan", "pages/samples/page.py", "See its samples",
    ),
    ModelIntro(
        "Conditional GAN",
        "Mirza and Osindero 2014, Conditional generative adversarial nets",
        "Both networks are given a label. The discriminator asks: is this real, *and* is it a 7? So the generator draws"
        " the digit that is asked for, and the random numbers decide the handwriting.",
        "mnist-cgan", "pages/digits/page.py", "Ask for a digit",
    ),
    ModelIntro(
        "R3GAN",
        "Huang et al. 2024, The GAN is dead; long live the GAN! A modern baseline GAN",
        "Without ten years of tricks. What stays is a loss that compares pairs, both penalties, and plain residual"
        " blocks that start as the identity. There is no normalisation layer, so no picture depends on the others of"
        " its batch, and it is enough for photographs.",
        "faces-r3gan", "pages/samples/page.py", "See its samples",
    ),
    ModelIntro(
        "SRGAN",
        "Ledig et al. 2017, Photo-realistic single image super-resolution using a GAN",
        "The generator starts from a small picture instead of noise, and draws it large. A squared error alone rewards"
        " the average of all plausible details, which is blurred; the discriminator demands one that is plausible.",
        "", "pages/upscale/page.py", "Enlarge a picture",
    ),
)  # fmt: skip
