"""The error that a backend asked for by name raises when it cannot run."""


class BackendUnavailable(RuntimeError):  # noqa: N818 - the name the design gives it
    """A backend was asked for by name and cannot run here; the message carries the reason.

    Only ``backend="auto"`` falls back silently. Example::

        BackendUnavailable: backend 'numba' of `gather_reduce` needs a CPU tensor of float32 or
        float64, got float16 on cpu
    """
