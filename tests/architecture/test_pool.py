"""Pool of images: one place, a few, and images that have fewer."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from layerwise import PairingError, ParameterError, Pool, Space


def pooled(stage: Pool, images: torch.Tensor) -> torch.Tensor:
    space = Space.of("real", *images.shape[1:])
    module = stage.build(space, torch.Generator())
    code = module.encode(images)
    assert code.shape[1:] == module.code_space.shape
    return code


@pytest.mark.parametrize(
    ("how", "reference"), [("mean", F.adaptive_avg_pool2d), ("max", F.adaptive_max_pool2d)]
)
def test_a_few_places_are_those_of_torch(how, reference):
    images = torch.randn(3, 4, 7, 5, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(pooled(Pool(how, size=2), images), reference(images, 2))
    torch.testing.assert_close(pooled(Pool(how), images), reference(images, 1).flatten(1))


def test_a_place_is_the_mean_of_its_quarter():
    image = torch.arange(16.0).reshape(1, 1, 4, 4)
    assert pooled(Pool(size=2), image).tolist() == [[[[2.5, 4.5], [10.5, 12.5]]]]


def test_an_image_with_fewer_places_keeps_them_all():
    images = torch.randn(2, 3, 1, 3, generator=torch.Generator().manual_seed(0))
    assert pooled(Pool(size=2), images).shape == (2, 3, 1, 2)
    assert torch.equal(pooled(Pool(size=5), images), images)


def test_tokens_have_no_places():
    with pytest.raises(PairingError, match=r"tokens of shape \(4, 3\), which lie in no plane"):
        Pool(size=2).build(Space.of("real", 4, 3), torch.Generator())
    with pytest.raises(ParameterError, match="'size' parameter of Pool"):
        Pool(size=0)
