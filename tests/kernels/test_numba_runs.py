import numpy as np

from graphvision.kernels._numba_runs import run_end


def test_a_run_ends_before_another_label_or_where_it_has_to_stop():
    row = np.array([4, 4, 4, -1, 2, 2])
    assert [run_end(row, start, 6) for start in range(6)] == [3, 3, 3, 4, 6, 6]
    assert run_end(row, 0, 2) == 2
