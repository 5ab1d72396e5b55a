"""Scores of a model that draws sentences: does it draw what was asked for, as real photos look, and nothing by heart?

Prompts are captions of pictures that neither the model nor the judge was trained on; the figures stand next to what
those real photos get from the same judge.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from gan_core.data.sampler import epoch_order
from gan_core.errors import InputError
from gan_core.evaluation import class_conditional
from gan_core.evaluation.caption_classifier import OTHER, CaptionJudge, Kinds
from gan_core.metrics import frechet_distance, nearest_distances
from gan_core.sampling import Model
from gan_core.text.captions import row_attributes, compose_caption

PART = 256  # pictures looked at together
RIVALS = 99  # other pictures' captions that a caption is ranked among
DRAWS = 4  # pictures of each everyday prompt
NEIGHBOUR_ROWS = 500  # of a distance matrix held at once

Progress = Callable[[int, int], None]


def evaluate_text(
    model: Model, judge: CaptionJudge, train: Any, held: Any, count: int = 2000, progress: Progress = lambda *_: None
) -> dict[str, Any]:
    """Scores of `count` prompts drawn from held-out captions, as plain JSON; `floor` holds those of real photos.

    `accuracy` has for each column the share of pictures that show the kind asked for, among prompts that say it;
    `r_precision` the share that fits its own picture's metadata best, among 100; `frechet` lies between as many
    generated and real pictures; `variety` is the mean distance between two pictures of the same kinds; `nearest` are
    distances to the nearest training picture in the judge's features, their median and the closest hundredth.
    Raises InputError where count is out of range or judge and model do not fit.
    """
    if model.encoder is None or model.checkpoint.config.image_size != judge.size:
        raise InputError(f"{judge.name} reads pictures of {judge.size} pixels that were drawn after a sentence.")
    if not 200 <= count <= len(held):
        raise InputError(f"--count must lie between 200 and {len(held)}, the captions held out, not be {count}.")
    held = held.subset(epoch_order(len(held), 0, 0)[:count].tolist())  # from all over: neighbours are alike
    rows, prompts = held.rows, prompts_of(held.rows)
    fake = draw(model, prompts, lambda done: progress(done, count))
    seen, told = judge.look(fake)
    truth, truth_told = judge.look(held.take(torch.arange(count)).images)
    wanted = judge.kinds.targets(rows)
    known = look_at_all(judge, train)
    another = known[epoch_order(len(train), 0, 0)[:count]]
    return {
        "count": count,
        "judge": judge.name,
        "judge_accuracy": judge.accuracy,
        "accuracy": accuracy(told, wanted, said(rows, prompts)),
        "r_precision": r_precision(told, wanted),
        "frechet": frechet_distance(truth, seen),
        "variety": variety(seen, wanted),
        "nearest": nearness(seen, known),
        "floor": {
            "accuracy": accuracy(truth_told, wanted, said(rows, prompts)),
            "r_precision": r_precision(truth_told, wanted),
            "frechet": frechet_distance(truth, another),
            "variety": variety(truth, wanted),
            "nearest": nearness(truth, known),
        },
    }


def evaluate_prompts(model: Model, judge: CaptionJudge, cases: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """How many pictures of everyday prompts show what is meant: each case has its `prompt`, and for each column, in the
    plural, the kinds that would be right. `right` is the share that is right in all of them."""
    prompts = [case["prompt"] for case in cases for _ in range(DRAWS)]
    _, told = judge.look(draw(model, prompts, lambda _: None))
    hits = {
        name: fits(judge.kinds, name, told[name], cases) for name in told if any(f"{name}s" in case for case in cases)
    }
    if not hits:
        raise InputError("These prompts name no kinds that the judge tells apart.")
    both = torch.stack(list(hits.values())).all(dim=0)
    wrong = [
        case["prompt"]
        for case, each in zip(cases, both.view(-1, DRAWS).float().mean(1).tolist(), strict=True)
        if each < 0.5
    ]
    shares = {name: each.float().mean().item() for name, each in hits.items()}
    return {"prompts": len(cases), "draws": DRAWS, "right": both.float().mean().item(), **shares, "mostly_wrong": wrong}


def fits(kinds: Kinds, name: str, told: Tensor, cases: Sequence[dict[str, Any]]) -> Tensor:
    """Where the judge sees one of the kinds that would be right (cases x DRAWS,); where none is named, anything is."""
    known = kinds.columns[name]
    right = []
    for case in cases:
        meant = case.get(f"{name}s") or known
        places = {known.index(kind if kind in known else OTHER) for kind in meant if kind in known or OTHER in known}
        right += [places] * DRAWS
    return torch.tensor([place in places for place, places in zip(told.argmax(dim=1).tolist(), right, strict=True)])


def prompts_of(rows: Sequence[dict[str, Any]]) -> list[str]:
    """A caption of each picture; never none."""
    generator, prompts = torch.Generator().manual_seed(0), []
    for row in rows:
        while not (told := compose_caption(row, generator)):
            pass  # now and then nothing is said
        prompts.append(told)
    return prompts


def said(rows: Sequence[dict[str, Any]], prompts: Sequence[str]) -> dict[str, Tensor]:
    """Where a prompt says what its picture's colour is; the kind is said by all of them."""
    colours = [row_attributes(row).get("colour", "").lower() for row in rows]
    return {
        "colour": torch.tensor(
            [bool(one) and one in prompt.lower() for one, prompt in zip(colours, prompts, strict=True)]
        )
    }


