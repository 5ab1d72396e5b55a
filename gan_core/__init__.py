"""GAN Atelier's core: data, networks, objectives, training, sampling and evaluation of GANs; no user interface."""

__version__ = "0.1.0"
