import numpy as np
import pytest

from graphvision.datasets.objects import objects_of, visible_boxes


def test_matches_oracle():
    """Random maps, counted pixel by pixel."""
    random = np.random.RandomState(0)
    for _ in range(50):
        height, width = random.randint(1, 9, 2)
        instances = random.choice([-1, 0, 3, 8, 200], (height, width))
        semantic = random.randint(1, 4, (height, width))
        found = objects_of(semantic, instances)
        ids = sorted({int(i) for i in instances.ravel() if i > 0})
        assert len(found.labels) == len(found.boxes) == len(ids)
        pixels = []
        for number, name in enumerate(ids):
            places = [
                (y, x) for y in range(height) for x in range(width) if instances[y, x] == name
            ]
            assert all(found.instances[place] == number + 1 for place in places)
            rows, columns = [y for y, _ in places], [x for _, x in places]
            box = [min(columns), min(rows), max(columns) + 1, max(rows) + 1]
            assert found.boxes[number].tolist() == box
            votes = np.bincount([semantic[place] for place in places], minlength=4)
            assert votes[found.labels[number] + 1] == votes.max()
            pixels.append(len(places))
        assert ((found.instances <= 0) == (instances <= 0)).all()
        if ids:
            assert found.label == found.labels[int(np.argmax(pixels))]
        else:
            assert found.label == -1


def test_edge_cases():
    assert visible_boxes(np.zeros((2, 2), np.int64), 0).shape == (0, 4)
    with pytest.raises(ValueError, match="got none of object 5"):
        objects_of(np.zeros((2, 2), np.int64), np.full((2, 2), 5))
