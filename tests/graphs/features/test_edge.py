import torch

import graphvision as gv


def table(graph, channels=1):
    names = gv.feature_names("all", channels, kind="edge")
    return dict(zip(names, graph.edge_attr.t(), strict=True))


def test_displacement_points_from_target_to_source():
    graph = gv.patch_graph(torch.rand(1, 4, 8), patch_size=4, edge_features="all")
    assert graph.edge_index.tolist() == [[1, 0], [0, 1]]
    columns = table(graph)
    assert columns["displacement_x"].tolist() == [4.0, -4.0]
    assert columns["distance"].tolist() == [4.0, 4.0]
    assert columns["border_length"].tolist() == [4.0, 4.0]


def test_border_values_do_not_depend_on_the_adjacency():
    labels = gv.Labels(torch.randint(0, 9, (6, 6)))
    image = torch.rand(2, 6, 6)
    options = {"edge_features": "all"}
    border = gv.image_graph(image, labels, "border", **options)
    complete = gv.image_graph(image, labels, "complete", **options)
    pairs = {
        tuple(p): a for p, a in zip(border.edge_index.t().tolist(), border.edge_attr, strict=True)
    }
    for pair, attr in zip(complete.edge_index.t().tolist(), complete.edge_attr, strict=True):
        if tuple(pair) in pairs:
            assert torch.equal(attr, pairs[tuple(pair)])
        else:
            assert (attr[3:] == 0).all()


def test_gradients():
    image = torch.rand(1, 2, 4, 5, dtype=torch.float64, requires_grad=True)
    labels = gv.Labels(torch.arange(20).view(4, 5) // 6)

    def features(image):
        options = {"node_features": "all", "edge_features": "all"}
        batch = gv.image_graph(image, labels, "complete", **options)
        return batch.x, batch.edge_attr

    assert torch.autograd.gradcheck(features, (image,))
