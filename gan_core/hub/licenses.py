"""What a licence by its name on the Hub lets people do, in a sentence: said before anything is downloaded."""

PERMISSIVE = {
    "mit", "apache-2.0", "bsd", "bsd-2-clause", "bsd-3-clause", "bsd-3-clause-clear", "isc", "cc0-1.0", "cc-by-2.0",
    "cc-by-3.0", "cc-by-4.0", "unlicense", "wtfpl", "zlib", "bsl-1.0", "pddl", "ncsa", "0bsd", "artistic-2.0",
}  # fmt: skip
COPYLEFT = {"gpl", "gpl-2.0", "gpl-3.0", "agpl-3.0", "lgpl", "lgpl-2.1", "lgpl-3.0", "mpl-2.0", "cc-by-sa-3.0",
          "cc-by-sa-4.0", "epl-2.0", "eupl-1.1", "eupl-1.2", "osl-3.0"}  # fmt: skip
UNSTATED = {"", "unknown", "none", "other"}


def is_permissive(licence: str | None) -> bool:
    """Whether the weights may be used, changed and passed on for any purpose, if their author is named."""
    return (licence or "").lower() in PERMISSIVE


def describe_licence(licence: str | None) -> str:
    """What the licence means, in a sentence."""
    name = (licence or "").strip().lower()
    if name in UNSTATED:
        return "No licence is stated: all rights are its owner's, so ask before you publish the model or what it draws."
    if name in PERMISSIVE:
        return f"Licence {licence}: free for any use, its author named."
    if name in COPYLEFT:
        return (
            f"Licence {licence}: free for any use; what is made from the model must be passed on under the same terms."
        )
    if "-nc" in name or any(word in name for word in ("noncommercial", "non-commercial", "research")):
        return f"Licence {licence}: not for commercial use."
    return f"Licence {licence}: it has terms of its own; read them before you use the model."
