"""How well a partition into objects agrees with the true one: Rand index, information."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from graphvision.tasks.metrics.score import AbstractScore, ratio


def _sums(image: Tensor, parts: list[Tensor], images: int) -> tuple[Tensor, Tensor]:
    """``Σ n²`` and ``Σ n log₂ n`` of every image, over the sets of its pixels with equal parts."""
    key = image
    for part in parts:
        number = part.unique(return_inverse=True)[1]
        key = key * (number.max() + 1 if len(number) else 1) + number
    _, cell, size = key.unique(return_inverse=True, return_counts=True)
    owner = torch.zeros_like(size).scatter_(0, cell, image)
    sizes = size.double()
    values = torch.stack((sizes.square(), sizes * sizes.log2()), 1)
    squares, logarithms = values.new_zeros(images, 2).index_add_(0, owner, values).unbind(1)
    return squares, logarithms


def _tables(
    predicted: Tensor, truth: Tensor, counted: Tensor
) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
    """Counted pixels of every image; the sums over cells, predicted parts and true parts."""
    images = len(truth)
    image, *_ = counted.nonzero(as_tuple=True)
    p, t = predicted[counted], truth[counted]
    count = image.bincount(minlength=images).double()
    return count, [_sums(image, parts, images) for parts in ([p, t], [p], [t])]


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
    count, ((cells, _), (p, _), (t, _)) = _tables(predicted, truth, counted)
    together, only_p, only_t = cells - count, p - cells, t - cells  # ordered pairs
    apart = count.square() - p - t + cells
    top = 2 * (together * apart - only_p * only_t)
    bottom = (together + only_p) * (only_p + apart) + (together + only_t) * (only_t + apart)
    return torch.where((only_p == 0) & (only_t == 0), 1.0, ratio(top, bottom))


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
    count, ((_, cells), (_, p), (_, t)) = _tables(predicted, truth, counted)
    return ratio(t - cells, count).clamp(min=0), ratio(p - cells, count).clamp(min=0)


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
        known, objects = truth != -1, truth > 0
        split, merge = variation_of_information(predicted, truth, known)
        values = {
            "ari": (adjusted_rand_index(predicted, truth, known), known),
            "ari_objects": (adjusted_rand_index(predicted, truth, objects), objects),
            "split": (split, known),
            "merge": (merge, known),
        }
        for name, (value, counted) in values.items():
            some = counted.flatten(1).any(1)
            self.add(**{name: torch.stack((value[some].sum(), some.sum().double()))})

    def compute(self) -> dict[str, float]:
        """``ari``, ``ari_objects`` (0 without images), ``vi`` = ``vi_split`` + ``vi_merge``."""
        found = {name: float(ratio(*pair)) for name, pair in self.sums.items()}
        split, merge = found.pop("split"), found.pop("merge")
        return {**found, "vi": split + merge, "vi_split": split, "vi_merge": merge}
