from types import SimpleNamespace

import pytest

from graphvision.models.image_size import check_image_size


@pytest.mark.parametrize(
    ("dims", "size", "wanted"),
    [
        (1, (28, 28), r"\(length,\), at least 5, got \(28, 28\)"),
        (2, (28,), r"\(height, width\), each at least 5, got \(28,\)"),
        (2, (28, 4), r"\(height, width\), each at least 5, got \(28, 4\)"),
        (3, (28, 28), r"\(depth, height, width\), each at least 5, got \(28, 28\)"),
    ],
)
def test_errors(dims, size, wanted):
    with pytest.raises(ValueError, match=f"`image_size` must be {wanted}"):
        check_image_size(SimpleNamespace(dims=dims, smallest_image=5), size)


def test_edge_cases():
    check_image_size(SimpleNamespace(dims=2, smallest_image=5), (5, 5))
