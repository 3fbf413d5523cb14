"""What is predicted: targets, losses, metrics and decoding for graphs, nodes, edges and boxes."""

from graphvision.tasks import boxes, instances, losses, metrics

__all__ = ["boxes", "instances", "losses", "metrics"]
