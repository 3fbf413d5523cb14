import pytest
import torch
from torch_geometric.data import Batch

import graphvision as gv
from tests.kernels.csr_cases import relative
from tests.nn.painting import labels_at, paint, partition_graph, random_batch, region_values


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize(("kernel", "stride", "padding"), [(2, None, 0), (3, 2, 1), (2, 3, 0)])
def test_matches_oracle(kernel, stride, padding, dims):
    pool = getattr(torch.nn, f"MaxPool{dims}d")(kernel, stride, padding, return_indices=True)
    layer = getattr(torch.nn, f"MaxUnpool{dims}d")(kernel, stride, padding)
    ours = getattr(gv.nn, f"MaxUnpool{dims}d").from_torch(layer, lower=False)
    image = torch.randn(2, 3, *(7,) * dims)
    out, indices = pool(image)
    for size in ([7] * dims, [2, 3] + [7] * dims):
        assert torch.equal(ours(out, indices, size), layer(out, indices, size))
    assert torch.equal(ours(out[0], indices[0], [7] * dims), layer(out, indices, [7] * dims)[0])


def meaning(pooled, indices, fine, labels=None):
    """Paint, torch's unpooling to the size of ``fine``, means over its regions."""
    size = fine.size_hw[0]
    image = torch.nn.functional.max_unpool2d(
        paint(pooled, 0.0)[None], indices[None], 2, output_size=size
    )
    return region_values(image[0], fine.assign if labels is None else labels)


def test_on_a_batch_onto_the_input_of_the_pooling():
    graphs, batch = random_batch(5, 2)
    pooled, indices = gv.nn.MaxPool2d(2, return_indices=True)(batch)
    pooled.x = pooled.x.detach().requires_grad_()
    out = gv.nn.MaxUnpool2d(2)(pooled, indices, onto=batch)
    assert torch.equal(out.edge_index, batch.edge_index)
    assert out.validate()
    pieces = pooled.to_data_list()
    for piece, x in zip(pieces, pooled.x.split(pooled.node_ptr.diff().tolist()), strict=True):
        piece.x = x
    rows = zip(pieces, indices, graphs, strict=True)
    want = torch.cat([meaning(piece, index, graph) for piece, index, graph in rows])
    weight = torch.randn_like(want)
    grads = [torch.autograd.grad((v * weight).sum(), pooled.x)[0] for v in (out.x, want)]
    assert relative(out.x, want) <= 1e-12
    assert relative(grads[0], grads[1]) <= 1e-12


@pytest.mark.parametrize("size", [None, (7, 6), (6, 7)])
def test_by_the_rule_of_centres(size):
    graph = partition_graph(torch.randint(-1, 9, size or (6, 6)), 2)
    pooled, indices = gv.nn.MaxPool2d(2, return_indices=True)(graph)
    pooled = gv.ImageGraph(**pooled.to_dict())  # without a way back
    out = gv.nn.MaxUnpool2d(2)(pooled, indices, size)
    assert out.size_hw == graph.size_hw
    halves = [(torch.arange(n) // 2).clamp(max=n // 2 - 1) for n in graph.size_hw[0]]
    assert torch.equal(out.assign, labels_at(pooled.assign.view(pooled.size_hw[0]), halves))
    want = meaning(pooled, indices, graph, out.assign)
    torch.testing.assert_close(out.x, want, rtol=1e-12, atol=1e-12)
    together = Batch.from_data_list([pooled, pooled])
    twice = gv.nn.MaxUnpool2d(2)(together, [indices, indices], size)
    torch.testing.assert_close(twice.x, torch.cat([want, want]), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("size", [None, (7, 6), (6, 7)])
def test_comes_back_to_the_partition_of_the_pooling(size):
    graph = partition_graph(torch.randint(-1, 9, size or (6, 6)), 2)
    pooled, indices = gv.nn.MaxPool2d(2, return_indices=True)(graph)
    out = gv.nn.MaxUnpool2d(2)(pooled, indices, size)
    assert torch.equal(out.assign, graph.assign)
    assert torch.equal(out.edge_index, graph.edge_index)
    want = meaning(pooled, indices, graph, graph.assign)
    torch.testing.assert_close(out.x, want, rtol=1e-12, atol=1e-12)


def test_pixel_grids_are_torchs():
    image = torch.randn(2, 3, 6, 6)
    pooled, indices = gv.nn.MaxPool2d(2, return_indices=True)(gv.grid_graph(image))
    out = gv.nn.MaxUnpool2d(2)(pooled, indices, onto=gv.grid_graph(image))
    values, places = torch.nn.MaxPool2d(2, return_indices=True)(image)
    assert torch.equal(gv.rasterize(out.x, out), torch.nn.MaxUnpool2d(2)(values, places))


def test_errors():
    with pytest.raises(ValueError, match=r"`module` must be a torch.nn.MaxUnpool2d"):
        gv.nn.MaxUnpool2d.from_torch(torch.nn.MaxPool2d(2))
