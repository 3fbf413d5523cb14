import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch_geometric.data import Batch, Data, InMemoryDataset
from torch_geometric.loader import DataLoader

import graphvision as gv
from graphvision.datasets import GraphStore, Recipe, load


class Pairs(Data):
    """Two node sets: increments and an axis of concatenation of its own."""

    def __inc__(self, key, value, *args, **kwargs):
        if key == "edge_index":
            return torch.tensor([[self.left], [self.right]])
        return super().__inc__(key, value, *args, **kwargs)

    def __cat_dim__(self, key, value, *args, **kwargs):
        return None if key == "stacked" else super().__cat_dim__(key, value, *args, **kwargs)


def random_graph(seed, options):
    make = torch.Generator().manual_seed(seed)

    def number(high):
        return int(torch.randint(high, (), generator=make))

    nodes, edges = 1 + number(6), number(9)
    graph = Data(x=torch.randn(nodes, 3, generator=make))
    graph.edge_index = torch.randint(nodes, (2, edges), generator=make)
    extras = {
        "edge_attr": lambda: torch.randn(edges, 2, generator=make),
        "pos": lambda: torch.rand(nodes, 2, generator=make),
        "node label": lambda: torch.randint(5, (nodes,), generator=make),
        "y scalar": lambda: torch.tensor(number(10)),
        "y one": lambda: torch.tensor([number(10)]),
        "y row": lambda: torch.randn(1, 4, generator=make),
        "y number": lambda: number(10),
        "y float": lambda: number(10) / 4,
        "flag": lambda: bool(number(2)),
        "name": lambda: f"graph {seed}",
        "tags": lambda: ["a"] * number(3),
        "face": lambda: torch.randint(nodes, (3, number(4)), generator=make),
        "root_index": lambda: torch.tensor(number(nodes)),
        "near_index": lambda: number(nodes),
        "wide_index": lambda: torch.randint(nodes, (2, 2, number(3)), generator=make).int(),
        "part_batch": lambda: torch.arange(1 + number(3)),
        "boxes": lambda: torch.randn(number(3), 4, generator=make),
        "num_nodes": lambda: nodes,
    }
    for option in options:
        graph["y" if option.startswith("y ") else option.replace(" ", "_")] = extras[option]()
    return graph


OPTIONS = [
    "edge_attr", "pos", "node label", "y scalar", "y one", "y row", "y number", "y float", "flag",
    "name", "tags", "face", "root_index", "near_index", "wide_index", "part_batch", "boxes",
    "num_nodes",
]  # fmt: skip


def equal(got, want):
    assert type(got) is type(want)
    if isinstance(want, torch.Tensor):
        assert got.dtype == want.dtype
        assert torch.equal(got, want)
    else:
        assert got == want


def same_graph(got, want):
    assert type(got) is type(want)
    assert set(got.keys()) == set(want.keys())
    for key in want.keys():  # noqa: SIM118
        equal(got[key], want[key])


def same_batch(got, want):
    same_graph(got, want)
    assert got.num_graphs == want.num_graphs
    assert got.num_nodes == want.num_nodes
    for mine, theirs in ((got._slice_dict, want._slice_dict), (got._inc_dict, want._inc_dict)):
        assert mine.keys() == theirs.keys()
        for key in theirs:
            equal(mine[key], theirs[key])
    for mine, theirs in zip(got.to_data_list(), want.to_data_list(), strict=True):
        same_graph(mine, theirs)


def same_batches(got, want):
    assert len(got) == len(want)
    torch.manual_seed(3)
    got = list(got)
    torch.manual_seed(3)
    for mine, theirs in zip(got, want, strict=True):
        same_batch(mine, theirs)


