"""What all losses promise: gradients, weights, ignored elements, several processes."""

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
import torch

from graphvision.tasks import losses

EDGES = torch.tensor([[0, 1, 2, 3, 4, 0, 2, 1], [1, 2, 3, 4, 0, 2, 4, 3]])
N, C = 8, 3


def labels():
    return torch.randint(0, C, (N,)).index_fill(0, torch.tensor([2]), -1)


def binary():
    return torch.tensor([1, 0, -1, 1, 0, 0, 1, 0])


def fractions():
    return torch.rand(N, C, dtype=torch.float64).softmax(1).index_fill(0, torch.tensor([2]), 0)


def numbers():
    return torch.randn(N, 2, dtype=torch.float64).index_fill(0, torch.tensor([2]), float("nan"))


def boxes():
    corner = torch.rand(N, 2, dtype=torch.float64) * 5
    return torch.cat((corner, corner + 1 + torch.rand(N, 2, dtype=torch.float64) * 4), 1)


def over_edges(embedding, same, *, weight=None, at=None):
    edges = EDGES if at is None else EDGES[:, at]
    return losses.contrastive(embedding, edges, same, margin=2.0, weight=weight)


def balanced(logits, target, *, weight=None):
    weight = losses.class_balance(target, weight=weight)
    weight = weight.to(torch.promote_types(logits.dtype, torch.float32))
    return losses.binary_cross_entropy(logits, target, weight=weight)


def normal(*shape):
    return lambda: torch.randn(*shape, dtype=torch.float64)


CLASSES = torch.tensor([0.5, 2.0, 1.0], dtype=torch.float64)
MEANS = {
    "cross_entropy": (losses.cross_entropy, normal(N, C), labels),
    "weighted smoothed cross_entropy": (
        partial(losses.cross_entropy, class_weight=CLASSES, smoothing=0.1), normal(N, C), labels
    ),
    "soft cross_entropy": (
        partial(losses.cross_entropy, class_weight=CLASSES), normal(N, C), fractions
    ),
    "binary_cross_entropy": (losses.binary_cross_entropy, normal(N), binary),
    "balanced binary_cross_entropy": (balanced, normal(N), binary),
    "sigmoid_focal": (losses.sigmoid_focal, normal(N), binary),
    "sigmoid_focal per positive": (
        partial(losses.sigmoid_focal, per_positive=True, gamma=0.5), normal(N), binary
    ),
    "softmax_focal": (partial(losses.softmax_focal, class_weight=CLASSES), normal(N, C), labels),
    "dice": (losses.dice, normal(N, C), labels),
    "soft dice": (partial(losses.dice, classes="all"), normal(N, C), fractions),
    "l1": (losses.l1, normal(N, 2), numbers),
    "smooth_l1": (partial(losses.smooth_l1, beta=0.7), normal(N, 2), numbers),
    "giou": (losses.giou_loss, boxes, boxes),
    "diou": (losses.diou_loss, boxes, boxes),
}  # fmt: skip
SORTED = {
    "lovasz_softmax": (losses.lovasz_softmax, normal(N, C), labels),
    "lovasz_hinge": (losses.lovasz_hinge, normal(N), binary),
}
CASES = MEANS | SORTED | {"contrastive": (over_edges, normal(5, 3), binary)}
PERIODIC = [name for name in CASES if name != "contrastive"]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("weighted", [False, True])
def test_gradients(name, weighted):
    loss, inputs, target = CASES[name]
    weight = torch.rand(N, dtype=torch.float64) if weighted else None
    assert torch.autograd.gradcheck(
        partial(loss, target=target(), weight=weight)
        if name != "contrastive" else partial(loss, same=target(), weight=weight),
        inputs().requires_grad_(),
    )  # fmt: skip


@pytest.mark.parametrize("name", PERIODIC)
def test_weights_are_repetitions(name):
    loss, inputs, target = CASES[name]
    logits, target, times = inputs(), target(), torch.tensor([1, 2, 0, 3, 1, 1, 2, 4])
    times[2] = 2  # the ignored one
    repeated = (x.repeat_interleave(times, 0) for x in (logits, target))
    torch.testing.assert_close(loss(logits, target, weight=times.double()), loss(*repeated))


def test_weights_of_edges_are_repetitions():
    embedding, same, times = normal(5, 3)(), binary(), torch.tensor([1, 2, 2, 3, 1, 1, 2, 4])
    at = torch.arange(8).repeat_interleave(times)
    expected = over_edges(embedding, same[at], at=at)
    torch.testing.assert_close(over_edges(embedding, same, weight=times.double()), expected)


