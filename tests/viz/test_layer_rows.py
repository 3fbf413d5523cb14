import math

import pytest

from graphvision.viz.layer_rows import Column, Panel, layer_rows
from graphvision.viz.theme import DARK, LIGHT, save_png


def drawn(series, **options):
    columns = [Column("layer", ["a", "b", "all"]), Column("edges", ["1", "2", ""], words=False)]
    return layer_rows("title", columns, [Panel("p", series, str, **options)], theme=LIGHT)


def dots(figure):
    """(x, y) of every dot by series."""
    axes = figure.axes[1]
    return {c.get_label(): c.get_offsets().tolist() for c in axes.collections}


def ticks(figure):
    axes = figure.axes[1]
    places = axes.get_xticks().tolist()  # the labels stand above and below
    return {t.get_text(): x for t, x in zip(axes.get_xticklabels(), places, strict=False)}


def test_places():
    found = drawn({"one": [1e-8, 0.0, None], "two": [1e-6, math.inf, math.nan]}, joined=True)
    (a, b), (c, d, e) = dots(found).values()
    assert (a[0], c[0]) == pytest.approx((-8, -6))
    assert [row for _, row in (a, b, c, d, e)] == [0, 1, 0, 1, 2]
    assert b[0] == ticks(found)["0"] < -8
    assert d[0] == e[0] == ticks(found)["∞"] > -6
    (line,) = [
        at for drawn_line in found.axes[1].lines
        if len(at := drawn_line.get_xydata().tolist()) == 2 and at[0][1] == at[1][1] == 0
    ]  # fmt: skip
    assert line == [[pytest.approx(-8), 0], [pytest.approx(-6), 0]]


def test_no_place_for_what_is_not_there():
    assert not {"0", "∞"} & set(ticks(drawn({"one": [1.0, 10.0, None]})))


def test_limit_is_on_the_axis_and_in_the_legend():
    found = drawn({"one": [1e-8, 1e-7, None]}, limit=1e-4)
    axes = found.axes[1]
    assert axes.get_xlim()[1] > -4
    assert [line.get_xdata()[0] for line in axes.lines if "1e-04" in line.get_label()] == [-4]
    assert [text.get_text() for text in found.legends[0].get_texts()] == ["tolerance 1e-04", "one"]


def test_side_by_side_where_nothing_joins():
    one, two = dots(drawn({"one": [1.0, 1.0, 1.0], "two": [1.0, 1.0, 1.0]})).values()
    assert all(a[1] < b[1] for a, b in zip(one, two, strict=True))


def test_edge_cases(tmp_path):
    nothing = drawn({"one": [None, None, None]})
    only_zero = drawn({"one": [0.0, None, 0.0]})
    one_row = Column("a", ["b"]), Panel("p", {"s": [3.0]}, str)
    dark = layer_rows("one row", one_row[:1], one_row[1:], theme=DARK)
    for figure in (nothing, only_zero, dark):
        assert save_png(figure, tmp_path / "figure.png")[:4] == b"\x89PNG"
    assert [x for x, _ in dots(only_zero)["one"]] == [ticks(only_zero)["0"]] * 2


def test_letters_stay_in_their_columns(tmp_path):
    """No word reaches into the next column or out of the picture."""
    names = ["layer4.0.downsample.1", "WideWord" * 6, "whole network"]
    columns = [Column("layer", names), Column("n", ["1,234,567"] * 3, words=False)]
    figure = layer_rows("t", columns, [Panel("p", {"s": [1.0, 2.0, 3.0]}, str)], theme=LIGHT)
    figure.canvas.draw()
    words, numbers = [], []
    for text in figure.axes[0].texts:
        box = text.get_window_extent()
        (numbers if text.get_ha() == "right" else words).append(box)
    assert max(box.x1 for box in words) < min(box.x0 for box in numbers)
    assert max(box.x1 for box in numbers) <= figure.axes[0].get_window_extent().x1
    assert min(box.x0 for box in words) >= 0
