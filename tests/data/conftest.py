"""Fixtures of the tests of data sets."""

import pytest


@pytest.fixture(params=["folder", "zip"])
def storage(request: pytest.FixtureRequest) -> str:
    """How a data set lies on the disk."""
    return request.param
