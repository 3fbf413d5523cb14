import pytest
import torch

from graphvision.kernels.columns import Columns
from graphvision.kernels.offsets import edge_offsets


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("edges", [0, 1, 700])
@pytest.mark.parametrize(
    ("dtype", "bound"), [(torch.float32, 1e-5), (torch.float16, 4e-3), (torch.bfloat16, 3e-2)]
)
def test_matches_reference(axes, edges, dtype, bound):
    generator = torch.Generator().manual_seed(edges)
    pos = torch.rand(9, axes, generator=generator).to(dtype)
    edge_index = torch.randint(0, 9, (2, edges), generator=generator)
    widths = {"other": 1, "displacement": axes, "distance": 1}
    for names in (("displacement", "distance"), ("distance",), ("displacement",)):
        width = {name: widths[name] for name in ("other", *names)}
        got, want = Columns.make(width, pos, edges), Columns.make(width, pos.double(), edges)
        for out, backend in ((got, "triton"), (want, "reference")):
            out.table.fill_(7)
            edge_offsets(pos.to(out.table.dtype), edge_index, out, backend=backend)
        torch.testing.assert_close(got.table.double(), want.table, rtol=0, atol=bound)
