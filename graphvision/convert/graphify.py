"""Any CNN as message passing on the image's graph, with the same weights."""

import copy
from collections.abc import Iterable
from typing import Any

from torch import nn

from graphvision.convert import function_rules, functional_rules, layer_rules  # noqa: F401
from graphvision.convert.example import arguments_of, stands_for_graphs
from graphvision.convert.network import GraphNetwork
from graphvision.convert.program import trace
from graphvision.convert.rules import Options, rule_of
from graphvision.convert.step import Step
from graphvision.convert.unsupported import UnsupportedModule


def graphify(
    cnn: nn.Module, example: Any, *, lower: bool = True, backend: str = "auto"
) -> GraphNetwork:
    """The same network as message passing on the image's graph: same weights, outputs, gradients.

    The data flow is traced by torch.fx and every layer becomes a ``gv.nn`` layer on a topology:
    ``n_i' = φ(n_i, ⊕_{j∈N(i)} ψ(n_i, n_j, e_ji))``. The result takes images, with the result of
    ``cnn``, and image graphs of any partition, where every layer means *paint, apply, take means
    over regions*. Training and evaluation mode stay live, and ``state_dict`` has the same keys.

    Args:
        cnn: any network on images ``[b, c, *size]`` whose Python code doesn't branch on values. It
            isn't changed; the result has copies of its weights.
        example: an image batch, an image graph, or the tuple of all arguments. Only shapes and
            types count. Other sizes work where they work in ``cnn``, unless its code branches on
            the size.
        lower: False for gather and scatter over explicit edges in every layer that sends messages,
            instead of torch's convolutions.
        backend: as in :class:`graphvision.nn.MessagePassing`.

    Returns:
        The network, in the mode (training or evaluation) of ``cnn``.

    Raises:
        UnsupportedModule: layers or functions without a rule, all at once.
        ValueError: the code can't be traced, or the network can't take the example; the message
            says where and what to do.

    Example:
        >>> import torch, graphvision as gv
        >>> cnn = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3, padding=1), torch.nn.ReLU())
        >>> net = gv.graphify(cnn, torch.zeros(1, 3, 16, 16))
        >>> image = torch.rand(2, 3, 16, 16)
        >>> bool(torch.equal(net(image), cnn(image)))
        True
        >>> net(gv.superpixel_graph(image[0], n_segments=20)).x.shape[1]
        8

    Source:
        Hart et al., SelectionConv, ECCV 2022, is the nearest earlier work; the meaning on
        partitions and the general conversion are this library's.
    """
    if isinstance(cnn, GraphNetwork):
        raise ValueError("`cnn` must be a network of torch's layers, got a GraphNetwork")
    options, arguments = Options(lower, backend), arguments_of(example)
    root = copy.deepcopy(cnn)
    programs = trace(root, arguments, checked=not stands_for_graphs(example))
    _check(programs.values(), root)
    originals = _convert(root, programs.values(), options)
    return GraphNetwork(root, programs, originals, options)


def ungraphify(net: GraphNetwork) -> nn.Module:
    """The network of torch's layers that :func:`graphify` was given, with the current weights.

    Args:
        net: what ``graphify`` returned; it isn't changed.

    Returns:
        A network of the original class with copies of the weights, in the mode of ``net``.

    Example:
        >>> import torch, graphvision as gv
        >>> cnn = gv.models.create("lenet5")
        >>> type(gv.ungraphify(gv.graphify(cnn, torch.zeros(1, 1, 28, 28)))).__name__
        'LeNet5'
    """
    net = copy.deepcopy(net)
    (root,) = net._root
    root.training = net.training
    root._parameters, root._buffers = net._parameters, net._buffers
    for path, original in net._originals.items():
        converted = net.get_submodule(path)
        for name, part in original.named_modules():
            twin = converted.get_submodule(name)
            part._parameters, part._buffers = twin._parameters, twin._buffers
            part.training = twin.training
        _put(root, path, original)
    return root


def _check(programs: Iterable[list[Step]], root: nn.Module) -> None:
    places: dict[str, None] = {}
    for steps in programs:
        for step in steps:
            if not _needs_rule(step, steps, root):
                continue
            if step.op == "module":
                kind = type(root.get_submodule(step.target)).__name__
                places[f"{step.target}: {kind}"] = None
            else:
                places[f"{step.place or type(root).__name__}: {step.what}()"] = None
    if places:
        raise UnsupportedModule(list(places))


def _needs_rule(step: Step, steps: list[Step], root: nn.Module) -> bool:
    called = step.op in ("module", "function", "method")
    if not called or not any(steps[i].raster for i in step.inputs):
        return False
    kind = type(root.get_submodule(step.target)) if step.op == "module" else step.target
    return rule_of(kind) is None


def _convert(
    root: nn.Module, programs: Iterable[list[Step]], options: Options
) -> dict[str, nn.Module]:
    """Put the converted layers into ``root``; returns the originals by path."""
    originals: dict[str, nn.Module] = {}
    made: dict[int, nn.Module] = {}
    paths = [(path, module) for path, module in root.named_modules(remove_duplicate=False) if path]
    called = {s.target for steps in programs for s in steps if s.op == "module"}
    called_modules = {id(root.get_submodule(path)) for path in called}
    for path, module in paths:
        rule = rule_of(type(module))
        if rule is None or id(module) not in called_modules:
            continue
        if id(module) not in made:
            converted = rule.convert(module, options)
            made[id(module)] = converted if isinstance(converted, nn.Module) else module
        if made[id(module)] is not module:
            originals[path] = module
            _put(root, path, made[id(module)])
    return originals


def _put(root: nn.Module, path: str, module: nn.Module) -> None:
    parent, _, name = path.rpartition(".")
    root.get_submodule(parent)._modules[name] = module
