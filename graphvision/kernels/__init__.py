"""Tensors in, tensors out: the only place that knows backends and devices."""

from graphvision.kernels._errors import BackendUnavailable

__all__ = ["BackendUnavailable"]
