import torch

from graphvision.kernels._gradients import empty_like, needed, wants_gradients


def test_a_backward_pass_may_follow_where_a_tensor_asks_and_torch_records():
    plain, asking = torch.ones(2), torch.ones(2, requires_grad=True)
    assert wants_gradients(plain, None, asking)
    assert not wants_gradients(plain, None)
    with torch.no_grad():
        assert not wants_gradients(asking)


def test_only_gradients_that_are_asked_for_are_handed_on():
    grads = [torch.zeros(1), torch.ones(1)]
    assert needed(grads, (True, False, True)) == [grads[0], None]


def test_an_unwanted_result_has_no_numbers():
    x, like = torch.ones(3, dtype=torch.float64), torch.ones(5, 2).T
    assert empty_like(x, like).shape == (2, 5)
    assert empty_like(x, like).is_contiguous()
    assert empty_like(x, like).dtype == torch.float64
    assert empty_like(x, None).shape == empty_like(x, like, False).shape == (0,)
