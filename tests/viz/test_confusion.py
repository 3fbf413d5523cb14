import numpy as np

from graphvision.viz.confusion import confusion_matrices


def test_cells_are_shares_of_the_true_class():
    figure = confusion_matrices({"m": {"confusion": [[3, 1], [0, 4]]}}, ["cat", "dog"])
    (image,) = figure.axes[0].images
    assert np.array(image.get_array()).tolist() == [[75, 25], [0, 100]]


def test_the_background_comes_first_where_it_is_counted():
    counts = {"confusion": np.eye(3, dtype=int).tolist()}
    panel = confusion_matrices({"m": counts}, ["cat", "dog"]).axes[0]
    names = [text.get_text() for text in panel.get_yticklabels()]
    assert names == ["background", "cat", "dog"]
