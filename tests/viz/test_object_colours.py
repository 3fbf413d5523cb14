import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from graphvision.viz.object_colours import object_colours


@given(arrays(np.int64, (6, 7), elements=st.integers(-1, 30)))
def test_neighbours_differ(objects):
    numbers = object_colours(objects)
    pairs = [*zip(objects[:, 1:].flat, objects[:, :-1].flat, strict=True)]
    pairs += zip(objects[1:].flat, objects[:-1].flat, strict=True)
    for a, b in pairs:
        if a != b and a in numbers and b in numbers:
            assert numbers[a] != numbers[b]


@given(arrays(np.int64, (6, 7), elements=st.integers(-1, 30)))
def test_every_object_has_a_colour_where_there_is_a_background(objects):
    objects[0, 0] = 0
    assert list(object_colours(objects)) == sorted({int(o) for o in objects.flat if o > 0})


def test_objects_have_the_colours_of_the_true_ones_that_they_cover():
    truth = np.array([[0, 0, 1, 1, 2, 2]] * 3)
    answer = np.array([[9, 9, 5, 5, 3, 3]] * 3)
    answer[0, 3] = 8
    numbers = object_colours(answer, truth)
    given = object_colours(truth)
    assert (numbers[5], numbers[3]) == (given[1], given[2])
    assert 9 not in numbers
    assert numbers[8] not in (numbers[5], numbers[3])


def test_without_a_truth_the_frame_is_the_background():
    objects = np.full((4, 5), 7)
    objects[1, 1:3] = 2
    assert list(object_colours(objects)) == [2]


def test_edge_cases():
    assert object_colours(np.zeros((2, 2), int)) == {}
    assert object_colours(np.ones((1, 1), int)) == {1: 0}
    assert object_colours(np.full((2, 2), -1)) == {}