@given(
    st.integers(1, 7),
    st.integers(0, 1000),
    st.sets(st.sampled_from(OPTIONS)),
    st.integers(1, 4),
    st.booleans(),
    st.booleans(),
)
def test_matches_oracle(count, seed, options, batch_size, shuffle, drop_last):
    graphs = [random_graph(seed + i, sorted(options)) for i in range(count)]
    options = {"batch_size": batch_size, "shuffle": shuffle, "drop_last": drop_last}
    same_batches(gv.GraphLoader(graphs, **options), DataLoader(graphs, **options))


def test_matches_oracle_of_image_graphs():
    graphs = [gv.grid_graph(torch.rand(1, h, 3), mask=torch.rand(h, 3) > 0.2) for h in (2, 5, 3)]
    for shuffle in (False, True):
        same_batches(gv.GraphLoader(graphs, 2, shuffle), DataLoader(graphs, 2, shuffle))


def test_matches_oracle_of_own_increments():
    graphs = [
        Pairs(
            edge_index=torch.stack([torch.randint(n, (5,)), torch.randint(n + 1, (5,))]),
            left=n, right=n + 1, stacked=torch.randn(2, 3), num_nodes=2 * n + 1,
        )
        for n in (2, 4, 1)
    ]  # fmt: skip
    same_batches(gv.GraphLoader(graphs, 2, True), DataLoader(graphs, 2, True))


@pytest.mark.filterwarnings("ignore:Unable to accurately infer:UserWarning")
def test_matches_oracle_without_a_number_of_nodes():
    graphs = [Data(edge_index=torch.tensor([[0, n], [n, 0]])) for n in (1, 3)]
    same_batches(gv.GraphLoader(graphs, 2), DataLoader(graphs, 2))
    graphs = [Data(boxes=torch.rand(n, 4)) for n in (1, 3)]
    (batch,) = gv.GraphLoader(graphs, 2)
    assert set(batch.keys()) == {"boxes"}
    assert [graph.boxes.shape for graph in batch.to_data_list()] == [(1, 4), (3, 4)]


def test_pyg_arguments():
    graphs = [random_graph(seed, ["pos", "edge_attr"]) for seed in range(5)]
    options = {"follow_batch": ["edge_attr"], "exclude_keys": ["pos"]}
    same_batches(gv.GraphLoader(graphs, 2, **options), DataLoader(graphs, 2, **options))


def test_torch_arguments():
    graphs = [random_graph(seed, ["y one"]) for seed in range(7)]
    for options in (
        {"sampler": [4, 4, 0]},
        {"batch_sampler": [[1, 2], [6]]},
        {"sampler": torch.utils.data.WeightedRandomSampler(torch.arange(7.0), 5)},
    ):
        same_batches(gv.GraphLoader(graphs, **options), DataLoader(graphs, **options))
    orders = []
    for loader in (gv.GraphLoader, DataLoader):
        made = loader(graphs, 3, shuffle=True, generator=torch.Generator().manual_seed(5))
        orders.append([batch.y.tolist() for _ in range(2) for batch in made])
    assert orders[0] == orders[1]
    assert orders[0][:3] != orders[0][3:]


def test_worker_processes():
    graphs = [random_graph(seed, ["y one", "name"]) for seed in range(5)]
    same_batches(gv.GraphLoader(graphs, 2, num_workers=1), DataLoader(graphs, 2))


class Digits(InMemoryDataset):
    def __init__(self, graphs, transform=None):
        super().__init__(transform=transform)
        self.data, self.slices = self.collate(graphs)


@pytest.mark.filterwarnings("ignore:It is not recommended:UserWarning")
def test_data_sets():
    data = Digits([random_graph(seed, ["y one"]) for seed in range(6)])
    same_batches(gv.GraphLoader(data, 4), DataLoader(data, 4))
    part = data[torch.tensor([3, 1])]
    same_batches(gv.GraphLoader(part, 4), DataLoader(part, 4))
    half, _ = torch.utils.data.random_split(data, [3, 3])
    same_batches(gv.GraphLoader(half, 2), DataLoader(half, 2))
    loader = gv.GraphLoader(data)
    assert len(loader.dataset) == 6
    same_graph(loader.dataset[-1], data[5])
    same_batches(gv.GraphLoader(loader.dataset, 2), DataLoader(data, 2))  # packed once
    moved = Digits([random_graph(0, []), random_graph(1, [])], transform=lambda graph: graph)
    for some in (moved, torch.utils.data.Subset(moved, [1])):
        with pytest.raises(ValueError, match=r"`dataset` must have no `transform`.* got Digits"):
            gv.GraphLoader(some)


