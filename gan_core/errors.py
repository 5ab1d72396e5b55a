"""The two kinds of trouble whose text is meant for the person in front of the screen."""


class InputError(ValueError):
    """The call or its input cannot be used: the text says what is wrong, what is allowed, what to do (exit code 2)."""


class OutsideError(RuntimeError):
    """Something outside failed: network, disk, a run that diverged (exit code 1)."""
