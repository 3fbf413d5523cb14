"""Contrastive loss against a loop over edges."""

import torch

from graphvision.tasks.losses import contrastive


def test_matches_oracle():
    for _ in range(50):
        embedding, edges = torch.randn(5, 3, dtype=torch.float64), torch.randint(0, 5, (2, 12))
        same, weight = torch.randint(-1, 2, (12,)), torch.rand(12, dtype=torch.float64)
        same[0], values, total = 1, 0.0, 0.0
        for i, j, s, w in zip(*edges.tolist(), same.tolist(), weight.tolist(), strict=True):
            d = float((embedding[i] - embedding[j]).norm())
            value = d**2 / 2 if s == 1 else max(0.0, 1.5 - d) ** 2 / 2
            values, total = (values + w * value, total + w) if s >= 0 else (values, total)
        found = contrastive(embedding, edges, same, margin=1.5, weight=weight)
        torch.testing.assert_close(float(found), values / total)


def test_equal_embeddings_have_gradient_zero():
    embedding = torch.ones(2, 3, requires_grad=True)
    loss = contrastive(embedding, torch.tensor([[0, 0], [1, 1]]), torch.tensor([0, 1]))
    loss.backward()
    assert loss.item() == 0.25
    assert torch.equal(embedding.grad, torch.zeros(2, 3))
