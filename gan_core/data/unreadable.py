"""Sentences on the images of a data set that cannot be read, by reason."""

from collections.abc import Mapping

from gan_core.data.archives import abbreviate_names, printable_name

MAX_REASONS = 4  # that are told apart
OTHER_REASONS = "for other reasons"


def reason_without_name(error: BaseException, name: str) -> str:
    """Why an image could not be read, as a clause, the same for all images of that fault."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    text = str(error).removeprefix(f"{name} ").split(". Supported formats: ")[0]
    return text.strip().rstrip(".") or type(error).__name__


def describe_unreadable(reasons: Mapping[str, str], total: int, noun: str = "images") -> list[str]:
    """A sentence for each reason, the most frequent one first, with the names of the images; `reasons` is by name."""
    return [
        f"{len(names):,} of {total:,} {noun} could not be read and were skipped: {abbreviate_names(names)} ({reason})."
        for reason, names in group_by_reason(reasons).items()
    ]


def list_unreadable(reasons: Mapping[str, str]) -> str:
    """The first names of each reason with the reason, for the end of a sentence."""
    groups = group_by_reason(reasons).items()
    return "; ".join(f"{abbreviate_names(names)} ({reason})" for reason, names in groups)


def group_by_reason(reasons: Mapping[str, str]) -> dict[str, list[str]]:
    """Names by reason, the most frequent reason first, rare ones taken together."""
    groups: dict[str, list[str]] = {}
    for name, reason in reasons.items():
        groups.setdefault(printable_name(reason), []).append(name)
    ordered = sorted(groups.items(), key=lambda item: -len(item[1]))
    rest = [name for _, names in ordered[MAX_REASONS:] for name in names]
    return dict(ordered[:MAX_REASONS]) | ({OTHER_REASONS: rest} if rest else {})
