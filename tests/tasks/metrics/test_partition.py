"""Agreement of partitions against scikit-learn and scikit-image."""

import numpy as np
import pytest
import torch
from skimage.metrics import variation_of_information as skimage_voi
from sklearn.metrics import adjusted_rand_score

from graphvision.tasks.metrics import (
    PartitionScore,
    adjusted_rand_index,
    variation_of_information,
)


def random_case(rng):
    shape = (3, *rng.integers(1, 7, 2))
    return rng.integers(-2, 1 + rng.integers(1, 5), shape), rng.integers(
        -1, rng.integers(1, 5), shape
    )


def test_matches_oracle():
    rng = np.random.default_rng(0)
    for _ in range(200):  # of three images
        predicted, truth = random_case(rng)
        p, t = torch.from_numpy(predicted), torch.from_numpy(truth)
        known, objects = truth >= 0, truth > 0
        rand = adjusted_rand_index(p, t, t >= 0)
        split, merge = variation_of_information(p, t, t >= 0)
        means = {name: [] for name in ("ari", "ari_objects", "vi_split", "vi_merge")}
        for i in range(3):
            if objects[i].any():
                pixels = truth[i][objects[i]], predicted[i][objects[i]]
                means["ari_objects"].append(adjusted_rand_score(*pixels))
            if not known[i].any():
                continue
            pixels = truth[i][known[i]], predicted[i][known[i]]
            means["ari"].append(adjusted_rand_score(*pixels))
            entropies = skimage_voi(pixels[0], pixels[1] + 2)  # it takes no negative labels
            means["vi_split"].append(entropies[0])
            means["vi_merge"].append(entropies[1])
            assert float(rand[i]) == pytest.approx(means["ari"][-1])
            assert float(split[i]) == pytest.approx(entropies[0], abs=1e-9)
            assert float(merge[i]) == pytest.approx(entropies[1], abs=1e-9)
        score = PartitionScore()
        score.update(p, t)
        found = score.compute()
        for name, values in means.items():
            assert found[name] == pytest.approx(np.mean(values) if values else 0.0, abs=1e-9)
        assert found["vi"] == pytest.approx(found["vi_split"] + found["vi_merge"])


def test_numbers_of_parts_do_not_matter():
    rng = np.random.default_rng(1)
    p, t = (torch.from_numpy(a) for a in random_case(rng))
    known = t >= 0
    for values in (adjusted_rand_index, variation_of_information):
        plain, far = values(p, t, known), values(p * 10**12 + 5, -t * 10**9, known)
        torch.testing.assert_close(far, plain)


def test_split_and_merge_are_told_apart():
    truth = torch.tensor([[[1, 1, 2, 2]]])
    for predicted, split, merge in (([0, 1, 2, 2], 0.5, 0.0), ([7, 7, 7, 7], 0.0, 1.0)):
        found = variation_of_information(torch.tensor([[predicted]]), truth, truth > 0)
        assert [float(v) for v in found] == pytest.approx([split, merge])


def test_edge_cases():
    one = torch.ones(1, 3, 3, dtype=torch.long)
    score = PartitionScore()
    score.update(one, one)  # one region, one object
    assert score.compute()["ari"] == score.compute()["ari_objects"] == 1
    score = PartitionScore()
    score.update(torch.arange(9).view(1, 3, 3), one)  # an object in pieces
    assert score.compute()["ari_objects"] == 0
    assert score.compute()["vi_split"] == pytest.approx(np.log2(9))
    score = PartitionScore()
    score.update(one, 0 * one)  # no object: nothing for ari_objects
    assert score.compute() == {
        "ari": 1.0, "ari_objects": 0.0, "vi": 0.0, "vi_split": 0.0, "vi_merge": 0.0
    }  # fmt: skip
    nested = torch.ones(1, 5, 5, dtype=torch.long)
    nested[:, 1:4, 1:4] = 2
    score.update(nested, nested)
    assert score.compute()["ari_objects"] == 1
