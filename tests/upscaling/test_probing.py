"""What is measured of a network when it is loaded."""

import pytest
from torch import Tensor, nn

from gan_core.upscaling.probing import compute_receptive_radius

pytestmark = pytest.mark.core


def test_the_receptive_radius_is_known_only_where_the_network_keeps_it() -> None:
    class Global(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Conv2d(3, 3, 3, padding=1)

        def forward(self, small: Tensor) -> Tensor:
            return self.layer(small) + small.mean()

    module = Global()
    assert compute_receptive_radius(module, module, 3) is None
    assert compute_receptive_radius(module.layer, module.layer, 3) == 1
    assert (
        compute_receptive_radius(
            nn.Sequential(*[nn.Conv2d(3, 3, 3, padding=1) for _ in range(40)]), lambda small: small, 3
        )
        is None
    )
