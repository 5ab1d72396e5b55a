"""The two kinds of trouble whose text is meant for the person in front of the screen, and those that a model from
elsewhere can bring."""


class InputError(ValueError):
    """The call or its input cannot be used: the text says what is wrong, what is allowed, what to do (exit code 2)."""


class OutsideError(RuntimeError):
    """Something outside failed: network, disk, a run that diverged (exit code 1)."""


# A model that cannot be had: the reference, or the right to it, must change


class NotFound(InputError):
    """The Hub has no such model, or the model no such file."""


class NoSuchRevision(NotFound):
    """The model is there, the revision is not."""


class LoginNeeded(InputError):
    """The model is gated or private, or the token does not allow what was asked."""


# A model that cannot be used: another one is needed


class CodeRefused(InputError):
    """A file that holds code besides weights; none is ever run."""


class UnknownArchitecture(InputError):
    """Weights of a network that nobody here can build."""


class BrokenWeights(InputError):
    """Weights that are torn, or not finite."""


class TooLarge(InputError):
    """More than this machine can hold."""


# A failure on the way: the same call may succeed later


class Unreachable(OutsideError):
    """The Hub does not answer, or has trouble of its own."""


class TimedOut(Unreachable):
    """It took too long."""


class Truncated(OutsideError):
    """A download broke off; what came is kept, and the next attempt goes on from there."""


class HashMismatch(OutsideError):
    """What came is not what the Hub announced; it was thrown away."""


class DiskFull(OutsideError):
    """There is no room."""
