"""Summarises licences by their identifiers on the Hub, for people to read before a download."""

PERMISSIVE = {
    "mit", "apache-2.0", "bsd", "bsd-2-clause", "bsd-3-clause", "bsd-3-clause-clear", "isc", "cc0-1.0", "cc-by-2.0",
    "cc-by-3.0", "cc-by-4.0", "unlicense", "wtfpl", "zlib", "bsl-1.0", "pddl", "ncsa", "0bsd", "artistic-2.0",
}  # fmt: skip
COPYLEFT = {
    "gpl", "gpl-2.0", "gpl-3.0", "agpl-3.0", "lgpl", "lgpl-2.1", "lgpl-3.0", "mpl-2.0", "cc-by-sa-3.0", "cc-by-sa-4.0",
    "epl-2.0", "eupl-1.1", "eupl-1.2", "osl-3.0",
}  # fmt: skip
COMMON = ("mit", "apache-2.0", "bsd-3-clause", "cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0")  # to choose from
UNSTATED = {"", "unknown", "none", "other"}
NON_COMMERCIAL_WORDS = ("noncommercial", "non-commercial", "research")


def is_permissive(licence: str | None) -> bool:
    """Whether the licence allows use, change and redistribution for any purpose, on attribution alone."""
    return (licence or "").lower() in PERMISSIVE


def describe_licence(licence: str | None) -> str:
    """What the licence allows, in one sentence."""
    name = (licence or "").strip().lower()
    if name in UNSTATED:
        return (
            "No licence is stated: all rights are reserved. Ask the owner before you publish the model or its images."
        )
    if name in PERMISSIVE:
        return f"Licence {licence}: free for any use, with attribution."
    if name in COPYLEFT:
        return (
            f"Licence {licence}: free for any use; what is derived from the model must be shared under the same terms."
        )
    if "-nc" in name or any(word in name for word in NON_COMMERCIAL_WORDS):
        return f"Licence {licence}: not for commercial use."
    return f"Licence {licence}: it has its own terms; read them before you use the model."
