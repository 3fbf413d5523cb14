"""What the passes of messages within one layer come to."""

from collections.abc import Sequence
from dataclasses import dataclass

from graphvision.nn.ran import Ran


@dataclass(frozen=True)
class Messages:
    """The messages of one call of a layer; nothing of all where it sends none.

    Attributes:
        plan: what ran.
        targets: nodes that receive.
        edges: edges, parallel ones counted.
        taps: taps of the window, 0 where edges carry none.
    """

    plan: str = ""
    targets: int | None = None
    edges: int | None = None
    taps: int | None = None

    @classmethod
    def of(cls, ran: Sequence[Ran]) -> "Messages":
        """Of a layer's passes, one after the other: edges are summed, the last targets count."""
        if not ran:
            return cls()
        plans = dict.fromkeys(one.plan.name for one in ran)
        topologies = [one.topology for one in ran]
        return cls(
            " + ".join(plans),
            topologies[-1].num_targets,
            sum(topology.num_edges for topology in topologies),
            max(topology.num_taps for topology in topologies),
        )
