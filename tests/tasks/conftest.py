import pytest
import torch
from torch_geometric.data import Batch

import graphvision as gv
from graphvision.graphs import Annotations
from graphvision.tasks import Places

SIZE = (16, 16)
CLASSES = ("cat", "dog", "owl")


def truth_of(*images):
    """Annotations of images with rectangles (x0, y0, x1, y1, class), later ones in front."""
    semantic = torch.zeros(len(images), *SIZE, dtype=torch.int64)
    instances = torch.zeros_like(semantic)
    boxes, labels, counts = [], [], []
    for image, objects in enumerate(images):
        for number, (x0, y0, x1, y1, label) in enumerate(objects, 1):
            semantic[image, y0:y1, x0:x1] = label + 1
            instances[image, y0:y1, x0:x1] = number
            boxes.append([x0, y0, x1, y1])
            labels.append(label)
        counts.append(len(objects))
    return Annotations(
        SIZE,
        labels=torch.tensor([objects[0][4] if objects else -1 for objects in images]),
        semantic=semantic,
        instances=instances,
        boxes=torch.tensor(boxes, dtype=torch.float32).view(-1, 4),
        box_labels=torch.tensor(labels, dtype=torch.int64),
        box_ptr=torch.tensor([0, *counts]).cumsum(0),
    )


@pytest.fixture
def truth():
    """Two objects, none, one that fills the image."""
    return truth_of([(1, 1, 7, 7, 1), (9, 5, 15, 15, 2)], [], [(0, 0, 16, 16, 0)])


@pytest.fixture(params=["pixels", "cells of 2", "graph of pixels", "graph of patches", "regions"])
def places(request):
    """Three images' worth of everything that outputs can sit at."""
    image = torch.rand(3, 1, *SIZE)
    if request.param == "pixels":
        return Places.of_map(SIZE, count=3, image_size=SIZE)
    if request.param == "cells of 2":
        return Places.of_map((8, 8), count=3, image_size=SIZE)
    if request.param == "graph of pixels":
        return Places.of_graph(gv.grid_graph(image, connectivity=4))
    if request.param == "graph of patches":
        return Places.of_graph(gv.image_graph(image, gv.Patches(2), gv.Offsets(4)))
    labels = torch.randint(0, 40, SIZE).unique(return_inverse=True)[1]
    graphs = [gv.image_graph(each, gv.Labels(labels), gv.SharedBorder()) for each in image]
    return Places.of_graph(Batch.from_data_list(graphs))
