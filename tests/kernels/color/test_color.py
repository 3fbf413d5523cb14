"""CIELAB against scikit-image."""

import pytest
import torch
from skimage.color import rgb2lab

from graphvision.kernels.color import rgb_to_lab


def colours(dtype):
    image = torch.cat([torch.rand(2, 3, 17, 45), torch.rand(2, 3, 17, 45) ** 5]).to(dtype)
    image[0, :, 0], image[1, :, 0], image[2, 0, :4] = 0.0, 1.0, 0.0
    image[3] *= 0.05
    return image


@pytest.mark.parametrize("backend", ["reference", "numba"])
@pytest.mark.parametrize(("dtype", "atol"), [(torch.float32, 1e-3), (torch.float64, 1e-11)])
def test_matches_oracle(backend, dtype, atol):
    image = colours(dtype)
    wanted = torch.from_numpy(rgb2lab(image.double().numpy(), channel_axis=1))
    found = rgb_to_lab(image, backend=backend)
    assert found.dtype == dtype
    torch.testing.assert_close(found.double(), wanted, rtol=0, atol=atol)


def test_gradients():
    image = (torch.rand(1, 3, 2, 3, dtype=torch.float64) * 0.9 + 0.05).requires_grad_()
    assert torch.autograd.gradcheck(rgb_to_lab, image)


def test_errors():
    with pytest.raises(ValueError, match=r"`image` must have 3 channels \(RGB\), got 4"):
        rgb_to_lab(torch.rand(1, 4, 2, 2))
