"""The steps of a network, read from its code."""

from typing import Any

from torch import Tensor, fx, nn

from graphvision.convert.example import check_example
from graphvision.convert.rules import is_step, rule_of
from graphvision.convert.step import Step, Value
from graphvision.convert.tracer import LiveTracer

_OPS = {
    "placeholder": "input",
    "get_attr": "attribute",
    "call_module": "module",
    "call_function": "function",
    "call_method": "method",
    "output": "output",
}


def trace(root: nn.Module, arguments: tuple[Any, ...], *, checked: bool) -> dict[bool, list[Step]]:
    """The steps for training and for evaluation; one list where no code branches on the mode.

    Args:
        root: the network.
        arguments: of its ``forward``; only shapes and types count.
        checked: refuse arguments that torch refuses. What stands for a graph is not: a norm of
            the channels of nodes, say, means another axis of an image.
    """
    before = [(buffer, buffer.clone()) for buffer in root.buffers()]
    steps, branches = _steps(root, arguments, checked)
    programs = {root.training: steps, not root.training: steps}
    if branches:
        modes = {module: module.training for module in root.modules()}
        other = not root.training
        root.train(other)
        programs[other], _ = _steps(root, arguments, checked)
        for module, mode in modes.items():
            module.training = mode
    for buffer, value in before:  # working shapes out counts as a batch for torch's batch norm
        buffer.copy_(value)
    return programs


def _steps(root: nn.Module, arguments: tuple[Any, ...], checked: bool) -> tuple[list[Step], bool]:
    tracer = LiveTracer(is_step, arguments)
    graph = tracer.trace_live(root)
    _drop_dead(graph, {node for node, _, _ in tracer.guards})
    failed = next((node for node in graph.nodes if _fails(tracer, node)), None)
    if failed is not None and checked:
        check_example(root, arguments, f"step {failed.name!r}: {_called(root, failed)}")
    guards = {node: (chosen, place) for node, chosen, place in tracer.guards}
    steps: list[Step] = []
    index: dict[fx.Node, int] = {}
    for node in graph.nodes:
        index[node] = len(steps)
        steps.append(_step(node, tracer, index, steps))
        if node in guards:
            chosen, place = guards[node]
            steps.append(
                Step(f"{node.name}_guard", "guard", chosen, (Value(index[node]),), place=place)
            )
    return steps, tracer.branches_on_mode


def _drop_dead(graph: fx.Graph, needed: set[fx.Node]) -> None:
    """Drop what nobody reads, such as the shape that only a branch has looked at."""
    for node in reversed(list(graph.nodes)):
        pure = node.op == "get_attr" or _is_shape(node)
        if pure and not node.users and node not in needed:
            graph.erase_node(node)


def _is_shape(node: fx.Node) -> bool:
    return node.op == "call_function" and node.target is getattr


def _step(node: fx.Node, tracer: LiveTracer, index: dict[fx.Node, int], steps: list[Step]) -> Step:
    target: Any = node.target
    args, kwargs = _plain(node.args, index), _plain(node.kwargs, index)
    module = tracer.root.get_submodule(target) if node.op == "call_module" else None
    around = list((node.meta.get("nn_module_stack") or {}).values())
    around = around[:-1] if module is not None else around
    place = str(around[-1][0]) if around else ""
    op = _OPS[node.op]
    if op == "output":
        args = args[:1]
    value = _known(tracer, node)
    shape = tuple(value.shape) if isinstance(value, Tensor) else None
    raster = _is_raster(Step(node.name, op, target, args, kwargs, shape), steps, module)
    return Step(node.name, op, target, args, kwargs, shape, raster, place)


def _plain(value: Any, index: dict[fx.Node, int]) -> Any:
    """Arguments with values by number, and Python's own containers for those of torch.fx."""
    if isinstance(value, fx.Node):
        return Value(index[value])
    if isinstance(value, dict):
        return {name: _plain(item, index) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, index) for item in value]
    if type(value) is tuple:
        return tuple(_plain(item, index) for item in value)
    if isinstance(value, slice):
        return slice(*(_plain(v, index) for v in (value.start, value.stop, value.step)))
    return value


def _known(tracer: LiveTracer, node: fx.Node) -> Any:
    try:
        return tracer.value(node)
    except Exception:  # no shape is known for the example; only the report lacks it
        return None


def _fails(tracer: LiveTracer, node: fx.Node) -> bool:
    try:
        tracer.value(node)
    except RuntimeError:  # shapes that don't fit, or a function that needs the values
        return True
    except Exception:
        return False
    return False


def _called(root: nn.Module, node: fx.Node) -> str:
    if node.op == "call_module":
        return f"{node.target} ({type(root.get_submodule(str(node.target))).__name__})"
    return str(getattr(node.target, "__name__", node.target))


def _is_raster(step: Step, steps: list[Step], module: nn.Module | None) -> bool:
    if step.op == "input":
        return step.shape is not None and len(step.shape) >= 3
    if step.op == "attribute" or not any(steps[i].raster for i in step.inputs):
        return False
    rule = rule_of(type(module) if module is not None else step.target)
    return rule is None or not rule.leaves_raster
