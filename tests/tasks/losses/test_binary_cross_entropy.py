"""Binary cross-entropy against torch's, and balanced classes."""

import torch
import torch.nn.functional as F  # noqa: N812

from graphvision.tasks.losses import binary_cross_entropy, class_balance


def test_matches_oracle():
    for _ in range(100):
        logits = torch.randn(4, 3, dtype=torch.float64)
        target, weight = torch.rand(4, 3).double(), torch.rand(4, 3).double()
        expected = F.binary_cross_entropy_with_logits(logits, target, weight, reduction="sum")
        found = binary_cross_entropy(logits, target, weight=weight)
        torch.testing.assert_close(found, expected / weight.sum())


def test_balance_gives_positives_their_share():
    for _ in range(100):
        target, weight = torch.randint(-1, 2, (30,)), torch.rand(30, dtype=torch.float64)
        found = class_balance(target, weight=weight, share=0.3)
        torch.testing.assert_close(float(found[target == 1].sum() / found.sum()), 0.3)
        torch.testing.assert_close(found.sum(), weight[target != -1].sum())
        assert not found[target == -1].any()
        ratio = found[target == 0] / weight[target == 0]
        torch.testing.assert_close(ratio, ratio[:1].expand_as(ratio))


def test_balance_of_one_class_keeps_the_weights():
    weight = torch.rand(4)
    for target in (torch.ones(4), torch.zeros(4, dtype=torch.long)):
        assert torch.equal(class_balance(target, weight=weight), weight)
