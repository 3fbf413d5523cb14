import torch

from graphvision.train.peak import peak_bytes, reset_peak

SIZE = 64 * 2**20


def test_sees_what_is_held_and_given_back():
    before = reset_peak()
    torch.ones(SIZE, dtype=torch.uint8)
    assert 0.9 * SIZE < peak_bytes() - before < 1.5 * SIZE


def test_a_new_moment_forgets():
    torch.ones(SIZE, dtype=torch.uint8)
    now = reset_peak()
    assert peak_bytes() - now < SIZE / 4


def test_what_was_freed_hides_nothing():
    """Many small pieces stay with the allocator when they are freed; they count when held again."""
    pieces = [torch.ones(2**14, dtype=torch.uint8) for _ in range(SIZE // 2**14)]
    last = torch.ones(2**14, dtype=torch.uint8)  # keeps the heap from shrinking by itself
    pieces.clear()
    before = reset_peak()
    pieces = [torch.ones(2**14, dtype=torch.uint8) for _ in range(SIZE // 2**14)]
    assert peak_bytes() - before > 0.9 * SIZE
    assert last.all()
    assert all(len(piece) == 2**14 for piece in pieces)