@pytest.mark.parametrize("name", CASES)
def test_nothing_to_count_is_zero_with_zero_gradient(name):
    loss, inputs, target = CASES[name]
    logits, target = inputs().requires_grad_(), target()
    ignored = {
        "zero weight": (target, torch.zeros(N, dtype=torch.float64)),
        "all ignored": (torch.full_like(target, -1), None),
    }
    if target.is_floating_point():
        blank = torch.zeros_like(target) if "soft" in name else torch.full_like(target, torch.nan)
        ignored["all ignored"] = (blank, None)
    if name in ("giou", "diou"):
        del ignored["all ignored"]
    for target, weight in ignored.values():
        value = loss(logits, target, weight=weight)
        (gradient,) = torch.autograd.grad(value, logits)
        assert value.item() == 0
        assert torch.equal(gradient, torch.zeros_like(logits))


@pytest.mark.parametrize("name", PERIODIC)
def test_no_elements(name):
    loss, inputs, target = CASES[name]
    logits = inputs()[:0].requires_grad_()
    value = loss(logits, target()[:0])
    value.backward()
    assert value.item() == 0


@pytest.mark.parametrize("name", PERIODIC)
def test_ignored_elements_change_nothing(name):
    loss, inputs, target = CASES[name]
    logits, target = inputs(), target()
    weight = torch.ones(N, dtype=torch.float64).index_fill(0, torch.tensor([2]), 0)
    rest = [i for i in range(N) if i != 2]
    expected = loss(logits[rest], target[rest])
    torch.testing.assert_close(loss(logits, target, weight=weight), expected)
    if name not in ("giou", "diou"):
        torch.testing.assert_close(loss(logits, target), expected)


@pytest.mark.parametrize("name", PERIODIC)
def test_saturated_answers_are_finite(name):
    loss, inputs, target = CASES[name]
    logits, target = (200 * inputs()).float().requires_grad_(), target()
    if target.is_floating_point():
        target = target.float()
    if name.startswith("weighted") or name.startswith("soft cross") or name == "softmax_focal":
        loss = partial(loss, class_weight=CLASSES.float())
    value = loss(logits, target)
    value.backward()
    assert value.isfinite()
    assert logits.grad.isfinite().all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("name", [*SORTED, *(n for n in MEANS if "iou" not in n and "l1" not in n)])
def test_half_precision_holds_areas(name, dtype):
    loss, inputs, target = CASES[name]
    logits, target = inputs().to(dtype), target()
    area = torch.full((N,), 60_000.0)
    expected = loss(logits.double(), target, weight=area.double())
    found = loss(logits, target, weight=area)
    torch.testing.assert_close(found.double(), expected, rtol=0.02, atol=0.02)


class Meeting:
    """Sums and joins over threads that stand for processes."""

    def __init__(self, number):
        self.barrier, self.own = threading.Barrier(number, timeout=20), [None] * number

    def of_all(self, rank, own):
        self.own[rank] = own
        self.barrier.wait()
        result = list(self.own)
        self.barrier.wait()
        return result

    def summed(self, rank, own):
        return sum(self.of_all(rank, own))

    def joined(self, rank, own):
        parts = self.of_all(rank, own.detach())
        return torch.cat([*parts[:rank], own, *parts[rank + 1 :]])


@pytest.mark.parametrize("name", MEANS | SORTED)
def test_processes_have_the_loss_of_all_elements(name):
    """The mean over processes, also with a third that only keeps in step, on borrowed elements."""
    loss, inputs, target = CASES[name]
    logits, target, weight = inputs(), target(), torch.rand(N, dtype=torch.float64)
    scale = torch.tensor(1.3, dtype=torch.float64, requires_grad=True)
    whole = loss(scale * logits, target, weight=weight)
    (expected,) = torch.autograd.grad(whole, scale)
    meeting, parts = Meeting(3), (slice(0, 3), slice(3, N), slice(0, 1))

    def process(rank):
        own, part = scale.detach().clone().requires_grad_(), parts[rank]
        with losses.across_processes(
            partial(meeting.summed, rank),
            3,
            joined=partial(meeting.joined, rank),
            counted=rank < 2,
        ):
            value = loss(own * logits[part], target[part], weight=weight[part])
        value.backward()
        return torch.stack((value.detach(), own.grad))

    with ThreadPoolExecutor(3) as pool:
        mean = sum(pool.map(process, range(3))) / 3
    torch.testing.assert_close(mean, torch.stack((whole.detach(), expected)))


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("name", CASES)
def test_errors(name):
    loss, inputs, target = CASES[name]
    with pytest.raises(ValueError, match="`weight` must have one number per element"):
        loss(inputs(), target(), weight=torch.ones(N + 1, 1, 1).double())
