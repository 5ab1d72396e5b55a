"""Exceptions whose text is shown to the user: `UsageError` (wrong input) and `ExternalError` (outside failure).

The rest are kinds of these two that models from the Hub can raise; other exceptions are bugs and are not caught.
"""


class UsageError(ValueError):
    """A call or its input cannot be used; the text says what is wrong, what is allowed and what to do (exit code 2)."""


class ExternalError(RuntimeError):
    """Something outside the program failed: network, disk, a training that diverged (exit code 1)."""


# Models that cannot be fetched: another reference, or access to the model, is needed ---------------------------------


class NotFound(UsageError):
    """The Hub has no such model, or the model has no such file."""


class RevisionNotFound(NotFound):
    """The model exists, the revision does not."""


class AuthenticationRequired(UsageError):
    """The model is gated or private, or the access token lacks the permission."""


# Models that cannot be used ------------------------------------------------------------------------------------------


class UnsafeFile(UsageError):
    """A file contains code besides weights; code is never executed."""


class UnknownArchitecture(UsageError):
    """The weights belong to an architecture that is not supported."""


class UndecidedLabels(UnknownArchitecture):
    """Nothing tells how label and latent are joined; `orders` are the answers that are possible."""

    def __init__(self, message: str, orders: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.orders = orders


class BrokenWeights(UsageError):
    """The weights are truncated, or hold values that are not finite."""


class TooLarge(UsageError):
    """The model needs more memory or disk space than is allowed."""


# Failures on the way: the same call may succeed later ----------------------------------------------------------------


class Unreachable(ExternalError):
    """The Hub does not answer, or answers with a server error."""


class TimedOut(Unreachable):
    """The Hub did not answer within the time limit."""


class IncompleteDownload(ExternalError):
    """A download was interrupted; the received part is kept, and the next attempt resumes there."""


class HashMismatch(ExternalError):
    """A downloaded file does not have the hash that the Hub announced; it was deleted."""


class DiskFull(ExternalError):
    """There is not enough space on the disk."""