def draw(model: Model, prompts: Sequence[str], report: Callable[[int], None]) -> Tensor:
    """A picture for each prompt, from the seeds 0, 1, ..., as uint8 (N, C, S, S)."""
    return class_conditional.draw(model, range(len(prompts)), 1.0, report, prompts)


def look_at_all(judge: Any, data: Any) -> Tensor:
    """The features of every picture of a set (N, FEATURES)."""
    return torch.cat([judge.look(data.take(places).images)[0] for places in torch.arange(len(data)).split(PART)])


def accuracy(told: dict[str, Tensor], wanted: dict[str, Tensor], only: dict[str, Tensor]) -> dict[str, float]:
    """For each column the share told right, where it is known and was said."""
    shares = {}
    for name, scores in told.items():
        counted = wanted[name] >= 0
        counted = counted & only[name] if name in only else counted
        shares[name] = (scores.argmax(dim=1) == wanted[name])[counted].float().mean().item()
    return shares


def r_precision(told: dict[str, Tensor], wanted: dict[str, Tensor]) -> float:
    """The share of pictures (N,) whose own metadata fit what is seen best, among theirs and those of RIVALS others
    (Xu et al. 2018, AttnGAN, section 4.1); among equally good ones a share each."""
    count = len(next(iter(told.values())))
    generator, hits = torch.Generator().manual_seed(0), 0.0
    for place in range(count):
        others = torch.randperm(count, generator=generator)[: RIVALS + 1]
        rivals = torch.cat([torch.tensor([place]), others[others != place][:RIVALS]])
        fit = torch.zeros(len(rivals))
        for name, scores in told.items():
            kinds = wanted[name][rivals]
            fit += torch.where(kinds >= 0, scores[place][kinds.clamp(min=0)], scores[place].mean())
        best = fit >= fit.max() - 1e-6
        hits += (best[0] / best.sum()).item()
    return hits / count


def variety(features: Tensor, wanted: dict[str, Tensor]) -> float:
    """The mean distance between two pictures whose kinds are the same in every column, in features (N, D): what is left
    of it tells a model that draws one picture for each name. 0 where no two are of the same kinds."""
    kinds = torch.stack(list(wanted.values()))  # (columns, N)
    same = (kinds[:, :, None] == kinds[:, None]).all(dim=0) & (kinds >= 0).all(dim=0)
    pairs = same.triu(diagonal=1)
    apart = torch.cdist(features, features, compute_mode="donot_use_mm_for_euclid_dist")  # alike ones are at 0
    return (apart[pairs].sum() / pairs.sum().clamp(min=1)).item()


def nearness(features: Tensor, known: Tensor) -> dict[str, float]:
    """Distances from each row (N, D) to the nearest of the known ones (M, D): their median and closest hundredth."""
    found = torch.cat([nearest_distances(rows, known) for rows in features.split(NEIGHBOUR_ROWS)])
    return {"median": found.median().item(), "closest": found.quantile(0.01).item()}
