import pytest
import torch
import torch_geometric.nn as pyg
from torch_geometric.explain import Explainer, GNNExplainer

import graphvision as gv
from graphvision.kernels import BackendUnavailable
from graphvision.kernels.gather import REDUCTIONS
from tests.backends import needs_torch_scatter
from tests.kernels.csr_cases import relative

AGGREGATIONS = ["sum", "mean", "max", "min", "std", "mul", "var", "median", ["mean", "max", "std"]]


def graph(n=30, edges=120, seed=0):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 6, generator=generator, dtype=torch.float64)
    edge_index = torch.randint(0, n - 2, (2, edges), generator=generator)  # two isolated nodes
    edge_attr = torch.rand(edges, 2, generator=generator, dtype=torch.float64)
    return x, edge_index, edge_attr


PSI = {
    "copy": gv.nn.psi.Copy,
    "scaled": gv.nn.psi.ScaledCopy,
    "linear": lambda: gv.nn.psi.Linear(6, 4),
    "spline": lambda: gv.nn.psi.Basis(gv.nn.psi.BSplineBasis(3, degree=2), 6, 4),
    "gaussian": lambda: gv.nn.psi.Basis(gv.nn.psi.GaussianBasis(5), 6, 4),
    "mlp": lambda: gv.nn.psi.MLP(6, 4, edge_channels=2),
    "gat": lambda: gv.nn.psi.GATAttention(6, 4, heads=2, edge_channels=2),
    "dot": lambda: gv.nn.psi.DotProductAttention(6, 4, heads=2, edge_channels=2),
    "callable": lambda: lambda n_i, n_j, e_ji: n_j - n_i,
}


@pytest.mark.parametrize("aggr", AGGREGATIONS, ids=str)
@pytest.mark.parametrize("name", PSI)
def test_matches_reference(name, aggr):
    x, edge_index, edge_attr = graph()
    edge_attr = edge_attr[:, :1] if name == "scaled" else edge_attr
    torch.manual_seed(0)
    layer = gv.nn.MessagePassing(PSI[name](), aggr).double()
    results = []
    for backend in ("auto", "reference"):
        layer.backend = backend
        y = x.clone().requires_grad_()
        out = layer(y, edge_index, edge_attr)
        results.append((out, torch.autograd.grad(out.sin().sum(), y)[0]))
    cancels = "std" in aggr  # PyG's E[x²] − E[x]² loses digits that the kernel keeps
    for got, want in zip(*results, strict=True):
        assert relative(got, want) <= (1e-10 if cancels else 1e-12)


