from graphvision.viz.table import COLUMNS, table_rows


def test_best_is_marked(results):
    rows = dict(table_rows(results["models"]))
    titles = [title for title, _, _ in COLUMNS]
    accuracy, parameters = titles.index("test accuracy, %"), titles.index("parameters")
    assert rows["lenet5"][accuracy] == ("90.0 ± 1.0", True)
    assert rows["gcn"][accuracy] == ("85.0 ± 1.0", False)
    assert rows["gcn"][parameters] == ("500", True)
    assert rows["lenet5"][titles.index("nodes per image")] == ("–", False)


def test_a_single_model_is_not_the_best(results):
    ((_, cells),) = table_rows({"gcn": results["models"]["gcn"]})
    assert not any(best for _, best in cells)
