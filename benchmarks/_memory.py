"""Extra memory of a call: the peak of what torch allocates meanwhile."""

import os
from collections.abc import Callable

import torch
from torch.profiler import ProfilerActivity, profile

# The profiler writes when it starts and stops, at levels up to 5; it looks here on its first use.
os.environ.setdefault("KINETO_LOG_LEVEL", "6")


def extra_bytes(call: Callable[[], object], device: torch.device) -> int:
    """Peak of torch's allocations during one call above those before it, its result included.

    Memory that NumPy, Numba kernels or other libraries take by themselves isn't seen.
    """
    if device.type == "cuda":
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        call()
        torch.cuda.synchronize()
        return int(torch.cuda.max_memory_allocated() - before)
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as recorded:
        call()
    events = [e for e in recorded.profiler.kineto_results.events() if e.name() == "[memory]"]
    peak = held = 0
    for event in sorted(events, key=lambda e: e.start_ns()):
        held += event.nbytes()
        peak = max(peak, held)
    return peak
