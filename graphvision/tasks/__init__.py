"""What is predicted: the target, the loss, the answer on the image and its scores, for any network."""

from graphvision.tasks.places import Places

__all__ = ["Places"]
