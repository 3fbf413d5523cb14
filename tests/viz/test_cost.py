from graphvision.viz.cost import score_against_cost


def test_heights_are_the_first_measure(results):
    panels = score_against_cost(results).axes
    assert panels[0].get_ylabel() == "test accuracy, %"
    heights = [bars[0].get_ydata()[0] for bars in panels[1].containers]
    assert heights == [90.0, 90.0, 85.0]


def test_other_units_stay(counts):
    panels = score_against_cost(counts).axes
    assert panels[0].get_ylabel() == "test mean absolute error"
    assert [bars[0].get_ydata()[0] for bars in panels[0].containers] == [0.9, 0.9, 0.85]
