"""Numbers of parts against a loop over nodes."""

import torch

from graphvision.tasks.instances import number_parts


def numbered(parts, image, objects):
    """Nodes in order: a part that is new in its image gets the image's next number."""
    seen, found = {}, []
    for part, b, real in zip(parts, image, objects, strict=True):
        mine = seen.setdefault(b, {})
        found.append(mine.setdefault(part, len(mine) + 1) if real else 0)
    return found


def test_matches_oracle():
    for seed in range(500):
        n = seed % 20
        parts, image = torch.randint(-5, 6, (n,)), torch.randint(0, 3, (n,)).sort().values
        objects = torch.rand(n) > 0.3
        lists = (x.tolist() for x in (parts, image, objects))
        assert number_parts(parts, image=image, objects=objects).tolist() == numbered(*lists)
        everything = numbered(parts.tolist(), image.tolist(), [True] * n)
        assert number_parts(parts, image=image).tolist() == [k - 1 for k in everything]
    alone = number_parts(parts, objects=objects).tolist()
    assert alone == numbered(parts.tolist(), [0] * n, objects.tolist())
