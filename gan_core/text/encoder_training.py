"""Trains a text encoder on the captions of a data set, so that what the captions name dominates its embeddings.

In a distilled table, "red handbag" and "blue handbag" are almost the same sentence. A small network, applied to the
vector of each word, learns to predict the metadata of an image from its caption (article, colour, gender, or else the
frequent words). Noise on the vectors extends what it learns to words of no caption; frequent words get an offset of
their own. As the network sees one word at a time, its outputs for all words are a new, smaller table.

With synonyms, captions that contain them must have the embedding of the original caption: a frock is a dress, crimson a
red. A teacher's embeddings can be the goal instead, so that a model trained with the teacher understands this encoder.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import (
    binary_cross_entropy_with_logits,
    cosine_similarity,
    cross_entropy,
    embedding_bag,
    normalize,
    softplus,
)

from gan_core.errors import UsageError
from gan_core.text.encoder import TextEncoder
from gan_core.text.training_captions import Rows, TrainingCaptions, draw_captions, prototype_names

STEPS, BATCH_SIZE = 3_000, 512
LEARNING_RATE, WEIGHT_DECAY = 3e-3, 0.02
HIDDEN_DIM = 256
INPUT_NORM = 4.0  # of the table's vectors, as inputs of the network
NOISE_SCALE = 0.6  # of the noise on a vector, relative to its length: about the distance of a synonym
LOGIT_SCALE = 8.0
WORD_LOSS_WEIGHT = 10.0  # of the cross-entropy of frequent words
CONSISTENCY_WEIGHT = 10.0  # of the cosine distance from the goal


@dataclass(frozen=True)
class TrainedEncoder:
    """A text encoder, and the classifiers it was trained with: from embeddings (N, dim) to the values of columns."""

    encoder: TextEncoder
    columns: dict[str, tuple[str, ...]]
    heads: nn.ModuleDict

    @torch.inference_mode()
    def predict(self, sentences: Sequence[str], column: str) -> list[str]:
        """The most likely value of a column for each sentence."""
        scores = self.heads[column](self.encoder.encode(sentences))
        return [self.columns[column][index] for index in scores.argmax(dim=1).tolist()]


class WordProjection(nn.Module):
    """Word vectors (V, input_dim) -> (V, output_dim): a direction times a positive weight, both the sum of a linear
    function and a network with one hidden layer."""

    def __init__(self, input_dim: int, output_dim: int) -> None:
        super().__init__()
        self.linear = nn.Linear(input_dim, output_dim + 1)
        self.nonlinear = nn.Sequential(
            nn.Linear(input_dim, HIDDEN_DIM), nn.ReLU(), nn.Linear(HIDDEN_DIM, output_dim + 1)
        )

    def forward(self, vectors: Tensor) -> Tensor:
        outputs = self.linear(vectors) + self.nonlinear(vectors)
        return outputs[..., :-1] * softplus(outputs[..., -1:])


class CosineClassifier(nn.Module):
    """Embeddings (N, dim) -> logits (N, values): scaled cosine similarities to a direction per value (NormFace, Wang et
    al. 2017). Bounded logits force the embeddings of different values apart, which a generator needs."""

    def __init__(self, dim: int, num_values: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(num_values, dim))

    def forward(self, vectors: Tensor) -> Tensor:
        return LOGIT_SCALE * normalize(vectors, dim=1) @ normalize(self.weight, dim=1).T


class EncoderNetwork(nn.Module):
    """What is trained: the projection of word vectors, offsets of the words in captions, a classifier per column."""

    def __init__(self, table: TextEncoder, captions: TrainingCaptions, dim: int) -> None:
        super().__init__()
        self.projection = WordProjection(table.dim, dim)
        self.heads = nn.ModuleDict(
            {name: CosineClassifier(dim, len(values)) for name, values in captions.columns.items()}
        )
        self.word_offsets = nn.Parameter(torch.zeros(len(captions.used_ids), dim))
        self.used_ids = captions.used_ids
        self.vectors = normalize(torch.from_numpy(table.float_embeddings()), dim=1) * INPUT_NORM  # (V, table.dim)
        self.used_vectors = self.vectors[self.used_ids]  # (U, table.dim)

    def noisy_table(self) -> Tensor:
        """Vectors (U + 1, dim) of the words in captions, computed from noisy inputs; the last one is the padding."""
        noise = NOISE_SCALE * INPUT_NORM * torch.randn_like(self.used_vectors) / self.used_vectors.shape[1] ** 0.5
        vectors = self.projection(self.used_vectors + noise) + self.word_offsets
        return torch.cat([vectors, torch.zeros(1, vectors.shape[1])])

    @torch.inference_mode()
    def final_table(self) -> Tensor:
        """Vectors (V, dim) of all words."""
        vectors = self.projection(self.vectors)
        vectors[self.used_ids] += self.word_offsets
        return vectors


def train_encoder(
    table: TextEncoder,
    rows: Rows,
    dim: int,
    seed: int = 0,
    progress: Callable[[int], Any] = int,
    synonyms: Mapping[str, Sequence[str]] | None = None,
    teacher: TextEncoder | None = None,
) -> TrainedEncoder:
    """An encoder with `dim` values for captions of these rows of metadata; a function of its arguments.

    `synonyms` of words and phrases are trained too. `teacher` is an encoder whose embeddings of the captions are the
    goal. `progress` is called with 1 after each of STEPS steps. Raises UsageError where the captions contain no word of
    the table, or `teacher` has another `dim`.
    """
    if teacher and teacher.dim != dim:
        raise UsageError(f"The encoder to imitate has {teacher.dim} values per sentence, not the {dim} asked for.")
    synonyms = synonyms or {}
    generator = torch.Generator().manual_seed(seed)
    captions = draw_captions(table, rows, synonyms, generator)
    goals = teacher.encode(captions.texts) if teacher else None
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = EncoderNetwork(table, captions, dim)
        fit(network, captions, goals, generator, progress, imitate=bool(teacher or synonyms))
    encoder = TextEncoder.from_vectors(table.words, network.final_table().numpy(), table.source, synonyms)
    encoder = encoder.with_prototypes(prototype_names(rows), captions.vocabulary_ids)
    return TrainedEncoder(encoder, captions.columns, network.heads.requires_grad_(False))


def fit(
    network: EncoderNetwork,
    captions: TrainingCaptions,
    goals: Tensor | None,
    generator: torch.Generator,
    progress: Callable[[int], Any],
    *,
    imitate: bool,
) -> None:
    """Trains the network for STEPS steps with AdamW and a cosine learning rate. With `imitate`, embeddings approach
    `goals` (N, dim), or without these the embeddings of the original captions."""
    parameters = [*network.projection.parameters(), *network.heads.parameters(), network.word_offsets]
    optimizer = torch.optim.AdamW(parameters, LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    for _ in range(STEPS):
        batch = torch.randint(len(captions.bags), (BATCH_SIZE,), generator=generator)
        table = network.noisy_table()
        embeddings = embed_bags(captions.bags[batch], table)
        losses = (
            head_loss(network.heads[name](embeddings), captions.targets[name][batch]) for name in captions.columns
        )
        loss = sum(losses, torch.zeros(()))
        if imitate:
            originals = captions.original_bags[batch]
            goal = embed_bags(originals, table).detach() if goals is None else goals[batch]
            loss += CONSISTENCY_WEIGHT * consistency_loss(embeddings, goal)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        progress(1)


def embed_bags(bags: Tensor, table: Tensor) -> Tensor:
    """Bags (N, longest) of indices into a table (U + 1, dim) whose last row is the padding -> embeddings (N, dim)."""
    sums = embedding_bag(bags, table, mode="sum", padding_idx=len(table) - 1)
    return normalize(sums, dim=1) * table.shape[1] ** 0.5


def head_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy with one value per caption (N,), ignoring -1, or with the words that it contains (N, words)."""
    if targets.dim() == 2:
        return binary_cross_entropy_with_logits(logits, targets) * WORD_LOSS_WEIGHT
    return cross_entropy(logits, targets, ignore_index=-1)


def consistency_loss(embeddings: Tensor, goals: Tensor) -> Tensor:
    """The mean cosine distance between embeddings and goals (N, dim), over goals that are not zero."""
    return (1 - cosine_similarity(embeddings, goals, dim=1))[goals.any(dim=1)].mean()
