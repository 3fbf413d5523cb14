"""Losses of numbers against torch's."""

import torch
import torch.nn.functional as F  # noqa: N812

from graphvision.tasks.losses import l1, smooth_l1


def test_matches_oracle():
    for shape in ((7,), (7, 4), (3, 2, 2)):
        x, t = torch.randn(2, *shape, dtype=torch.float64)
        torch.testing.assert_close(l1(x, t), F.l1_loss(x, t))
        torch.testing.assert_close(smooth_l1(x, t, beta=0.3), F.smooth_l1_loss(x, t, beta=0.3))


def test_weights_of_rows_and_of_numbers():
    x, t = torch.randn(2, 6, 3)
    rows = torch.rand(6)
    expected = ((x - t).abs() * rows[:, None]).sum() / rows.sum() / 3
    torch.testing.assert_close(l1(x, t, weight=rows), expected)
    torch.testing.assert_close(l1(x, t, weight=rows[:, None].expand(6, 3)), expected)
