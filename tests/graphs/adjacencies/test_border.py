import torch

import graphvision as gv


def test_on_pixels_it_is_four_neighbours():
    image = torch.rand(2, 3, 5, 6)
    border = gv.image_graph(image, gv.Pixels(), "border")
    assert torch.equal(border.edge_index, gv.grid_graph(image, 4).edge_index)


def test_diagonal_neighbours_do_not_touch():
    labels = torch.tensor([[0, 1], [2, 3]])
    graph = gv.image_graph(torch.rand(1, 2, 2), gv.Labels(labels), gv.SharedBorder())
    assert (0, 3) not in set(map(tuple, graph.edge_index.t().tolist()))


def test_matches_scikit_image():
    from skimage.graph import RAG

    labels = torch.randint(0, 12, (9, 9)).repeat_interleave(3, 0).repeat_interleave(3, 1)
    graph = gv.image_graph(torch.rand(1, 27, 27), gv.Labels(labels), "border")
    rag = RAG(labels.numpy(), connectivity=1)
    both = {(a, b) for a, b in rag.edges} | {(b, a) for a, b in rag.edges}
    assert set(map(tuple, graph.edge_index.t().tolist())) == both


def test_loops():
    graph = gv.image_graph(
        torch.rand(1, 4, 4), gv.Patches(2), gv.SharedBorder(loops=True), edge_features="all"
    )
    assert graph.edge_index.tolist() == [
        [0, 1, 2, 0, 1, 3, 0, 2, 3, 1, 2, 3],
        [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3],
    ]
    loops = graph.edge_index[0] == graph.edge_index[1]
    assert (graph.edge_attr[loops] == 0).all()
