import pytest
import torch

from graphvision.graphs import KNearest, Labels, Patches, Radius, image_graph
from tests.triton.test_regions import scene

image, labels = scene("several")
CASES = {
    "touching patches": (Patches(4), "border"),
    "patches by colour": (Patches((3, 2)), KNearest(3, by="feature")),
    "patches by place": (Patches(3), Radius(4.0)),
    "any labels": (Labels(labels), "border"),
}


def graphs(case, backend, *, device="cpu"):
    partition, adjacency = CASES[case]
    found = image_graph(
        image.to(device), partition, adjacency, node_features="all", edge_features="all",
        backend=backend,
    )  # fmt: skip
    return found.cpu()


def compare(got, want):
    assert torch.equal(got.edge_index, want.edge_index)
    for key in ("x", "pos", "area", "edge_attr"):
        torch.testing.assert_close(got[key], want[key], rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("case", CASES)
def test_matches_reference(case):
    compare(graphs(case, "triton"), graphs(case, "reference"))
