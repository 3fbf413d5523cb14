"""Cross-entropy against torch's, and fractions against pixels."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from graphvision.tasks.losses import cross_entropy


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("weighted", [False, True])
def test_matches_oracle(smoothing, weighted):
    for _ in range(50):
        n, c = (int(k) for k in torch.randint(1, 9, (2,)))
        logits, target = torch.randn(n, c, dtype=torch.float64), torch.randint(-1, c, (n,))
        target[0] = 0
        classes = torch.rand(c, dtype=torch.float64) if weighted else None
        expected = F.cross_entropy(
            logits, target, weight=classes, ignore_index=-1, label_smoothing=smoothing
        )
        found = cross_entropy(logits, target, class_weight=classes, smoothing=smoothing)
        torch.testing.assert_close(found, expected)


def test_fractions_are_means_over_pixels():
    """A node with the fractions of its pixels, weighted by area, is its pixels, some unknown."""
    for _ in range(50):
        pixels = torch.randint(-1, 4, (5, 6))  # five nodes of six pixels
        logits, classes = torch.randn(5, 4, dtype=torch.float64), torch.rand(4).double()
        known = torch.stack([(pixels == k).sum(1) for k in range(4)], 1).double() / 6
        area = torch.full((5,), 6.0).double()
        options = {"class_weight": classes, "smoothing": 0.1}
        found = cross_entropy(logits, known, weight=area, **options)
        painted = logits.repeat_interleave(6, 0)
        torch.testing.assert_close(found, cross_entropy(painted, pixels.flatten(), **options))


def test_wrong_class():
    with pytest.raises(RuntimeError, match="smaller than num_classes"):
        cross_entropy(torch.zeros(1, 2), torch.tensor([2]))
