"""⊕ by name for messages that are the senders themselves: fixed ones, and such that learn."""

from abc import abstractmethod
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from graphvision.kernels.gather import REDUCTIONS, Csr, gather_reduce
from graphvision.kernels.softmax import segment_softmax


class AbstractAggregator(nn.Module):
    """``out_i = ⊕_{j∈N(i)} n_j``: what a receiver gets from rows of senders.

    The receivers may be nodes and the senders their neighbours, or images and their nodes.

    Attributes:
        num_features: channels that come out.
    """

    num_features: int

    @abstractmethod
    def forward(self, x: Float[Tensor, "n c"], csr: Csr) -> Float[Tensor, "m d"]:
        """Aggregate; 0 for a receiver without senders, or a learned constant."""


class Reduce(AbstractAggregator):
    """Sum, mean, max, min or standard deviation.

    Args:
        width: channels of a sender.
        reduce: which.
    """

    def __init__(self, width: int, reduce: str) -> None:
        super().__init__()
        self.num_features, self.reduce = width, reduce

    def forward(self, x: Float[Tensor, "n c"], csr: Csr) -> Float[Tensor, "m d"]:
        """The reduction."""
        return gather_reduce(x, csr, reduce=self.reduce)


class SoftmaxMixture(AbstractAggregator):
    """``Σ_j softmax_j(t n_j) n_j`` with a learned t per channel: from the mean (0) to the max (∞).

    Args:
        width: channels of a sender.

    Source:
        Li et al., DeeperGCN, 2020, equation 4; the oracle is PyG's ``SoftmaxAggregation``
        (``test_softmax_matches_pyg``).
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.num_features = width
        self.temperature = nn.Parameter(torch.ones(width))

    def forward(self, x: Float[Tensor, "n c"], csr: Csr) -> Float[Tensor, "m d"]:
        """A share per channel; the weights depend on the sender alone, so none is kept per edge."""
        logit = self.temperature * x
        # one level for all rows, so that shares within a row stay what they are
        level = logit.detach().amax(0) if len(x) else 0.0
        weight = torch.exp((logit - level).clamp(min=-60.0))
        both = gather_reduce(torch.cat([weight * x, weight], 1), csr)
        total, divisor = both.chunk(2, 1)
        return total / divisor.clamp(min=torch.finfo(x.dtype).tiny)


class PowerMean(AbstractAggregator):
    """``(mean_j n_j^p)^(1/p)`` with a learned p per channel: the mean (1) to the max (∞).

    Args:
        width: channels of a sender; what is below 0.001 counts as 0.001.

    Source:
        Li et al., DeeperGCN, 2020, equation 5; the oracle is PyG's ``PowerMeanAggregation``
        (``test_power_mean_matches_pyg``).
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.num_features = width
        self.power = nn.Parameter(torch.ones(width))

    def forward(self, x: Float[Tensor, "n c"], csr: Csr) -> Float[Tensor, "m d"]:
        """The mean of powers, and its root; 0 for a receiver without senders."""
        power = self.power.clamp(min=0.1, max=20.0)
        # a root at 0 has no gradient, and a power of large numbers overflows
        mean = gather_reduce(x.clamp(min=1e-3, max=1e2).to(torch.float64).pow(power), csr)
        mean = mean / csr.degree.clamp(min=1).unsqueeze(1)
        found = mean.clamp(min=1e-300).pow(1 / power) * (csr.degree > 0).unsqueeze(1)
        return found.to(x.dtype)


class GatedShare(AbstractAggregator):
    """``Σ_j softmax_j(a·n_j) n_j`` with one learned vector a: attention to what a sender says.

    Args:
        width: channels of a sender.

    Source:
        Li et al., Gated graph sequence neural networks, 2016, equation 7; the oracle is PyG's
        ``AttentionalAggregation`` (``test_attention_matches_pyg``).
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.num_features = width
        self.gate_nn = nn.Linear(width, 1, bias=False)

    def forward(self, x: Float[Tensor, "n c"], csr: Csr) -> Float[Tensor, "m d"]:
        """The sum by shares."""
        logit = self.gate_nn(x).index_select(0, csr.col)
        return gather_reduce(x, csr, segment_softmax(logit, csr))


class DeepSets(AbstractAggregator):
    """``ρ(norm(Σ_j φ(n_j)))`` with small networks φ and ρ; the norm takes the number out.

    Args:
        width: channels of a sender.

    Source:
        Zaheer et al., Deep sets, 2017, theorem 2; layer norm added.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.num_features = width
        self.before = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width))
        self.after = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width)
        )

    def forward(self, x: Float[Tensor, "n c"], csr: Csr) -> Float[Tensor, "m d"]:
        """A network per sender, their sum, a network per receiver."""
        out: Tensor = self.after(gather_reduce(self.before(x), csr))
        return out


def _reduction(name: str) -> Callable[[int], AbstractAggregator]:
    return lambda width: Reduce(width, name)


AGGREGATORS: dict[str, Callable[[int], AbstractAggregator]] = {
    **{name: _reduction(name) for name in REDUCTIONS},
    "softmax": SoftmaxMixture,
    "power": PowerMean,
    "attention": GatedShare,
    "deepsets": DeepSets,
}


def aggregator(name: str, width: int) -> AbstractAggregator:
    """An aggregator of the table ``AGGREGATORS`` with fresh parameters.

    Args:
        name: ``"sum"``, ``"mean"``, ``"max"``, ``"min"``, ``"std"``; ``"softmax"`` and ``"power"``
            for mixtures of mean and max that learn; ``"attention"``; ``"deepsets"``.
        width: channels of a sender.

    Returns:
        A module, called with the senders ``[n, c]`` and the edges in rows by receiver.

    Raises:
        ValueError: there is no aggregator of this name.

    Example:
        >>> from graphvision.kernels.gather import Csr
        >>> csr = Csr(torch.tensor([0, 2]), torch.tensor([0, 1]), num_sources=2)
        >>> aggregator("max", 1)(torch.tensor([[1.0], [3.0]]), csr)
        tensor([[3.]])
    """
    if name not in AGGREGATORS:
        raise ValueError(f"`name` must be one of {list(AGGREGATORS)}, got {name!r}")
    return AGGREGATORS[name](width)
