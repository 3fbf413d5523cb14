"""What all scores promise: any cut into batches, merging, and never NaN."""

import math
import pickle

import pytest
import torch

from graphvision.tasks import metrics
from graphvision.tasks.boxes import Boxes

IMAGES = 6


def boxes(count, *, scored):
    low = torch.rand(sum(count), 2) * 10
    labels, ptr = torch.randint(0, 3, (sum(count),)), torch.tensor([0, *count]).cumsum(0)
    scores = torch.rand(sum(count)) if scored else None
    return Boxes(torch.cat((low, low + 8), 1), labels, ptr, scores)


def cut(value, part):
    """The images of a part, of tensors or boxes."""
    if not isinstance(value, Boxes):
        return value[part]
    first, last = value.ptr[part.start], value.ptr[part.stop]
    rows = slice(int(first), int(last))
    scores = None if value.scores is None else value.scores[rows]
    ptr = value.ptr[part.start : part.stop + 1] - first
    return Boxes(value.xyxy[rows], value.labels[rows], ptr, scores)


def maps(classes, least=0):
    return torch.randint(least, classes, (IMAGES, 7, 8))


def known(classes):
    return torch.randint(-1, classes, (IMAGES,))


CASES = {
    "segmentation": (
        lambda: metrics.SegmentationScore(3), lambda: ((maps(3), maps(3, -1)), {})
    ),
    "average precision": (
        metrics.AveragePrecision, lambda: ((torch.rand(IMAGES, 4), maps(2, -1)[:, 0, :4]), {})
    ),
    "partition": (metrics.PartitionScore, lambda: ((maps(4), maps(3, -1)), {})),
    "boundary": (metrics.BoundaryScore, lambda: ((maps(2), maps(2, -1)), {})),
    "class boundary": (
        lambda: metrics.ClassBoundaryScore(3, 1.0), lambda: ((maps(3), maps(3, -1)), {})
    ),
    "boundary curve": (
        metrics.BoundaryCurve, lambda: ((torch.rand(IMAGES, 7, 8), maps(3, -1)), {})
    ),
    "classification": (
        lambda: metrics.ClassificationScore(4, top=2),
        lambda: ((torch.randn(IMAGES, 4), known(4)), {}),
    ),
    "multi-label": (
        lambda: metrics.MultiLabelScore(3),
        lambda: ((torch.randn(IMAGES, 3), torch.randint(-1, 2, (IMAGES, 3))), {}),
    ),
    "regression": (
        lambda: metrics.RegressionScore(2), lambda: (tuple(torch.rand(2, IMAGES, 2)), {})
    ),
    "localisation": (
        metrics.LocalisationScore,
        lambda: (
            (boxes([1] * IMAGES, scored=False).xyxy, known(2).abs()),
            {"boxes": boxes([1] * IMAGES, scored=False).xyxy, "labels": known(2)},
        ),
    ),
    "detection": (
        lambda: metrics.DetectionScore(3),
        lambda: ((boxes([3, 0, 4, 9, 1, 2], scored=True), boxes([1, 2, 0, 3, 1, 0], scored=False)),
                 {}),
    ),
}  # fmt: skip


def updated(score, data, *parts):
    positional, named = data
    for part in parts:
        score.update(*(cut(v, part) for v in positional), **{k: cut(named[k], part) for k in named})
    return score


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=1e-12), name


@pytest.mark.parametrize("name", CASES)
def test_cuts_and_merges_change_nothing(name):
    make, data = CASES[name]
    for _ in range(5):
        given = data()
        whole = updated(make(), given, slice(0, IMAGES)).compute()
        pieces = updated(make(), given, slice(0, 1), slice(1, 4), slice(4, 4), slice(4, IMAGES))
        assert_same(pieces.compute(), whole)
        first = updated(make(), given, slice(0, 2))
        second = pickle.loads(pickle.dumps(updated(make(), given, slice(2, IMAGES))))
        before = second.compute()
        first.merge(second)
        assert_same(first.compute(), whole)
        assert_same(second.compute(), before)
        untouched = make()
        untouched.merge(first)
        assert_same(untouched.compute(), whole)


@pytest.mark.parametrize("name", CASES)
def test_nothing_is_never_nan(name):
    make, data = CASES[name]
    never, empty = make(), updated(make(), data(), slice(0, 0))
    for score in (never, empty):
        values = score.compute()
        assert all(type(v) is float and math.isfinite(v) for v in values.values())


@pytest.mark.parametrize("name", [n for n in CASES if n not in ("detection", "regression")])
def test_all_ignored_counts_nothing(name):
    make, data = CASES[name]
    (predicted, truth), named = data()
    if named:
        named["labels"] = torch.full_like(named["labels"], -1)
    else:
        truth = torch.full_like(truth, -1)
    score = updated(make(), ((predicted, truth), named), slice(0, IMAGES))
    assert_same(score.compute(), make().compute())


def test_other_settings_are_not_merged():
    with pytest.raises(ValueError, match="`other` must count as this does"):
        metrics.SegmentationScore(3).merge(metrics.SegmentationScore(4))
    with pytest.raises(ValueError, match="`other` must count as this does"):
        metrics.PartitionScore().merge(metrics.RegressionScore())