@pytest.mark.parametrize("name", PSI)
def test_permutation_equivariance(name):
    x, edge_index, edge_attr = graph()
    edge_attr = edge_attr[:, :1] if name == "scaled" else edge_attr
    layer = gv.nn.MessagePassing(PSI[name](), "mean").double()
    want = layer(x, edge_index, edge_attr)
    node, edge = torch.randperm(len(x)), torch.randperm(len(edge_attr))
    renamed = torch.empty_like(node)
    renamed[node] = torch.arange(len(x))
    got = layer(x[node], renamed[edge_index][:, edge], edge_attr[edge])
    torch.testing.assert_close(got, want[node], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", REDUCTIONS)
def test_every_simple_aggregation_is_lowered(name):
    x, edge_index, _ = graph()
    layer = gv.nn.MessagePassing(gv.nn.psi.Linear(6, 4), name)
    topology = gv.nn.edge_topology(edge_index, len(x))
    assert layer.plan(topology).name == "gather-reduce"
    by_object = gv.nn.MessagePassing(gv.nn.psi.Copy(), pyg.aggr.MeanAggregation())
    assert by_object.plan(topology).name == "gather-reduce"
    learned = gv.nn.MessagePassing(gv.nn.psi.Copy(), pyg.aggr.SoftmaxAggregation(learn=True))
    assert learned.plan(topology).name == "reference"


OBJECTS = [
    pyg.aggr.SumAggregation(),
    pyg.aggr.MedianAggregation(),
    pyg.aggr.QuantileAggregation(0.3),
    pyg.aggr.SoftmaxAggregation(learn=True),
    pyg.aggr.PowerMeanAggregation(learn=True),
    pyg.aggr.LSTMAggregation(6, 4),
    pyg.aggr.SetTransformerAggregation(6),
    pyg.aggr.DeepSetsAggregation(torch.nn.Linear(6, 5)),
    pyg.aggr.VariancePreservingAggregation(),
]


@pytest.mark.parametrize("aggr", OBJECTS, ids=lambda a: type(a).__name__)
def test_any_aggregation_object(aggr):
    x, edge_index, _ = graph()
    x = x.abs()
    layer = gv.nn.MessagePassing(gv.nn.psi.Copy(), aggr).double()
    order = (edge_index[1] * len(x) + edge_index[0]).argsort(stable=True)
    source, target = edge_index[:, order]
    want = aggr.double()(x[source], target, dim_size=len(x))
    torch.testing.assert_close(layer(x, edge_index), want, rtol=1e-12, atol=1e-12)


def test_gcn_is_scaled_copy_and_sum():
    x, edge_index, _ = graph()
    conv = pyg.GCNConv(6, 4, bias=True).double()
    index, weight = pyg.conv.gcn_conv.gcn_norm(edge_index, None, len(x), dtype=x.dtype)
    layer = gv.nn.MessagePassing(gv.nn.psi.ScaledCopy(), "sum", gv.nn.Bias(conv.bias))
    torch.testing.assert_close(layer(conv.lin(x), index, weight), conv(x, edge_index))


def test_gat_matches_gatv2conv():
    x, edge_index, edge_attr = graph()
    conv = pyg.GATv2Conv(6, 4, heads=2, edge_dim=2, add_self_loops=False).double()
    psi = gv.nn.psi.GATAttention(6, 8, heads=2, edge_channels=2).double()
    with torch.no_grad():
        psi.source.load_state_dict(conv.lin_l.state_dict())
        psi.target.load_state_dict(conv.lin_r.state_dict())
        psi.edge.load_state_dict(conv.lin_edge.state_dict())
        psi.vector.copy_(conv.att[0])
    got = gv.nn.MessagePassing(psi, "sum")(x, edge_index, edge_attr)
    torch.testing.assert_close(got, conv(x, edge_index, edge_attr), rtol=1e-10, atol=1e-10)


def test_dot_product_matches_torch_on_a_complete_graph():
    n, heads = 7, 2
    x = torch.randn(n, 6, dtype=torch.float64)
    psi = gv.nn.psi.DotProductAttention(6, 8, heads=heads).double()
    edge_index = torch.cartesian_prod(torch.arange(n), torch.arange(n)).T
    q, k, v = (f(x).view(n, heads, -1).transpose(0, 1) for f in (psi.query, psi.key, psi.value))
    want = torch.nn.functional.scaled_dot_product_attention(q, k, v).transpose(0, 1).flatten(1)
    got = gv.nn.MessagePassing(psi, "sum")(x, edge_index)
    torch.testing.assert_close(got, want, rtol=1e-12, atol=1e-12)


def test_phi_sees_the_node_and_its_messages():
    x, edge_index, _ = graph()
    layer = gv.nn.MessagePassing(gv.nn.psi.Copy(), "sum", lambda n_i, m: 2 * n_i - m)
    plain = gv.nn.MessagePassing(gv.nn.psi.Copy(), "sum")
    torch.testing.assert_close(layer(x, edge_index), 2 * x - plain(x, edge_index))


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_basis_on_a_raster_collapses_to_a_convolution(degree):
    window = gv.nn.Window.make(3, stride=1, padding=1, dims=2)
    topology = gv.nn.window_topology((6, 5), window, 2)
    psi = gv.nn.psi.Basis(gv.nn.psi.BSplineBasis(3, degree=degree), 4, 5)
    layer = gv.nn.MessagePassing(psi, "sum").double()
    x = torch.randn(60, 4, dtype=torch.float64)
    assert layer.plan(topology, x).name == "raster convolution"
    offsets = topology.tap_offsets[topology.edges.tap]
    by_position = layer(x, topology, offsets)
    assert layer.plan(topology, x, has_edge_attr=True).name != "raster convolution"
    torch.testing.assert_close(layer(x, topology), by_position, rtol=1e-12, atol=1e-12)
    layer.lower = False
    torch.testing.assert_close(layer(x, topology), by_position, rtol=1e-12, atol=1e-12)


def test_mean_of_taps_divides_by_the_taps_inside():
    window = gv.nn.Window.make(3, stride=2, padding=1, dims=2)
    topology = gv.nn.window_topology((6, 5), window, 2)
    psi = gv.nn.psi.Taps(torch.nn.Parameter(torch.randn(4, 3, 3, 3)))
    layer = gv.nn.MessagePassing(psi, "mean", gv.nn.Bias(torch.randn(4))).double()
    x = torch.randn(60, 3, dtype=torch.float64)
    assert layer.plan(topology, x).name == "raster convolution ÷ degree"
    want = layer(x, topology)
    layer.backend = "reference"
    torch.testing.assert_close(layer(x, topology), want, rtol=1e-12, atol=1e-12)


def test_any_callable_sees_the_displacement_of_a_window():
    window = gv.nn.Window.make(3, stride=1, padding=1, dims=2)
    topology = gv.nn.window_topology((3, 3), window)
    layer = gv.nn.MessagePassing(lambda n_i, n_j, e_ji: e_ji, "sum")
    out = layer(torch.zeros(9, 1), topology).view(3, 3, 2)
    assert out[1, 1].tolist() == [0, 0]
    assert out[0, 0].tolist() == [2, 2]


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first = gv.nn.MessagePassing(gv.nn.psi.Linear(6, 8), "mean")
        self.second = gv.nn.MessagePassing(gv.nn.psi.MLP(8, 3), "sum")

    def forward(self, x, edge_index):
        return self.second(self.first(x, edge_index).relu(), edge_index)


def test_explainer_masks_nodes_and_edges():
    x, edge_index, _ = graph()
    net = Net()
    explainer = Explainer(
        net,
        GNNExplainer(epochs=5),
        explanation_type="model",
        node_mask_type="attributes",
        edge_mask_type="object",
        model_config={
            "mode": "multiclass_classification",
            "task_level": "node",
            "return_type": "raw",
        },
    )
    explanation = explainer(x.float(), edge_index)
    assert explanation.edge_mask.shape == (120,)
    assert explanation.node_mask.shape == x.shape
    assert float(explanation.edge_mask.abs().sum()) > 0


def test_explain_runs_the_reference_with_the_same_result():
    x, edge_index, edge_attr = graph()
    layer = gv.nn.MessagePassing(gv.nn.psi.ScaledCopy(), "sum")
    want = layer(x, edge_index, edge_attr[:, 0])
    layer.explain = True
    layer._edge_mask, layer._apply_sigmoid = torch.ones(120, dtype=x.dtype), False
    layer._loop_mask = torch.ones(120, dtype=torch.bool)
    torch.testing.assert_close(layer(x, edge_index, edge_attr[:, 0]), want)


def test_an_edge_mask_follows_the_order_of_the_edges():
    edge_index = torch.tensor([[2, 0], [1, 1]])
    x = torch.tensor([[1.0], [10.0], [100.0]])
    layer = gv.nn.MessagePassing(gv.nn.psi.Copy(), "sum")
    layer.explain, layer._apply_sigmoid = True, False
    layer._edge_mask, layer._loop_mask = torch.tensor([1.0, 0.0]), torch.ones(2, dtype=torch.bool)
    assert layer(x, edge_index).flatten().tolist() == [0, 100, 0]
    topology = gv.nn.edge_topology(edge_index, 3)
    assert topology.edge_index.tolist() == [[0, 2], [1, 1]]
    assert layer(x, topology).flatten().tolist() == [0, 1, 0]
    layer._edge_mask = torch.ones(5)
    with pytest.raises(ValueError, match=r"the edge mask must have one entry for each of the 2"):
        layer(x, edge_index)


def test_edge_attributes_follow_the_order_of_the_edges():
    edge_index = torch.tensor([[2, 0], [1, 1]])
    x = torch.tensor([[1.0], [10.0], [100.0]])
    layer = gv.nn.MessagePassing(gv.nn.psi.ScaledCopy(), "sum")
    assert layer(x, edge_index, torch.tensor([3.0, 5.0])).flatten().tolist() == [0, 305, 0]
    topology = gv.nn.edge_topology(edge_index, 3)
    assert layer(x, topology, torch.tensor([5.0, 3.0])).flatten().tolist() == [0, 305, 0]


def test_hooks_of_pyg_see_the_messages():
    seen = []
    layer = gv.nn.MessagePassing(gv.nn.psi.Copy(), "sum")
    layer.register_message_forward_hook(lambda module, inputs, out: seen.append(out.shape))
    layer(torch.ones(2, 3), torch.tensor([[0], [1]]))
    assert seen == [(1, 3)]


@pytest.mark.parametrize("backend", ["auto", "reference"])
def test_inference_first_then_training(backend):
    x, edge_index, _ = graph()
    topology = gv.nn.edge_topology(edge_index, len(x))
    image = torch.rand(1, 1, 5, 5)
    layers = [
        gv.nn.MessagePassing(gv.nn.psi.Linear(6, 2), a, backend=backend).double()
        for a in ("mean", "max", "std")
    ]
    conv = gv.nn.Conv2d(1, 2, 3, padding=1, lower=False, backend=backend)
    pixels = gv.superpixel_graph(image[0], n_segments=6)
    with torch.inference_mode():
        for layer in layers:
            layer(x, topology)
        conv(image), conv(pixels)
    for layer in layers:
        layer(x, topology).sum().backward()
        assert layer.psi.linear.weight.grad is not None
    (conv(image).sum() + conv(pixels).x.sum()).backward()
    assert conv.weight.grad is not None


def test_backends_are_names_that_can_run():
    with pytest.raises(ValueError, match=r"`backend` must be one of .* got 'fortran'"):
        gv.nn.Conv2d(1, 1, 3, backend="fortran")
    layer = gv.nn.MessagePassing(PSI["callable"](), "sum", backend="numba")
    x, edge_index, edge_attr = graph()
    with pytest.raises(BackendUnavailable, match=r"backend 'numba' has no form of this layer"):
        layer(x.float(), edge_index, edge_attr.float())
    image = torch.rand(1, 1, 4, 4)
    for backend in ("numba", "torch_scatter"):
        conv = gv.nn.Conv2d(1, 1, 3, backend=backend)
        assert conv.plan(conv.topology(image), image).name == "gather per tap + matrix product"


@needs_torch_scatter
def test_torch_scatter_is_named_in_the_plan():
    layer = gv.nn.MessagePassing(gv.nn.psi.Copy(), "max", backend="torch_scatter")
    plan = layer.plan(gv.nn.edge_topology(torch.tensor([[0], [1]]), 2))
    assert plan.reason.endswith("by torch_scatter, with a buffer of e × c")
    layer = gv.nn.MessagePassing(PSI["callable"](), "sum", backend="torch_scatter")
    x, edge_index, edge_attr = graph()
    with pytest.raises(BackendUnavailable, match=r"backend 'torch_scatter' has no form of this"):
        layer(x, edge_index, edge_attr)


@needs_torch_scatter
@pytest.mark.parametrize(
    ("psi", "aggr"),
    [
        (gv.nn.psi.Copy(), ("sum", "mean", "max", "min", "std")),
        (gv.nn.psi.MLP(4, 6), ("mean", "max")),
        (gv.nn.psi.GATAttention(4, 6, heads=2), "sum"),
        (gv.nn.psi.DotProductAttention(4, 6, heads=2), "sum"),
    ],
)
def test_torch_scatter_runs_every_form_in_rows(psi, aggr):
    edge_index = torch.randint(9, (2, 40))
    results = []
    for backend in ("torch_scatter", "reference"):
        layer = gv.nn.MessagePassing(psi, aggr, backend=backend).double()
        x = torch.linspace(-1, 1, 36).double().view(9, 4).sin().requires_grad_()
        out = layer(x, edge_index)
        results.append((out, *torch.autograd.grad(out.sin().sum(), (x, *psi.parameters()))))
    torch.testing.assert_close(*results)


class Halves(gv.nn.psi.ScalarPsi):
    def scale(self, edge):
        return edge[:, 0] / 2

    def scales(self, kind):
        return True


def test_a_scalar_psi_of_ones_own_is_lowered():
    x, edge_index, edge_attr = graph()
    layer = gv.nn.MessagePassing(Halves(), "sum")
    topology = gv.nn.edge_topology(edge_index, len(x))
    assert layer.plan(topology, x, has_edge_attr=True).name == "gather-reduce"
    plain = gv.nn.MessagePassing(gv.nn.psi.ScaledCopy(), "sum")
    torch.testing.assert_close(
        layer(x, edge_index, edge_attr), plain(x, edge_index, edge_attr[:, 0] / 2)
    )


def test_edge_cases():
    layer = gv.nn.MessagePassing(gv.nn.psi.Copy(), "max")
    none = torch.empty(2, 0, dtype=torch.int64)
    assert layer(torch.ones(3, 2), none).eq(0).all()
    assert layer(torch.ones(0, 2), none).shape == (0, 2)
    bipartite = gv.nn.MessagePassing(lambda n_i, n_j, e: torch.cat([n_i, n_j], 1), "sum")
    out = bipartite((torch.ones(3, 1), torch.zeros(2, 2)), torch.tensor([[2], [1]]))
    assert out.tolist() == [[0, 0, 0], [0, 0, 1]]


def test_errors():
    layer = gv.nn.MessagePassing(gv.nn.psi.Taps(torch.zeros(1, 1, 3)), "sum")
    edges = torch.tensor([[0], [1]])
    with pytest.raises(ValueError, match=r"messages read the taps of a topology"):
        layer(torch.ones(2, 1), edges)
    with pytest.raises(ValueError, match=r"`edge_index` must lie in 0…1 → 0…1, got 0…\[0, 5\]"):
        layer(torch.ones(2, 1), torch.tensor([[0], [5]]))
    spline = gv.nn.MessagePassing(PSI["spline"](), "sum")
    with pytest.raises(ValueError, match=r"`edge_attr` must be the displacements"):
        spline(torch.ones(2, 6), edges)
    with pytest.raises(ValueError, match=r"`edge_attr` must have 1 rows, one per edge, got \(7,\)"):
        gv.nn.MessagePassing(gv.nn.psi.ScaledCopy(), "sum")(torch.ones(2, 1), edges, torch.ones(7))
    with pytest.raises(
        ValueError, match=r"`edge_index` must be an integer tensor of shape \(2, e\)"
    ):
        layer(torch.ones(2, 1), edges.float())
    with pytest.raises(ValueError, match=r"`psi` must be a message function, got None"):
        gv.nn.MessagePassing()
    small = gv.nn.MessagePassing(gv.nn.psi.Taps(torch.zeros(1, 1, 3, 3)), "sum")
    wide = gv.nn.window_topology((6, 6), gv.nn.Window.make(5, padding=2, dims=2))
    for backend in ("auto", "reference"):
        small.backend = backend
        with pytest.raises(ValueError, match=r"one matrix for each of the topology's 25 taps"):
            small(torch.ones(36, 1), wide)
    mlp = gv.nn.MessagePassing(PSI["mlp"](), "sum")
    with pytest.raises(ValueError, match=r"`edge_attr` must have shape \(e, 2\), got None"):
        mlp(torch.ones(2, 6), edges)
    window = gv.nn.window_topology((3, 3), gv.nn.Window.make(3, dims=2))
    with pytest.raises(ValueError, match=r"`x` must have shape \(9, c\), got \(4, 1\)"):
        layer(torch.ones(4, 1), window)


@pytest.mark.parametrize("aggr", ["max", "min", ["max", "mean"]], ids=str)
def test_equal_extremes_share_the_gradient_in_every_form(aggr):
    x = torch.tensor([[0.0], [0.0], [-1.0], [0.0]], dtype=torch.float64, requires_grad=True)
    x.data *= -1 if aggr == "min" else 1
    edges = torch.tensor([[0, 1, 2], [3, 3, 3]])
    found = []
    for backend in ("auto", "reference"):
        layer = gv.nn.MessagePassing(gv.nn.psi.Copy(), aggr, backend=backend)
        (grad,) = torch.autograd.grad(layer(x, edges)[:, 0].sum(), x)
        found.append(grad.flatten().tolist())
    assert found == [[0.5, 0.5, 0, 0]] * 2
