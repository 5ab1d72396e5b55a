"""The two kinds of trouble whose text is meant for the person in front of the screen, and those that a model from
elsewhere can bring."""


class UsageError(ValueError):
    """The call or its input cannot be used: the text says what is wrong, what is allowed, what to do (exit code 2)."""


class ExternalError(RuntimeError):
    """Something outside failed: network, disk, a run that diverged (exit code 1)."""


# A model that cannot be had: the reference, or the right to it, must change


class NotFound(UsageError):
    """The Hub has no such model, or the model no such file."""


class RevisionNotFound(NotFound):
    """The model is there, the revision is not."""


class AuthenticationRequired(UsageError):
    """The model is gated or private, or the token does not allow what was asked."""


# A model that cannot be used: another one is needed


class UnsafeFile(UsageError):
    """A file that holds code besides weights; none is ever run."""


class UnknownArchitecture(UsageError):
    """Weights of a network that nobody here can build."""


class BrokenWeights(UsageError):
    """Weights that are torn, or not finite."""


class TooLarge(UsageError):
    """More than this machine can hold."""


# A failure on the way: the same call may succeed later


class Unreachable(ExternalError):
    """The Hub does not answer, or has trouble of its own."""


class TimedOut(Unreachable):
    """It took too long."""


class IncompleteDownload(ExternalError):
    """A download broke off; what came is kept, and the next attempt goes on from there."""


class HashMismatch(ExternalError):
    """What came is not what the Hub announced; it was thrown away."""


class DiskFull(ExternalError):
    """There is no room."""
