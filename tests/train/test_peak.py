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
