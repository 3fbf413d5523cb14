import torch

import graphvision as gv


def test_pixel_mean_is_the_pixel():
    image = torch.rand(2, 3, 4, 5)
    batch = gv.grid_graph(image)
    assert torch.equal(batch.x, image.movedim(1, 3).reshape(-1, 3))


def test_known_values():
    image = torch.tensor([[[0.0, 2.0, 4.0, 6.0]] * 2])
    graph = gv.patch_graph(image, patch_size=2, node_features="all")
    columns = dict(zip(gv.feature_names("all"), graph.x.t().tolist(), strict=True))
    assert columns["mean_0"] == [1.0, 5.0]
    assert columns["std_0"] == [1.0, 1.0]
    assert columns["min_0"] == [0.0, 4.0]
    assert columns["max_0"] == [2.0, 6.0]
    assert columns["area"] == [4.0, 4.0]
    assert columns["centroid_x"] == [0.5, 2.5]
    assert columns["second_moments_xx"] == [0.25, 0.25]
    assert columns["gradient_x"] == columns["orientation_0deg"] == [2.0, 2.0]
    assert columns["border_contact"] == [1.0, 1.0]
    assert columns["quadrants_below_right_0"] == [2.0, 6.0]
    assert columns["intensity_shift_x"] == [0.5, 0.5]


def test_dtype_follows_the_image():
    for dtype in (torch.float32, torch.float64):
        graph = gv.patch_graph(
            torch.rand(1, 4, 4, dtype=dtype), 2, node_features="all", edge_features="all"
        )
        assert {graph[k].dtype for k in ("x", "pos", "area", "edge_attr")} == {dtype}
