import math

from graphvision.viz.measures import Shown, measures_of


def test_shares_are_per_cent_and_others_have_three_digits():
    score = {"mean": 0.71349, "sd": 0.0042}
    assert Shown("mean_iou", "mean IoU").value(score) == "71.3 ± 0.4 %"
    assert Shown("ari", "adjusted Rand index", percent=False).value(score) == "0.713 ± 0.004"
    error = Shown("mae", "mean absolute error", percent=False)
    assert error.text({"mean": 12.345, "sd": None}) == "12.3"
    assert error.text({"mean": 1234.5, "sd": 3.21}) == "1234 ± 3"
    assert error.text({"mean": 0.0, "sd": None}) == "0.00"


def test_headings():
    borders = Shown("edge_ap", "edge AP, pairs of pixels")
    assert borders.heading == "edge AP (pairs of pixels), %"
    information = Shown("vi", "variation of information, bits", percent=False)
    assert information.heading == "variation of information, bits"
    assert information.phrase == "variation of information (bits)"


def test_ranks():
    rows = [{"x": {"mean": mean}} for mean in (0.3, 0.2, math.nan, None)]
    larger, smaller = Shown("x", "x"), Shown("x", "x", larger_is_better=False)
    assert sorted(rows, key=larger.rank)[:2] == rows[:2]
    assert sorted(rows, key=smaller.rank)[:2] == [rows[1], rows[0]]
    assert math.isinf(larger.rank(rows[2]))
    assert math.isinf(smaller.rank(rows[3]))
    assert larger.value({"mean": math.nan, "sd": None}) == "–"


def test_measures_of_a_comparison(results):
    assert [measure.name for measure in measures_of(results)][:2] == ["accuracy", "precision"]