def test_store(tmp_path):
    images = load("fashion-mini", "test").subset(torch.arange(7))
    store = GraphStore.build(images, Recipe(n_segments=12), tmp_path)
    graphs = [store[i] for i in range(7)]
    same_batches(gv.GraphLoader(store, 3, shuffle=True), DataLoader(graphs, 3, shuffle=True))
    loader = gv.GraphLoader(store, 3)
    assert loader.dataset is store
    excluding = {"exclude_keys": ["assign", "image_size"]}
    same_batches(gv.GraphLoader(store, 3, **excluding), DataLoader(graphs, 3, **excluding))


def test_errors():
    graph = random_graph(0, ["y one"])
    with pytest.raises(ValueError, match=r"at least one graph, got none"):
        gv.GraphLoader([])
    with pytest.raises(ValueError, match=r"`dataset` must be a store or a sequence .* got int"):
        gv.GraphLoader(3)
    with pytest.raises(ValueError, match=r"must hold PyG `Data` objects, got str"):
        gv.GraphLoader(["a"])
    with pytest.raises(ValueError, match=r"must hold PyG `Data` objects, got DataBatch"):
        gv.GraphLoader([Batch.from_data_list([graph])])
    with pytest.raises(ValueError, match=r"one class, got Data at 0 and ImageGraph at 1"):
        gv.GraphLoader([graph, gv.grid_graph(torch.rand(1, 2, 2))])
    other = random_graph(1, ["edge_attr"])
    wanted = r"same attributes, got \['edge_index', 'x', 'y'\] at 0 and \['edge_attr',.* at 1"
    with pytest.raises(ValueError, match=wanted):
        gv.GraphLoader([graph, other])
    wider = graph.clone()
    wider.x = torch.rand(2, 5)
    wanted = (
        r"`x` must be alike in all .* float32 of shape \(·, 3\) on cpu at 0 and .*5\) on cpu at 1"
    )
    with pytest.raises(ValueError, match=wanted):
        gv.GraphLoader([graph, wider])
    wider.x = torch.rand(2, 3).double()
    with pytest.raises(ValueError, match=r"`x` must be alike in all graphs.*float64"):
        gv.GraphLoader([graph, wider])
    with pytest.raises(ValueError, match=r"`adj` must be a dense tensor, a number or text, got T"):
        gv.GraphLoader([Data(adj=torch.eye(2).to_sparse())])
    with pytest.raises(ValueError, match=r"`nested` must be a dense tensor, .* got dict"):
        gv.GraphLoader([Data(nested={"a": torch.ones(1)})])
    with pytest.raises(ValueError, match=r"`collate_fn` must be left out"):
        gv.GraphLoader([graph], collate_fn=list)
    with pytest.raises(ValueError, match=r"`batch_size` must be at least 1, got None"):
        gv.GraphLoader([graph], batch_size=None)
    with pytest.raises(ValueError, match=r"`follow_batch` must be among .* got 'z'"):
        next(iter(gv.GraphLoader([graph], follow_batch=["z"])))
    with pytest.raises(IndexError, match=r"must be below 1, got 1"):
        gv.GraphLoader([graph]).dataset[1]
    with pytest.raises(IndexError, match=r"`index` must be in 0 … 0, got -1 … 0"):
        gv.GraphLoader([graph]).dataset.batch(torch.tensor([0, -1]))
    with pytest.raises(ValueError, match=r"`index` must be int64 of shape \(b,\)"):
        gv.GraphLoader([graph]).dataset.batch(torch.tensor([0.0]))
