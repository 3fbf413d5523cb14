"""How well a partition into objects agrees with the true one: Rand index, information."""

import math
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from graphvision.tasks.metrics.score import AbstractScore, ratio


class _Cells(NamedTuple):
    """Pixels of one image, predicted part and true part."""

    image: Tensor
    predicted: Tensor
    truth: Tensor
    size: Tensor


def _cells(predicted: Tensor, truth: Tensor, counted: Tensor) -> _Cells:
    """The cells of the images' contingency tables that aren't empty."""
    image = counted.nonzero(as_tuple=True)[0]
    parts = [image, predicted[counted], truth[counted]]
    if not len(image):
        return _Cells(*parts, image)
    low = [int(part.min()) for part in parts]
    span = [int(part.max()) - least + 1 for part, least in zip(parts, low, strict=True)]
    if math.prod(span) > 4 * len(image) + 2**16:  # few cells are in use: sort the pixels
        cells, size = torch.stack(parts, 1).unique(dim=0, return_counts=True)
        return _Cells(*cells.unbind(1), size)
    key = parts[0] - low[0]
    for part, least, wide in zip(parts[1:], low[1:], span[1:], strict=True):
        key = key * wide + (part - least)
    size = key.bincount()
    cell = size.nonzero()[:, 0]
    rest, t = cell // span[2], cell % span[2]
    return _Cells(rest // span[1] + low[0], rest % span[1] + low[1], t + low[2], size[cell])


def _sums(cells: _Cells, images: int, *parts: Tensor) -> tuple[Tensor, Tensor]:
    """``Σ n²`` and ``Σ n log₂ n`` of every image, over its sets of pixels with equal parts."""
    keys = torch.stack((cells.image, *parts), 1)
    sets, owner = keys.unique(dim=0, return_inverse=True)
    size = cells.size.double().new_zeros(len(sets)).index_add_(0, owner, cells.size.double())
    terms = torch.stack((size.square(), size * size.log2()), 1)
    squares, logarithms = size.new_zeros(images, 2).index_add_(0, sets[:, 0], terms).unbind(1)
    return squares, logarithms


def _rand_index(cells: _Cells, images: int) -> Tensor:
    p, t = cells.predicted, cells.truth
    both, by_p, by_t = (_sums(cells, images, *parts)[0] for parts in ((p, t), (p,), (t,)))
    count = both.new_zeros(images).index_add_(0, cells.image, cells.size.double())
    together, only_p, only_t = both - count, by_p - both, by_t - both  # ordered pairs
    apart = count.square() - by_p - by_t + both
    top = 2 * (together * apart - only_p * only_t)
    bottom = (together + only_p) * (only_p + apart) + (together + only_t) * (only_t + apart)
    return torch.where((only_p == 0) & (only_t == 0), 1.0, ratio(top, bottom))


def _conditional_entropies(cells: _Cells, images: int) -> tuple[Tensor, Tensor]:
    p, t = cells.predicted, cells.truth
    both, by_p, by_t = (_sums(cells, images, *parts)[1] for parts in ((p, t), (p,), (t,)))
    count = both.new_zeros(images).index_add_(0, cells.image, cells.size.double())
    return ratio(by_t - both, count).clamp(min=0), ratio(by_p - both, count).clamp(min=0)


def adjusted_rand_index(
    predicted: Int[Tensor, "b h w"], truth: Int[Tensor, "b h w"], counted: Bool[Tensor, "b h w"]
) -> Float[Tensor, " b"]:
    """Return the adjusted Rand index of every image: agreement on pairs of pixels, less chance.

    ``2 (ad − bc) / ((a + b)(b + d) + (a + c)(c + d))`` with a pairs together in both, b and c in
    one only, d in none.

    Args:
        predicted: any number of each part.
        truth: any number of each part.
        counted: pixels that are looked at.

    Returns:
        At most 1, near 0 by chance, float64; 1 where both are one part, or all parts are single
        pixels, or no pixel is counted.

    Example:
        >>> labels = torch.tensor([[[0, 0, 1, 1]]])
        >>> adjusted_rand_index(1 - labels, labels, labels >= 0).tolist()
        [1.0]

    Source:
        Hubert and Arabie, "Comparing partitions", 1985; ``sklearn.metrics.adjusted_rand_score``.
    """
    return _rand_index(_cells(predicted, truth, counted), len(truth))


def variation_of_information(
    predicted: Int[Tensor, "b h w"], truth: Int[Tensor, "b h w"], counted: Bool[Tensor, "b h w"]
) -> tuple[Float[Tensor, " b"], Float[Tensor, " b"]]:
    """Return ``H(predicted | truth)`` and ``H(truth | predicted)`` of every image, in bits.

    The first is large where objects are split, the second where they are merged; their sum is the
    variation of information.

    Args:
        predicted: any number of each part.
        truth: any number of each part.
        counted: pixels that are looked at.

    Returns:
        Two times one number per image, from 0, float64; 0 where no pixel is counted.

    Example:
        >>> labels = torch.tensor([[[0, 0, 1, 1]]])
        >>> split, merge = variation_of_information(labels, 0 * labels, labels >= 0)
        >>> split.tolist(), merge.tolist()
        ([1.0], [0.0])

    Source:
        Meilă, "Comparing clusterings", 2007; ``skimage.metrics.variation_of_information``.
    """
    return _conditional_entropies(_cells(predicted, truth, counted), len(truth))


class PartitionScore(AbstractScore):
    """Adjusted Rand index and variation of information, means over the images of the data set.

    Every image counts the same. Where nothing else is said the background is a part like others;
    ``ari_objects`` looks at the pixels of true objects alone. Pixels with truth -1 are left out,
    and images where nothing is left are not counted.

    Example:
        >>> score = PartitionScore()
        >>> truth = torch.tensor([[[0, 0, 1, 1]]])
        >>> score.update(truth, truth)
        >>> score.compute()
        {'ari': 1.0, 'ari_objects': 1.0, 'vi': 0.0, 'vi_split': 0.0, 'vi_merge': 0.0}

    Source:
        ARI without background: Greff et al., "Multi-object representation learning with iterative
        variational inference", ICML 2019, section 4.
    """

    def __init__(self) -> None:
        super().__init__()
        self.add(**{name: torch.zeros(2) for name in ("ari", "ari_objects", "split", "merge")})

    def update(self, predicted: Int[Tensor, "b h w"], truth: Int[Tensor, "b h w"]) -> None:
        """Take in images.

        Args:
            predicted: any number of each part; -1 is a part too.
            truth: object of every pixel: 0 for none, -1 where ignored.
        """
        cells, images = _cells(predicted, truth, truth != -1), len(truth)
        inside = cells.truth > 0
        objects = _Cells(*(column[inside] for column in cells))
        split, merge = _conditional_entropies(cells, images)
        values = {
            "ari": (_rand_index(cells, images), cells),
            "ari_objects": (_rand_index(objects, images), objects),
            "split": (split, cells),
            "merge": (merge, cells),
        }
        for name, (value, counted) in values.items():
            some = counted.image.bincount(minlength=images) > 0
            self.add(**{name: torch.stack((value[some].sum(), some.sum().double()))})

    def compute(self) -> dict[str, float]:
        """``ari``, ``ari_objects`` (0 without images), ``vi`` = ``vi_split`` + ``vi_merge``."""
        found = {name: float(ratio(*pair)) for name, pair in self.sums.items()}
        split, merge = found.pop("split"), found.pop("merge")
        return {**found, "vi": split + merge, "vi_split": split, "vi_merge": merge}
