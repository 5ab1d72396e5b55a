"""The names of models for visitors: what a model draws, and its technical name beside it."""

from gan_core.checkpoints.checkpoint import Checkpoint

SUBJECTS = {
    "mnist": "Digits",
    "fashion-mnist": "Garments",
    "lfw-faces": "Faces",
    "flowers102": "Flowers",
    "fashion-products": "Products",
    "photos": "Photos",
}  # by the name of the training data


def subject_of(checkpoint: Checkpoint) -> str:
    """The title that its owner gave a model, or what it draws, such as "Faces"; its name where neither is known."""
    return checkpoint.title or SUBJECTS.get(str(checkpoint.description.data.get("name", "")), checkpoint.name)


def model_title(checkpoint: Checkpoint) -> str:
    """Subject and technical name, such as "Faces (faces-r3gan)"; the name alone where the subject is not known."""
    subject = subject_of(checkpoint)
    return subject if subject == checkpoint.name else f"{subject} ({checkpoint.name})"
