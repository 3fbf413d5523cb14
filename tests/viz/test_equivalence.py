import dataclasses

import pytest
import torch
from torch import nn

import graphvision as gv


@pytest.fixture(scope="module")
def report():
    torch.manual_seed(0)
    cnn = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(72, 2)).double()
    images = torch.rand(1, 1, 8, 8, dtype=torch.float64)
    return gv.equivalence(cnn, gv.graphify(cnn, images), images)


def texts(axes):
    return [text.get_text() for text in axes.texts]


def rows_of(axes, series):
    (found,) = [c for c in axes.collections if c.get_label() == series]
    return {round(float(y)): float(x) for x, y in found.get_offsets()}


def test_every_number_of_the_report(report):
    figure = gv.plot_equivalence(report)
    table, *panels = figure.axes
    for word in ("0", "Conv2d", "36", "324", "9", "raster convolution", "whole network"):
        assert word in texts(table)
    names = list(dict.fromkeys(row.layer for row in report.layers))
    kinds = ("output", "input_gradient", "parameter_gradient")
    for panel, kind in zip(panels, kinds, strict=True):
        found = rows_of(panel, "lower=False")
        wanted = {
            row: getattr(layer, kind)
            for row, name in enumerate([*names, "whole network"])
            for layer in (*report.layers, *report.total.values())
            if (layer.layer, layer.form) == (name, "scatter") and getattr(layer, kind) is not None
        }
        assert found.keys() == wanted.keys()
        for row, value in wanted.items():
            if value > 0:
                assert 10 ** found[row] == pytest.approx(value)
            else:
                assert found[row] < panel.get_xticks()[0] + 1


def test_a_layer_that_is_off_is_beyond_the_line(report):
    off = dataclasses.replace(report.layers[0], output=0.3)
    worse = dataclasses.replace(report, layers=(off, *report.layers[1:]))
    panel = gv.plot_equivalence(worse).axes[1]
    (line,) = [line for line in panel.lines if "tolerance" in line.get_label()]
    assert line.get_xdata()[0] == -10
    beyond = [y for y, x in rows_of(panel, "lowered").items() if x > -10]
    assert beyond == [0]


def test_one_form(report):
    layers = tuple(row for row in report.layers if row.form == "lowered")
    one = dataclasses.replace(report, layers=layers, total={"lowered": report.total["lowered"]})
    figure = gv.plot_equivalence(one)
    assert "plan, lower=False" not in texts(figure.axes[0])
    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["tolerance 1e-10", "lowered"]
