"""Small graphs for networks on graphs, and one graph under other numbers."""

import torch

import graphvision as gv
from graphvision.graphs import ImageGraph


def superpixels(images=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    pictures = torch.rand(images, 1, 14, 17, generator=generator).double()
    return gv.superpixel_graph(pictures, 14, node_features="all", edge_features="all")


def numbers(graph):
    """What the constructors of networks on graphs want to know."""
    return {"in_features": graph.x.shape[1], "edge_features": graph.edge_attr.shape[1]}


def renumbered(graph, order):
    """The same graph with its nodes and its edges in another order."""
    place = order.argsort()
    return ImageGraph(
        x=graph.x[order],
        edge_index=place[graph.edge_index].flip(1),
        edge_attr=graph.edge_attr.flip(0),
        pos=graph.pos[order],
        area=graph.area[order],
        assign=place[graph.assign],
        image_size=graph.image_size,
    )


def settled(model):
    """In float64 and for evaluation, with running statistics that do something."""
    for module in model.modules():
        if isinstance(module, (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d)):
            module.running_mean.uniform_(-1, 1)
            module.running_var.uniform_(0.5, 2)
    return model.double().eval()


def trained(model, inputs, loss, steps=80):
    """The loss before and after some steps of Adam."""
    optimiser = torch.optim.Adam(model.train().parameters(), 1e-2)
    found = []
    for _ in range(steps):
        optimiser.zero_grad()
        value = loss(model(*inputs))
        value.backward()
        optimiser.step()
        found.append(value.item())
    return found[0], found[-1]
