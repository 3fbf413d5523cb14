from graphvision.viz.curves import learning_curves


def test_panels_are_what_the_history_knows(results, counts):
    panels = learning_curves(counts).axes
    assert [(p.get_title(loc="left"), p.get_ylabel()) for p in panels] == [
        ("validation images", "mean absolute error"),
        ("train images", "loss"),
        ("validation images", "loss"),
    ]
    assert panels[1].get_ylim() == panels[2].get_ylim()


def test_shares_are_drawn_in_per_cent(results):
    panels = learning_curves(results).axes
    assert [p.get_ylabel() for p in panels] == ["accuracy, %"] * 2 + ["loss"] * 2
    assert [list(line.get_ydata()) for line in panels[1].lines][-1] == [42.5, 85.0]
    assert [list(line.get_ydata()) for line in panels[3].lines][-1] == [2.5, 1.25]
